import type { Language } from '../lib/preferences'
import { useWords } from './words'

const en = {
  title: 'Delete everything',
  text: 'Ends every connection, destroys the key under which everything of yours is sealed, and deletes every readable copy.',
  open: 'Delete my account…',
  question: 'Delete everything of yours?',
  goes: 'What goes',
  goesText:
    'Your accounts, payments, categories, notes, budgets and sign-in. Banks are told to stop sharing.',
  stays: 'What stays',
  staysText: 'Sealed records in the log that nobody can open any more. They keep the proofs of others valid.',
  never: 'This can never be undone, not by anybody. If you want to keep something, save it first.',
  keep: 'Keep everything',
  erase: 'Delete for ever',
  refused: 'The password is wrong.',
  tryLater: (when: string) => `There have been too many attempts. Try again after ${when}.`,
}

type Texts = typeof en

const fi: Texts = {
  title: 'Poista kaikki',
  text: 'Päättää kaikki yhteydet, tuhoaa avaimen, jolla kaikki tietosi on sinetöity, ja poistaa kaikki luettavat kopiot.',
  open: 'Poista tilini…',
  question: 'Poistetaanko kaikki tietosi?',
  goes: 'Mitä poistuu',
  goesText:
    'Tilisi, maksusi, luokkasi, muistiinpanosi, budjettisi ja kirjautumisesi. Pankeille kerrotaan, että jakaminen päättyy.',
  stays: 'Mitä jää',
  staysText:
    'Lokiin jää sinetöityjä merkintöjä, joita kukaan ei enää voi avata. Ne pitävät muiden todisteet pätevinä.',
  never: 'Tätä ei voi koskaan perua, kukaan ei voi. Jos haluat säilyttää jotain, tallenna se ensin.',
  keep: 'Säilytä kaikki',
  erase: 'Poista pysyvästi',
  refused: 'Salasana on väärä.',
  tryLater: (when) => `Yrityksiä on ollut liian monta. Yritä uudelleen ${when} jälkeen.`,
}

const sv: Texts = {
  title: 'Ta bort allt',
  text: 'Avslutar alla anslutningar, förstör nyckeln som allt ditt är förseglat med och tar bort alla läsbara kopior.',
  open: 'Ta bort mitt konto…',
  question: 'Ta bort allt ditt?',
  goes: 'Vad som försvinner',
  goesText:
    'Dina konton, betalningar, kategorier, anteckningar, budgetar och din inloggning. Bankerna får veta att delningen upphör.',
  stays: 'Vad som blir kvar',
  staysText: 'Förseglade poster i loggen som ingen längre kan öppna. De håller andras bevis giltiga.',
  never: 'Det här kan aldrig ångras, av ingen. Vill du behålla något, spara det först.',
  keep: 'Behåll allt',
  erase: 'Ta bort för alltid',
  refused: 'Lösenordet är fel.',
  tryLater: (when) => `Det har varit för många försök. Försök igen efter ${when}.`,
}

const texts: Record<Language, Texts> = { en, fi, sv }

/** The words of leaving for good. */
export function useErasingWords(): Texts {
  const { locale } = useWords()
  return texts[locale.slice(0, 2) as Language] ?? en
}
