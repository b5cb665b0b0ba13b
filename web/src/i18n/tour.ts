import type { Language } from '../lib/preferences'
import { useWords } from './words'

/** Something, and what it means. */
type Pair = readonly [string, string]

const en = {
  step: (n: number, all: number) => `${n} of ${all}`,
  next: 'Next',
  back: 'Back',
  done: 'Done',
  steps: [
    ['Everything in one place', 'The overview shows what you have, what came in and what went out.'],
    [
      'Every transaction, ever',
      'Search like cat:food >50 -lidl, go to any month, change many at once. Press ? for all keys.',
    ],
    [
      'You decide who shares what',
      'Under Connections you see each permission and can stop it with one press.',
    ],
    ['Nothing is overwritten', 'Each change is a new entry in a signed log. A row tells where it came from.'],
    [
      'Hidden from other eyes',
      'The eye at the top takes all amounts off the page; names can be hidden as well.',
    ],
  ] as Pair[],
}

type Texts = typeof en

const fi: Texts = {
  step: (n, all) => `${n} / ${all}`,
  next: 'Seuraava',
  back: 'Takaisin',
  done: 'Valmis',
  steps: [
    ['Kaikki yhdessä paikassa', 'Yleiskuva näyttää, mitä sinulla on, mitä tuli ja mitä meni.'],
    [
      'Jokainen tapahtuma',
      'Hae kuten luokka:ruoka >50 -lidl, siirry mihin kuukauteen tahansa, muuta monta kerralla. Paina ? nähdäksesi näppäimet.',
    ],
    [
      'Sinä päätät, kuka jakaa mitä',
      'Yhteydet-sivulla näet jokaisen luvan ja voit lopettaa sen yhdellä painalluksella.',
    ],
    [
      'Mitään ei kirjoiteta yli',
      'Jokainen muutos on uusi merkintä allekirjoitetussa lokissa. Rivi kertoo, mistä se tuli.',
    ],
    [
      'Piilossa muiden silmiltä',
      'Ylhäällä oleva silmä poistaa kaikki summat sivulta; myös nimet voi piilottaa.',
    ],
  ],
}

const sv: Texts = {
  step: (n, all) => `${n} av ${all}`,
  next: 'Nästa',
  back: 'Tillbaka',
  done: 'Klar',
  steps: [
    ['Allt på ett ställe', 'Översikten visar vad du har, vad som kom in och vad som gick ut.'],
    [
      'Varje transaktion',
      'Sök som kategori:mat >50 -lidl, gå till vilken månad som helst, ändra många på en gång. Tryck ? för alla tangenter.',
    ],
    [
      'Du bestämmer vem som delar vad',
      'Under Anslutningar ser du varje tillstånd och kan stoppa det med en tryckning.',
    ],
    [
      'Inget skrivs över',
      'Varje ändring är en ny post i en signerad logg. En rad berättar var den kom ifrån.',
    ],
    ['Dolt för andras ögon', 'Ögat högst upp tar bort alla belopp från sidan; även namn kan döljas.'],
  ],
}

/** The steps of the tour: needed only where it is taken. */
export function useTourWords(): Texts {
  const { locale } = useWords()
  return texts[locale.slice(0, 2) as Language]
}

const texts: Record<Language, Texts> = { en, fi, sv }
