import { useQueries } from '@tanstack/react-query'
import type { TransactionFilter, TransactionsInMonthQuery } from '../gql/graphql'
import { partOptions, rowsPerPart } from '../queries/options'
import type { LedgerLayout, Line } from './layout'

export type Row = TransactionsInMonthQuery['transactionsInMonth'][number]

export type Part = { month: string; offset: number }

/** The parts of months that hold the lines on screen. */
export function partsOf(layout: LedgerLayout, lines: readonly number[]): Part[] {
  const parts = new Map<string, Part>()
  for (const number of lines) {
    if (number >= layout.lines) continue
    const line = layout.at(number)
    if (line.kind !== 'row') continue
    const offset = Math.floor(line.offset / rowsPerPart) * rowsPerPart
    parts.set(`${line.month} ${offset}`, { month: line.month, offset })
  }
  return [...parts.values()]
}

/** Asks for what is on screen, and answers with the row of a line, or nothing while it is on its way. */
export function useRows(filter: TransactionFilter, layout: LedgerLayout, lines: readonly number[]) {
  const parts = partsOf(layout, lines)
  const answers = useQueries({
    queries: parts.map(({ month, offset }) => partOptions(filter, month, offset)),
  })
  const loaded = new Map<string, readonly Row[]>()
  parts.forEach(({ month, offset }, index) => {
    const rows = answers[index]?.data
    if (rows) loaded.set(`${month} ${offset}`, rows)
  })
  const failed = answers.find((answer) => answer.isError)
  return {
    rowOf: (line: Line): Row | undefined => {
      if (line.kind !== 'row') return undefined
      const first = Math.floor(line.offset / rowsPerPart) * rowsPerPart
      return loaded.get(`${line.month} ${first}`)?.[line.offset - first]
    },
    error: failed?.error ?? null,
    retry: () => answers.filter((answer) => answer.isError).forEach((answer) => void answer.refetch()),
  }
}
