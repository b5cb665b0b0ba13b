/** Days as people type and read them: `25.12.2026`, `25/12/2026` or `2026-12-25`, by their language. */
import { isDay } from '../lib/dates'

type Part = 'day' | 'month' | 'year'

/** Two digits of a year are of this century. */
const century = 2_000

/** In which order a language writes the parts of a day. */
export function partsOf(locale: string): Part[] {
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'numeric', year: 'numeric' })
    .formatToParts(0)
    .flatMap(({ type }) => (type === 'day' || type === 'month' || type === 'year' ? [type] : []))
}

/** A day the way it is typed: digits alone, in the language's order. */
export function typedText(day: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, {
    day: 'numeric',
    month: 'numeric',
    year: 'numeric',
    timeZone: 'UTC',
  }).format(new Date(`${day}T12:00:00Z`))
}

function dayOf(year: number, month: number, day: number): string | null {
  const [y, m, d] = [
    String(year).padStart(4, '0'),
    String(month).padStart(2, '0'),
    String(day).padStart(2, '0'),
  ]
  const text = `${y}-${m}-${d}`
  // A day that is not in its month would become one of the next.
  return isDay(text) && new Date(`${text}T12:00:00Z`).toISOString().startsWith(text) ? text : null
}

/** The digits in their groups; without anything between them the lengths of the parts tell where they end. */
function groupsOf(text: string, order: Part[]): string[] | null {
  const groups = text.match(/\d+/g) ?? []
  if (/[^\d\s./-]/.test(text)) return null
  if (groups.length !== 1) return groups
  const digits = groups[0] ?? ''
  if (digits.length !== 8) return null
  let at = 0
  return order.map((part) => {
    const length = part === 'year' ? 4 : 2
    at += length
    return digits.slice(at - length, at)
  })
}

/**
 * Reads a day that was typed in a language's order, or year first in any; without a year it is one of this
 * year. Null is no day.
 */
export function readDay(text: string, locale: string, thisYear: number): string | null {
  const own = partsOf(locale)
  const groups = groupsOf(text, own)
  if (!groups || groups.length < 2 || groups.length > 3) return null
  if (groups.some(({ length }) => length > 4)) return null
  const yearFirst = groups[0]?.length === 4
  const yearLast = groups.at(-1)?.length === 4
  const dayFirst: Part[] =
    own.indexOf('month') < own.indexOf('day') && own[0] !== 'year' ? ['month', 'day'] : ['day', 'month']
  let order = own
  if (groups.length === 2) order = dayFirst
  else if (yearFirst) order = ['year', 'month', 'day']
  else if (yearLast) order = [...dayFirst, 'year']
  const value = (part: Part) => {
    const group = groups[order.indexOf(part)]
    return group === undefined ? null : Number(group)
  }
  const [year, month, day] = [value('year'), value('month'), value('day')]
  if (month === null || day === null) return null
  if (year === null) return dayOf(thisYear, month, day)
  return dayOf(year < 100 ? century + year : year, month, day)
}

/** Whether nothing can follow any more: what is still being typed has half a year, or half a day after its year. */
export function isWhole(text: string): boolean {
  return /\d\D+\d{4}\s*$/.test(text) || /^\s*\d{4}\D+\d{1,2}\D+\d{2}\s*$/.test(text)
}
