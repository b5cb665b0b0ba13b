import { expect, test } from 'vitest'
import { firstOf, isByDay } from './range'

test('a range begins on the same day of an earlier month, or on the last it has', () => {
  expect(firstOf('1m', '2026-11-27')).toBe('2026-10-27')
  expect(firstOf('1m', '2026-03-31')).toBe('2026-02-28')
  expect(firstOf('3m', '2026-01-15')).toBe('2025-10-15')
  expect(firstOf('1y', '2028-02-29')).toBe('2027-02-28')
  expect(firstOf('5y', '2026-11-27')).toBe('2021-11-27')
  expect(firstOf('all', '2026-11-27')).toBeUndefined()
})

test('points a day apart are days, others are the ends of months', () => {
  expect(isByDay(['2026-02-28', '2026-03-01', '2026-03-02'])).toBe(true)
  expect(isByDay(['2026-01-31', '2026-02-28'])).toBe(false)
  expect(isByDay(['2026-01-31'])).toBe(true)
  expect(isByDay([])).toBe(false)
})
