import type { Language } from '../lib/preferences'
import { useWords } from './words'

const en = {
  format: 'dd/mm/yyyy',
  formatText: 'Day, month, year',
  open: (label: string) => `${label}: open the calendar`,
  calendar: 'Calendar',
  year: 'Year',
  noDay: (example: string) => `Write a day, such as ${example}.`,
  between: (first: string, last: string) => `Choose a day from ${first} to ${last}.`,
  before: (last: string) => `Choose ${last} or earlier.`,
  after: (first: string) => `Choose ${first} or later.`,
  keys: 'Arrows go by day and week, Page Up and Page Down by month.',
}

type Texts = typeof en

const fi: Texts = {
  format: 'pp.kk.vvvv',
  formatText: 'Päivä, kuukausi, vuosi',
  open: (label) => `${label}: avaa kalenteri`,
  calendar: 'Kalenteri',
  year: 'Vuosi',
  noDay: (example) => `Kirjoita päivä, esimerkiksi ${example}`,
  between: (first, last) => `Valitse päivä väliltä ${first}–${last}`,
  before: (last) => `Valitse ${last} tai aiempi.`,
  after: (first) => `Valitse ${first} tai myöhempi.`,
  keys: 'Nuolet siirtävät päivän tai viikon, Page Up ja Page Down kuukauden.',
}

const sv: Texts = {
  format: 'åååå-mm-dd',
  formatText: 'År, månad, dag',
  open: (label) => `${label}: öppna kalendern`,
  calendar: 'Kalender',
  year: 'År',
  noDay: (example) => `Skriv en dag, till exempel ${example}.`,
  between: (first, last) => `Välj en dag från ${first} till ${last}.`,
  before: (last) => `Välj ${last} eller tidigare.`,
  after: (first) => `Välj ${first} eller senare.`,
  keys: 'Pilarna går en dag eller vecka, Page Up och Page Down en månad.',
}

const texts: Record<Language, Texts> = { en, fi, sv }

/** The words of a field for a day. */
export function useDayWords(): Texts {
  const { locale } = useWords()
  return texts[locale.slice(0, 2) as Language] ?? en
}
