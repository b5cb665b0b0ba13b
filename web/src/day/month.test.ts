import { describe, expect, it } from 'vitest'
import { dayByKey, monthsOn, weeksOf, within } from './month'

describe('a calendar', () => {
  it('has every day of a month once, under its weekday', () => {
    for (const month of ['2026-02', '2026-11', '2024-02', '2027-05']) {
      const weeks = weeksOf(month)
      const days = weeks.flat().filter((day) => day !== null)
      expect(weeks.every((week) => week.length === 7)).toBe(true)
      expect(days[0]).toBe(`${month}-01`)
      expect(new Set(days).size).toBe(
        new Date(Number(month.slice(0, 4)), Number(month.slice(5)), 0).getDate(),
      )
    }
    // The first of November 2026 is a Sunday, and February 2027 begins on a Monday and fills four weeks.
    expect(weeksOf('2026-11')[0]).toEqual([null, null, null, null, null, null, '2026-11-01'])
    expect(weeksOf('2027-02')).toHaveLength(4)
  })

  it('is walked by keys', () => {
    expect(dayByKey('2026-11-30', 'ArrowRight', false)).toBe('2026-12-01')
    expect(dayByKey('2026-11-03', 'ArrowUp', false)).toBe('2026-10-27')
    expect(dayByKey('2026-11-26', 'Home', false)).toBe('2026-11-23')
    expect(dayByKey('2026-11-26', 'End', false)).toBe('2026-11-29')
    expect(dayByKey('2026-11-26', 'PageDown', false)).toBe('2026-12-26')
    expect(dayByKey('2024-02-29', 'PageUp', true)).toBe('2023-02-28')
    expect(dayByKey('2026-11-26', 'x', false)).toBeNull()
  })

  it('keeps to the end of shorter months and to what may be chosen', () => {
    expect(monthsOn('2026-01-31', 1)).toBe('2026-02-28')
    expect(within('2026-01-31', undefined, '2026-01-15')).toBe('2026-01-15')
    expect(within('2026-01-01', '2026-01-10', undefined)).toBe('2026-01-10')
    expect(within('2026-01-12', '2026-01-10', '2026-01-15')).toBe('2026-01-12')
  })
})
