/** What every screen may need of privacy, reading offline and the first visit. */
export const page = {
  statements: 'Statements',
  demo: 'Demo',
  palette: {
    open: 'Open the palette',
    tour: 'Take the tour',
  },
  privacy: {
    names: 'Hide names',
    namesText: 'Counterparties, messages, banks and account numbers are taken off the page too.',
    nameHidden: 'Name hidden',
    account: (place: number) => `Account ${place}`,
    coveredAmounts: 'Amounts are hidden, and this form shows them.',
    coveredNames: 'Names and notes are hidden, and this form shows them.',
    showNames: 'Show names',
  },
  offline: {
    old: (when: string) =>
      `No connection. You see what was read ${when} or later; nothing can be changed now.`,
    kept: 'Kept on this device',
    keptText:
      'What you last saw is kept on this device, so that it can be read without a connection. It is sealed with a key that leaves with your session: signing out destroys it.',
    keep: 'Keep the last pages for reading offline',
  },
  tour: {
    title: 'A short tour',
    skip: 'Skip the tour',
    again: 'Take the tour again',
    againText: 'Five short steps through what is where.',
  },
}

export type PageWords = typeof page
