import type { Language } from '../lib/preferences'
import { useWords } from './words'

const en = {
  title: 'Save as CSV',
  text: (rows: string) => `${rows}, as the list stands now, in one file for a spreadsheet.`,
  tooMany: (most: string) => `That is more than one file takes: the newest ${most} are saved.`,
  hidden: 'Amounts or names are hidden now. In the file they can be shown or stay hidden.',
  save: 'Save',
  shown: 'Show in the file',
  kept: 'Keep hidden',
  cancel: 'Cancel',
  reading: (done: string, all: string) => `${done} of ${all} read`,
  saved: (rows: string) => `Saved: ${rows}.`,
  columns: {
    date: 'Date',
    counterparty: 'Counterparty',
    text: 'Message',
    amount: 'Amount',
    currency: 'Currency',
    category: 'Category',
    account: 'Account',
    note: 'Note',
  },
}

type Texts = typeof en

const fi: Texts = {
  title: 'Tallenna CSV-tiedostona',
  text: (rows) => `${rows} sellaisina kuin luettelossa nyt, yhtenä tiedostona taulukkolaskentaa varten.`,
  tooMany: (most) => `Niitä on enemmän kuin yhteen tiedostoon otetaan: uusimmat ${most} tallennetaan.`,
  hidden: 'Summat tai nimet ovat nyt piilossa. Tiedostossa ne voi näyttää tai pitää piilossa.',
  save: 'Tallenna',
  shown: 'Näytä tiedostossa',
  kept: 'Pidä piilossa',
  cancel: 'Peruuta',
  reading: (done, all) => `Luettu ${done} / ${all}`,
  saved: (rows) => `Tallennettu: ${rows}.`,
  columns: {
    date: 'Päivä',
    counterparty: 'Vastapuoli',
    text: 'Viesti',
    amount: 'Summa',
    currency: 'Valuutta',
    category: 'Luokka',
    account: 'Tili',
    note: 'Muistiinpano',
  },
}

const sv: Texts = {
  title: 'Spara som CSV',
  text: (rows) => `${rows}, som listan står nu, i en fil för kalkylblad.`,
  tooMany: (most) => `Det är mer än en fil rymmer: de nyaste ${most} sparas.`,
  hidden: 'Belopp eller namn är dolda nu. I filen kan de visas eller förbli dolda.',
  save: 'Spara',
  shown: 'Visa i filen',
  kept: 'Håll dolda',
  cancel: 'Avbryt',
  reading: (done, all) => `${done} av ${all} lästa`,
  saved: (rows) => `Sparat: ${rows}.`,
  columns: {
    date: 'Datum',
    counterparty: 'Motpart',
    text: 'Meddelande',
    amount: 'Belopp',
    currency: 'Valuta',
    category: 'Kategori',
    account: 'Konto',
    note: 'Anteckning',
  },
}

const texts: Record<Language, Texts> = { en, fi, sv }

/** The words of saving a list as a file. */
export function useExportWords(): Texts {
  const { locale } = useWords()
  return texts[locale.slice(0, 2) as Language] ?? en
}
