import { useLayoutEffect, useRef } from 'react'
import { preferences } from './preferences'

/** `g t` is a sequence, `Control+Shift+P` and `Control+K` a chord, anything else one key. */
export type Hotkeys = Record<string, () => void>

const sequenceMilliseconds = 1_000

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null
  )
}

function dialogOpen(): boolean {
  return document.querySelector('[role=dialog], [role=alertdialog]') !== null
}

/** Plain-letter keys are dead while typing, in a dialog, and when turned off in the settings. */
export function useHotkeys(keys: Hotkeys): void {
  const latest = useRef(keys)
  latest.current = keys
  // Before the screen is painted: a key that is seen to be there works.
  useLayoutEffect(() => {
    let first = ''
    let firstAt = 0
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return
      if ((event.ctrlKey || event.metaKey) && event.shiftKey) {
        run(event, `Control+Shift+${event.key.toUpperCase()}`)
        return
      }
      // A chord works while typing as well; in a dialog it would leave the dialog behind.
      if ((event.ctrlKey || event.metaKey) && !event.altKey && !dialogOpen()) {
        run(event, `Control+${event.key.toUpperCase()}`)
        return
      }
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || dialogOpen()) return
      if (!preferences().singleKeys) return
      const sequence = `${first} ${event.key}`
      const fresh = event.timeStamp - firstAt < sequenceMilliseconds
      first = event.key
      firstAt = event.timeStamp
      if (!(fresh && run(event, sequence))) run(event, event.key)
    }
    const run = (event: KeyboardEvent, key: string): boolean => {
      const action = latest.current[key]
      if (!action) return false
      event.preventDefault()
      action()
      return true
    }
    window.addEventListener('keydown', pressed)
    return () => window.removeEventListener('keydown', pressed)
  }, [])
}
