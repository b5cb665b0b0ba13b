import { describe, expect, it } from 'vitest'
import { decimalText, difference, minorFromText, moneyText, share, totals } from './money'

const euro = (minor: string) => ({ minor, currency: 'EUR' })

describe('money', () => {
  it.each([
    ['0', 'EUR', '0.00'],
    ['5', 'EUR', '0.05'],
    ['-5', 'EUR', '-0.05'],
    ['123456', 'EUR', '1234.56'],
    ['-123456', 'SEK', '-1234.56'],
    ['1500', 'JPY', '1500'],
    ['12345', 'KWD', '12.345'],
    ['9007199254740993123', 'EUR', '90071992547409931.23'],
  ])('%s %s is %s', (minor, currency, text) => {
    expect(decimalText({ minor, currency })).toBe(text)
  })

  it('is written as the locale writes it, with U+2212 and U+00A0', () => {
    expect(moneyText(euro('-123456'), 'fi-FI')).toBe('\u22121\u00a0234,56\u00a0€')
    expect(moneyText(euro('-123456'), 'sv-SE')).toBe('\u22121\u00a0234,56\u00a0€')
    expect(moneyText(euro('-123456'), 'en-GB')).toBe('\u2212€1,234.56')
    expect(moneyText(euro('123456'), 'en-GB', 'exceptZero')).toBe('+€1,234.56')
    expect(moneyText(euro('0'), 'en-GB', 'exceptZero')).toBe('€0.00')
  })

  it('is exact beyond 2^53', () => {
    expect(moneyText(euro('9007199254740993'), 'en-GB')).toBe('€90,071,992,547,409.93')
  })

  it.each([
    ['12,50', '1250'],
    ['12.5', '1250'],
    [' 1 200 ', '120000'],
    ['12.505', null],
    ['-3', null],
    ['', null],
    ['twelve', null],
  ])('reads "%s" as %s', (text, minor) => {
    expect(minorFromText(text, 'EUR')).toBe(minor)
  })

  it('never adds two currencies together, and puts the most used one first', () => {
    const amounts = [{ minor: '900', currency: 'SEK' }, euro('100'), euro('-250')]
    expect(totals(amounts)).toEqual([euro('-150'), { minor: '900', currency: 'SEK' }])
  })

  it('tells differences and shares', () => {
    expect(difference(euro('100'), euro('250'))).toEqual(euro('-150'))
    expect(share(euro('25'), euro('100'))).toBe(0.25)
    expect(share(euro('25'), euro('0'))).toBe(0)
    expect(share(euro('500'), euro('100'))).toBe(1)
  })
})
