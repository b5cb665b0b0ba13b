import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { EraseMeDocument } from '../../gql/graphql'
import { useErasingWords } from '../../i18n/erasing'
import { useWords } from '../../i18n/words'
import { client } from '../../lib/client'
import { instantText } from '../../lib/dates'
import { request } from '../../lib/gql'
import { forgetSession } from '../../lib/kept'
import { keepReceipt } from '../../lib/receipt'
import { meOptions } from '../../queries/options'
import { Button } from '../../ui/button'
import { Field } from '../../ui/field'
import { Modal } from '../../ui/modal'
import { Refusal } from '../../ui/refusal'
import { errorText } from '../../ui/states'

/** What goes, what stays, that it is for ever, and the password once more. */
export default function EraseMe({ onClose }: { onClose: () => void }) {
  const words = useWords()
  const texts = useErasingWords()
  const navigate = useNavigate()
  const [password, setPassword] = useState('')
  const erase = useMutation({
    mutationFn: () => request(EraseMeDocument, { password }),
    onSuccess: async ({ eraseMe: { status, receipt } }) => {
      if (status !== 'ERASED' && status !== 'UNDER_WAY') return
      keepReceipt(receipt)
      await forgetSession()
      await navigate({ to: '/erased' })
      client.clear()
      client.setQueryData(meOptions.queryKey, null)
    },
  })
  const { status, retryAt } = erase.data?.eraseMe ?? {}
  const refused = {
    REFUSED: texts.refused,
    TRY_LATER: texts.tryLater(retryAt ? instantText(retryAt, words.locale) : '…'),
    ERASED: null,
    UNDER_WAY: null,
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (password) erase.mutate()
  }
  return (
    <Modal title={texts.question} role="alertdialog" onClose={onClose}>
      <form onSubmit={submit}>
        <dl className="flex flex-col gap-3">
          <div>
            <dt className="font-semibold">{texts.goes}</dt>
            <dd>{texts.goesText}</dd>
          </div>
          <div>
            <dt className="font-semibold">{texts.stays}</dt>
            <dd>{texts.staysText}</dd>
          </div>
        </dl>
        <p className="my-4 rounded-control bg-warn-soft p-3 font-medium text-warn">{texts.never}</p>
        <Field label={words.auth.password} error={status === 'REFUSED' ? texts.refused : null}>
          {(ids) => (
            <input
              {...ids}
              type="password"
              autoComplete="current-password"
              className="control"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        <Refusal
          text={
            erase.isError
              ? errorText(words, erase.error)
              : status && status !== 'REFUSED'
                ? refused[status]
                : null
          }
        />
        <div className="mt-6 flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>{texts.keep}</Button>
          <Button type="submit" look="danger" disabled={!password || erase.isPending}>
            {texts.erase}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
