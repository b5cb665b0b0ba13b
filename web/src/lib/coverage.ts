import { daysBetween, daysFrom, firstDay, lastDay, monthsFrom } from './dates'

/** Days in a row, both ends included; without a first one, as far back as the bank goes. */
export type DayRange = { from: string | null; to: string }

export type DayState = 'read' | 'gap' | 'before' | 'ahead'

function holds(ranges: readonly DayRange[], day: string): boolean {
  return ranges.some(({ from, to }) => (from === null || from <= day) && day <= to)
}

/** What is known of one day. */
export function stateOf(
  days: readonly DayRange[],
  gaps: readonly DayRange[],
  day: string,
  today: string,
): DayState {
  if (day > today) return 'ahead'
  if (holds(days, day)) return 'read'
  return holds(gaps, day) ? 'gap' : 'before'
}

export type MonthCover = { month: string; days: string[]; read: number; missing: DayRange[] }

/** A gap, as far as it lies in a month. */
function within(gap: DayRange, first: string, last: string): DayRange | null {
  const from = gap.from === null || gap.from < first ? first : gap.from
  const to = gap.to > last ? last : gap.to
  return from <= to ? { from, to } : null
}

/** Twelve months ending with one, oldest first: how many days of each are read, and which are missing. */
export function monthsOf(
  days: readonly DayRange[],
  gaps: readonly DayRange[],
  last: string,
  today: string,
): MonthCover[] {
  return Array.from({ length: 12 }, (_, index) => {
    const month = monthsFrom(last, index - 11)
    const [first, end] = [firstDay(month), lastDay(month)]
    const all = Array.from({ length: daysBetween(first, end) }, (_each, step) => daysFrom(first, step))
    return {
      month,
      days: all,
      read: all.filter((day) => stateOf(days, gaps, day, today) === 'read').length,
      missing: gaps.flatMap((gap) => within(gap, first, end) ?? []),
    }
  })
}

/** How many days a range has; one without a first day has no number. */
export function lengthOf({ from, to }: DayRange): number | null {
  return from === null ? null : daysBetween(from, to)
}
