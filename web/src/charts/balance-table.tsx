import { useWords } from '../i18n/words'
import { dayText } from '../lib/dates'
import type { Money } from '../lib/money'
import { Amount } from '../ui/amount'

type BalanceTableProps = {
  /** What the table is of. */
  title: string
  /** Heads of the two columns. */
  day: string
  balance: string
  points: readonly { day: string; amount: Money }[]
}

/** The table twin of a line of balances, newest first. A long one scrolls in itself. */
export function BalanceTable({ title, day, balance, points }: BalanceTableProps) {
  const { locale } = useWords()
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <section aria-label={title} tabIndex={0} className="max-h-96 overflow-y-auto">
      <table className="w-full text-right text-sm">
        <caption className="sr-only">{title}</caption>
        <thead>
          <tr className="border-b border-line text-muted">
            <th scope="col" className="pb-2 text-left font-medium">
              {day}
            </th>
            <th scope="col" className="pr-2 pb-2 pl-4 font-medium">
              {balance}
            </th>
          </tr>
        </thead>
        <tbody>
          {points.toReversed().map((point) => (
            <tr key={point.day} className="border-b border-line last:border-b-0">
              <th scope="row" className="py-1.5 text-left font-normal tabular-nums">
                {dayText(point.day, locale)}
              </th>
              <td className="py-1.5 pr-2 pl-4">
                <Amount money={point.amount} tone="balance" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
