import type { StoryTexts } from '../../i18n/story'

/** Who agreed, in the page's language; the log says it in English, and what is not known stays as it says it. */
export function approverText({ approver }: StoryTexts, actors: Record<string, string>, told: string): string {
  const atBank = /^the person, authenticated at the bank \((.*)\)$/.exec(told)?.[1]
  if (atBank !== undefined) return approver.atBank(atBank === 'not said how' ? approver.notSaid : atBank)
  const operator = /^the operator ([\da-f-]{36})$/.exec(told)?.[1]
  if (operator) return approver.operator(operator)
  if (told === 'the person, here') return approver.here
  if (told === 'an operator at the command line') return approver.console
  const actor = /^the (\w+)$/.exec(told)?.[1]
  return (actor && actors[actor]) || told
}
