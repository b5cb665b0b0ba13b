import type { Language } from '../lib/preferences'
import { useWords } from './words'

const en = {
  title: 'Keys',
  find: 'Find a key or what it does',
  noneFits: 'No key does that.',
  goTo: (letter: string) => `g then ${letter}`,
  off: 'Single-letter keys are turned off in the settings.',
  everywhere: 'Everywhere',
  list: 'In the list of transactions',
  detail: 'In an opened transaction',
  choosing: 'Choosing several',
  rows: {
    everywhere: [
      ['Ctrl K', 'Palette: go anywhere, do anything'],
      ['?', 'This list'],
      ['/', 'Search transactions'],
      ['g then m', 'Statement of a month'],
      ['g then x', 'Settings'],
      ['[ and ]', 'Previous and next month'],
      ['Ctrl Shift P', 'Hide or show amounts'],
      ['Alt, held', 'Look at one hidden amount: under the pointer, or in what has the focus'],
      ['Esc', 'Close, or clear'],
    ],
    list: [
      ['j or ↓', 'Next transaction'],
      ['k or ↑', 'Previous transaction'],
      ['PgDn, PgUp', 'Ten further, ten back'],
      ['Home, End', 'Newest, oldest'],
      ['Enter', 'Open'],
      ['m', 'Go to month'],
    ],
    choosing: [
      ['x', 'Choose, or let go'],
      ['Shift ↓, Shift ↑', 'Choose the next as well'],
      ['Ctrl A', 'Choose all, up to 2,000'],
      ['c', 'Category of those chosen'],
      ['Ctrl Z', 'Undo the last change of several'],
      ['Esc', 'Choose none'],
    ],
    detail: [['← and →', 'Previous and next transaction']],
  },
}

type Texts = typeof en

const fi: Texts = {
  title: 'Näppäimet',
  find: 'Etsi näppäin tai mitä se tekee',
  noneFits: 'Mikään näppäin ei tee sitä.',
  goTo: (letter) => `g ja ${letter}`,
  off: 'Yhden kirjaimen näppäimet on poistettu käytöstä asetuksissa.',
  everywhere: 'Kaikkialla',
  list: 'Tapahtumalistassa',
  detail: 'Avatussa tapahtumassa',
  choosing: 'Useiden valinta',
  rows: {
    everywhere: [
      ['Ctrl K', 'Komentopaletti: minne vain, mitä vain'],
      ['?', 'Tämä luettelo'],
      ['/', 'Hae tapahtumia'],
      ['g ja m', 'Kuukauden tiliote'],
      ['g ja x', 'Asetukset'],
      ['[ ja ]', 'Edellinen ja seuraava kuukausi'],
      ['Ctrl Shift P', 'Piilota tai näytä summat'],
      ['Alt pohjassa', 'Katso yhtä piilotettua summaa: osoittimen alla tai kohdistetussa kohdassa'],
      ['Esc', 'Sulje tai tyhjennä'],
    ],
    list: [
      ['j tai ↓', 'Seuraava tapahtuma'],
      ['k tai ↑', 'Edellinen tapahtuma'],
      ['PgDn, PgUp', 'Kymmenen eteen, kymmenen taakse'],
      ['Home, End', 'Uusin, vanhin'],
      ['Enter', 'Avaa'],
      ['m', 'Siirry kuukauteen'],
    ],
    choosing: [
      ['x', 'Valitse tai poista valinta'],
      ['Shift ↓, Shift ↑', 'Valitse myös seuraava'],
      ['Ctrl A', 'Valitse kaikki, enintään 2 000'],
      ['c', 'Valittujen luokka'],
      ['Ctrl Z', 'Kumoa edellinen usean muutos'],
      ['Esc', 'Poista valinnat'],
    ],
    detail: [['← ja →', 'Edellinen ja seuraava tapahtuma']],
  },
}

const sv: Texts = {
  title: 'Tangenter',
  find: 'Sök en tangent eller vad den gör',
  noneFits: 'Ingen tangent gör det.',
  goTo: (letter) => `g sedan ${letter}`,
  off: 'Tangenter med en bokstav är avstängda i inställningarna.',
  everywhere: 'Överallt',
  list: 'I listan över transaktioner',
  detail: 'I en öppnad transaktion',
  choosing: 'Välja flera',
  rows: {
    everywhere: [
      ['Ctrl K', 'Palett: gå vart som helst, gör vad som helst'],
      ['?', 'Den här listan'],
      ['/', 'Sök transaktioner'],
      ['g sedan m', 'Kontoutdrag för en månad'],
      ['g sedan x', 'Inställningar'],
      ['[ och ]', 'Föregående och nästa månad'],
      ['Ctrl Shift P', 'Dölj eller visa belopp'],
      ['Alt nedtryckt', 'Se ett dolt belopp: under pekaren, eller i det som har fokus'],
      ['Esc', 'Stäng eller rensa'],
    ],
    list: [
      ['j eller ↓', 'Nästa transaktion'],
      ['k eller ↑', 'Föregående transaktion'],
      ['PgDn, PgUp', 'Tio framåt, tio bakåt'],
      ['Home, End', 'Nyast, äldst'],
      ['Enter', 'Öppna'],
      ['m', 'Gå till månad'],
    ],
    choosing: [
      ['x', 'Välj eller släpp'],
      ['Shift ↓, Shift ↑', 'Välj även nästa'],
      ['Ctrl A', 'Välj alla, högst 2 000'],
      ['c', 'Kategori för de valda'],
      ['Ctrl Z', 'Ångra senaste ändringen av flera'],
      ['Esc', 'Välj inga'],
    ],
    detail: [['← och →', 'Föregående och nästa transaktion']],
  },
}

/** The words of the list of keys: needed only where it is shown. */
export function useKeyWords(): Texts {
  const { locale } = useWords()
  return texts[locale.slice(0, 2) as Language]
}

const texts: Record<Language, Texts> = { en, fi, sv }
