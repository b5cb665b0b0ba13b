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
}

export type Insights = typeof insights
