import { beforeEach, describe, expect, it } from 'vitest'
import { captureBankAnswer, forgetBankAnswer, keptBankAnswer } from './callback'

function arriveAt(address: string) {
  window.history.replaceState(null, '', address)
  captureBankAnswer()
}

describe('what a bank sends back', () => {
  beforeEach(() => sessionStorage.clear())

  it('is taken out of the address at once and kept for this window', () => {
    arriveAt('/callback/op?state=s#code=c&id_token=t')
    expect(window.location.href).toMatch(/\/callback\/op$/)
    expect(keptBankAnswer('op')).toEqual({ bankId: 'op', query: 'state=s', fragment: 'code=c&id_token=t' })
  })

  it('survives a reload, which carries nothing new', () => {
    arriveAt('/callback/op#code=c')
    arriveAt('/callback/op')
    expect(keptBankAnswer('op')?.fragment).toBe('code=c')
  })

  it('belongs to one bank, and is forgotten when asked', () => {
    arriveAt('/callback/op#code=c')
    expect(keptBankAnswer('nordea')).toBe(null)
    forgetBankAnswer()
    expect(keptBankAnswer('op')).toBe(null)
  })

  it('is looked for nowhere else', () => {
    arriveAt('/transactions?q=code')
    expect(sessionStorage.length).toBe(0)
    expect(window.location.search).toBe('?q=code')
  })
})
