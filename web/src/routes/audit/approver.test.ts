import { describe, expect, it } from 'vitest'
import { en } from '../../i18n/en'
import { fi } from '../../i18n/fi'
import { approverText } from './approver'

describe('who agreed to a step of the log', () => {
  it('is said in the language of the page', () => {
    expect(approverText(fi, 'the person, authenticated at the bank (urn:sca)')).toBe(
      'henkilö, tunnistettu pankissa (urn:sca)',
    )
    expect(approverText(fi, 'the person, authenticated at the bank (not said how)')).toBe(
      'henkilö, tunnistettu pankissa (tapaa ei kerrottu)',
    )
    expect(approverText(fi, 'the operator 0199f3c2-1d10-7000-8000-000000000001')).toBe(
      'ylläpitäjä 0199f3c2-1d10-7000-8000-000000000001',
    )
    expect(approverText(fi, 'an operator at the command line')).toBe('ylläpitäjä komentoriviltä')
    expect(approverText(fi, 'the person, here')).toBe('henkilö, täällä')
    expect(approverText(fi, 'the bank')).toBe('pankki')
  })

  it('reads in English as the log says it', () => {
    for (const told of ['the person, authenticated at the bank (x)', 'the person, here', 'the bank']) {
      expect(approverText(en, told)).toBe(told)
    }
  })

  it('stays as it is where nobody knows what it means', () => {
    expect(approverText(fi, 'the board of directors')).toBe('the board of directors')
  })
})
