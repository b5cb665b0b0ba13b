import type { Language } from '../lib/preferences'
import { counter } from './count'
import { useWords } from './words'

const count = { en: counter('en-GB'), fi: counter('fi-FI'), sv: counter('sv-SE') }

const en = {
  order: 'Oldest first, here and in every file: the order in which the log is replayed.',
  presets: 'Often asked',
  preset: {
    consents: 'Permissions',
    roles: 'Roles and their use',
    person: 'Done by people',
    money: 'Accounts and transactions',
  },
  all: 'Everything',
  jump: 'Begin at position',
  go: 'Go',
  wrong: (to: string) => `Write a position from 1 to ${to}.`,
  save: 'Save as a file',
  json: 'JSON lines',
  csv: 'CSV',
  reading: (n: string) => `${n} events read`,
  saved: (n: number) => `Saved: ${count.en(n, 'event', 'events')}.`,
  most: (most: string) => `At most ${most} events go into one file; begin at a later position for the rest.`,
}

type Texts = typeof en

const fi: Texts = {
  order: 'Vanhin ensin, täällä ja jokaisessa tiedostossa: siinä järjestyksessä loki toistetaan.',
  presets: 'Usein kysytyt',
  preset: {
    consents: 'Luvat',
    roles: 'Roolit ja niiden käyttö',
    person: 'Ihmisten tekemät',
    money: 'Tilit ja tapahtumat',
  },
  all: 'Kaikki',
  jump: 'Aloita kohdasta',
  go: 'Siirry',
  wrong: (to) => `Kirjoita kohta väliltä 1–${to}.`,
  save: 'Tallenna tiedostona',
  json: 'JSON-rivit',
  csv: 'CSV',
  reading: (n) => `${n} tapahtumaa luettu`,
  saved: (n) => `Tallennettu: ${count.fi(n, 'tapahtuma', 'tapahtumaa')}.`,
  most: (most) => `Yhteen tiedostoon mahtuu enintään ${most} tapahtumaa; aloita loput myöhemmästä kohdasta.`,
}

const sv: Texts = {
  order: 'Äldst först, här och i varje fil: i den ordning som loggen spelas upp.',
  presets: 'Ofta frågat',
  preset: {
    consents: 'Tillstånd',
    roles: 'Roller och deras bruk',
    person: 'Gjort av människor',
    money: 'Konton och transaktioner',
  },
  all: 'Allt',
  jump: 'Börja vid position',
  go: 'Gå',
  wrong: (to) => `Skriv en position från 1 till ${to}.`,
  save: 'Spara som fil',
  json: 'JSON-rader',
  csv: 'CSV',
  reading: (n) => `${n} händelser lästa`,
  saved: (n) => `Sparat: ${count.sv(n, 'händelse', 'händelser')}.`,
  most: (most) => `Högst ${most} händelser ryms i en fil; börja vid en senare position för resten.`,
}

const texts: Record<Language, Texts> = { en, fi, sv }

/** The words of finding one's way in the timeline of an auditor. */
export function useTimelineWords(): Texts {
  const { locale } = useWords()
  return texts[locale.slice(0, 2) as Language] ?? en
}
