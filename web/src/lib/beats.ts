import type { RecurringQuery, Rhythm } from '../gql/graphql'
import { daysFrom, lastDay, monthsFrom } from './dates'
import type { Money } from './money'

export type Stream = RecurringQuery['recurring'][number]

/** What stays the person's own: it neither goes out nor comes in. */
export function isMoved({ category }: Stream): boolean {
  return category.kind === 'TRANSFER'
}

/** Something that came on a day, or is expected to. */
export type Beat = { stream: Stream; day: string; amount: Money; came: boolean }

const inDays: Partial<Record<Rhythm, number>> = { WEEKLY: 7, TWO_WEEKLY: 14, FOUR_WEEKLY: 28 }
const inMonths: Partial<Record<Rhythm, number>> = {
  MONTHLY: 1,
  TWO_MONTHLY: 2,
  QUARTERLY: 3,
  HALF_YEARLY: 6,
  YEARLY: 12,
}

/** The day `count` beats after a day; the 31st falls on the last day of a shorter month. */
export function beatAfter(rhythm: Rhythm, day: string, count: number): string {
  const days = inDays[rhythm]
  if (days) return daysFrom(day, days * count)
  const month = monthsFrom(day.slice(0, 7), (inMonths[rhythm] ?? 1) * count)
  const wanted = `${month}-${day.slice(8)}`
  const last = lastDay(month)
  return wanted > last ? last : wanted
}

const mostBeats = 400

/** What came and what is expected from a day to a day, both included, in the order of days. */
export function beatsWithin(streams: readonly Stream[], from: string, to: string): Beat[] {
  const beats = streams.flatMap((stream) => {
    const came = stream.hits.map(({ day, amount }) => ({ stream, day, amount, came: true }))
    const coming: Beat[] = []
    for (let count = 0; stream.state !== 'STOPPED' && count < mostBeats; count += 1) {
      const day = beatAfter(stream.rhythm, stream.nextDay, count)
      if (day > to) break
      coming.push({ stream, day, amount: stream.expected, came: false })
    }
    return [...came, ...coming].filter(({ day }) => day >= from && day <= to)
  })
  return beats.toSorted((a, b) => a.day.localeCompare(b.day) || a.stream.label.localeCompare(b.stream.label))
}
