import {
  type KeyboardEvent,
  lazy,
  type MouseEvent,
  Suspense,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import type { TransactionFilter } from '../gql/graphql'
import { useWords } from '../i18n/words'
import { useNarrow } from '../lib/narrow'
import { usePreferences } from '../lib/preferences'
import { useDemoAccounts } from '../ui/demo'
import { Failure } from '../ui/states'
import type { Form } from './bulk'
import { type Change, useChanges } from './changes'
import { idsOf, useChoosing } from './choosing'
import { ChosenMessage, JumpToMonth, PickingButton, SaveButton } from './head'
import { moved } from './keys'
import { LedgerLayout, type Line } from './layout'
import { type Row, useRows } from './parts'
import { type Bucket, ColumnNames, MonthLine, RowLine } from './row'
import { mostChosen } from './selection'
import { type Item, useLines } from './window'

const Bulk = lazy(() => import('./bulk'))

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
  onSave: () => void
}

/** A list of any length, drawn from the month counts: only the lines on screen exist. */
export function Grid({ buckets, filter, withAccount, opened, onOpen, onNeighbours, onSave }: GridProps) {
  const words = useWords()
  const { singleKeys } = usePreferences()
  const narrow = useNarrow()
  const box = useRef<HTMLDivElement>(null)
  const layout = useMemo(() => new LedgerLayout(buckets), [buckets])
  const byMonth = useMemo(() => new Map(buckets.map((bucket) => [bucket.month, bucket])), [buckets])
  const [chosen, setActive] = useState(0)
  const active = Math.min(chosen, Math.max(0, layout.rows - 1))
  const activeLine = layout.rows > 0 ? layout.lineOf(active) : 0
  const { items, height, stickyMonth, scrollTo } = useLines(box, layout, activeLine, narrow)
  const lines = items.map((item) => item.index)
  const { rowOf, error, retry } = useRows(filter, layout, lines)
  const activeRow = rowOf(layout.at(activeLine))
  const choosing = useChoosing(layout)
  const changes = useChanges()
  const [form, setForm] = useState<Form | null>(null)

  const go = (row: number) => {
    setActive(row)
    scrollTo(layout.lineOf(row))
  }
  const jump = (month: string) => {
    const row = layout.firstRowOf(month)
    if (row === null) return
    setActive(row)
    scrollTo(layout.lineOf(row), 'top')
    box.current?.focus({ preventScroll: true })
  }
  const apply = async (change: Change) => {
    const ids = await idsOf(choosing.selection, layout, filter)
    choosing.clear()
    await changes.apply(ids, change)
    box.current?.focus({ preventScroll: true })
  }
  const chooseByKey = (event: KeyboardEvent): boolean => {
    const command = event.ctrlKey || event.metaKey
    const key = event.key.toLowerCase()
    if (command && key === 'a') choosing.all()
    else if (command && key === 'z' && changes.message?.former.length) void changes.undo()
    else if (command || event.altKey) return false
    else if (event.key === 'Escape' && choosing.count > 0) choosing.clear()
    else if (singleKeys && key === 'x') choosing.toggle(active)
    else if (singleKeys && key === 'c' && choosing.count > 0) setForm('category')
    else if (event.shiftKey && ['ArrowDown', 'ArrowUp', 'PageDown', 'PageUp'].includes(event.key)) {
      const next = moved(event.key, active, layout.rows, singleKeys) ?? active
      choosing.extend(next, active)
      go(next)
    } else return false
    return true
  }
  const pressed = (event: KeyboardEvent) => {
    if (chooseByKey(event)) {
      event.preventDefault()
      return
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'Enter' && activeRow) onOpen(activeRow.id)
    const next = moved(event.key, active, layout.rows, singleKeys)
    if (next === null) return
    event.preventDefault()
    go(next)
  }
  const picked = (event: MouseEvent, row: number, id: string) => {
    const onBox = event.target instanceof Element && event.target.closest('[data-choose]') !== null
    setActive(row)
    if (event.shiftKey) choosing.extend(row, active)
    else if (onBox || event.ctrlKey || event.metaKey || choosing.picking) choosing.toggle(row)
    else onOpen(id)
  }
  const demo = useDemoAccounts()
  useNeighbours(opened !== undefined && activeRow?.id === opened, onNeighbours, (by) => {
    const next = active + by
    const row = next >= 0 && next < layout.rows ? rowOf(layout.at(layout.lineOf(next))) : undefined
    if (!row) return
    go(next)
    onOpen(row.id)
  })

  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-2 px-4 pb-2 md:-mt-9 md:justify-end md:px-6">
        {narrow && <PickingButton picking={choosing.picking} onChange={choosing.setPicking} />}
        <SaveButton onSave={onSave} />
        <JumpToMonth buckets={buckets} month={stickyMonth} onJump={jump} />
      </div>
      {changes.message && (
        <ChosenMessage message={changes.message} onUndo={changes.undo} onDismiss={changes.dismiss} />
      )}
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
          aria-multiselectable="true"
          aria-activedescendant={layout.rows > 0 ? `line-${activeLine}` : undefined}
          aria-describedby="ledger-keys"
          onKeyDown={pressed}
          className="group/ledger relative overflow-clip outline-none focus-visible:outline-2 focus-visible:outline-solid focus-visible:-outline-offset-2 focus-visible:outline-focus"
          style={{ height }}
        >
          <ColumnNames />
          {items.map((item) => {
            const line = layout.at(item.index)
            const here = item.index === activeLine
            return (
              <GridLine
                key={item.index}
                item={item}
                line={line}
                row={rowOf(line)}
                bucket={byMonth.get(line.month)}
                active={here}
                opened={here && opened !== undefined}
                chosen={line.kind === 'row' && choosing.selection.rows.has(line.row)}
                picking={choosing.picking && narrow}
                withAccount={withAccount}
                demo={demo.has(rowOf(line)?.accountId ?? '')}
                onPick={picked}
              />
            )
          })}
        </div>
        <p id="ledger-keys" className="sr-only">
          {words.transactions.keys}
        </p>
      </div>
      {(choosing.count > 0 || changes.running) && (
        <Suspense>
          <Bulk
            count={choosing.count}
            atMost={choosing.count >= mostChosen}
            showsHidden={filter.hidden === true}
            running={changes.running}
            form={form}
            onForm={setForm}
            onApply={(change) => void apply(change)}
            onClear={() => {
              choosing.clear()
              box.current?.focus({ preventScroll: true })
            }}
          />
        </Suspense>
      )}
    </>
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
  item: Item
  line: Line
  row: Row | undefined
  bucket: Bucket | undefined
  active: boolean
  opened: boolean
  chosen: boolean
  picking: boolean
  withAccount: boolean
  demo: boolean
  onPick: (event: MouseEvent, row: number, id: string) => void
}

function GridLine({ item, line, row, bucket, onPick, ...looks }: GridLineProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid hears the keys
    <div
      id={`line-${item.index}`}
      role="row"
      aria-rowindex={item.index + 2}
      aria-selected={line.kind === 'row' ? looks.chosen : undefined}
      data-active={line.kind === 'row' && looks.active ? '' : undefined}
      onClick={(event) => {
        if (line.kind === 'row' && row) onPick(event, line.row, row.id)
      }}
      onMouseDown={(event) => {
        // Choosing a range is no selecting of text.
        if (event.shiftKey) event.preventDefault()
      }}
      className="group/row absolute top-0 left-0 w-full"
      style={{ height: item.size, transform: `translateY(${item.top}px)` }}
    >
      {line.kind === 'month' ? (
        <div role="gridcell" aria-colspan={6} className="h-full">
          <MonthLine month={line.month} bucket={bucket} />
        </div>
      ) : (
        <RowLine row={row} {...looks} />
      )}
    </div>
  )
}
