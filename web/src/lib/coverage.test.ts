import { describe, expect, it } from 'vitest'
import { lengthOf, monthsOf, stateOf } from './coverage'

const days = [
  { from: '2026-01-10', to: '2026-02-03' },
  { from: '2026-02-08', to: '2026-03-20' },
]
const gaps = [
  { from: '2026-02-04', to: '2026-02-07' },
  { from: '2026-03-21', to: '2026-03-25' },
]
const today = '2026-03-25'

describe('what is known of a day', () => {
  it.each([
    ['2026-01-09', 'before'],
    ['2026-01-10', 'read'],
    ['2026-02-03', 'read'],
    ['2026-02-04', 'gap'],
    ['2026-02-07', 'gap'],
    ['2026-02-08', 'read'],
    ['2026-03-25', 'gap'],
    ['2026-03-26', 'ahead'],
  ])('%s is %s', (day, state) => {
    expect(stateOf(days, gaps, day, today)).toBe(state)
  })

  it('goes back without end where the bank named no first day', () => {
    expect(stateOf([{ from: null, to: '2026-01-31' }], [], '1999-05-01', today)).toBe('read')
    expect(lengthOf({ from: null, to: '2026-01-31' })).toBeNull()
  })
})

describe('a year of months', () => {
  const months = monthsOf(days, gaps, '2026-03', today)

  it('ends with the month asked for and has every day of each', () => {
    expect(months.map(({ month }) => month).slice(0, 2)).toEqual(['2025-04', '2025-05'])
    expect(months.at(-1)?.days).toHaveLength(31)
    expect(months.at(-2)?.days).toHaveLength(28)
  })

  it('counts the days read and names the missing ones, each in its own month', () => {
    expect(months.slice(-3).map(({ read }) => read)).toEqual([22, 24, 20])
    expect(months.at(-2)?.missing).toEqual([{ from: '2026-02-04', to: '2026-02-07' }])
    expect(months.at(-3)?.missing).toEqual([])
  })

  it('cuts a gap at the end of a month', () => {
    const long = monthsOf(days, [{ from: '2026-01-25', to: '2026-02-07' }], '2026-02', today)
    expect(long.slice(-2).map(({ missing }) => missing)).toEqual([
      [{ from: '2026-01-25', to: '2026-01-31' }],
      [{ from: '2026-02-01', to: '2026-02-07' }],
    ])
  })
})
