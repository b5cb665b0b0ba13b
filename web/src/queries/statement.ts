import { queryOptions } from '@tanstack/react-query'
import { StatementDocument } from '../gql/graphql'
import { daysFrom } from '../lib/dates'
import { request } from '../lib/gql'
import type { Money } from '../lib/money'
import { atLeast } from '../lib/position'
import { bookedFilter, type Part, rowsOf, sumOf, withBalances } from '../routes/statement/rows'

/** A month of an account: its balances, how many booked rows it has, and the newest signed state. */
export const statementOptions = (accountId: string, month: string) =>
  queryOptions({
    queryKey: ['transactions', 'statement', accountId, month],
    queryFn: async ({ signal }) => {
      const variables = { accountId, month, atLeast: atLeast() }
      const { statement, signedState } = await request(StatementDocument, variables, signal)
      if (!statement) return { statement: null, rows: 0, signed: signedState }
      const { count } = await sumOf(bookedFilter(accountId, statement), signal)
      return { statement, rows: count, signed: signedState }
    },
  })

/** The rows of a part, with the balance after each. */
export const statementRowsOptions = (accountId: string, month: string, part: Part, ofMonth: Money | null) =>
  queryOptions({
    queryKey: ['transactions', 'statement-rows', accountId, part, ofMonth],
    queryFn: async ({ signal }) => {
      const rows = await rowsOf(bookedFilter(accountId, part), month, signal)
      const opening = ofMonth && (await openingOf(accountId, month, part, ofMonth, signal))
      if (!rows) return { lines: null, opening, closing: null }
      const lines = withBalances(rows, opening)
      return { lines, opening, closing: lines.at(-1)?.balance ?? opening }
    },
  })

/** What the account held before the first day of a part. */
async function openingOf(accountId: string, month: string, part: Part, ofMonth: Money, signal: AbortSignal) {
  if (part.from === `${month}-01`) return ofMonth
  const before = { from: `${month}-01`, to: daysFrom(part.from, -1) }
  const { minor } = await sumOf(bookedFilter(accountId, before), signal)
  return { ...ofMonth, minor: (BigInt(ofMonth.minor) + minor).toString() }
}
