import { describe, expect, it } from 'vitest'
import { averages, columns, currenciesOf, monthsAgainst, ranked, type SpendingRow } from './spending'

function row(month: string, id: string, minor: string, currency = 'EUR'): SpendingRow {
  return { month, category: { id, kind: 'SPENDING' }, amount: { minor, currency }, count: 2 }
}

const rows = [
  row('2026-11', 'groceries', '500'),
  row('2026-11', 'housing', '900'),
  row('2026-11', 'pets', '50'),
  row('2026-11', 'health', '70'),
  row('2026-11', 'travel_agency', '-30'),
  row('2026-11', 'housing', '100', 'SEK'),
  row('2026-10', 'housing', '900'),
]

describe('spending', () => {
  it('ranks one month and currency, the largest first, and leaves out what came back', () => {
    expect(ranked(rows, '2026-11', 'EUR').map(({ category }) => category.id)).toEqual([
      'housing',
      'groceries',
      'health',
      'pets',
    ])
  })

  it('puts the most used currency first', () => {
    expect(currenciesOf(rows)).toEqual(['EUR', 'SEK'])
  })

  it('stacks by the colour of the category, and gathers the rest', () => {
    const [october, november] = columns(rows, ['2026-10', '2026-11'], 'EUR')
    expect(october?.parts).toHaveLength(1)
    expect(november?.parts.map(({ id, from, to }) => [id, from, to])).toEqual([
      ['housing', 0, 900],
      ['groceries', 900, 1400],
      ['other', 1400, 1520],
    ])
    expect(november?.total).toEqual({ minor: '1520', currency: 'EUR' })
  })

  it('compares with a month or with the mean of three, each currency by itself', () => {
    expect(monthsAgainst('2026-01', 'month')).toEqual(['2025-12'])
    expect(monthsAgainst('2026-01', 'year')).toEqual(['2025-01'])
    expect(monthsAgainst('2026-01', 'mean')).toEqual(['2025-10', '2025-11', '2025-12'])
    const mean = averages(rows, ['2026-09', '2026-10', '2026-11'], 'EUR')
    expect(mean.get('housing')).toEqual({ minor: '600', currency: 'EUR' })
    expect(mean.get('groceries')?.minor).toBe('166')
    expect(averages(rows, [], 'EUR').size).toBe(0)
  })
})
