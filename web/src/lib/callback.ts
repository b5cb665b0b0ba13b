/**
 * What the bank sent back. It is taken out of the address at once, before anything else can
 * see it, and kept in this window only until our server has answered.
 */
export type BankAnswer = { bankId: string; query: string; fragment: string }

const key = 'opl.bank-answer'

export function captureBankAnswer(): void {
  const match = /^\/callback\/([^/]+)\/?$/.exec(window.location.pathname)
  const query = window.location.search.slice(1)
  const fragment = window.location.hash.slice(1)
  if (!match?.[1] || (query === '' && fragment === '')) return
  const answer: BankAnswer = { bankId: decodeURIComponent(match[1]), query, fragment }
  sessionStorage.setItem(key, JSON.stringify(answer))
  window.history.replaceState(null, '', window.location.pathname)
}

export function keptBankAnswer(bankId: string): BankAnswer | null {
  try {
    const answer = JSON.parse(sessionStorage.getItem(key) ?? 'null') as BankAnswer | null
    return answer?.bankId === bankId ? answer : null
  } catch {
    return null
  }
}

export function forgetBankAnswer(): void {
  sessionStorage.removeItem(key)
}
