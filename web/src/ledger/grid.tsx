import { defaultRangeExtractor, type Range, useWindowVirtualizer } from '@tanstack/react-virtual'
import {
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import type { TransactionFilter } from '../gql/graphql'
import { useWords } from '../i18n/words'
import { useNarrow } from '../lib/narrow'
import { usePreferences } from '../lib/preferences'
import { Failure } from '../ui/states'
import { moved } from './keys'
import { LedgerLayout } from './layout'
import { useRows } from './parts'
import { type Bucket, ColumnNames, MonthLine, monthHeight, phoneRowHeight, RowLine, rowHeight } from './row'

const topBar = 56

type GridProps = {
  buckets: readonly Bucket[]
  filter: TransactionFilter
  withAccount: boolean
  /** The opened transaction, and how to open another or none. */
  opened: string | undefined
  onOpen: (id: string) => void
  /** Hears how to move to a neighbour, for the dialog's own buttons. */
  onNeighbours?: (step: ((by: 1 | -1) => void) | null) => void
}

/** How far down the page the list begins: it moves when what stands above it changes. */
function useTopOf(element: RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0)
  useLayoutEffect(() => {
    const measure = () => {
      if (element.current) setTop(element.current.getBoundingClientRect().top + window.scrollY)
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(document.body)
    return () => observer.disconnect()
  }, [element])
  return Math.round(top)
}

/** A list of any length, drawn from the month counts: only the lines on screen exist. */
export function Grid({ buckets, filter, withAccount, opened, onOpen, onNeighbours }: GridProps) {
  const words = useWords()
  const { singleKeys } = usePreferences()
  const narrow = useNarrow()
  const box = useRef<HTMLDivElement>(null)
  const layout = useMemo(() => new LedgerLayout(buckets), [buckets])
  const byMonth = useMemo(() => new Map(buckets.map((bucket) => [bucket.month, bucket])), [buckets])
  const [chosen, setActive] = useState(0)
  const active = Math.min(chosen, Math.max(0, layout.rows - 1))
  const activeLine = layout.rows > 0 ? layout.lineOf(active) : 0
  const scrollMargin = useTopOf(box)

  const virtual = useWindowVirtualizer({
    count: layout.lines,
    estimateSize: (line) =>
      layout.at(line).kind === 'month' ? monthHeight : narrow ? phoneRowHeight : rowHeight,
    overscan: 6,
    scrollMargin,
    scrollPaddingStart: topBar + monthHeight,
    scrollPaddingEnd: narrow ? 72 : 8,
    // The active row stays in the page, for whoever listens to it instead of seeing it.
    rangeExtractor: (range: Range) => {
      const lines = defaultRangeExtractor(range)
      return lines.includes(activeLine) ? lines : [...lines, activeLine].sort((a, b) => a - b)
    },
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: sizes change with the layout and the width
  useLayoutEffect(() => virtual.measure(), [layout, narrow])

  const items = virtual.getVirtualItems()
  const { rowOf, error, retry } = useRows(
    filter,
    layout,
    items.map((item) => item.index),
  )
  const top = (virtual.scrollOffset ?? 0) + topBar - scrollMargin
  const firstSeen = items.find((item) => item.end - scrollMargin > top + 1)
  const stickyMonth = firstSeen ? layout.at(firstSeen.index).month : null

  const go = (row: number) => {
    setActive(row)
    virtual.scrollToIndex(layout.lineOf(row), { align: 'auto' })
  }
  const pressed = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'Enter') {
      const row = rowOf(layout.at(activeLine))
      if (row) onOpen(row.id)
      return
    }
    const next = moved(event.key, active, layout.rows, singleKeys)
    if (next === null) return
    event.preventDefault()
    go(next)
  }

  const step = useRef<((by: 1 | -1) => void) | null>(null)
  step.current = (by) => {
    const next = active + by
    const row = next >= 0 && next < layout.rows ? rowOf(layout.at(layout.lineOf(next))) : undefined
    if (!row) return
    go(next)
    onOpen(row.id)
  }
  const stepping = opened !== undefined && rowOf(layout.at(activeLine))?.id === opened
  useEffect(() => {
    onNeighbours?.(stepping ? (by) => step.current?.(by) : null)
  }, [stepping, onNeighbours])

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
        style={{ height: virtual.getTotalSize() }}
      >
        <ColumnNames />
        {items.map((item) => {
          const line = layout.at(item.index)
          const activeHere = item.index === activeLine
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the grid hears the keys
            <div
              key={item.key}
              id={`line-${item.index}`}
              data-line={line.kind}
              role="row"
              aria-rowindex={item.index + 2}
              aria-selected={line.kind === 'row' ? activeHere : undefined}
              onClick={() => {
                const row = rowOf(line)
                if (line.kind !== 'row' || !row) return
                setActive(line.row)
                onOpen(row.id)
              }}
              className="absolute top-0 left-0 w-full"
              style={{ height: item.size, transform: `translateY(${item.start - scrollMargin}px)` }}
            >
              {line.kind === 'month' ? (
                <div role="gridcell" aria-colspan={5} className="h-full">
                  <MonthLine month={line.month} bucket={byMonth.get(line.month)} />
                </div>
              ) : (
                <RowLine
                  row={rowOf(line)}
                  active={activeHere}
                  opened={activeHere && opened !== undefined}
                  withAccount={withAccount}
                />
              )}
            </div>
          )
        })}
      </div>
      <p id="ledger-keys" className="sr-only">
        {words.transactions.keys}
      </p>
    </div>
  )
}
