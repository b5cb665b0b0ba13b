import { describe, expect, it } from 'vitest'
import { en } from '../../i18n/en'
import { readingTexts, together } from './reading'

const now = new Date(2026, 10, 26, 12, 0).getTime()
const hours = (count: number) => new Date(now + count * 3_600_000).toISOString()
const calm = {
  nextAt: hours(2),
  nextWhy: 'RHYTHM',
  byHandFrom: hours(-1),
  running: false,
  problem: null,
} as const

describe('how a reading stands, in words', () => {
  it('says the age and the next read', () => {
    const state = { lastReadAt: hours(-3), live: true, reading: calm }
    expect(readingTexts(state, en, now)).toEqual(['Updated 3 hours ago', 'next read 14:00'])
  })

  it('says that it is being read, that it is due, and that it is over', () => {
    const running = { lastReadAt: null, live: true, reading: { ...calm, running: true } }
    expect(readingTexts(running, en, now)).toEqual(['Not read yet', 'being read now'])
    const due = { lastReadAt: hours(-9), live: true, reading: { ...calm, nextAt: hours(-1) } }
    expect(readingTexts(due, en, now)[1]).toBe('next read shortly')
    const over = { lastReadAt: hours(-72), live: false, reading: calm }
    expect(readingTexts(over, en, now)).toEqual(['Updated 3 days ago', 'not read any more'])
  })

  it('names another day', () => {
    const friday = { lastReadAt: hours(-3), live: true, reading: { ...calm, nextAt: hours(26) } }
    expect(readingTexts(friday, en, now)[1]).toBe('next read Fri 14:00')
  })

  it('speaks for several accounts: the oldest age, the nearest read, any problem', () => {
    const one = { lastReadAt: hours(-1), live: true, reading: calm }
    const ill = {
      lastReadAt: hours(-5),
      live: true,
      reading: { ...calm, nextAt: hours(1), problem: 'BANK_BUSY' as const },
    }
    const gone = { lastReadAt: null, live: false, reading: null }
    expect(together([one, ill, gone])).toEqual({
      lastReadAt: hours(-5),
      live: true,
      reading: { ...calm, nextAt: hours(1), problem: 'BANK_BUSY' },
    })
  })
})
