import type { Language } from '../lib/preferences'
import { useWords } from './words'

const en = {
  title: 'Take everything with you',
  text: 'Your data is yours. Take it as often as you like; nothing changes here.',
  table: 'All transactions as a table',
  tableText: 'One CSV file for a spreadsheet: day, counterparty, amount, category, account and note.',
  whole: 'Everything, as the ledger holds it',
  wholeText:
    'One file with every event about you, opened, one JSON object a line: permissions, answers of banks as they came, accounts, transactions, your changes.',
  save: 'Save',
  saveOf: (what: string) => `Save: ${what}`,
  question: 'Save everything as a file?',
  holds:
    'The file shows every amount, name and account number in plain text. Keep it where only you can read it.',
  hidden: 'Amounts or names are hidden on this page. In the file they are not.',
  cancel: 'Cancel',
  making: 'The file is being made. With a long history that takes a while.',
  saved: (size: string) => `Saved: ${size}.`,
  broken: 'The file broke off before its end, so it was not saved. Try again.',
}

type Texts = typeof en

const fi: Texts = {
  title: 'Ota kaikki mukaasi',
  text: 'Tietosi ovat sinun. Ota ne niin usein kuin haluat; täällä mikään ei muutu.',
  table: 'Kaikki tapahtumat taulukkona',
  tableText: 'Yksi CSV-tiedosto taulukkolaskentaan: päivä, vastapuoli, summa, luokka, tili ja muistiinpano.',
  whole: 'Kaikki, niin kuin kirjanpito sen pitää',
  wholeText:
    'Yksi tiedosto, jossa on jokainen sinua koskeva tapahtuma avattuna, yksi JSON-olio rivillä: luvat, pankkien vastaukset sellaisinaan, tilit, tapahtumat ja omat muutoksesi.',
  save: 'Tallenna',
  saveOf: (what) => `Tallenna: ${what}`,
  question: 'Tallennetaanko kaikki tiedostoon?',
  holds:
    'Tiedosto näyttää kaikki summat, nimet ja tilinumerot selväkielisinä. Säilytä se paikassa, jossa vain sinä voit lukea sen.',
  hidden: 'Summat tai nimet ovat tällä sivulla piilossa. Tiedostossa ne eivät ole.',
  cancel: 'Peruuta',
  making: 'Tiedostoa tehdään. Pitkän historian kanssa se kestää hetken.',
  saved: (size) => `Tallennettu: ${size}.`,
  broken: 'Tiedosto katkesi ennen loppuaan, joten sitä ei tallennettu. Yritä uudelleen.',
}

const sv: Texts = {
  title: 'Ta allt med dig',
  text: 'Dina uppgifter är dina. Ta dem så ofta du vill; ingenting ändras här.',
  table: 'Alla transaktioner som tabell',
  tableText: 'En CSV-fil för kalkylblad: dag, motpart, belopp, kategori, konto och anteckning.',
  whole: 'Allt, så som huvudboken har det',
  wholeText:
    'En fil med varje händelse om dig, öppnad, ett JSON-objekt per rad: tillstånd, bankernas svar som de kom, konton, transaktioner och dina ändringar.',
  save: 'Spara',
  saveOf: (what) => `Spara: ${what}`,
  question: 'Spara allt som en fil?',
  holds: 'Filen visar alla belopp, namn och kontonummer i klartext. Förvara den där bara du kan läsa den.',
  hidden: 'Belopp eller namn är dolda på sidan. I filen är de det inte.',
  cancel: 'Avbryt',
  making: 'Filen görs. Med en lång historik tar det en stund.',
  saved: (size) => `Sparat: ${size}.`,
  broken: 'Filen bröts av före sitt slut och sparades därför inte. Försök igen.',
}

const texts: Record<Language, Texts> = { en, fi, sv }

/** The words of taking one's data along. */
export function useTakingWords(): Texts {
  const { locale } = useWords()
  return texts[locale.slice(0, 2) as Language] ?? en
}
