import { use } from 'react'
import { type Language, preferences, usePreferences } from '../lib/preferences'
import type { Pages } from './pages/en'

const loaders: Record<Language, () => Promise<Pages>> = {
  en: () => import('./pages/en').then(({ pages }) => pages),
  fi: () => import('./pages/fi').then(({ pages }) => pages),
  sv: () => import('./pages/sv').then(({ pages }) => pages),
}

const asked = new Map<Language, Promise<Pages>>()
const known = new Map<Language, Pages>()

/** What a part that did not come is asked for again the next time. */
function load(language: Language): Promise<Pages> {
  const found = asked.get(language)
  if (found) return found
  const coming = loaders[language]().then(
    (pages) => {
      known.set(language, pages)
      return pages
    },
    (error) => {
      asked.delete(language)
      throw error
    },
  )
  asked.set(language, coming)
  return coming
}

/** Beside the page itself, so that both come at once. */
export function loadPageWords(): Promise<Pages> {
  return load(preferences().language)
}

/** The words of the pages of insights, in the person's language. */
export function usePageWords(): Pages {
  const { language } = usePreferences()
  return known.get(language) ?? use(load(language))
}
