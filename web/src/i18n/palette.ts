import type { Language } from '../lib/preferences'
import { useWords } from './words'

const en = {
  title: 'Go to or do',
  placeholder: 'Type a place or a command',
  list: 'Places and commands',
  none: 'Nothing is called so.',
  places: 'Go to',
  commands: 'Do',
  searchFor: (text: string) => `Search transactions for “${text}”`,
  account: (name: string) => `Account ${name}`,
  statement: 'Statement of a month',
  import: 'Bring in a file',
  audit: 'For auditors',
  connect: 'Connect a bank',
  hide: 'Hide amounts',
  show: 'Show amounts',
  hideNames: 'Hide names',
  showNames: 'Show names',
  light: 'Use the light theme',
  dark: 'Use the dark theme',
  keys: 'All keys',
  tour: 'Take the tour',
  signOut: 'Sign out',
  language: (name: string) => `In ${name}`,
}

type Texts = typeof en

const fi: Texts = {
  title: 'Siirry tai tee',
  placeholder: 'Kirjoita paikka tai komento',
  list: 'Paikat ja komennot',
  none: 'Sen nimistä ei ole.',
  places: 'Siirry',
  commands: 'Tee',
  searchFor: (text) => `Hae tapahtumista ”${text}”`,
  account: (name) => `Tili ${name}`,
  statement: 'Kuukauden tiliote',
  import: 'Tuo tiedosto',
  audit: 'Tarkastajille',
  connect: 'Yhdistä pankki',
  hide: 'Piilota summat',
  show: 'Näytä summat',
  hideNames: 'Piilota nimet',
  showNames: 'Näytä nimet',
  light: 'Vaalea ulkoasu',
  dark: 'Tumma ulkoasu',
  keys: 'Kaikki näppäimet',
  tour: 'Aloita esittely',
  signOut: 'Kirjaudu ulos',
  language: (name) => `Kielenä ${name}`,
}

const sv: Texts = {
  title: 'Gå till eller gör',
  placeholder: 'Skriv en plats eller ett kommando',
  list: 'Platser och kommandon',
  none: 'Inget heter så.',
  places: 'Gå till',
  commands: 'Gör',
  searchFor: (text) => `Sök transaktioner efter ”${text}”`,
  account: (name) => `Konto ${name}`,
  statement: 'Kontoutdrag för en månad',
  import: 'Hämta in en fil',
  audit: 'För granskare',
  connect: 'Anslut en bank',
  hide: 'Dölj belopp',
  show: 'Visa belopp',
  hideNames: 'Dölj namn',
  showNames: 'Visa namn',
  light: 'Ljust utseende',
  dark: 'Mörkt utseende',
  keys: 'Alla tangenter',
  tour: 'Starta rundturen',
  signOut: 'Logga ut',
  language: (name) => `På ${name}`,
}

const texts: Record<Language, Texts> = { en, fi, sv }

/** The words of the palette: needed only where it is open. */
export function usePaletteWords(): Texts {
  const { locale } = useWords()
  return texts[locale.slice(0, 2) as Language]
}
