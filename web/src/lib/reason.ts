import type { Catalogue } from '../i18n/en'
import { categoryText } from '../i18n/words'

/**
 * Words the reason of a category, such as `name:lidl@1`, `rule:Lunch@3` or `unsure:groceries:312`. What is
 * not known is shown as it is. Whatever may name somebody is written by `nameText`.
 */
export function reasonText(words: Catalogue, reason: string, nameText: (name: string) => string): string {
  const { reason: texts } = words.insights
  const [kind = '', ...rest] = reason.split(':')
  const said = rest.join(':').replace(/@\d+$/, '')
  switch (kind.replace(/@\d+$/, '')) {
    case 'name':
      return texts.name(nameText(said))
    case 'words':
      return texts.words(nameText(said))
    case 'code':
      return texts.code(said)
    case 'rule':
      return texts.rule(nameText(said))
    case 'payee':
      return texts.payee
    case 'before':
      return texts.before
    case 'unsure':
      return texts.unsure(categoryText(words, rest[0] ?? '').toLowerCase())
    case 'learnt':
      return texts.learnt
    case 'model':
      return texts.model
    case 'card':
      return texts.card
    default:
      return reason
  }
}
