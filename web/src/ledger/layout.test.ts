import { describe, expect, it } from 'vitest'
import { moved } from './keys'
import { LedgerLayout } from './layout'
import { partsOf } from './parts'

const buckets = [
  { month: '2026-11', count: 3 },
  { month: '2026-10', count: 0 },
  { month: '2026-09', count: 450 },
  { month: '2026-08', count: 1 },
]

describe('LedgerLayout', () => {
  const layout = new LedgerLayout(buckets)

  it('counts rows and lines, and leaves out empty months', () => {
    expect([layout.rows, layout.lines]).toEqual([454, 457])
  })

  it.each([
    [0, { kind: 'month', month: '2026-11' }],
    [1, { kind: 'row', month: '2026-11', offset: 0, row: 0 }],
    [3, { kind: 'row', month: '2026-11', offset: 2, row: 2 }],
    [4, { kind: 'month', month: '2026-09' }],
    [5, { kind: 'row', month: '2026-09', offset: 0, row: 3 }],
    [455, { kind: 'month', month: '2026-08' }],
    [456, { kind: 'row', month: '2026-08', offset: 0, row: 453 }],
  ])('line %i', (line, expected) => {
    expect(layout.at(line)).toEqual(expected)
  })

  it('finds the line of every row again', () => {
    for (let row = 0; row < layout.rows; row += 1) {
      expect(layout.at(layout.lineOf(row))).toMatchObject({ kind: 'row', row })
    }
  })

  it('knows how high every line stands, and which line stands at a height', () => {
    let height = 0
    for (let line = 0; line < layout.lines; line += 1) {
      expect(layout.topOf(line, 44, 40)).toBe(height)
      expect(layout.lineAt(height, 44, 40)).toBe(line)
      height += layout.at(line).kind === 'month' ? 40 : 44
      expect(layout.lineAt(height - 1, 44, 40)).toBe(line)
    }
    expect(layout.topOf(layout.lines, 44, 40)).toBe(height)
    expect(layout.lineAt(height + 9, 44, 40)).toBe(layout.lines - 1)
  })

  it('knows the row each month begins with', () => {
    expect(['2026-11', '2026-10', '2026-09', '2026-08'].map((month) => layout.firstRowOf(month))).toEqual([
      0,
      null,
      3,
      453,
    ])
  })

  it('holds nothing when there is nothing', () => {
    expect(new LedgerLayout([])).toMatchObject({ rows: 0, lines: 0 })
  })

  it('asks only for the parts that hold the lines on screen', () => {
    expect(partsOf(layout, [0, 1, 2, 3, 4, 5, 6])).toEqual([
      { month: '2026-11', offset: 0 },
      { month: '2026-09', offset: 0 },
    ])
    expect(partsOf(layout, [204, 205, 206])).toEqual([
      { month: '2026-09', offset: 0 },
      { month: '2026-09', offset: 200 },
    ])
    expect(partsOf(layout, [9_999])).toEqual([])
  })
})

describe('keys', () => {
  it.each([
    ['j', 0, 1],
    ['ArrowDown', 9, 9],
    ['k', 0, 0],
    ['ArrowUp', 5, 4],
    ['End', 0, 9],
    ['Home', 7, 0],
    ['PageDown', 3, 9],
    ['x', 3, null],
  ])('%s from row %i leads to %s', (key, from, to) => {
    expect(moved(key, from, 10, true)).toBe(to)
  })

  it('moves nowhere in an empty list, and not by letters when they are off', () => {
    expect(moved('End', 0, 0, true)).toBe(null)
    expect(moved('j', 0, 10, false)).toBe(null)
    expect(moved('ArrowDown', 0, 10, false)).toBe(1)
  })
})
