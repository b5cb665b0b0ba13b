import { type RefObject, useCallback, useSyncExternalStore } from 'react'

/**
 * While Alt is held, one covered amount is shown: the one under the pointer, else the first in what has the
 * focus. Nothing is shown by pointing alone, and nothing stays when the key is let go.
 */
const covered = '[data-covered]'

let shown: Element | null = null
let held = false
const listeners = new Set<() => void>()

function show(next: Element | null): void {
  if (shown === next) return
  shown = next
  for (const listener of listeners) listener()
}

/** In a list that is one stop, the row that is named; else what has the focus, unless it holds the page. */
function inFocus(): Element | null {
  const focused = document.activeElement
  const named = focused?.getAttribute('aria-activedescendant')
  const place = named ? document.getElementById(named) : focused?.closest('a, button, summary')
  return place?.querySelector(covered) ?? null
}

function look(): void {
  if (held) show([...document.querySelectorAll(`${covered}:hover`)].at(-1) ?? inFocus())
}

function pressed(event: KeyboardEvent): void {
  if (event.key !== 'Alt' || event.ctrlKey || event.metaKey) return
  held = true
  look()
  // Or the browser would take the key for its menu.
  if (shown) event.preventDefault()
}

function released(event: KeyboardEvent): void {
  if (event.key === 'Alt') stop()
}

function stop(): void {
  held = false
  show(null)
}

const watched = [
  ['keydown', pressed],
  ['keyup', released],
  ['pointermove', look],
  ['focusin', look],
  ['blur', stop],
] as const

/** The keys are listened to while anything is covered, and no longer. */
function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) for (const [name, does] of watched) addEventListener(name, does as EventListener)
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    for (const [name, does] of watched) removeEventListener(name, does as EventListener)
    stop()
  }
}

/** Whether this one is looked at now. */
export function useIsPeeked(element: RefObject<Element | null>): boolean {
  const now = useCallback(() => shown !== null && shown === element.current, [element])
  return useSyncExternalStore(subscribe, now)
}
