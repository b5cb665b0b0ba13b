import { describe, expect, it } from 'vitest'
import { mostRows, partsOf, type Row, withBalances } from './rows'

describe('parts of a month', () => {
  it('are the month itself where it fits', () => {
    expect(partsOf('2026-02', '2026-02-28', mostRows)).toEqual([{ from: '2026-02-01', to: '2026-02-28' }])
  })

  it('are its weeks where it does not, and leave no day out', () => {
    const parts = partsOf('2026-02', '2026-02-28', mostRows + 1)
    expect(parts.map(({ from, to }) => [from.slice(8), to.slice(8)])).toEqual([
      ['01', '07'],
      ['08', '14'],
      ['15', '21'],
      ['22', '28'],
    ])
    const days = partsOf('2026-02', '2026-02-28', mostRows * 9)
    expect(days).toHaveLength(28)
    expect(days.at(-1)).toEqual({ from: '2026-02-28', to: '2026-02-28' })
  })
})

describe('balances', () => {
  const row = (minor: string) => ({ amount: { minor, currency: 'EUR' } }) as Row

  it('go on from the opening one, exact beyond 2^53', () => {
    const opening = { minor: '9007199254740993', currency: 'EUR' }
    const balances = withBalances([row('1'), row('-2')], opening).map(({ balance }) => balance?.minor)
    expect(balances).toEqual(['9007199254740994', '9007199254740992'])
  })

  it('are not guessed without one', () => {
    expect(withBalances([row('1')], null)[0]?.balance).toBeNull()
  })
})
