/** Most transactions that can be chosen at once. */
export const mostChosen = 2_000

/** Chosen rows by their place in the list, and where a range begins. */
export type Selection = { rows: ReadonlySet<number>; anchor: number }

export const nothingChosen: Selection = { rows: new Set(), anchor: 0 }

export function toggled({ rows }: Selection, row: number): Selection {
  const next = new Set(rows)
  if (!next.delete(row) && next.size < mostChosen) next.add(row)
  return { rows: next, anchor: row }
}

/** What was chosen before, and everything from the anchor to a row. */
export function extended({ rows, anchor }: Selection, row: number): Selection {
  const next = new Set(rows)
  const step = row >= anchor ? 1 : -1
  for (let at = anchor; at !== row + step && next.size < mostChosen; at += step) next.add(at)
  return { rows: next, anchor }
}

/** All there are, or the newest if there are too many. */
export function everything(count: number): Selection {
  const all = Math.min(count, mostChosen)
  return { rows: new Set(Array.from({ length: all }, (_, row) => row)), anchor: 0 }
}
