import type { AnalysisQuery } from '../../gql/graphql'

type Row = AnalysisQuery['analysis']['rows'][number]

export type Sum = { category: string; currency: string; in: bigint; out: bigint; count: number }

/** Rows summed by category and currency: the currency of most rows first, and in it what was spent most. */
export function sumsOf(rows: readonly Row[]): Sum[] {
  const sums = new Map<string, Sum>()
  for (const { category, amount } of rows) {
    const key = `${category} ${amount.currency}`
    const sum = sums.get(key) ?? { category, currency: amount.currency, in: 0n, out: 0n, count: 0 }
    const minor = BigInt(amount.minor)
    if (minor < 0n) sum.out += minor
    else sum.in += minor
    sum.count += 1
    sums.set(key, sum)
  }
  const often = new Map<string, number>()
  for (const { amount } of rows) often.set(amount.currency, (often.get(amount.currency) ?? 0) + 1)
  const rank = (one: string, other: string) =>
    (often.get(other) ?? 0) - (often.get(one) ?? 0) || (one < other ? -1 : 1)
  const order = (one: Sum, other: Sum) => {
    if (one.currency !== other.currency) return rank(one.currency, other.currency)
    return one.out < other.out ? -1 : one.out > other.out ? 1 : one.category < other.category ? -1 : 1
  }
  return [...sums.values()].sort(order)
}
