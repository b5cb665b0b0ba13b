import { useMutation } from '@tanstack/react-query'
import { Check } from 'lucide-react'
import { ReconfirmConnectionDocument } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { client } from '../../lib/client'
import { request } from '../../lib/gql'
import { sawPosition } from '../../lib/position'
import { announce } from '../../ui/announce'
import { Button } from '../../ui/button'
import { useNameText } from '../../ui/name'
import { errorText } from '../../ui/states'

type ReconfirmProps = { connectionId: string; bankName: string }

/** Says that a connection may go on, where a word here is enough and nobody has to go to the bank. */
export function ReconfirmButton({ connectionId, bankName: name }: ReconfirmProps) {
  const words = useWords()
  const bankName = useNameText()(name)
  const texts = words.sync.reconfirm
  const confirm = useMutation({
    mutationFn: () => request(ReconfirmConnectionDocument, { connectionId }),
    onSuccess: ({ reconfirmConnection: answer }) => {
      sawPosition(answer.position)
      announce(texts.done[answer.status](bankName))
      for (const topic of ['connections', 'accounts']) {
        client.invalidateQueries({ queryKey: [topic] })
      }
    },
    onError: (error) => announce(errorText(words, error)),
  })
  return (
    <Button
      look="primary"
      aria-label={texts.title(bankName)}
      disabled={confirm.isPending}
      onClick={() => confirm.mutate()}
    >
      <Check size={16} aria-hidden="true" />
      {texts.confirm}
    </Button>
  )
}
