import type { Insights } from './en'

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
}
