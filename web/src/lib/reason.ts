import type { Catalogue } from '../i18n/en'

/** Words the reason of a category, such as `rule:groceries/lidl@1` or `default@1`. */
export function reasonText(words: Catalogue, reason: string): string {
  const rule = /^rule:[^/]+\/(.+)@\d+$/.exec(reason)
  if (rule?.[1]) return words.transactions.whyWord(rule[1])
  return reason.startsWith('default@') ? words.transactions.whyNothing : reason
}
