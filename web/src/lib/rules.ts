import type { ConditionInput, MoneyWay, RuleInput, RulesQuery } from '../gql/graphql'
import { decimalText, minorFromText } from './money'

export type Rule = RulesQuery['rules']['rules'][number]
export type ConditionKind = 'textHolds' | 'payeeIs' | 'amountWithin' | 'onAccount' | 'goes'

export const conditionKinds: readonly ConditionKind[] = [
  'textHolds',
  'payeeIs',
  'amountWithin',
  'onAccount',
  'goes',
]

/** The server's own limits, so that nothing is written that it would refuse. */
export const mostConditions = 8
export const mostRules = 200
export const longestWords = 100

/** A condition while it is written: amounts as they are typed, and what other kinds would need. */
export type ConditionDraft = {
  key: number
  kind: ConditionKind
  words: string
  least: string
  most: string
  currency: string
  account: string
  way: MoneyWay
}

/** A rule while it is written. */
export type RuleDraft = {
  key: number
  name: string
  conditions: ConditionDraft[]
  category: string
  stops: boolean
}

let lastKey = 0
const nextKey = () => {
  lastKey += 1
  return lastKey
}

export function emptyCondition(currency: string): ConditionDraft {
  const nothing = { words: '', least: '', most: '', account: '' }
  return { key: nextKey(), kind: 'textHolds', ...nothing, currency, way: 'OUTGOING' }
}

export function emptyRule(currency: string): RuleDraft {
  const conditions = [emptyCondition(currency)]
  return { key: nextKey(), name: '', conditions, category: '', stops: false }
}

export function draftOf(rule: Rule, currency: string): RuleDraft {
  const conditions = rule.conditions.map(({ textHolds, payeeIs, least, most, onAccount, goes }) => {
    const empty = emptyCondition((least ?? most)?.currency ?? currency)
    if (textHolds !== null) return { ...empty, words: textHolds }
    if (payeeIs !== null) return { ...empty, kind: 'payeeIs' as const, words: payeeIs }
    if (onAccount !== null) return { ...empty, kind: 'onAccount' as const, account: onAccount }
    if (goes !== null) return { ...empty, kind: 'goes' as const, way: goes }
    const text = (money: typeof least) => (money ? decimalText(money) : '')
    return { ...empty, kind: 'amountWithin' as const, least: text(least), most: text(most) }
  })
  return { key: nextKey(), name: rule.name, conditions, category: rule.category.id, stops: rule.stops }
}

/** An amount that was typed in minor units; undefined for none, null for what is no amount. */
function bound(text: string, currency: string): string | null | undefined {
  return text.trim() === '' ? undefined : minorFromText(text, currency)
}

/** What the server is to hear of a condition; null while something is missing. */
export function conditionInput(draft: ConditionDraft): ConditionInput | null {
  const words = draft.words.trim()
  const fits = /[\p{L}\p{N}]/u.test(words) && [...words].length <= longestWords
  switch (draft.kind) {
    case 'textHolds':
      return fits ? { textHolds: words } : null
    case 'payeeIs':
      return fits ? { payeeIs: words } : null
    case 'onAccount':
      return draft.account ? { onAccount: draft.account } : null
    case 'goes':
      return { goes: draft.way }
    case 'amountWithin': {
      const least = bound(draft.least, draft.currency)
      const most = bound(draft.most, draft.currency)
      if (least === null || most === null || (least === undefined && most === undefined)) return null
      if (least !== undefined && most !== undefined && BigInt(least) > BigInt(most)) return null
      return { amountWithin: { least, most, currency: draft.currency } }
    }
  }
}

export type RuleFault = 'name' | 'conditions' | 'category' | null

/** What is missing of a rule besides what its conditions say themselves. */
export function faultOf({ name, conditions, category }: RuleDraft): RuleFault {
  if (!/[\p{L}\p{N}]/u.test(name)) return 'name'
  if (conditions.length === 0) return 'conditions'
  return category ? null : 'category'
}

/** The rules as the server is to hear them; null while one is not complete. */
export function rulesInput(drafts: readonly RuleDraft[]): RuleInput[] | null {
  const inputs = drafts.map((draft) => {
    const conditions = draft.conditions.map(conditionInput).filter((condition) => condition !== null)
    if (faultOf(draft) || conditions.length < draft.conditions.length) return null
    return { name: draft.name.trim(), conditions, categoryId: draft.category, stops: draft.stops }
  })
  const whole = inputs.filter((input) => input !== null)
  return whole.length === drafts.length ? whole : null
}

/** The list with the one at `from` at `to`. */
export function moved<Item>(items: readonly Item[], from: number, to: number): Item[] {
  const rest = items.toSpliced(from, 1)
  const item = items[from]
  return item === undefined ? [...items] : rest.toSpliced(to, 0, item)
}
