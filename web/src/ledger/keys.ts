const page = 10

/** Where a key leads in a list of `rows`, or nothing when the key does not move. */
export function moved(key: string, active: number, rows: number, singleKeys: boolean): number | null {
  if (rows === 0) return null
  const last = rows - 1
  switch (key) {
    case 'ArrowDown':
      return Math.min(last, active + 1)
    case 'ArrowUp':
      return Math.max(0, active - 1)
    case 'j':
      return singleKeys ? Math.min(last, active + 1) : null
    case 'k':
      return singleKeys ? Math.max(0, active - 1) : null
    case 'PageDown':
      return Math.min(last, active + page)
    case 'PageUp':
      return Math.max(0, active - page)
    case 'Home':
      return 0
    case 'End':
      return last
    default:
      return null
  }
}
