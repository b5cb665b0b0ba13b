import { useSyncExternalStore } from 'react'

export type Language = 'en' | 'fi' | 'sv'
export type Theme = 'auto' | 'light' | 'dark'
export type Preferences = { language: Language; theme: Theme; amountsHidden: boolean; singleKeys: boolean }

const key = 'opl.preferences'
const listeners = new Set<() => void>()

/** `boot.js` has already put the language, theme and hidden amounts on the root element. */
function read(): Preferences {
  const root = document.documentElement
  let singleKeys = true
  try {
    singleKeys = JSON.parse(localStorage.getItem(key) ?? '{}').singleKeys !== false
  } catch {
    singleKeys = true
  }
  return {
    language: (['en', 'fi', 'sv'] as const).find((language) => language === root.lang) ?? 'en',
    theme: (['light', 'dark'] as const).find((theme) => theme === root.dataset.theme) ?? 'auto',
    amountsHidden: root.dataset.private === 'on',
    singleKeys,
  }
}

let current = read()

export function preferences(): Preferences {
  return current
}

export function changePreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change }
  const root = document.documentElement
  root.lang = current.language
  root.dataset.theme = current.theme
  root.dataset.private = current.amountsHidden ? 'on' : 'off'
  try {
    localStorage.setItem(key, JSON.stringify(current))
  } catch {
    // A browser that stores nothing keeps the choice for this visit.
  }
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, preferences)
}
