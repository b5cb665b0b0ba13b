import type { SpendingQuery } from '../gql/graphql'
import { categorySlot } from '../lib/categories'
import { monthsEnding, monthsFrom } from '../lib/dates'
import type { Money } from '../lib/money'

export type SpendingRow = SpendingQuery['spending'][number]

/** The currencies that have spending, the most used one first. */
export function currenciesOf(rows: readonly SpendingRow[]): string[] {
  const counts = new Map<string, number>()
  for (const row of rows) counts.set(row.amount.currency, (counts.get(row.amount.currency) ?? 0) + row.count)
  return [...counts].sort(([a, x], [b, y]) => y - x || a.localeCompare(b)).map(([currency]) => currency)
}

/** The rows of one month and currency that are spending, the largest first. */
export function ranked(rows: readonly SpendingRow[], month: string, currency: string): SpendingRow[] {
  return rows
    .filter(
      (row) => row.month === month && row.amount.currency === currency && row.category.kind === 'SPENDING',
    )
    .filter((row) => BigInt(row.amount.minor) > 0n)
    .sort((a, b) => compare(b.amount, a.amount) || a.category.id.localeCompare(b.category.id))
}

export function total(rows: readonly SpendingRow[], currency: string): Money {
  const sum = rows.reduce((all, row) => all + BigInt(row.amount.minor), 0n)
  return { currency, minor: sum.toString() }
}

/** What a month is compared with. */
export type Against = 'month' | 'year' | 'mean'

const monthsOfMean = 3

/** The months that are compared with: the one before, the same a year before, or the three before. */
export function monthsAgainst(month: string, against: Against): string[] {
  if (against === 'year') return [monthsFrom(month, -12)]
  return monthsEnding(monthsFrom(month, -1), against === 'mean' ? monthsOfMean : 1)
}

/** What each category came to in the months compared with, on average; cents that do not divide are left out. */
export function averages(
  rows: readonly SpendingRow[],
  months: readonly string[],
  currency: string,
): Map<string, Money> {
  const sums = new Map<string, bigint>()
  for (const { category, amount } of months.flatMap((month) => ranked(rows, month, currency))) {
    sums.set(category.id, (sums.get(category.id) ?? 0n) + BigInt(amount.minor))
  }
  const mean = (sum: bigint) => ({ currency, minor: (sum / BigInt(Math.max(1, months.length))).toString() })
  return new Map([...sums].map(([id, sum]) => [id, mean(sum)]))
}

function compare(left: Money, right: Money): number {
  const [a, b] = [BigInt(left.minor), BigInt(right.minor)]
  return a === b ? 0 : a < b ? -1 : 1
}

/** One column of the chart: each category's share of the column, from the bottom up. */
export type Column = {
  month: string
  total: Money
  parts: { id: string; from: number; to: number; amount: Money }[]
}

/** Categories without a colour of their own are drawn as one part, `other`. */
export function columns(rows: readonly SpendingRow[], months: readonly string[], currency: string): Column[] {
  return months.map((month) => {
    const inMonth = ranked(rows, month, currency)
    const sums = new Map<string, bigint>()
    for (const { category, amount } of inMonth) {
      const id = categorySlot(category.id) === 99 ? 'other' : category.id
      sums.set(id, (sums.get(id) ?? 0n) + BigInt(amount.minor))
    }
    let top = 0
    const parts = [...sums]
      .sort(([a], [b]) => categorySlot(a) - categorySlot(b))
      .map(([id, sum]) => {
        const from = top
        top += Number(sum)
        return { id, from, to: top, amount: { currency, minor: sum.toString() } }
      })
    return { month, total: total(inMonth, currency), parts }
  })
}
