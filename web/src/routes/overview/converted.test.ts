import { expect, test } from 'vitest'
import { rateText } from './converted'

test('a rate keeps its digits and gets the decimal mark of the language', () => {
  expect(rateText('11.2340', 'sv')).toBe('11,2340')
  expect(rateText('11.2340', 'en-GB')).toBe('11.2340')
  expect(rateText('161', 'fi')).toBe('161')
})
