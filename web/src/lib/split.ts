import { absolute, isNegative, type Money, minorFromText } from './money'

/** A part as it is typed: the amount without a sign, which is that of the whole. */
export type DraftPart = { amount: string; category: string; note: string }

/** What is left of the whole when every part that can be read is taken away; below zero if too much. */
export function leftOf(whole: Money, parts: readonly DraftPart[]): Money {
  const shared = parts.reduce(
    (sum, { amount }) => sum + BigInt(minorFromText(amount, whole.currency) ?? '0'),
    0n,
  )
  return { currency: whole.currency, minor: (BigInt(absolute(whole).minor) - shared).toString() }
}

/** Parts that can be sent: every amount above zero, and together the whole. */
export function isExact(whole: Money, parts: readonly DraftPart[]): boolean {
  const above = parts.every(({ amount }) => BigInt(minorFromText(amount, whole.currency) ?? '0') > 0n)
  return parts.length >= 2 && above && leftOf(whole, parts).minor === '0'
}

/** The parts as the server takes them, with the sign of the whole. */
export function sent(whole: Money, parts: readonly DraftPart[]) {
  const sign = isNegative(whole) ? '-' : ''
  return parts.map(({ amount, category, note }) => ({
    minor: `${sign}${minorFromText(amount, whole.currency) ?? '0'}`,
    categoryId: category || null,
    note: note.trim() || null,
  }))
}
