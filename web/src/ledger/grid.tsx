import type { VirtualItem } from '@tanstack/react-virtual'
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import type { TransactionFilter } from '../gql/graphql'
import { useWords } from '../i18n/words'
import { useNarrow } from '../lib/narrow'
import { usePreferences } from '../lib/preferences'
import { Failure } from '../ui/states'
import { moved } from './keys'
import { LedgerLayout, type Line } from './layout'
import { type Row, useRows } from './parts'
import { type Bucket, ColumnNames, MonthLine, RowLine } from './row'
import { useLines } from './window'

type Step = (by: 1 | -1) => void

type GridProps = {
  buckets: readonly Bucket[]
  filter: TransactionFilter
  withAccount: boolean
  /** The opened transaction, and how to open another or none. */
  opened: string | undefined
  onOpen: (id: string) => void
  /** Hears how to move to a neighbour, for the dialog's own buttons. */
  onNeighbours: (step: Step | null) => void
}

/** A list of any length, drawn from the month counts: only the lines on screen exist. */
export function Grid({ buckets, filter, withAccount, opened, onOpen, onNeighbours }: GridProps) {
  const words = useWords()
  const { singleKeys } = usePreferences()
  const box = useRef<HTMLDivElement>(null)
  const layout = useMemo(() => new LedgerLayout(buckets), [buckets])
  const byMonth = useMemo(() => new Map(buckets.map((bucket) => [bucket.month, bucket])), [buckets])
  const [chosen, setActive] = useState(0)
  const active = Math.min(chosen, Math.max(0, layout.rows - 1))
  const activeLine = layout.rows > 0 ? layout.lineOf(active) : 0
  const { items, height, margin, stickyMonth, scrollTo } = useLines(box, layout, activeLine, useNarrow())
  const lines = items.map((item) => item.index)
  const { rowOf, error, retry } = useRows(filter, layout, lines)
  const activeRow = rowOf(layout.at(activeLine))

  const go = (row: number) => {
    setActive(row)
    scrollTo(layout.lineOf(row))
  }
  const pressed = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'Enter' && activeRow) onOpen(activeRow.id)
    const next = moved(event.key, active, layout.rows, singleKeys)
    if (next === null) return
    event.preventDefault()
    go(next)
  }
  useNeighbours(opened !== undefined && activeRow?.id === opened, onNeighbours, (by) => {
    const next = active + by
    const row = next >= 0 && next < layout.rows ? rowOf(layout.at(layout.lineOf(next))) : undefined
    if (!row) return
    go(next)
    onOpen(row.id)
  })

  return (
    <div className="border-y border-line bg-surface md:mx-6 md:overflow-clip md:rounded-card md:border">
      {error && (
        <div className="p-4">
          <Failure error={error} retry={retry} />
        </div>
      )}
      {stickyMonth && (
        <div aria-hidden="true" className="sticky top-(--bar) z-10 -mb-10 h-10 overflow-hidden">
          <MonthLine month={stickyMonth} bucket={byMonth.get(stickyMonth)} />
        </div>
      )}
      <div
        ref={box}
        id="ledger"
        role="grid"
        tabIndex={0}
        aria-label={words.transactions.list}
        aria-rowcount={layout.lines + 1}
        aria-activedescendant={layout.rows > 0 ? `line-${activeLine}` : undefined}
        aria-describedby="ledger-keys"
        onKeyDown={pressed}
        className="group/ledger relative outline-none focus-visible:outline-2 focus-visible:-outline-offset-2 focus-visible:outline-focus"
        style={{ height }}
      >
        <ColumnNames />
        {items.map((item) => {
          const line = layout.at(item.index)
          const here = item.index === activeLine
          return (
            <GridLine
              key={item.key}
              item={item}
              margin={margin}
              line={line}
              row={rowOf(line)}
              bucket={byMonth.get(line.month)}
              active={here}
              opened={here && opened !== undefined}
              withAccount={withAccount}
              onPick={(row, id) => {
                setActive(row)
                onOpen(id)
              }}
            />
          )
        })}
      </div>
      <p id="ledger-keys" className="sr-only">
        {words.transactions.keys}
      </p>
    </div>
  )
}

/** While the opened row is the active one, the dialog may step to its neighbours. */
function useNeighbours(possible: boolean, tell: (step: Step | null) => void, step: Step) {
  const latest = useRef(step)
  latest.current = step
  useEffect(() => {
    tell(possible ? (by) => latest.current(by) : null)
  }, [possible, tell])
}

type GridLineProps = {
  item: VirtualItem
  margin: number
  line: Line
  row: Row | undefined
  bucket: Bucket | undefined
  active: boolean
  opened: boolean
  withAccount: boolean
  onPick: (row: number, id: string) => void
}

function GridLine({ item, margin, line, row, bucket, active, opened, withAccount, onPick }: GridLineProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid hears the keys
    <div
      id={`line-${item.index}`}
      role="row"
      aria-rowindex={item.index + 2}
      aria-selected={line.kind === 'row' ? active : undefined}
      onClick={() => {
        if (line.kind === 'row' && row) onPick(line.row, row.id)
      }}
      className="absolute top-0 left-0 w-full"
      style={{ height: item.size, transform: `translateY(${item.start - margin}px)` }}
    >
      {line.kind === 'month' ? (
        <div role="gridcell" aria-colspan={5} className="h-full">
          <MonthLine month={line.month} bucket={bucket} />
        </div>
      ) : (
        <RowLine row={row} active={active} opened={opened} withAccount={withAccount} />
      )}
    </div>
  )
}
