import { RotateCw } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import type { ConnectionsQuery } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { Button, type Look } from '../../ui/button'
import { useNameText } from '../../ui/name'

const RenewDialog = lazy(() => import('./renew-dialog'))

type Connection = ConnectionsQuery['connections'][number]

/** What can be renewed: what stands, and what ended without the person's wish. */
export function isRenewable({ status, endedReason }: Pick<Connection, 'status' | 'endedReason'>): boolean {
  const standing = status === 'ACTIVE' || status === 'NEEDS_CONFIRMATION'
  return standing || status === 'EXPIRED' || (status === 'REVOKED' && endedReason === 'REVOKED_BY_BANK')
}

type RenewProps = { connectionId: string; bank: { id: string; name: string }; look?: Look }

/** Begins a new permission for a connection that stays the same one. */
export function RenewButton({ connectionId, bank, look = 'plain' }: RenewProps) {
  const words = useWords()
  const nameText = useNameText()
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button
        look={look}
        aria-label={words.sync.renewal.title(nameText(bank.name))}
        onClick={() => setOpen(true)}
      >
        <RotateCw size={16} aria-hidden="true" />
        {words.sync.renewal.renew}
      </Button>
      {open && (
        <Suspense>
          <RenewDialog connectionId={connectionId} bank={bank} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  )
}
