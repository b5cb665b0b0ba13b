import { expect, it } from 'vitest'
import { isRemovedDemo } from './demo'

const removed = { bank: { demo: true }, grantedAt: '2026-01-01', endedAt: '2026-02-01', accounts: [] }

it('a removed demo ended and has no account in sight', () => {
  expect(isRemovedDemo(removed)).toBe(true)
})

it.each([
  ['a bank that is none', { bank: { demo: false } }],
  ['one that stands', { endedAt: null }],
  ['one that was refused', { grantedAt: null }],
  ['one whose accounts are in sight', { accounts: [{}] }],
])('is not %s', (_, more) => {
  expect(isRemovedDemo({ ...removed, ...more })).toBe(false)
})
