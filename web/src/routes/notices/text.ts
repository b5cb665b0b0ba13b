import type { NoticesQuery } from '../../gql/graphql'
import type { Catalogue } from '../../i18n/en'
import { dayText } from '../../lib/dates'
import { absolute, type Money } from '../../lib/money'

export type Notice = NoticesQuery['notices'][number]

/** A notice as one sentence; `amountText` and `nameText` write an amount and a name, or hide them. */
export function noticeText(
  notice: Notice,
  words: Catalogue,
  amountText: (money: Money) => string,
  nameText: (name: string) => string,
): string {
  const { text } = words.insights.notices
  const { kind } = notice
  const label = nameText(notice.label)
  const money = (of: Money | null) => (of ? amountText(absolute(of)) : '–')
  const amount = money(notice.amount)
  const compared = money(notice.compared)
  const day = dayText(notice.day, words.locale)
  switch (kind) {
    case 'DOUBLE_CHARGE':
      return text.DOUBLE_CHARGE(label, amount)
    case 'LOW_BALANCE':
      // Whether it is below nought is the point here.
      return text.LOW_BALANCE(notice.amount ? amountText(notice.amount) : '–', day)
    case 'STOPPED':
      return text.STOPPED(label, amount, day)
    case 'CONSENT_ENDING':
      return text.CONSENT_ENDING(label, day)
    default:
      return text[kind](label, amount, compared)
  }
}
