import { useSyncExternalStore } from 'react'

export type Language = 'en' | 'fi' | 'sv'
export type Theme = 'auto' | 'light' | 'dark'
export type Preferences = {
  language: Language
  theme: Theme
  amountsHidden: boolean
  namesHidden: boolean
  singleKeys: boolean
  /** Whether rows of transactions stand closer together where there is a mouse. */
  dense: boolean
  /** Whether the tour was taken or skipped. */
  tourSeen: boolean
  /** Whether the last pages are kept on this device for reading offline. */
  keepOffline: boolean
}

const key = 'opl.preferences'
const listeners = new Set<() => void>()

/** `boot.js` has already put the language, theme and hidden amounts on the root element. */
function read(): Preferences {
  const root = document.documentElement
  let stored: Partial<Preferences> = {}
  try {
    stored = JSON.parse(localStorage.getItem(key) ?? '{}')
  } catch {
    stored = {}
  }
  return {
    language: (['en', 'fi', 'sv'] as const).find((language) => language === root.lang) ?? 'en',
    theme: (['light', 'dark'] as const).find((theme) => theme === root.dataset.theme) ?? 'auto',
    amountsHidden: root.dataset.private === 'on',
    namesHidden: root.dataset.names === 'off',
    singleKeys: stored.singleKeys !== false,
    dense: stored.dense === true,
    tourSeen: stored.tourSeen === true,
    keepOffline: stored.keepOffline !== false,
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
  root.dataset.names = current.namesHidden ? 'off' : 'on'
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
