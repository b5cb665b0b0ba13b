import { daysFrom, lastDay, monthsFrom } from '../../lib/dates'

export const ranges = ['1m', '3m', '1y', '5y', 'all'] as const
export type Range = (typeof ranges)[number]

const monthsOf = { '1m': 1, '3m': 3, '1y': 12, '5y': 60 } as const

/** The first day of a range that ends today: the same day so many months ago, or the last that month has. */
export function firstOf(range: Range, today: string): string | undefined {
  if (range === 'all') return undefined
  const month = monthsFrom(today.slice(0, 7), -monthsOf[range])
  const same = `${month}-${today.slice(8)}`
  return same <= lastDay(month) ? same : lastDay(month)
}

/** More points than this of a line are the ends of months. */
const mostDays = 400

/** Whether points stand for days or for months. */
export function isByDay(days: readonly string[]): boolean {
  const [first, second] = days
  return (
    days.length <= mostDays && first !== undefined && (second === undefined || daysFrom(first, 1) === second)
  )
}
