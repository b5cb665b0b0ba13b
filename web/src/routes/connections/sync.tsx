import type { ConnectionQuery } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { clockText, relativeText } from '../../lib/dates'
import { ReadingReasons } from '../accounts/reading'

type Connection = NonNullable<ConnectionQuery['connection']>
type ProgressProps = Pick<Connection, 'sync' | 'reading'>

/** How far the reading is, drawn and spoken. */
export function SyncProgress({ sync, reading }: ProgressProps) {
  const words = useWords()
  const { state, accountsDone, accountsTotal, transactionsRead, transactionsNew, finishedAt, startedAt } =
    sync
  const when = finishedAt ?? startedAt
  const age = when ? relativeText(when, words.locale) : ''
  const texts = {
    NEVER: words.connections.sync.NEVER,
    RUNNING: words.connections.sync.RUNNING(
      accountsDone,
      accountsTotal,
      words.common.transactions(transactionsRead),
    ),
    DONE: words.connections.sync.DONE(age, words.common.transactions(transactionsNew)),
    FAILED: words.connections.sync.FAILED(age),
  }
  return (
    <section className="card p-4 sm:px-6">
      <p role="status">
        {texts[state]}
        {state === 'FAILED' && sync.problem && (
          <span className="text-negative"> {words.connections.problem[sync.problem]}</span>
        )}
      </p>
      {state !== 'RUNNING' && reading && (
        <p className="mt-1 text-sm text-muted">
          {reading.nextAt && (
            <span className="block">
              {words.sync.state.nextRead(clockText(reading.nextAt, words.locale))}
            </span>
          )}
          <ReadingReasons reading={reading} />
        </p>
      )}
      {sync.accountsLeftOut > 0 && (
        <p className="mt-1 text-sm">{words.connections.leftOut(sync.accountsLeftOut)}</p>
      )}
      {state === 'RUNNING' && (
        <progress
          aria-label={words.connections.progress}
          className="meter mt-3 block h-2 w-full"
          {...(accountsTotal > 0 ? { value: accountsDone, max: accountsTotal } : {})}
        />
      )}
    </section>
  )
}
