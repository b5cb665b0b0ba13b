import type { Language } from '../lib/preferences'
import { useWords } from './words'

const en = {
  search: 'Search banks and accounts',
  order: 'Order',
  orders: { newest: 'Newest first', ending: 'Ending soonest', bank: 'By bank' },
  found: (n: number) => (n === 0 ? 'No connection fits. Clear the search to see all.' : `${n} found`),
}

type Texts = typeof en

const fi: Texts = {
  search: 'Etsi pankkeja ja tilejä',
  order: 'Järjestys',
  orders: { newest: 'Uusin ensin', ending: 'Pian päättyvät ensin', bank: 'Pankin mukaan' },
  found: (n) => (n === 0 ? 'Mikään yhteys ei sovi. Tyhjennä haku, niin näet kaikki.' : `${n} löytyi`),
}

const sv: Texts = {
  search: 'Sök banker och konton',
  order: 'Ordning',
  orders: { newest: 'Nyast först', ending: 'Slutar snarast', bank: 'Efter bank' },
  found: (n) => (n === 0 ? 'Ingen anslutning passar. Töm sökningen för att se alla.' : `${n} hittades`),
}

const texts: Record<Language, Texts> = { en, fi, sv }

/** The words of searching and sorting connections. */
export function useSortingWords(): Texts {
  const { locale } = useWords()
  return texts[locale.slice(0, 2) as Language] ?? en
}
