import type { Language } from '../lib/preferences'
import { useWords } from './words'

const en = {
  total: 'Balance over time',
  totalText: 'All accounts that are shared now, worked out from today’s balance and the transactions since.',
  accountText: 'Worked out from today’s booked balance and the transactions since.',
  range: 'How far back',
  ranges: { '1m': '1 M', '3m': '3 M', '1y': '1 Y', '5y': '5 Y', all: 'All' },
  rangeNames: {
    '1m': 'One month',
    '3m': 'Three months',
    '1y': 'One year',
    '5y': 'Five years',
    all: undefined,
  },
  currency: 'Currency',
  chart: (from: string, to: string) => `Balance from ${from} to ${to}`,
  walk: 'Walk along the line',
  since: (amount: string, day: string) => `${amount} since ${day}`,
  day: 'Day',
  balance: 'Balance',
  few: 'There is no line yet. It begins with the first transaction of an account whose bank states its balance.',
}

type Texts = typeof en

const fi: Texts = {
  total: 'Saldon kehitys',
  totalText: 'Kaikki nyt jaetut tilit, laskettuna tämän päivän saldosta ja sitä edeltävistä tapahtumista.',
  accountText: 'Laskettu tämän päivän kirjatusta saldosta ja sitä edeltävistä tapahtumista.',
  range: 'Kuinka pitkältä ajalta',
  ranges: { '1m': '1 kk', '3m': '3 kk', '1y': '1 v', '5y': '5 v', all: 'Kaikki' },
  rangeNames: {
    '1m': 'Yksi kuukausi',
    '3m': 'Kolme kuukautta',
    '1y': 'Yksi vuosi',
    '5y': 'Viisi vuotta',
    all: undefined,
  },
  currency: 'Valuutta',
  chart: (from, to) => `Saldo ajalta ${from}–${to}`,
  walk: 'Kulje viivaa pitkin',
  since: (amount, day) => `${amount}, vertailupäivä ${day}`,
  day: 'Päivä',
  balance: 'Saldo',
  few: 'Viivaa ei vielä ole. Se alkaa sellaisen tilin ensimmäisestä tapahtumasta, jonka saldon pankki kertoo.',
}

const sv: Texts = {
  total: 'Saldo över tid',
  totalText: 'Alla konton som delas nu, räknat från dagens saldo och transaktionerna före det.',
  accountText: 'Räknat från dagens bokförda saldo och transaktionerna före det.',
  range: 'Hur långt tillbaka',
  ranges: { '1m': '1 mån', '3m': '3 mån', '1y': '1 år', '5y': '5 år', all: 'Allt' },
  rangeNames: { '1m': 'En månad', '3m': 'Tre månader', '1y': 'Ett år', '5y': 'Fem år', all: undefined },
  currency: 'Valuta',
  chart: (from, to) => `Saldo från ${from} till ${to}`,
  walk: 'Gå längs linjen',
  since: (amount, day) => `${amount} sedan ${day}`,
  day: 'Dag',
  balance: 'Saldo',
  few: 'Det finns ingen linje ännu. Den börjar med den första transaktionen på ett konto vars saldo banken uppger.',
}

const texts: Record<Language, Texts> = { en, fi, sv }

/** The words of balances over time. */
export function useHistoryWords(): Texts {
  const { locale } = useWords()
  return texts[locale.slice(0, 2) as Language] ?? en
}
