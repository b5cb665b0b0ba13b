import { describe, expect, it } from 'vitest'
import { audit as enAudit } from '../../i18n/audit/en'
import { audit as fiAudit } from '../../i18n/audit/fi'
import { storyTexts } from '../../i18n/story'
import { approverText } from './approver'

const en = (told: string) => approverText(storyTexts.en, enAudit.actors, told)
const fi = (told: string) => approverText(storyTexts.fi, fiAudit.actors, told)

describe('who agreed to a step of the log', () => {
  it('is said in the language of the page', () => {
    expect(fi('the person, authenticated at the bank (urn:sca)')).toBe(
      'henkilö, tunnistettu pankissa (urn:sca)',
    )
    expect(fi('the person, authenticated at the bank (not said how)')).toBe(
      'henkilö, tunnistettu pankissa (tapaa ei kerrottu)',
    )
    expect(fi('the operator 0199f3c2-1d10-7000-8000-000000000001')).toBe(
      'ylläpitäjä 0199f3c2-1d10-7000-8000-000000000001',
    )
    expect(fi('an operator at the command line')).toBe('ylläpitäjä komentoriviltä')
    expect(fi('the person, here')).toBe('henkilö, täällä')
    expect(fi('the bank')).toBe('pankki')
  })

  it('reads in English as the log says it', () => {
    for (const told of ['the person, authenticated at the bank (x)', 'the person, here', 'the bank']) {
      expect(en(told)).toBe(told)
    }
  })

  it('stays as it is where nobody knows what it means', () => {
    expect(fi('the board of directors')).toBe('the board of directors')
  })
})
