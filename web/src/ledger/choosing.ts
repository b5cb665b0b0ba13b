import { useEffect, useRef, useState } from 'react'
import type { TransactionFilter } from '../gql/graphql'
import { useLedgerWords } from '../i18n/ledger'
import { useWords } from '../i18n/words'
import { client } from '../lib/client'
import { partOptions, rowsPerPart } from '../queries/options'
import { announce } from '../ui/announce'
import type { LedgerLayout } from './layout'
import { partsOf } from './parts'
import { everything, extended, mostChosen, nothingChosen, type Selection, toggled } from './selection'

/** The identifiers of the chosen rows; what is not loaded yet is asked for, a part at a time. */
export async function idsOf(
  selection: Selection,
  layout: LedgerLayout,
  filter: TransactionFilter,
): Promise<string[]> {
  const lines = [...selection.rows].map((row) => layout.lineOf(row))
  const ids = new Map<number, string>()
  for (const { month, offset } of partsOf(layout, lines)) {
    const rows = await client.fetchQuery({ ...partOptions(filter, month, offset), staleTime: 60_000 })
    const first = (layout.firstRowOf(month) ?? 0) + offset
    rows.forEach((row, index) => {
      if (index < rowsPerPart && selection.rows.has(first + index)) ids.set(first + index, row.id)
    })
  }
  return [...ids.values()]
}

/** Which rows are chosen. A list that changes under the eye lets all of them go. */
export function useChoosing(layout: LedgerLayout) {
  const words = useWords()
  const ledgerWords = useLedgerWords()
  const [selection, setSelection] = useState<Selection>(nothingChosen)
  const [picking, setPicking] = useState(false)
  const former = useRef(layout)
  const texts = ledgerWords.choose
  const count = selection.rows.size

  useEffect(() => {
    if (former.current === layout) return
    former.current = layout
    if (count === 0) return
    setSelection(nothingChosen)
    announce(texts.changedUnder)
  }, [layout, count, texts])

  const choose = (next: Selection) => {
    setSelection(next)
    const number = new Intl.NumberFormat(words.locale).format(next.rows.size)
    announce(next.rows.size >= mostChosen ? texts.most(number) : texts.chosen(number))
  }
  return {
    selection,
    count,
    picking,
    setPicking: (on: boolean) => {
      setPicking(on)
      if (!on) setSelection(nothingChosen)
    },
    toggle: (row: number) => choose(toggled(selection, row)),
    extend: (row: number, from: number) =>
      choose(extended(count === 0 ? { ...selection, anchor: from } : selection, row)),
    all: () => choose(everything(layout.rows)),
    clear: () => setSelection(nothingChosen),
  }
}
