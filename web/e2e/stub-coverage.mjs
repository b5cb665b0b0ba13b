// Days that were read, for the stub: one account without a gap, one with two and a balance that breaks.
import { day, instant } from './stub-data.mjs'

const hour = 3_600_000

function window(number, from, to, more = {}) {
  return {
    position: String(4_500 - number),
    fetchId: `f-${number}`,
    from,
    to,
    whole: true,
    rows: 212 - number,
    new: number % 3,
    balance: 'HOLDS',
    readAt: instant((3 + number * 6) * hour),
    ...more,
  }
}

export function coverageOf(account) {
  if (!account) return null
  const whole = {
    days: [{ from: day(729), to: day(0) }],
    gaps: [],
    lastGoodAt: instant(3 * hour),
    lastGoodDay: day(0),
    balance: 'HOLDS',
    breakingDay: null,
    difference: null,
    windows: [0, 1, 2, 3].map((number) => window(number, day(89), day(0))),
  }
  if (account.kind === 'CARD')
    return { ...whole, days: [], gaps: [], windows: [], lastGoodAt: null, lastGoodDay: null }
  if (account.bank.id !== 'nordea') return whole
  return {
    ...whole,
    days: [
      { from: day(400), to: day(120) },
      { from: day(100), to: day(41) },
      { from: day(38), to: day(4) },
    ],
    gaps: [
      { from: day(119), to: day(101) },
      { from: day(40), to: day(39) },
      { from: day(3), to: day(0) },
    ],
    lastGoodAt: instant(4 * 24 * hour),
    lastGoodDay: day(4),
    balance: 'BREAKS',
    breakingDay: day(60),
    difference: { minor: '-1250', currency: 'EUR' },
    windows: [
      window(0, day(3), day(0), { whole: false, balance: 'NOT_GIVEN' }),
      window(1, day(38), day(4), { balance: 'BREAKS' }),
      window(2, day(100), day(41)),
    ],
  }
}
