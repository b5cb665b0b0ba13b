import { counter } from '../count'
import type { Insights } from './en'

const count = counter('sv-SE')

export const insights: Insights = {
  reason: {
    name: (name) => `Butiken är ”${name}”`,
    words: (found) => `Det står ”${found}”`,
    code: (code) => `Butikens kod är ${code}`,
    model: 'Den liknar andra av samma slag',
    unsure: (guess) => `Ingen är säker; kanske ${guess}`,
    rule: (name) => `Din regel ”${name}”`,
    payee: 'Du sade så om den här mottagaren',
    before: 'Du valde så för den här mottagaren förut',
    learnt: 'Den liknar rader som du rättat',
    card: 'Den betalar ett kort',
  },
  refused: {
    MOVED: 'Detta ändrades någon annanstans under tiden. Titta på det igen först.',
    INVALID: 'Detta godtogs inte. Inget ändrades.',
    NOT_FOUND: 'Det finns ingen sådan transaktion.',
  },
  asOf: {
    banner: (when) => `Du ser vad som var känt i slutet av ${when}. Här kan inget ändras.`,
    bannerAt: (position) => `Du ser vad som var känt vid händelse ${position}. Här kan inget ändras.`,
    back: 'Tillbaka till nu',
    look: 'Som det var känt den',
    known: (position, when) => `Av allt till och med händelse ${position}, antecknad ${when}.`,
    knownNow: (position) => `Av allt till och med händelse ${position}.`,
  },
  reach: (rows, from) =>
    `Du har fler transaktioner än vad som ses här: de ${rows} nyaste. Allt från och med ${from} räknas, men inte det som är äldre.`,
  rests: (n) => `${count(n, 'transaktion', 'transaktioner')} som det grundar sig på`,
  always: {
    press: 'Alltid för den här mottagaren',
    text: (category, n) =>
      `Från och med nu är mottagaren ${category}. ${count(n, 'tidigare rad ändras', 'tidigare rader ändras')}.`,
    done: (category) => `Mottagaren är nu alltid ${category}`,
    undo: 'Ta tillbaka',
    undone: 'Tillbakataget. Reglerna avgör igen.',
  },
  notices: {
    title: 'Iakttagelser',
    lead: 'Sådant som kan vara värt en titt. Var och en säger vad den grundar sig på.',
    empty: 'Inget att berätta',
    emptyText:
      'Här visas ovanliga belopp, dubbla debiteringar, höga räkningar, låga saldon och tillstånd som går ut.',
    emptyMuted: 'Alla iakttagelser är tystade.',
    showMuted: 'Visa även tystade',
    muted: 'Tystad',
    mute: 'Tysta',
    unmute: 'Visa igen',
    muteOf: (what) => `Tysta: ${what}`,
    unmuteOf: (what) => `Visa igen: ${what}`,
    isMuted: 'Tystad. Den kommer inte tillbaka.',
    isUnmuted: 'Den visas igen.',
    waiting: (n) => count(n, 'iakttagelse', 'iakttagelser'),
    kind: {
      UNUSUAL_AMOUNT: 'Ovanligt belopp',
      DOUBLE_CHARGE: 'Kanske debiterat två gånger',
      HIGH_BILL: 'Hög räkning',
      PRICE_RISE: 'Prishöjning',
      LOW_BALANCE: 'Lågt saldo väntar',
      STILL_USED: 'Används den ännu?',
      STOPPED: 'Kommer inte längre',
      CONSENT_ENDING: 'Tillståndet går ut',
    },
    text: {
      UNUSUAL_AMOUNT: (payee, amount, usual) => `${payee}: ${amount}. I vanliga fall omkring ${usual}.`,
      DOUBLE_CHARGE: (payee, amount) => `${payee} tog ${amount} två gånger inom ett dygn. Var det meningen?`,
      HIGH_BILL: (payee, amount, usual) =>
        `Räkningen från ${payee} är ${amount}. I vanliga fall omkring ${usual}.`,
      PRICE_RISE: (payee, amount, before) => `${payee} kostar nu ${amount}. Förut var det ${before}.`,
      LOW_BALANCE: (amount, day) => `Saldot kan sjunka till ${amount} senast ${day}.`,
      STILL_USED: (payee, amount, yearly) =>
        `${payee} tar ${amount} gång på gång, ${yearly} på ett år. Använder du den ännu?`,
      STOPPED: (payee, amount, day) => `${payee} (${amount}) kom inte som väntat ${day}.`,
      CONSENT_ENDING: (bank, day) => `Tillståndet hos ${bank} går ut ${day}.`,
    },
    toForecast: 'Se prognosen',
    toConnections: 'Se kopplingar',
    toRecurring: 'Se det återkommande',
  },
}
