import { describe, expect, it } from 'vitest'
import { isExact, leftOf, sent } from './split'

const whole = { minor: '-10000', currency: 'EUR' }
const part = (amount: string, category = '', note = '') => ({ amount, category, note })

describe('splitting', () => {
  it.each([
    [['60', '40'], '0'],
    [['60,50', '30'], '950'],
    [['60', '50'], '-1000'],
    [['60', 'nonsense'], '4000'],
    [['', ''], '10000'],
  ])('%j leaves %s', (amounts, left) => {
    expect(
      leftOf(
        whole,
        amounts.map((amount) => part(amount)),
      ).minor,
    ).toBe(left)
  })

  it.each([
    [['60', '40'], true],
    [['100'], false],
    [['100', '0'], false],
    [['99.99', '0.01'], true],
    [['60', '41'], false],
  ])('%j is exact: %s', (amounts, exact) => {
    expect(
      isExact(
        whole,
        amounts.map((amount) => part(amount)),
      ),
    ).toBe(exact)
  })

  it('is sent with the sign of the whole', () => {
    expect(sent(whole, [part('60', 'groceries'), part('40', '', ' for Leo ')])).toEqual([
      { minor: '-6000', categoryId: 'groceries', note: null },
      { minor: '-4000', categoryId: null, note: 'for Leo' },
    ])
    expect(sent({ minor: '10000', currency: 'EUR' }, [part('60'), part('40')])[0]?.minor).toBe('6000')
  })
})
