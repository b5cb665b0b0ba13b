/**
 * The whole list as numbers: from the count of each month follows which line is a month
 * heading and which is which row, without having loaded any of them.
 */
export type Line =
  | { kind: 'month'; month: string }
  | { kind: 'row'; month: string; offset: number; row: number }

export class LedgerLayout {
  readonly rows: number
  readonly lines: number
  private readonly months: readonly string[]
  /** The line of each month's heading. */
  private readonly heads: readonly number[]

  constructor(buckets: readonly { month: string; count: number }[]) {
    const filled = buckets.filter((bucket) => bucket.count > 0)
    const heads: number[] = []
    let line = 0
    for (const { count } of filled) {
      heads.push(line)
      line += count + 1
    }
    this.months = filled.map(({ month }) => month)
    this.heads = heads
    this.lines = line
    this.rows = line - filled.length
  }

  at(line: number): Line {
    const index = this.monthIndex(line)
    const month = this.months[index] ?? ''
    const inMonth = line - (this.heads[index] ?? 0)
    if (inMonth === 0) return { kind: 'month', month }
    return { kind: 'row', month, offset: inMonth - 1, row: line - index - 1 }
  }

  /** How high it is from the top of the list to the top of a line; for the last one plus one, in all. */
  topOf(line: number, rowSize: number, headSize: number): number {
    const heads = line >= this.lines ? this.heads.length : this.monthIndex(line) + (this.isHead(line) ? 0 : 1)
    return (line - heads) * rowSize + heads * headSize
  }

  /** The line that a height falls into. */
  lineAt(height: number, rowSize: number, headSize: number): number {
    let low = 0
    let high = this.lines - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.topOf(middle, rowSize, headSize) <= height) low = middle
      else high = middle - 1
    }
    return Math.max(0, low)
  }

  /** The row a month begins with, or nothing where the month has none. */
  firstRowOf(month: string): number | null {
    const index = this.months.indexOf(month)
    return index < 0 ? null : (this.heads[index] ?? 0) - index
  }

  private isHead(line: number): boolean {
    return this.heads[this.monthIndex(line)] === line
  }

  /** The line of a row, counted over all months. */
  lineOf(row: number): number {
    let low = 0
    let high = this.heads.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.heads[middle] ?? 0) - middle <= row) low = middle
      else high = middle - 1
    }
    return row + low + 1
  }

  private monthIndex(line: number): number {
    let low = 0
    let high = this.heads.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.heads[middle] ?? 0) <= line) low = middle
      else high = middle - 1
    }
    return low
  }
}
