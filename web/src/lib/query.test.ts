import { describe, expect, it } from 'vitest'
import { categories } from '../i18n/categories/en'
import { categoriesNamed, type Language, narrowed, parseQuery } from './query'

const language: Language = {
  categories,
  groups: { food: ['groceries', 'restaurants'] },
  prefixes: { luokka: 'cat', on: 'is' },
  marks: { varaus: 'pending' },
}
const filterOf = (text: string) => parseQuery(text, language).filter
const problemsOf = (text: string) => parseQuery(text, language).problems

describe('the search', () => {
  it.each([
    ['', {}],
    ['lidl', { search: 'lidl' }],
    ['lidl kamppi', { search: 'lidl kamppi' }],
    ['"2026"', { search: '2026' }],
    ['>50', { minimumMinor: '5001' }],
    ['>=50', { minimumMinor: '5000' }],
    ['<20', { maximumMinor: '1999' }],
    ['<=19,99', { maximumMinor: '1999' }],
    ['=12,50', { minimumMinor: '1250', maximumMinor: '1250' }],
    ['12.50', { minimumMinor: '1250', maximumMinor: '1250' }],
    ['10..50', { minimumMinor: '1000', maximumMinor: '5000' }],
    ['>10 <20', { minimumMinor: '1001', maximumMinor: '1999' }],
    ['>999999999999', { minimumMinor: '99999999999901' }],
    ['2026', { from: '2026-01-01', to: '2026-12-31' }],
    ['2026-03', { from: '2026-03-01', to: '2026-03-31' }],
    ['2024-02', { from: '2024-02-01', to: '2024-02-29' }],
    ['2026-03-05', { from: '2026-03-05', to: '2026-03-05' }],
    ['2025-11..2026-02', { from: '2025-11-01', to: '2026-02-28' }],
    ['2025..', { from: '2025-01-01' }],
    ['..2025-06', { to: '2025-06-30' }],
    ['is:pending', { marks: ['PENDING'] }],
    ['on:varaus', { marks: ['PENDING'] }],
    ['is:pending is:noted', { marks: ['PENDING', 'NOTED'] }],
    ['is:hidden', { hidden: true }],
    ['is:out', { direction: 'OUT' }],
    ['cat:pets', { categoryIds: ['pets'] }],
    ['luokka:"alcohol and tobacco"', { categoryIds: ['alcohol_tobacco'] }],
    ['cat:food', { categoryIds: ['groceries', 'restaurants'] }],
    ['cat:pets cat:parking', { categoryIds: ['pets', 'parking'] }],
    ['-lidl', { except: [{ search: 'lidl' }] }],
    [
      'kesko -cat:pets ->50',
      { search: 'kesko', except: [{ categoryIds: ['pets'] }, { minimumMinor: '5001' }] },
    ],
    ['7-eleven', { search: '7-eleven' }],
    ['http://x', { search: 'http://x' }],
  ])('%s', (text, filter) => {
    expect(parseQuery(text, language)).toEqual({ filter, problems: [] })
  })

  it.each([
    ['cat:nothing', 'category'],
    ['is:blue', 'mark'],
    ['>much', 'amount'],
    ['<0', 'amount'],
    ['>1.234', 'amount'],
    ['>2026-03', 'day'],
    ['2026-13', 'day'],
    ['2026-02-30', 'day'],
    ['2026-13..', 'day'],
    ['"open', 'quote'],
  ])('says what is wrong with %s', (text, kind) => {
    expect(problemsOf(text).map((problem) => problem.kind)).toEqual([kind])
  })

  it('leaves a term with a problem out and keeps the others', () => {
    expect(parseQuery('lidl cat:nothing >5', language)).toEqual({
      filter: { search: 'lidl', minimumMinor: '501' },
      problems: [{ kind: 'category', term: 'cat:nothing' }],
    })
  })

  it('is bounded', () => {
    const text = Array.from({ length: 40 }, (_, index) => `-w${index}`).join(' ')
    expect(filterOf(text).except).toHaveLength(8)
    expect(problemsOf(text).every(({ kind }) => kind === 'many')).toBe(true)
  })
})

describe('categories', () => {
  it('are found by the beginning of a word, whatever its case and marks', () => {
    expect(categoriesNamed('TOBACCO', language)).toEqual(['alcohol_tobacco'])
    expect(categoriesNamed('  ', language)).toEqual([])
  })
})

describe('two filters together', () => {
  it('let through what both do', () => {
    const one = { from: '2026-01-01', minimumMinor: '900', search: 'a' }
    const other = { from: '2025-01-01', minimumMinor: '1000', search: 'b' }
    expect(narrowed(one, other)).toEqual({ from: '2026-01-01', minimumMinor: '1000', search: 'a b' })
  })
})
