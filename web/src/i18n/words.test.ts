import { describe, expect, it } from 'vitest'
import { en } from './en'
import { fi } from './fi'
import { sv } from './sv'

/** Every text of a catalogue by its path; functions are called with stand-ins. */
function texts(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]]
  if (typeof value === 'function') return [[path, String(value(2, 3, 'x'))]]
  return Object.entries(value as object).flatMap(([name, each]) => texts(each, `${path}.${name}`))
}

describe('catalogues', () => {
  it.each([
    ['fi', fi],
    ['sv', sv],
  ])('%s has every list as long as the English one', (_name, catalogue) => {
    expect(Object.keys(catalogue)).toEqual(Object.keys(en))
    expect(catalogue.connect.steps).toHaveLength(en.connect.steps.length)
    expect(catalogue.connect.items).toHaveLength(en.connect.items.length)
    expect(catalogue.auth.kept).toHaveLength(en.auth.kept.length)
    expect(catalogue.auth.strength).toHaveLength(4)
  })

  it('counts as each language counts', () => {
    expect([en.common.accounts(1), en.common.accounts(2), en.common.transactions(1204)]).toEqual([
      '1 account',
      '2 accounts',
      '1,204 transactions',
    ])
    expect([fi.common.accounts(1), fi.common.accounts(2)]).toEqual(['1 tili', '2 tiliä'])
    expect([sv.common.accounts(1), sv.common.accounts(2)]).toEqual(['1 konto', '2 konton'])
  })

  it('has no empty text', () => {
    const strings = texts({ ...en, overview: {}, spending: {} })
    expect(strings.filter(([, text]) => text.trim() === '')).toEqual([])
  })
})
