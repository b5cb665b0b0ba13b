import { counter } from '../count'

const count = counter('en-GB')

export const insights = {
  reason: {
    name: (name: string) => `The merchant is “${name}”`,
    words: (found: string) => `It says “${found}”`,
    code: (code: string) => `The merchant’s code is ${code}`,
    model: 'It looks like others of this kind',
    unsure: (guess: string) => `Nobody is sure; perhaps ${guess}`,
    rule: (name: string) => `Your rule “${name}”`,
    payee: 'You said so of this payee',
    before: 'You chose so for this payee before',
    learnt: 'It looks like rows you corrected',
    card: 'It pays a card',
  },
  refused: {
    MOVED: 'This was changed elsewhere meanwhile. Look at it again first.',
    INVALID: 'This was not accepted. Nothing was changed.',
    NOT_FOUND: 'There is no such transaction.',
  },
  asOf: {
    banner: (when: string) => `You see what was known at the end of ${when}. Nothing can be changed here.`,
    bannerAt: (position: string) =>
      `You see what was known at event ${position}. Nothing can be changed here.`,
    back: 'Back to now',
    look: 'As it was known on',
    known: (position: string, when: string) => `From everything up to event ${position}, recorded ${when}.`,
    knownNow: (position: string) => `From everything up to event ${position}.`,
  },
  reach: (rows: string, from: string) =>
    `You have more transactions than this looks at: the newest ${rows}. Everything from ${from} on is counted, what is older is not.`,
  rests: (n: number) => `The ${count(n, 'transaction', 'transactions')} it rests on`,
  always: {
    press: 'Always for this payee',
    text: (category: string, n: number) =>
      `From now on this payee is ${category}. ${count(n, 'past row changes', 'past rows change')}.`,
    done: (category: string) => `This payee is now always ${category}`,
    undo: 'Take it back',
    undone: 'Taken back. The rules decide again.',
  },
  notices: {
    title: 'Notices',
    lead: 'What may deserve a look. Each one says what it rests on.',
    empty: 'Nothing to tell',
    emptyText:
      'Unusual amounts, double charges, high bills, low balances ahead and permissions that end appear here.',
    emptyMuted: 'Every notice is muted.',
    showMuted: 'Show muted ones too',
    muted: 'Muted',
    mute: 'Mute',
    unmute: 'Show again',
    muteOf: (what: string) => `Mute: ${what}`,
    unmuteOf: (what: string) => `Show again: ${what}`,
    isMuted: 'Muted. It does not come back.',
    isUnmuted: 'It is shown again.',
    waiting: (n: number) => count(n, 'notice', 'notices'),
    kind: {
      UNUSUAL_AMOUNT: 'Unusual amount',
      DOUBLE_CHARGE: 'Perhaps charged twice',
      HIGH_BILL: 'High bill',
      PRICE_RISE: 'Price rise',
      LOW_BALANCE: 'Low balance ahead',
      STILL_USED: 'Still used?',
      STOPPED: 'Stopped coming',
      CONSENT_ENDING: 'Permission ends',
    },
    text: {
      UNUSUAL_AMOUNT: (payee: string, amount: string, usual: string) =>
        `${payee}: ${amount}. Usually it is about ${usual}.`,
      DOUBLE_CHARGE: (payee: string, amount: string) =>
        `${payee} took ${amount} twice within a day. Was that meant?`,
      HIGH_BILL: (payee: string, amount: string, usual: string) =>
        `The bill of ${payee} is ${amount}. Usually it is about ${usual}.`,
      PRICE_RISE: (payee: string, amount: string, before: string) =>
        `${payee} now costs ${amount}. Before it was ${before}.`,
      LOW_BALANCE: (amount: string, day: string) => `The balance may go down to ${amount} by ${day}.`,
      STILL_USED: (payee: string, amount: string, yearly: string) =>
        `${payee} takes ${amount} again and again, ${yearly} in a year. Do you still use it?`,
      STOPPED: (payee: string, amount: string, day: string) =>
        `${payee} (${amount}) did not come when expected, ${day}.`,
      CONSENT_ENDING: (bank: string, day: string) => `The permission at ${bank} ends on ${day}.`,
    },
    toForecast: 'See the forecast',
    toConnections: 'See connections',
    toRecurring: 'See what recurs',
  },
}

export type Insights = typeof insights
