/** The newest log position this browser has caused: later reads wait until the read models hold it. */
let newest: bigint | null = null

export function sawPosition(position: string | null | undefined): void {
  if (!position) return
  const seen = BigInt(position)
  if (newest === null || seen > newest) newest = seen
}

export function atLeast(): string | undefined {
  return newest === null ? undefined : newest.toString()
}
