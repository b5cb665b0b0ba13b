import type { Insights } from './en'

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
}
