import type { AccountsQuery } from '../../gql/graphql'
import type { Catalogue } from '../../i18n/en'
import { useWords } from '../../i18n/words'
import { clockText, relativeText } from '../../lib/dates'

export type Reading = NonNullable<AccountsQuery['accounts'][number]['reading']>

type State = { lastReadAt: string | null; live: boolean; reading: Reading | null }

/** When it is read next, if that is still to come. */
function nextText(reading: Reading, words: Catalogue, now: number): string | null {
  if (!reading.nextAt) return null
  if (new Date(reading.nextAt).getTime() <= now) return words.sync.state.soon
  return words.sync.state.next(clockText(reading.nextAt, words.locale, now))
}

/** "Updated 3 hours ago", "next read 14:20": what is said of a reading, without what went wrong. */
export function readingTexts(state: State, words: Catalogue, now: number = Date.now()): string[] {
  const { lastReadAt, live, reading } = state
  const age = lastReadAt
    ? words.common.updated(relativeText(lastReadAt, words.locale, now))
    : words.common.neverUpdated
  if (!live) return [age, words.sync.state.ended]
  if (reading?.running) return [age, words.sync.state.running]
  const next = reading && nextText(reading, words, now)
  return next ? [age, next] : [age]
}

/** How up to date something is, in one line of plain words. */
export function ReadingLine({ state, className = '' }: { state: State; className?: string }) {
  const words = useWords()
  const problem = state.live && !state.reading?.running ? state.reading?.problem : null
  return (
    <span className={className}>
      {readingTexts(state, words).join(' · ')}
      {problem && <span className="text-negative"> · {words.sync.state.problem[problem]}</span>}
    </span>
  )
}

/** Several accounts of one bank in one line: the oldest age, the nearest read, the first problem. */
export function together(accounts: readonly State[]): State {
  const live = accounts.filter((account) => account.live)
  const counted = live.length > 0 ? live : accounts
  const ages = counted.map(({ lastReadAt }) => lastReadAt)
  const readings = counted.flatMap(({ reading }) => reading ?? [])
  const first = readings.toSorted((a, b) => (a.nextAt ?? '~').localeCompare(b.nextAt ?? '~'))[0]
  const oldest = ages.includes(null) ? null : (ages.toSorted()[0] ?? null)
  return {
    lastReadAt: oldest,
    live: live.length > 0,
    reading: first
      ? {
          ...first,
          running: readings.some(({ running }) => running),
          problem: readings.find(({ problem }) => problem)?.problem ?? null,
        }
      : null,
  }
}

/** Why the next read is when it is, and when the person may read by hand. */
export function ReadingReasons({ reading }: { reading: Reading }) {
  const words = useWords()
  const later = new Date(reading.byHandFrom).getTime() > Date.now() + 60_000
  return (
    <>
      {reading.nextWhy && !reading.running && (
        <span className="block">{words.sync.state.why[reading.nextWhy]}</span>
      )}
      {later && (
        <span className="block">{words.sync.state.byHand(clockText(reading.byHandFrom, words.locale))}</span>
      )}
    </>
  )
}
