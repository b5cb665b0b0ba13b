/** Calendar months are `YYYY-MM`, days `YYYY-MM-DD`; both are text and never pass through a time zone. */

const formats = new Map<string, Intl.DateTimeFormat>()

function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options)
  let found = formats.get(key)
  if (!found) {
    found = new Intl.DateTimeFormat(locale, options)
    formats.set(key, found)
  }
  return found
}

function noon(day: string): Date {
  return new Date(`${day}T12:00:00Z`)
}

export function dayText(day: string, locale: string): string {
  return format(locale, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(
    noon(day),
  )
}

/** For rows under a month heading: the year is already said. */
export function shortDayText(day: string, locale: string): string {
  return format(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(noon(day))
}

export function longDayText(day: string, locale: string): string {
  return format(locale, { dateStyle: 'full', timeZone: 'UTC' }).format(noon(day))
}

export function monthText(month: string, locale: string): string {
  const text = format(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(noon(`${month}-15`))
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1)
}

export function shortMonthText(month: string, locale: string): string {
  return format(locale, { month: 'short', timeZone: 'UTC' }).format(noon(`${month}-15`))
}

export function instantText(instant: string, locale: string): string {
  return format(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(instant))
}

export function instantDayText(instant: string, locale: string): string {
  return format(locale, { day: 'numeric', month: 'short', year: 'numeric' }).format(new Date(instant))
}

export function thisMonth(now: Date = new Date()): string {
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, '0')}`
}

/** A moment of the log: to the second and in UTC, so that two people who compare it read the same. */
export function logTimeText(instant: string, locale: string): string {
  return `${format(locale, { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' }).format(new Date(instant))} UTC`
}

/** The day it is where the person is. */
export function today(now: Date = new Date()): string {
  return `${thisMonth(now)}-${String(now.getDate()).padStart(2, '0')}`
}

export function monthsFrom(month: string, step: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number)
  const index = year * 12 + (number - 1) + step
  return `${String(Math.floor(index / 12)).padStart(4, '0')}-${String((index % 12) + 1).padStart(2, '0')}`
}

/** `count` months ending with `last`, oldest first. */
export function monthsEnding(last: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => monthsFrom(last, index - count + 1))
}

export function firstDay(month: string): string {
  return `${month}-01`
}

export function lastDay(month: string): string {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return `${month}-${String(new Date(Date.UTC(year, number, 0)).getUTCDate()).padStart(2, '0')}`
}

export function isMonth(text: string): boolean {
  return /^\d{4}-(0[1-9]|1[0-2])$/.test(text)
}

export function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(noon(text).getTime())
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
]

/** "3 hours ago", "in 12 days". */
export function relativeText(instant: string, locale: string, now: number = Date.now()): string {
  const milliseconds = new Date(instant).getTime() - now
  const words = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  for (const [unit, size] of steps) {
    if (Math.abs(milliseconds) >= size) return words.format(Math.trunc(milliseconds / size), unit)
  }
  return words.format(0, 'minute')
}

export function daysUntil(instant: string, now: number = Date.now()): number {
  return Math.ceil((new Date(instant).getTime() - now) / 86_400_000)
}

function localDay(instant: Date): string {
  return `${instant.getFullYear()}-${instant.getMonth()}-${instant.getDate()}`
}

/** "14:20" for today, "Fri 14:20" within a week, the date and time beyond. */
export function clockText(instant: string, locale: string, now: number = Date.now()): string {
  const then = new Date(instant)
  const time: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' }
  if (localDay(then) === localDay(new Date(now))) return format(locale, time).format(then)
  const near = Math.abs(then.getTime() - now) < 6 * 86_400_000
  return near ? format(locale, { weekday: 'short', ...time }).format(then) : instantText(instant, locale)
}

export function daysFrom(day: string, step: number): string {
  return new Date(noon(day).getTime() + step * 86_400_000).toISOString().slice(0, 10)
}

/** Whole days from the first to the last, both counted. */
export function daysBetween(first: string, last: string): number {
  return Math.round((noon(last).getTime() - noon(first).getTime()) / 86_400_000) + 1
}

/** 0 for Monday to 6 for Sunday. */
export function weekdayOf(day: string): number {
  return (noon(day).getUTCDay() + 6) % 7
}
