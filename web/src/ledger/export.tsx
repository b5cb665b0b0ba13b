import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import {
  type TransactionFilter,
  TransactionsInMonthDocument,
  type TransactionsInMonthQuery,
} from '../gql/graphql'
import { useExportWords } from '../i18n/export'
import { categoryText, useWords } from '../i18n/words'
import { csvOf } from '../lib/csv'
import { request } from '../lib/gql'
import { decimalText } from '../lib/money'
import { usePreferences } from '../lib/preferences'
import { saveFile } from '../lib/save'
import { announce } from '../ui/announce'
import { Button } from '../ui/button'
import { Modal } from '../ui/modal'
import { Failure } from '../ui/states'
import type { Bucket } from './row'

type Row = TransactionsInMonthQuery['transactionsInMonth'][number]

/** Rows one file holds at most: what a spreadsheet still opens, and a browser still keeps. */
const mostRows = 50_000
const rowsAtOnce = 500

/** The rows of the list, newest first, asked for as the list itself asks. */
async function readAll(
  filter: TransactionFilter,
  buckets: readonly Bucket[],
  progress: (done: number) => void,
): Promise<Row[]> {
  const rows: Row[] = []
  for (const { month, count } of buckets) {
    for (let offset = 0; offset < count && rows.length < mostRows; offset += rowsAtOnce) {
      const asked = { month, offset, limit: rowsAtOnce, filter }
      const { transactionsInMonth: part } = await request(TransactionsInMonthDocument, asked)
      if (part.length === 0) break
      rows.push(...part)
      progress(Math.min(rows.length, mostRows))
    }
  }
  return rows.slice(0, mostRows)
}

type Hidden = { amounts: boolean; names: boolean }

/** A column, and how a row fills it; none of those that stay hidden. */
function useColumns({ amounts, names }: Hidden): [string, (row: Row) => string][] {
  const words = useWords()
  const { columns } = useExportWords()
  const found: [string, ((row: Row) => string) | false][] = [
    [columns.date, (row) => row.bookingDate],
    [columns.counterparty, !names && ((row) => row.counterparty ?? '')],
    [columns.text, !names && ((row) => row.text)],
    [columns.amount, !amounts && ((row) => decimalText(row.amount))],
    [columns.currency, (row) => row.amount.currency],
    [columns.category, (row) => categoryText(words, row.category.id)],
    [columns.account, !names && ((row) => row.accountName)],
    [columns.note, !names && ((row) => row.note ?? '')],
  ]
  return found.flatMap(([name, value]) => (value ? [[name, value] as [string, (row: Row) => string]] : []))
}

type ExportProps = { filter: TransactionFilter; buckets: readonly Bucket[]; onClose: () => void }

/** The list as a file. While something is hidden it is asked first whether the file may show it. */
export default function ExportDialog({ filter, buckets, onClose }: ExportProps) {
  const words = useWords()
  const texts = useExportWords()
  const { amountsHidden, namesHidden } = usePreferences()
  const [done, setDone] = useState(0)
  const all = buckets.reduce((sum, { count }) => sum + count, 0)
  const number = (count: number) => new Intl.NumberFormat(words.locale).format(count)
  const covered = useColumns({ amounts: amountsHidden, names: namesHidden })
  const open = useColumns({ amounts: false, names: false })
  const write = useMutation({
    mutationFn: async (columns: typeof open) => {
      const rows = await readAll(filter, buckets, setDone)
      const table = [
        columns.map(([name]) => name),
        ...rows.map((row) => columns.map(([, value]) => value(row))),
      ]
      const file = new Blob([csvOf(table)], { type: 'text/csv;charset=utf-8' })
      saveFile(file, `transactions-${new Date().toISOString().slice(0, 10)}.csv`)
      return rows.length
    },
    onSuccess: (count) => {
      announce(texts.saved(words.common.transactions(count)))
      onClose()
    },
  })
  const hidden = amountsHidden || namesHidden
  return (
    <Modal title={texts.title} role={hidden ? 'alertdialog' : 'dialog'} onClose={onClose}>
      <p>{texts.text(words.common.transactions(all))}</p>
      {all > mostRows && <p className="mt-2">{texts.tooMany(number(mostRows))}</p>}
      {hidden && <p className="mt-2">{texts.hidden}</p>}
      {write.isPending && (
        <p role="status" className="mt-2 text-muted tabular-nums">
          {texts.reading(number(done), number(Math.min(all, mostRows)))}
        </p>
      )}
      {write.isError && (
        <div className="mt-4">
          <Failure error={write.error} />
        </div>
      )}
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Button look="quiet" onClick={onClose}>
          {texts.cancel}
        </Button>
        {hidden && (
          <Button disabled={write.isPending} onClick={() => write.mutate(open)}>
            {texts.shown}
          </Button>
        )}
        <Button look="primary" disabled={write.isPending} onClick={() => write.mutate(covered)}>
          {hidden ? texts.kept : texts.save}
        </Button>
      </div>
    </Modal>
  )
}
