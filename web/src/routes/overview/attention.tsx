import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Info, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import type { ConnectionsQuery, RenewalNoticesQuery } from '../../gql/graphql'
import type { Catalogue } from '../../i18n/en'
import { useWords } from '../../i18n/words'
import { instantText } from '../../lib/dates'
import { renewalNoticesOptions, reviewCountOptions } from '../../queries/options'
import { type NameText, useNameText } from '../../ui/name'
import { ReconfirmButton } from '../connections/reconfirm'
import { RenewButton } from '../connections/renew'

type Connection = ConnectionsQuery['connections'][number]
type Notice = RenewalNoticesQuery['renewalNotices'][number]

/** What else a connection wants from the person now, in one sentence, or nothing. */
export function noticeOf(connection: Connection, words: Catalogue, nameText: NameText): string | null {
  const { status, sync } = connection
  const bankName = nameText(connection.bank.name)
  if (status === 'REVOKED' && !connection.bankTold) return `${bankName}: ${words.connections.bankNotTold}`
  if (status === 'ACTIVE' && sync.state === 'FAILED') {
    return `${bankName}: ${words.connections.problem[sync.problem ?? 'BANK_ERROR']}`
  }
  return null
}

/** That a permission ends, or has ended, in one sentence. */
export function renewalText(notice: Notice, words: Catalogue, nameText: NameText): string {
  const { connection, daysLeft, severity, confirmHere } = notice
  const { renewal, reconfirm } = words.sync
  const { status } = connection
  const bankName = nameText(connection.bank.name)
  if (confirmHere) {
    if (status === 'NEEDS_CONFIRMATION') return reconfirm.rests(bankName)
    return reconfirm.soon(bankName, words.common.days(daysLeft))
  }
  if (status === 'NEEDS_CONFIRMATION') return renewal.confirm(bankName)
  return renewal.notice[severity](bankName, words.common.days(daysLeft))
}

const isDead = ({ severity, connection }: Notice) =>
  severity === 'ENDED' || connection.status === 'NEEDS_CONFIRMATION'

/** Everything that waits for the person: permissions that end, banks that fail, rows to check. */
export function Attention({ connections }: { connections: readonly Connection[] }) {
  const words = useWords()
  const nameText = useNameText()
  const notices = useQuery(renewalNoticesOptions).data ?? []
  const waiting = useQuery(reviewCountOptions).data ?? 0
  const others = connections.flatMap((connection) => {
    const text = noticeOf(connection, words, nameText)
    return text ? [{ id: connection.id, text }] : []
  })
  if (notices.length + others.length + waiting === 0) return null
  const presses = others.length > 0 || notices.some(({ severity }) => severity !== 'INFORMATION')
  const [tone, head] = presses ? ['border-warn bg-warn-soft', 'text-warn'] : ['border-line bg-surface', '']
  const Icon = presses ? TriangleAlert : Info
  return (
    <section aria-labelledby="attention" className={`rounded-card border p-4 ${tone}`}>
      <h2 id="attention" className={`flex items-center gap-2 font-semibold ${head}`}>
        <Icon size={18} aria-hidden="true" />
        {words.overview.attention}
      </h2>
      <ul className="mt-2 flex flex-col gap-2">
        {notices.map((notice) => (
          <RenewalLine key={notice.connection.id} notice={notice} />
        ))}
        {others.map(({ id, text }) => (
          <li key={id}>
            <ToConnection id={id}>{text}</ToConnection>
          </li>
        ))}
        {waiting > 0 && (
          <li>
            <Link to="/reviews" className={link}>
              {words.sync.reviews.notice(waiting)}
            </Link>
          </li>
        )}
      </ul>
    </section>
  )
}

const link = 'inline-flex min-h-6 items-center underline underline-offset-2'

function ToConnection({ id, children }: { id: string; children: ReactNode }) {
  return (
    <Link to="/connections/$connectionId" params={{ connectionId: id }} className={link}>
      {children}
    </Link>
  )
}

/** One permission with its button; of a dead one, up to when each account is known. */
function RenewalLine({ notice }: { notice: Notice }) {
  const words = useWords()
  const nameText = useNameText()
  const { id, bank, lastGoodReads } = notice.connection
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
      <div className="min-w-0">
        <ToConnection id={id}>{renewalText(notice, words, nameText)}</ToConnection>
        {isDead(notice) && lastGoodReads.length > 0 && (
          <p className="text-sm">
            {words.sync.renewal.knownTo}:{' '}
            {lastGoodReads
              .map(({ account, lastGoodRead }) => {
                const when = lastGoodRead ? instantText(lastGoodRead, words.locale) : words.sync.renewal.never
                return `${nameText(account.name)} ${when}`
              })
              .join(' · ')}
          </p>
        )}
      </div>
      {notice.confirmHere ? (
        <ReconfirmButton connectionId={id} bankName={bank.name} />
      ) : (
        <RenewButton
          connectionId={id}
          bank={bank}
          look={notice.severity === 'INFORMATION' ? 'plain' : 'primary'}
        />
      )}
    </li>
  )
}
