import { Link } from '@tanstack/react-router'
import { TriangleAlert } from 'lucide-react'
import type { ConnectionsQuery } from '../../gql/graphql'
import type { Catalogue } from '../../i18n/en'
import { useWords } from '../../i18n/words'
import { daysUntil } from '../../lib/dates'

type Connection = ConnectionsQuery['connections'][number]

const noticeDays = 14

/** What a connection wants from the person now, in one sentence, or nothing. */
export function noticeOf(connection: Connection, words: Catalogue): string | null {
  const { bank, status, expiresAt, sync } = connection
  if (status === 'NEEDS_CONFIRMATION') return `${bank.name}: ${words.connections.confirmText}`
  if (status === 'REVOKED' && !connection.bankTold) return `${bank.name}: ${words.connections.bankNotTold}`
  if (status !== 'ACTIVE') return null
  if (sync.state === 'FAILED') {
    return `${bank.name}: ${words.connections.problem[sync.problem ?? 'BANK_ERROR']}`
  }
  if (!expiresAt || daysUntil(expiresAt) > noticeDays) return null
  return words.connections.endingSoon(bank.name, words.common.days(Math.max(0, daysUntil(expiresAt))))
}

export function Attention({ connections }: { connections: readonly Connection[] }) {
  const words = useWords()
  const notices = connections.flatMap((connection) => {
    const text = noticeOf(connection, words)
    return text ? [{ id: connection.id, text }] : []
  })
  if (notices.length === 0) return null
  return (
    <section aria-labelledby="attention" className="rounded-card border border-warn bg-warn-soft p-4">
      <h2 id="attention" className="flex items-center gap-2 font-semibold text-warn">
        <TriangleAlert size={18} aria-hidden="true" />
        {words.overview.attention}
      </h2>
      <ul className="mt-2 flex flex-col gap-1">
        {notices.map(({ id, text }) => (
          <li key={id}>
            <Link
              to="/connections/$connectionId"
              params={{ connectionId: id }}
              className="inline-flex min-h-6 items-center underline underline-offset-2"
            >
              {text}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}
