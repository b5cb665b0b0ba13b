import { daysFrom, firstDay, lastDay, monthsFrom, weekdayOf } from '../lib/dates'

/** The weeks of a month, Monday first; a place that is of another month is null. */
export function weeksOf(month: string): (string | null)[][] {
  const [first, last] = [firstDay(month), lastDay(month)]
  const weeks: (string | null)[][] = []
  for (let monday = daysFrom(first, -weekdayOf(first)); monday <= last; monday = daysFrom(monday, 7)) {
    const days = Array.from({ length: 7 }, (_, place) => daysFrom(monday, place))
    weeks.push(days.map((day) => (day < first || day > last ? null : day)))
  }
  return weeks
}

/** The same day so many months on, or the last of that month where it is shorter. */
export function monthsOn(day: string, step: number): string {
  const month = monthsFrom(day.slice(0, 7), step)
  const same = `${month}-${day.slice(8)}`
  return same > lastDay(month) ? lastDay(month) : same
}

/** Where a key leads from a day in a calendar; null for a key that leads nowhere. */
export function dayByKey(day: string, key: string, shift: boolean): string | null {
  if (key === 'ArrowLeft') return daysFrom(day, -1)
  if (key === 'ArrowRight') return daysFrom(day, 1)
  if (key === 'ArrowUp') return daysFrom(day, -7)
  if (key === 'ArrowDown') return daysFrom(day, 7)
  if (key === 'Home') return daysFrom(day, -weekdayOf(day))
  if (key === 'End') return daysFrom(day, 6 - weekdayOf(day))
  if (key === 'PageUp') return monthsOn(day, shift ? -12 : -1)
  if (key === 'PageDown') return monthsOn(day, shift ? 12 : 1)
  return null
}

/** The nearest day that may be chosen. */
export function within(day: string, min: string | undefined, max: string | undefined): string {
  if (min && day < min) return min
  return max && day > max ? max : day
}

/** The name of a month, 01 to 12, as a heading. */
export function monthName(number: string, locale: string): string {
  const text = new Intl.DateTimeFormat(locale, { month: 'long', timeZone: 'UTC' }).format(
    new Date(`2026-${number}-15T12:00:00Z`),
  )
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1)
}

/** The days of the week, Monday first. */
export function weekdayNames(locale: string): { short: string; long: string }[] {
  const name = (day: string, weekday: 'short' | 'long') =>
    new Intl.DateTimeFormat(locale, { weekday, timeZone: 'UTC' }).format(new Date(`${day}T12:00:00Z`))
  // The fifth of January 2026 is a Monday.
  return Array.from({ length: 7 }, (_, place) => daysFrom('2026-01-05', place)).map((day) => ({
    short: name(day, 'short'),
    long: name(day, 'long'),
  }))
}
