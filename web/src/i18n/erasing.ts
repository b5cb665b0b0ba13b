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
  done: 'Everything is deleted',
  underWay: 'Everything is being deleted',
  doneText:
    'The key was destroyed; what is left of you cannot be read by anybody. Keep this receipt if you like: it proves that it happened, and names nobody.',
  underWayText: 'It takes a little longer and goes on by itself. You are signed out.',
  receipt: 'Receipt',
  person: 'Person',
  event: 'Event',
  leaf: 'Leaf',
  key: 'Destroyed key',
  at: 'Destroyed',
  banksNotTold: (count: string) =>
    `Banks that could not be told: ${count}. Their permissions end by themselves.`,
  copy: 'Copy the receipt',
  again: 'Make a new account',
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
  done: 'Kaikki on poistettu',
  underWay: 'Kaikkea poistetaan',
  doneText:
    'Avain on tuhottu; sitä, mitä sinusta jäi, kukaan ei voi lukea. Säilytä halutessasi tämä kuitti: se todistaa poiston eikä nimeä ketään.',
  underWayText: 'Se kestää hieman pidempään ja jatkuu itsestään. Sinut on kirjattu ulos.',
  receipt: 'Kuitti',
  person: 'Henkilö',
  event: 'Tapahtuma',
  leaf: 'Lehti',
  key: 'Tuhottu avain',
  at: 'Tuhottu',
  banksNotTold: (count) => `Pankkeja, joille ei voitu kertoa: ${count}. Niiden luvat päättyvät itsestään.`,
  copy: 'Kopioi kuitti',
  again: 'Luo uusi tili',
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
  done: 'Allt är borttaget',
  underWay: 'Allt tas bort',
  doneText:
    'Nyckeln är förstörd; det som finns kvar av dig kan ingen läsa. Behåll kvittot om du vill: det bevisar att det skedde och nämner ingen.',
  underWayText: 'Det tar lite längre och fortsätter av sig självt. Du är utloggad.',
  receipt: 'Kvitto',
  person: 'Person',
  event: 'Händelse',
  leaf: 'Löv',
  key: 'Förstörd nyckel',
  at: 'Förstörd',
  banksNotTold: (count) => `Banker som inte kunde nås: ${count}. Deras tillstånd upphör av sig självt.`,
  copy: 'Kopiera kvittot',
  again: 'Skapa ett nytt konto',
}

const texts: Record<Language, Texts> = { en, fi, sv }

/** The words of leaving for good. */
export function useErasingWords(): Texts {
  const { locale } = useWords()
  return texts[locale.slice(0, 2) as Language] ?? en
}
