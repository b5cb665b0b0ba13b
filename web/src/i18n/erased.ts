import type { Language } from '../lib/preferences'
import { useWords } from './words'

const en = {
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

/** The words after leaving for good. */
export function useErasedWords(): Texts {
  const { locale } = useWords()
  return texts[locale.slice(0, 2) as Language] ?? en
}
