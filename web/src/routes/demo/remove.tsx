import { useMutation } from '@tanstack/react-query'
import { RemoveDemoDocument } from '../../gql/graphql'
import { useDemoWords } from '../../i18n/demo'
import { useWords } from '../../i18n/words'
import { client } from '../../lib/client'
import { request } from '../../lib/gql'
import { sawPosition } from '../../lib/position'
import { announce } from '../../ui/announce'
import { Button } from '../../ui/button'
import { Modal } from '../../ui/modal'
import { useNameText } from '../../ui/name'
import { Refusal } from '../../ui/refusal'
import { errorText } from '../../ui/states'

type RemoveProps = { connectionId: string; bankName: string; accounts: number; onClose: () => void }

/** What goes, whether it can be undone, and the two ways out. */
export default function RemoveDemo({ connectionId, bankName, accounts, onClose }: RemoveProps) {
  const words = useWords()
  const texts = useDemoWords()
  const nameText = useNameText()
  const remove = useMutation({
    mutationFn: () => request(RemoveDemoDocument, { connectionId }),
    onSuccess: async ({ removeDemo: answer }) => {
      if (answer.status !== 'REMOVED') return
      sawPosition(answer.position)
      announce(texts.removed)
      onClose()
      await client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'me' })
    },
  })
  const status = remove.data?.removeDemo.status
  const refused = status && status !== 'REMOVED' ? texts.failed[status] : null
  return (
    <Modal title={texts.question(nameText(bankName))} role="alertdialog" onClose={onClose}>
      <dl className="flex flex-col gap-3">
        <div>
          <dt className="font-semibold">{texts.goes}</dt>
          <dd>{texts.goesText(words.common.accounts(accounts))}</dd>
        </div>
        <div>
          <dt className="font-semibold">{texts.back}</dt>
          <dd>{texts.backText}</dd>
        </div>
      </dl>
      <Refusal text={remove.isError ? errorText(words, remove.error) : refused} />
      <div className="mt-6 flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>{texts.keep}</Button>
        <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
          {texts.remove}
        </Button>
      </div>
    </Modal>
  )
}
