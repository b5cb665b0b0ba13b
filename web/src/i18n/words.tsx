import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import { type Language, usePreferences } from '../lib/preferences'
import type { Catalogue } from './en'

const loaders: Record<Language, () => Promise<Catalogue>> = {
  en: () => import('./en').then((module) => module.en),
  fi: () => import('./fi').then((module) => module.fi),
  sv: () => import('./sv').then((module) => module.sv),
}

/** Each language by its own name. */
export const languages: Record<Language, string> = { en: 'English', fi: 'Suomi', sv: 'Svenska' }

export function loadWords(language: Language): Promise<Catalogue> {
  return loaders[language]()
}

const WordsContext = createContext<Catalogue | null>(null)

/** Shows the page in the chosen language; the former language stays until the new one has arrived. */
export function WordsProvider({ first, children }: { first: Catalogue; children: ReactNode }) {
  const { language } = usePreferences()
  const [words, setWords] = useState(first)
  useEffect(() => {
    let wanted = true
    loadWords(language).then((loaded) => {
      if (wanted) setWords(loaded)
    })
    return () => {
      wanted = false
    }
  }, [language])
  return <WordsContext value={words}>{children}</WordsContext>
}

export function useWords(): Catalogue {
  const words = useContext(WordsContext)
  if (!words) throw new Error('useWords outside WordsProvider')
  return words
}

/** Counts as the page's language writes them. */
export function useNumberText(): (count: number) => string {
  const { locale } = useWords()
  return (count) => new Intl.NumberFormat(locale).format(count)
}

/** A category id the catalogue does not know is shown as words made of the id itself. */
export function categoryText(words: Catalogue, id: string): string {
  const known = (words.categories as Record<string, string>)[id]
  if (known) return known
  const text = id.replaceAll(/[_.-]+/g, ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
