import { describe, expect, it } from 'vitest'
import {
  daysUntil,
  isDay,
  isMonth,
  lastDay,
  monthsEnding,
  monthsFrom,
  monthText,
  relativeText,
  shortDayText,
} from './dates'

describe('months', () => {
  it.each([
    ['2026-11', 1, '2026-12'],
    ['2026-12', 1, '2027-01'],
    ['2026-01', -1, '2025-12'],
    ['2026-03', -15, '2024-12'],
  ])('%s and %i is %s', (month, step, expected) => {
    expect(monthsFrom(month, step)).toBe(expected)
  })

  it.each([
    ['2024-02', '2024-02-29'],
    ['2026-02', '2026-02-28'],
    ['2026-12', '2026-12-31'],
  ])('the last day of %s is %s', (month, day) => {
    expect(lastDay(month)).toBe(day)
  })

  it('lists the months that end with one', () => {
    expect(monthsEnding('2026-02', 3)).toEqual(['2025-12', '2026-01', '2026-02'])
  })

  it('begins with a capital letter in every language', () => {
    expect(monthText('2026-11', 'en-GB')).toBe('November 2026')
    expect(monthText('2026-11', 'fi-FI')).toBe('Marraskuu 2026')
    expect(monthText('2026-11', 'sv-SE')).toBe('November 2026')
  })

  it('knows what is a month and what is a day', () => {
    expect([isMonth('2026-11'), isMonth('2026-13'), isMonth('2026-1')]).toEqual([true, false, false])
    expect([isDay('2026-11-30'), isDay('2026-99-30'), isDay('yesterday')]).toEqual([true, false, false])
  })
})

describe('days', () => {
  it('does not move a day through a time zone', () => {
    expect(shortDayText('2026-01-01', 'en-GB')).toBe('1 Jan')
    expect(shortDayText('2026-12-31', 'fi-FI')).toBe('31.12.')
  })

  const now = Date.UTC(2026, 10, 23, 12)
  it.each([
    ['2026-11-23T09:00:00Z', '3 hours ago'],
    ['2026-11-23T11:59:40Z', 'this minute'],
    ['2026-11-22T11:00:00Z', 'yesterday'],
    ['2026-11-26T13:00:00Z', 'in 3 days'],
  ])('%s is %s', (instant, text) => {
    expect(relativeText(instant, 'en-GB', now)).toBe(text)
  })

  it('counts the days that are left, the begun one too', () => {
    expect(daysUntil('2026-11-24T11:00:00Z', now)).toBe(1)
    expect(daysUntil('2026-11-25T13:00:00Z', now)).toBe(3)
  })
})
