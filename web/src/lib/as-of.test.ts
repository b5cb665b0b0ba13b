import { expect, test } from 'vitest'
import { asOfInput } from './as-of'

test('a day is its end, digits are a position, and anything else is now', () => {
  const end = asOfInput('2026-03-14')
  expect(new Date(end?.instant ?? '').getTime()).toBe(new Date(2026, 2, 14, 23, 59, 59, 999).getTime())
  expect(asOfInput('5012')).toEqual({ position: '5012' })
  for (const text of [undefined, '', 'yesterday', '2026-13-45', '-1', '1'.repeat(20)]) {
    expect(asOfInput(text)).toBeUndefined()
  }
})
