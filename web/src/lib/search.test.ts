import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { parseSearch, signInSearch, stringifySearch, transactionSearch } from './search'

describe('addresses', () => {
  it('keeps what it understands and leaves out the rest', () => {
    const asked = {
      q: ' lidl ',
      from: '2026-11-01',
      to: 'soon',
      min: '12x',
      direction: 'SIDEWAYS',
      other: '1',
    }
    expect(v.parse(transactionSearch, asked)).toEqual({ q: 'lidl', from: '2026-11-01' })
  })

  it('are plain text in both directions', () => {
    expect(parseSearch('?q=123&account=a')).toEqual({ q: '123', account: 'a' })
    expect(stringifySearch({ q: '123', account: undefined, tx: '' })).toBe('?q=123')
    expect(stringifySearch({})).toBe('')
  })

  it.each([
    ['/transactions?q=lidl', '/transactions?q=lidl'],
    ['//elsewhere.example', undefined],
    ['https://elsewhere.example', undefined],
    ['/\\elsewhere.example', undefined],
  ])('after signing in %s leads to %s', (next, kept) => {
    expect(v.parse(signInSearch, { next })).toEqual(kept ? { next: kept } : {})
  })

  it('leads nowhere outside this site', () => {
    const host = [
      'evil.example',
      'evil.example/x',
      'user@evil.example',
      '127.0.0.1',
      '[::1]',
      'evil。example',
    ]
    const begin = [
      '//',
      '///',
      '/\\',
      '\\\\',
      'https:',
      'https://',
      'http:/',
      'javascript:',
      'data:text/html,',
      '@',
      'ftp://',
    ]
    const odd = [
      '',
      ' ',
      '.',
      '..',
      '?next=/',
      '#/',
      '\t/',
      '\n//evil.example',
      '%2f%2fevil.example',
      'vbscript:x',
    ]
    const payloads = [...begin.flatMap((start) => host.map((end) => start + end)), ...odd]
    expect(payloads.length).toBeGreaterThan(60)
    for (const next of payloads) expect([next, v.parse(signInSearch, { next })]).toEqual([next, {}])
  })
})
