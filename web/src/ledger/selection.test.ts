import { describe, expect, it } from 'vitest'
import { everything, extended, mostChosen, nothingChosen, toggled } from './selection'

const rows = (selection: { rows: ReadonlySet<number> }) => [...selection.rows].sort((a, b) => a - b)

describe('choosing rows', () => {
  it('takes one, and lets it go again', () => {
    const one = toggled(nothingChosen, 4)
    expect(rows(one)).toEqual([4])
    expect(rows(toggled(one, 4))).toEqual([])
  })

  it('takes a range in both directions and keeps what was chosen', () => {
    const two = toggled(toggled(nothingChosen, 9), 4)
    expect(rows(extended(two, 6))).toEqual([4, 5, 6, 9])
    expect(rows(extended(two, 2))).toEqual([2, 3, 4, 9])
    expect(rows(extended(two, 4))).toEqual([4, 9])
  })

  it('is bounded', () => {
    expect(everything(1_000_000).rows.size).toBe(mostChosen)
    expect(extended(nothingChosen, 900_000).rows.size).toBe(mostChosen)
    expect(toggled(everything(1_000_000), 500_000).rows.size).toBe(mostChosen)
    expect(rows(everything(3))).toEqual([0, 1, 2])
  })
})
