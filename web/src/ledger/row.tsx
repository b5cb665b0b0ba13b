import { EyeOff, StickyNote } from 'lucide-react'
import { memo } from 'react'
import type { TransactionBucketsQuery } from '../gql/graphql'
import { useLedgerWords } from '../i18n/ledger'
import { categoryText, useWords } from '../i18n/words'
import { categoryColour } from '../lib/categories'
import { monthText, shortDayText } from '../lib/dates'
import { absolute } from '../lib/money'
import { Amount, useAmountText } from '../ui/amount'
import { Badge } from '../ui/badge'
import { DemoMark } from '../ui/demo'
import { Name, useNameText } from '../ui/name'
import type { Row } from './parts'

export const monthHeight = 40
export const rowHeight = 44
/** For a mouse: a finger needs the height of the others. */
export const denseRowHeight = 36
export const phoneRowHeight = 64

export type Bucket = TransactionBucketsQuery['transactionBuckets'][number]

export function MonthLine({ month, bucket }: { month: string; bucket: Bucket | undefined }) {
  const words = useWords()
  const amountText = useAmountText()
  const inflow = bucket?.inflow.map((money) => amountText(absolute(money))).join(', ')
  const outflow = bucket?.outflow.map((money) => amountText(absolute(money))).join(', ')
  return (
    <span className="flex h-full items-center justify-between gap-3 border-b border-line bg-canvas px-4 text-sm md:px-6">
      <span className="font-semibold whitespace-nowrap">{monthText(month, words.locale)}</span>
      <span className="amount min-w-0 truncate text-muted">
        {[inflow && words.transactions.monthIn(inflow), outflow && words.transactions.monthOut(outflow)]
          .filter(Boolean)
          .join(' · ')}
      </span>
    </span>
  )
}

type RowLineProps = {
  row: Row | undefined
  active: boolean
  opened: boolean
  chosen: boolean
  /** Whether the box to choose it is shown on a phone as well. */
  picking: boolean
  withAccount: boolean
  /** Whether a sandbox bank shows it. */
  demo: boolean
}

const columns =
  'grid-cols-[minmax(0,1fr)_auto] pl-4 md:grid-cols-[2.75rem_5.5rem_minmax(0,2fr)_minmax(0,1fr)_minmax(0,1fr)_auto] md:pl-2'
const pickingColumns =
  'grid-cols-[2.75rem_minmax(0,1fr)_auto] pl-1 md:grid-cols-[2.75rem_5.5rem_minmax(0,2fr)_minmax(0,1fr)_minmax(0,1fr)_auto] md:pl-2'

type ChooserProps = { row: Row; chosen: boolean; picking: boolean }

/** The box to choose a row: the list hears the press, so that Shift is heard as well. */
function Chooser({ row, chosen, picking }: ChooserProps) {
  const ledgerWords = useLedgerWords()
  const nameText = useNameText()
  return (
    <span
      role="gridcell"
      data-choose
      className={`${picking ? 'row-span-2' : 'max-md:hidden'} flex h-full min-h-11 w-11 items-center justify-center md:row-span-1`}
    >
      <input
        type="checkbox"
        tabIndex={-1}
        checked={chosen}
        readOnly
        aria-label={ledgerWords.choose.one(nameText(row.counterparty ?? row.text))}
        className={`size-4.5 accent-accent pointer-coarse:size-5 ${chosen || picking ? '' : 'opacity-40 group-hover/row:opacity-100 pointer-coarse:opacity-100'}`}
      />
    </span>
  )
}

/** One transaction: two lines on a phone, one on a wider screen. */
export const RowLine = memo(function RowLine({
  row,
  active,
  opened,
  chosen,
  picking,
  withAccount,
  demo,
}: RowLineProps) {
  const words = useWords()
  const ledgerWords = useLedgerWords()
  const ground =
    opened || chosen
      ? 'bg-accent-soft'
      : active
        ? 'bg-surface hover:bg-inset group-focus/ledger:bg-accent-soft'
        : 'bg-surface hover:bg-inset'
  if (!row) {
    return (
      // A shape is not made into a cell of what comes: that would be a move.
      <span
        key="coming"
        role="gridcell"
        className={`flex h-full items-center border-b border-line px-4 md:px-6 ${ground}`}
      >
        <span className="sr-only">{words.common.loading}</span>
        <span aria-hidden="true" className="shimmer block h-3 w-2/3" />
      </span>
    )
  }
  const name = row.counterparty ?? row.text
  const mark = row.standing === 'COUNTED' ? (row.state === 'PENDING' ? 'PENDING' : null) : row.standing
  const gone = row.standing === 'WITHDRAWN' ? 'line-through decoration-muted' : ''
  return (
    <span
      className={`grid h-full cursor-pointer content-center gap-x-3 border-b border-line pr-4 md:items-center md:pr-6 ${ground} ${picking ? pickingColumns : columns}`}
    >
      <Chooser row={row} chosen={chosen} picking={picking} />
      <span
        role="gridcell"
        className={`amount ${picking ? 'col-start-2' : 'col-start-1'} row-start-2 text-sm text-muted md:col-start-auto md:row-start-auto md:text-base`}
      >
        {shortDayText(row.bookingDate, words.locale)}
      </span>
      <span
        role="gridcell"
        className={`${picking ? 'col-start-2' : 'col-start-1'} row-start-1 flex min-w-0 items-center gap-2 font-medium md:col-start-auto md:row-start-auto`}
      >
        <Name className={`truncate ${gone}`}>{name}</Name>
        {demo && <DemoMark />}
        {mark && <Badge tone={mark === 'DOUBTED' ? 'warn' : 'quiet'}>{words.sync.row[mark]}</Badge>}
        {row.note && (
          <StickyNote
            size={14}
            role="img"
            aria-label={words.sync.row.noted}
            className="shrink-0 text-muted"
          />
        )}
        {row.hidden && (
          <EyeOff
            size={14}
            role="img"
            aria-label={ledgerWords.choose.hiddenRow}
            className="shrink-0 text-muted"
          />
        )}
      </span>
      <span
        role="gridcell"
        className={`${picking ? 'col-start-2' : 'col-start-1'} row-start-2 ml-16 flex min-w-0 items-center gap-2 text-sm text-muted md:col-start-auto md:row-start-auto md:ml-0 md:text-base`}
      >
        <span
          aria-hidden="true"
          className="bar-fill size-2 shrink-0 rounded-full"
          style={{ background: categoryColour(row.category.id) }}
        />
        <span className="truncate">{categoryText(words, row.category.id)}</span>
      </span>
      <span role="gridcell" className="hidden truncate text-muted md:block">
        {withAccount && <Name>{row.accountName}</Name>}
      </span>
      <span
        role="gridcell"
        className={`${picking ? 'col-start-3' : 'col-start-2'} row-start-1 text-right md:col-start-auto md:row-start-auto md:min-w-28`}
      >
        <Amount money={row.amount} tone="flow" className={gone} />
      </span>
    </span>
  )
})

/** The names of the columns, for whoever listens: the eye sees what they are. */
export function ColumnNames() {
  const { transactions: names } = useWords()
  const { choose } = useLedgerWords()
  const columns = [
    choose.start,
    names.booked,
    names.counterparty,
    names.category,
    names.account,
    names.amount,
  ]
  return (
    <div role="row" aria-rowindex={1} className="sr-only">
      {columns.map((name) => (
        <span key={name} role="columnheader">
          {name}
        </span>
      ))}
    </div>
  )
}
