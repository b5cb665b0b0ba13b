import { expect, test } from 'vitest'
import { stateOf } from '../ledger/proof'
import { domainOf } from './line'

test('an axis begins at nought unless small changes of a large amount are to be seen', () => {
  expect(domainOf([5, 20], false)).toEqual([0, 20, true])
  expect(domainOf([-5, 20], true)).toEqual([-5, 20, true])
  expect(domainOf([900, 1_000], true)).toEqual([890, 1_010, false])
  expect(domainOf([-1_000, -900], true)).toEqual([-1_010, -890, false])
  expect(domainOf([100, 1_000], true)).toEqual([0, 1_000, true])
  expect(domainOf([50, 50], true)).toEqual([45, 55, false])
  expect(domainOf([0, 0], true)).toEqual([0, 1, true])
})

test('a proof of which any part does not hold has failed', () => {
  expect(stateOf({ included: true, signed: 'yes' })).toBe('checked')
  expect(stateOf({ included: true, signed: 'unknown' })).toBe('unknown')
  expect(stateOf({ included: true, signed: 'no' })).toBe('failed')
  expect(stateOf({ included: false, signed: 'yes' })).toBe('failed')
  expect(stateOf({ included: false, signed: 'unknown' })).toBe('failed')
})
