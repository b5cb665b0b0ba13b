import { useMutation } from '@tanstack/react-query'
import { RevokeConnectionDocument } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { client } from '../../lib/client'
import { request } from '../../lib/gql'
import { sawPosition } from '../../lib/position'
import { announce } from '../../ui/announce'
import { Button } from '../../ui/button'
import { Modal } from '../../ui/modal'
import { useNameText } from '../../ui/name'
import { Failure } from '../../ui/states'

type StopProps = { connectionId: string; bankName: string; onClose: () => void }

/** One dialog: what stops, what stays, and the two ways out. */
export default function StopSharing({ connectionId, bankName, onClose }: StopProps) {
  const words = useWords()
  const nameText = useNameText()
  const revoke = useMutation({
    mutationFn: () => request(RevokeConnectionDocument, { connectionId }),
    onSuccess: ({ revokeConnection: answer }) => {
      sawPosition(answer.position)
      const told = answer.status !== 'REVOKED_BANK_NOT_TOLD'
      announce(told ? words.connections.stopped : words.connections.bankNotTold)
      for (const topic of ['connections', 'accounts']) client.invalidateQueries({ queryKey: [topic] })
      onClose()
    },
  })
  return (
    <Modal title={words.connections.stopTitle(nameText(bankName))} role="alertdialog" onClose={onClose}>
      <dl className="flex flex-col gap-3">
        <div>
          <dt className="font-semibold">{words.connections.stops}</dt>
          <dd>{words.connections.stopsText}</dd>
        </div>
        <div>
          <dt className="font-semibold">{words.connections.stays}</dt>
          <dd>{words.connections.staysText}</dd>
        </div>
      </dl>
      {revoke.isError && (
        <div className="mt-4">
          <Failure error={revoke.error} />
        </div>
      )}
      <div className="mt-6 flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>{words.connections.keep}</Button>
        <Button look="danger" disabled={revoke.isPending} onClick={() => revoke.mutate()}>
          {words.connections.stop}
        </Button>
      </div>
    </Modal>
  )
}
