import type { StatementQuery, TransactionFilter, TransactionsInMonthQuery } from '../../gql/graphql'
import { TransactionBucketsDocument, TransactionsInMonthDocument } from '../../gql/graphql'
import { request } from '../../lib/gql'
import type { Money } from '../../lib/money'
import { atLeast } from '../../lib/position'

export type Row = TransactionsInMonthQuery['transactionsInMonth'][number]
export type Statement = NonNullable<StatementQuery['statement']>

/** Most rows on one statement; a month with more is shown in parts. */
export const mostRows = 5_000
const rowsAtOnce = 500

/** A part of a month: its first and last day. */
export type Part = { from: string; to: string }

/** The month itself, or its weeks or days where it is too long for one page. */
export function partsOf(month: string, last: string, rows: number): Part[] {
  if (rows <= mostRows) return [{ from: `${month}-01`, to: last }]
  const days = Number(last.slice(8))
  const length = rows <= mostRows * 3 ? 7 : 1
  const parts = length === 7 ? 4 : days
  const dayOf = (number: number) => `${month}-${String(number).padStart(2, '0')}`
  return Array.from({ length: parts }, (_, index) => ({
    from: dayOf(index * length + 1),
    to: index === parts - 1 ? last : dayOf((index + 1) * length),
  }))
}

/** Rows that are booked and count, of an account within days. */
export function bookedFilter(accountId: string, { from, to }: Part): TransactionFilter {
  return {
    accountId,
    from,
    to,
    except: [{ marks: ['PENDING'] }, { marks: ['DOUBTED'] }, { marks: ['WITHDRAWN'] }],
  }
}

/** How many there are, and what they come to. */
export async function sumOf(filter: TransactionFilter, signal: AbortSignal) {
  const asked = await request(TransactionBucketsDocument, { filter, atLeast: atLeast() }, signal)
  let [count, minor] = [0, 0n]
  for (const bucket of asked.transactionBuckets) {
    count += bucket.count
    for (const money of [...bucket.inflow, ...bucket.outflow]) minor += BigInt(money.minor)
  }
  return { count, minor }
}

/** All of them, oldest first, or nothing where they are too many for any page. */
export async function rowsOf(
  filter: TransactionFilter,
  month: string,
  signal: AbortSignal,
): Promise<Row[] | null> {
  const rows: Row[] = []
  for (let offset = 0; offset < mostRows; offset += rowsAtOnce) {
    const variables = { month, offset, limit: rowsAtOnce, filter, atLeast: atLeast() }
    const { transactionsInMonth } = await request(TransactionsInMonthDocument, variables, signal)
    rows.push(...transactionsInMonth)
    if (transactionsInMonth.length < rowsAtOnce) return rows.reverse()
  }
  return null
}

export type Line = { row: Row; balance: Money | null }

/** Each row with the balance after it. */
export function withBalances(rows: readonly Row[], opening: Money | null): Line[] {
  let minor = opening ? BigInt(opening.minor) : 0n
  return rows.map((row) => {
    minor += BigInt(row.amount.minor)
    return { row, balance: opening && { currency: opening.currency, minor: minor.toString() } }
  })
}
