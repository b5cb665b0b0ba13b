import { describe, expect, it } from 'vitest'
import { isWhole, readDay, typedText } from './typed'

const read = (text: string, locale: string) => readDay(text, locale, 2026)

describe('a day that is typed', () => {
  it('is shown in the order of the language', () => {
    expect(typedText('2026-12-05', 'fi-FI')).toBe('5.12.2026')
    expect(typedText('2026-12-05', 'sv-SE')).toBe('2026-12-05')
    expect(typedText('2026-12-05', 'en-GB')).toBe('05/12/2026')
  })

  it.each(['fi-FI', 'sv-SE', 'en-GB'])('comes back from its own text in %s', (locale) => {
    for (const day of ['2000-01-01', '2024-02-29', '2026-12-31', '2031-10-09']) {
      expect(read(typedText(day, locale), locale)).toBe(day)
    }
  })

  it('may be written with any mark between its parts, and as ISO 8601 in every language', () => {
    for (const text of ['5.12.2026', '5/12/2026', '05-12-2026', '5 12 2026', '5. 12. 2026', '2026-12-05']) {
      expect(read(text, 'fi-FI'), text).toBe('2026-12-05')
      expect(read(text, 'en-GB'), text).toBe('2026-12-05')
      expect(read(text, 'sv-SE'), text).toBe('2026-12-05')
    }
  })

  it('may be short: two digits of a year, or none', () => {
    expect(read('5.12.24', 'fi-FI')).toBe('2024-12-05')
    expect(read('24-12-05', 'sv-SE')).toBe('2024-12-05')
    expect(read('5.12.', 'fi-FI')).toBe('2026-12-05')
    expect(read('5/12', 'en-GB')).toBe('2026-12-05')
    expect(read('5/12', 'sv-SE')).toBe('2026-12-05')
  })

  it('may be digits alone, as a telephone offers them', () => {
    expect(read('05122026', 'fi-FI')).toBe('2026-12-05')
    expect(read('20261205', 'sv-SE')).toBe('2026-12-05')
  })

  it('is none where there is no such day', () => {
    for (const text of [
      '31.2.2026',
      '29.2.2025',
      '0.1.2026',
      '5.13.2026',
      '5',
      '',
      'x',
      '5.12.2026x',
      '1.2.3.4',
      '5.12.20261',
    ]) {
      expect(read(text, 'fi-FI'), text).toBeNull()
    }
  })

  it('is whole once nothing can follow', () => {
    for (const text of ['5.12', '5.12.', '5.12.20', '2026', '2026-12', '2026-12-', '2026-12-1', '5122026']) {
      expect(isWhole(text), text).toBe(false)
    }
    for (const text of ['5.12.2026', '5/12/2026', '2026-12-15', '2026-1-05']) {
      expect(isWhole(text), text).toBe(true)
    }
  })
})
