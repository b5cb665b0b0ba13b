import type { ConnectionStatus, ConnectionsQuery } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { daysUntil, instantDayText } from '../../lib/dates'
import { Badge, type BadgeTone } from '../../ui/badge'

type Connection = ConnectionsQuery['connections'][number]

const tones: Record<ConnectionStatus, BadgeTone> = {
  PENDING: 'warn',
  ACTIVE: 'good',
  REFUSED: 'quiet',
  REVOKED: 'quiet',
  EXPIRED: 'quiet',
  FAILED: 'bad',
  NEEDS_CONFIRMATION: 'warn',
}

export function isOpen(status: ConnectionStatus): boolean {
  return status === 'ACTIVE' || status === 'PENDING' || status === 'NEEDS_CONFIRMATION'
}

export function StatusBadge({ status }: { status: ConnectionStatus }) {
  const words = useWords()
  return <Badge tone={tones[status]}>{words.connections.status[status]}</Badge>
}

/** How much of the agreed time has passed, between 0 and 1. */
export function passed(from: string, until: string, now: number = Date.now()): number {
  const start = new Date(from).getTime()
  const length = new Date(until).getTime() - start
  return length <= 0 ? 1 : Math.min(1, Math.max(0, (now - start) / length))
}

/** Until when the bank shares, as a bar and in words. */
export function Term({ connection }: { connection: Connection }) {
  const words = useWords()
  const { grantedAt, expiresAt } = connection
  if (!grantedAt || !expiresAt) return null
  const days = words.common.days(Math.max(0, daysUntil(expiresAt)))
  return (
    <span className="mt-2 block max-w-sm">
      <span aria-hidden="true" className="block h-1.5 rounded-full bg-track">
        <span
          className="bar-fill block h-full rounded-full bg-accent"
          style={{ width: `${passed(grantedAt, expiresAt) * 100}%` }}
        />
      </span>
      <span className="mt-1 block text-sm text-muted">
        {words.connections.until} {words.connections.untilDays(instantDayText(expiresAt, words.locale), days)}
      </span>
    </span>
  )
}
