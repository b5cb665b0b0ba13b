import { expect, test } from 'vitest'
import { beatAfter, beatsWithin, type Stream } from './beats'

const euro = (minor: number) => ({ minor: String(minor), currency: 'EUR' })

const rent: Stream = {
  knownAt: { position: '1', recordedAt: null },
  label: 'Rent',
  payee: 'rent',
  category: { id: 'housing', kind: 'SPENDING' },
  rhythm: 'MONTHLY',
  state: 'RUNNING',
  fixed: true,
  nextDay: '2026-01-31',
  expected: euro(-90_000),
  yearly: euro(-1_080_000),
  priceChange: null,
  hits: [{ transactionId: 't', day: '2025-12-31', amount: euro(-89_000) }],
  hitCount: 1,
}

test('beats keep their day where the month has it', () => {
  expect(beatAfter('MONTHLY', '2026-01-31', 1)).toBe('2026-02-28')
  expect(beatAfter('MONTHLY', '2026-01-31', 2)).toBe('2026-03-31')
  expect(beatAfter('YEARLY', '2028-02-29', 1)).toBe('2029-02-28')
  expect(beatAfter('FOUR_WEEKLY', '2026-02-20', 1)).toBe('2026-03-20')
  expect(beatAfter('QUARTERLY', '2026-11-30', 1)).toBe('2027-02-28')
})

test('what came and what comes are told apart, and nothing comes of what has stopped', () => {
  const days = (stream: Stream) =>
    beatsWithin([stream], '2025-12-01', '2026-02-28').map(({ day, came }) => `${day} ${came}`)
  expect(days(rent)).toEqual(['2025-12-31 true', '2026-01-31 false', '2026-02-28 false'])
  expect(days({ ...rent, state: 'STOPPED' })).toEqual(['2025-12-31 true'])
})
