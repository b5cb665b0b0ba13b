/** Whole minor units as text, exactly as the server sends them. No float touches an amount. */
export type Money = { minor: string; currency: string }

const formats = new Map<string, Intl.NumberFormat>()

export type SignDisplay = 'auto' | 'exceptZero' | 'never'

function format(locale: string, currency: string, signDisplay: SignDisplay): Intl.NumberFormat {
  const key = `${locale} ${currency} ${signDisplay}`
  let found = formats.get(key)
  if (!found) {
    found = new Intl.NumberFormat(locale, { style: 'currency', currency, signDisplay })
    formats.set(key, found)
  }
  return found
}

/** How many decimals the currency has: 2 for EUR, 0 for JPY. */
export function decimalsOf(currency: string): number {
  return format('en', currency, 'auto').resolvedOptions().maximumFractionDigits ?? 2
}

/** "-123456" EUR becomes "-1234.56": exact, however large. */
export function decimalText(money: Money): string {
  const decimals = decimalsOf(money.currency)
  const negative = money.minor.startsWith('-')
  const digits = (negative ? money.minor.slice(1) : money.minor).padStart(decimals + 1, '0')
  const whole = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
  return negative ? `-${whole}` : whole
}

/** The amount as the locale writes it, always with U+2212 as its minus. */
export function moneyText(money: Money, locale: string, signDisplay: SignDisplay = 'auto'): string {
  const decimal = decimalText(money) as Intl.StringNumericLiteral
  return format(locale, money.currency, signDisplay).format(decimal).replace('-', '\u2212')
}

/** "12,50" or "12.5" becomes "1250" minor units; null when it is not an amount. */
export function minorFromText(text: string, currency: string): string | null {
  const decimals = decimalsOf(currency)
  const match = /^(\d{1,12})(?:[.,](\d*))?$/.exec(text.replace(/\s/g, ''))
  const fraction = match?.[2] ?? ''
  if (!match || fraction.length > decimals) return null
  return BigInt(match[1] + fraction.padEnd(decimals, '0')).toString()
}

export function absolute(money: Money): Money {
  return money.minor.startsWith('-') ? { ...money, minor: money.minor.slice(1) } : money
}

export function negated(money: Money): Money {
  return { ...money, minor: (-BigInt(money.minor)).toString() }
}

export function difference(left: Money, right: Money): Money {
  return { currency: left.currency, minor: (BigInt(left.minor) - BigInt(right.minor)).toString() }
}

export function isNegative(money: Money): boolean {
  return money.minor.startsWith('-')
}

/** One sum for each currency, the most used currency first. Currencies are never added together. */
export function totals(amounts: readonly Money[]): Money[] {
  const sums = new Map<string, { sum: bigint; count: number }>()
  for (const { minor, currency } of amounts) {
    const former = sums.get(currency) ?? { sum: 0n, count: 0 }
    sums.set(currency, { sum: former.sum + BigInt(minor), count: former.count + 1 })
  }
  return [...sums]
    .sort(([a, x], [b, y]) => y.count - x.count || a.localeCompare(b))
    .map(([currency, { sum }]) => ({ currency, minor: sum.toString() }))
}

/** `part` of `whole` between 0 and 1, for the length of a bar. */
export function share(part: Money, whole: Money): number {
  const all = BigInt(whole.minor)
  if (all <= 0n) return 0
  return Math.min(1, Math.max(0, Number((BigInt(part.minor) * 10_000n) / all) / 10_000))
}
