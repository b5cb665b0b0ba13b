import { useSyncExternalStore } from 'react'

let spoken = ''
const listeners = new Set<() => void>()

/** Says something to people who listen to the page, politely. */
export function announce(text: string): void {
  spoken = spoken === text ? `${text}\u00a0` : text
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function LiveRegion() {
  const text = useSyncExternalStore(subscribe, () => spoken)
  return (
    <div role="status" aria-live="polite" className="sr-only">
      {text}
    </div>
  )
}
