import { expect, test } from 'vitest'
import { firstMonth, grouped, spanOfDays } from './grouped'

const euro = (minor: string) => ({ minor, currency: 'EUR' })
const month = (name: string, income: string, spent: string) => ({
  from: `${name}-01`,
  to: `${name}-28`,
  income: euro(income),
  spent: euro(spent),
  saved: euro('100'),
  savingsRatePerMille: 0,
})

test('months become quarters and years, exact beyond what a number holds', () => {
  const months = [
    month('2025-12', '1000', '400'),
    month('2026-01', '9007199254740993', '1'),
    month('2026-02', '7', '9007199254740000'),
    month('2026-04', '0', '50'),
  ]
  expect(grouped(months, 'quarter')).toEqual([
    { ...months[0], from: '2025-10-01', to: '2025-12-31', savingsRatePerMille: 600 },
    {
      ...months[1],
      from: '2026-01-01',
      to: '2026-03-31',
      income: euro('9007199254741000'),
      spent: euro('9007199254740001'),
      saved: euro('200'),
      savingsRatePerMille: 0,
    },
    { ...months[3], from: '2026-04-01', to: '2026-06-30', savingsRatePerMille: null },
  ])
  expect(grouped(months, 'year').map(({ from, to }) => [from, to])).toEqual([
    ['2025-01-01', '2025-12-31'],
    ['2026-01-01', '2026-12-31'],
  ])
})

test('whole spans are asked for', () => {
  expect(firstMonth('2026-11', 'quarter')).toBe('2025-01')
  expect(firstMonth('2026-11', 'year')).toBe('2024-01')
  expect(spanOfDays('2026-07-01', '2026-09-30')).toBe('quarter')
  expect(spanOfDays('2026-01-01', '2026-12-31')).toBe('year')
  expect(spanOfDays('2026-02-01', '2026-04-30')).toBe(null)
  expect(spanOfDays('2026-01-01', '2026-01-31')).toBe(null)
})
