import { expect, test } from 'vitest'
import { en } from '../i18n/en'
import { reasonText } from './reason'

test('a reason is worded, and an unknown one shown as it is', () => {
  expect(reasonText(en, 'rule:groceries/k market@1')).toBe('It says “k market”')
  expect(reasonText(en, 'default@1')).toBe('No rule knows this row yet')
  expect(reasonText(en, 'model:3')).toBe('model:3')
})
