import { counter } from '../count'
import type { Insights } from './en'

const count = counter('fi-FI')

export const insights: Insights = {
  reason: {
    name: (name) => `Kauppias on ”${name}”`,
    words: (found) => `Siinä lukee ”${found}”`,
    code: (code) => `Kauppiaan koodi on ${code}`,
    model: 'Se muistuttaa muita samanlaisia',
    unsure: (guess) => `Varmuutta ei ole; ehkä ${guess}`,
    rule: (name) => `Oma sääntösi ”${name}”`,
    payee: 'Sanoit niin tästä saajasta',
    before: 'Valitsit niin tälle saajalle aiemmin',
    learnt: 'Se muistuttaa rivejä, joita korjasit',
    card: 'Sillä maksetaan kortti',
  },
  refused: {
    MOVED: 'Tätä on muutettu välillä muualla. Katso ensin uudelleen.',
    INVALID: 'Tätä ei hyväksytty. Mitään ei muutettu.',
    NOT_FOUND: 'Sellaista tapahtumaa ei ole.',
  },
  asOf: {
    banner: (when) => `Näet sen, mikä tiedettiin päivän ${when} lopussa. Täällä ei voi muuttaa mitään.`,
    bannerAt: (position) =>
      `Näet sen, mikä tiedettiin tapahtuman ${position} kohdalla. Täällä ei voi muuttaa mitään.`,
    back: 'Takaisin nykyhetkeen',
    look: 'Sellaisena kuin se tiedettiin',
    known: (position, when) => `Kaikesta tapahtumaan ${position} asti, kirjattu ${when}.`,
    knownNow: (position) => `Kaikesta tapahtumaan ${position} asti.`,
  },
  reach: (rows, from) =>
    `Sinulla on enemmän tapahtumia kuin tässä katsotaan: uusimmat ${rows}. Kaikki alkaen ${from} on mukana, vanhemmat eivät.`,
  rests: (n) => `Mihin se perustuu: ${count(n, 'tapahtuma', 'tapahtumaa')}`,
  always: {
    press: 'Aina tälle saajalle',
    text: (category, n) =>
      `Tämän saajan luokka on tästä lähtien ”${category}”. Menneitä rivejä muuttuu: ${n}.`,
    done: (category) => `Tämän saajan luokka on nyt aina ”${category}”`,
    undo: 'Peru tämä',
    undone: 'Peruttu. Säännöt ratkaisevat taas.',
  },
  notices: {
    title: 'Huomiot',
    lead: 'Mitä kannattaa ehkä katsoa. Jokainen kertoo, mihin se perustuu.',
    empty: 'Ei kerrottavaa',
    emptyText:
      'Tässä näkyvät poikkeavat summat, kahdesti veloitetut maksut, suuret laskut, matalat saldot ja päättyvät luvat.',
    emptyMuted: 'Kaikki huomiot on vaiennettu.',
    showMuted: 'Näytä myös vaiennetut',
    muted: 'Vaiennettu',
    mute: 'Vaienna',
    unmute: 'Näytä taas',
    muteOf: (what) => `Vaienna: ${what}`,
    unmuteOf: (what) => `Näytä taas: ${what}`,
    isMuted: 'Vaiennettu. Se ei tule takaisin.',
    isUnmuted: 'Se näkyy taas.',
    waiting: (n) => count(n, 'huomio', 'huomiota'),
    kind: {
      UNUSUAL_AMOUNT: 'Poikkeava summa',
      DOUBLE_CHARGE: 'Ehkä veloitettu kahdesti',
      HIGH_BILL: 'Suuri lasku',
      PRICE_RISE: 'Hinnankorotus',
      LOW_BALANCE: 'Saldo laskemassa',
      STILL_USED: 'Vieläkö käytössä?',
      STOPPED: 'Ei enää tullut',
      CONSENT_ENDING: 'Lupa päättyy',
    },
    text: {
      UNUSUAL_AMOUNT: (payee, amount, usual) => `${payee}: ${amount}. Tavallisesti noin ${usual}.`,
      DOUBLE_CHARGE: (payee, amount) =>
        `${payee} veloitti ${amount} kahdesti vuorokauden sisällä. Oliko se tarkoitus?`,
      HIGH_BILL: (payee, amount, usual) => `${payee}: lasku on ${amount}. Tavallisesti noin ${usual}.`,
      PRICE_RISE: (payee, amount, before) => `${payee} maksaa nyt ${amount}. Ennen se maksoi ${before}.`,
      LOW_BALANCE: (amount, day) => `Saldo voi laskea tasolle ${amount} viimeistään ${day}.`,
      STILL_USED: (payee, amount, yearly) =>
        `${payee} veloittaa ${amount} yhä uudelleen, vuodessa ${yearly}. Käytätkö sitä vielä?`,
      STOPPED: (payee, amount, day) => `${payee} (${amount}) ei tullut odotetusti ${day}.`,
      CONSENT_ENDING: (bank, day) => `Lupa (${bank}) päättyy ${day}.`,
    },
    toForecast: 'Katso ennuste',
    toConnections: 'Katso yhteydet',
    toRecurring: 'Katso toistuvat',
  },
}
