import { useMutation } from '@tanstack/react-query'
import { useTakingWords } from '../../i18n/taking'
import { useWords } from '../../i18n/words'
import { RequestError, requestHeaders } from '../../lib/gql'
import { usePreferences } from '../../lib/preferences'
import { saveFile } from '../../lib/save'
import { announce } from '../../ui/announce'
import { Button } from '../../ui/button'
import { Modal } from '../../ui/modal'
import { Refusal } from '../../ui/refusal'
import { errorText } from '../../ui/states'

/** The end of a file is shorter than this. */
const longestEnd = 200

/** A file that did not come to its end. */
class BrokenOff extends Error {}

/** The last line says that the file is whole; what broke off on its way has no such line. */
export async function isWhole(file: Blob): Promise<boolean> {
  const end = await file.slice(-longestEnd).text()
  try {
    return JSON.parse(end.trimEnd().split('\n').at(-1) ?? '').whole === true
  } catch {
    return false
  }
}

async function take(): Promise<Blob> {
  let response: Response
  try {
    response = await fetch('/export', { method: 'POST', headers: requestHeaders, body: '{}' })
  } catch {
    throw new RequestError('OFFLINE', null)
  }
  if (response.status === 401) throw new RequestError('UNAUTHENTICATED', null)
  if (!response.ok) throw new RequestError('INTERNAL', response.headers.get('x-request-id'))
  const file = await response.blob().catch(() => null)
  if (!file || !(await isWhole(file))) throw new BrokenOff()
  return file
}

/** Everything as one file; it is asked first, for the file hides nothing. */
export default function TakeWhole({ onClose }: { onClose: () => void }) {
  const words = useWords()
  const texts = useTakingWords()
  const { amountsHidden, namesHidden } = usePreferences()
  const taking = useMutation({
    mutationFn: take,
    onSuccess: (file) => {
      saveFile(file, `one-point-ledger-${new Date().toISOString().slice(0, 10)}.jsonl`)
      const options = { style: 'unit', unit: 'kilobyte', maximumFractionDigits: 0 } as const
      announce(texts.saved(new Intl.NumberFormat(words.locale, options).format(file.size / 1024)))
      onClose()
    },
  })
  const failed =
    taking.error instanceof BrokenOff ? texts.broken : taking.error && errorText(words, taking.error)
  return (
    <Modal title={texts.question} role="alertdialog" onClose={onClose}>
      <p>{texts.holds}</p>
      {(amountsHidden || namesHidden) && <p className="mt-2">{texts.hidden}</p>}
      <p role="status" className="mt-2 text-muted">
        {taking.isPending ? texts.making : ''}
      </p>
      <Refusal text={failed} />
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Button look="quiet" onClick={onClose}>
          {texts.cancel}
        </Button>
        <Button look="primary" disabled={taking.isPending} onClick={() => taking.mutate()}>
          {texts.save}
        </Button>
      </div>
    </Modal>
  )
}
