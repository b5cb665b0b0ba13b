import { expect, it } from 'vitest'
import { sumsOf } from './sums'

const row = (category: string, minor: string, currency = 'EUR') => ({
  person: 'p',
  account: 'a',
  day: '2026-10-01',
  amount: { minor, currency },
  category,
})

it('sums in whole minor units, by category and currency, the most spent first; amounts of two currencies are not compared', () => {
  const rows = [
    row('food', '-9007199254740993'),
    row('food', '-1'),
    row('pay', '300000'),
    row('food', '-50', 'SEK'),
    row('pay', '-10'),
  ]
  expect(sumsOf(rows)).toEqual([
    { category: 'food', currency: 'EUR', in: 0n, out: -9007199254740994n, count: 2 },
    { category: 'pay', currency: 'EUR', in: 300000n, out: -10n, count: 2 },
    { category: 'food', currency: 'SEK', in: 0n, out: -50n, count: 1 },
  ])
  expect(sumsOf([])).toEqual([])
})
