import { useStatementWords } from '../../i18n/statement'
import { categoryText, useWords } from '../../i18n/words'
import { shortDayText } from '../../lib/dates'
import { Amount } from '../../ui/amount'
import { Name } from '../../ui/name'
import type { Line } from './rows'

/** Every booked row of the part, with the balance after it. */
export function Rows({ lines }: { lines: readonly Line[] }) {
  const words = useWords()
  const texts = useStatementWords()
  const balances = lines.some(({ balance }) => balance !== null)
  return (
    <div className="@container">
      <table className="statement mt-6 w-full">
        <caption className="sr-only">{words.transactions.title}</caption>
        <thead className="text-left text-sm text-muted">
          <tr className="border-b border-control">
            <th scope="col" className="w-16 py-1.5 font-medium">
              {texts.day}
            </th>
            <th scope="col" className="py-1.5 font-medium">
              {texts.who}
            </th>
            <th scope="col" className="hidden py-1.5 font-medium @lg:table-cell print:table-cell">
              {texts.category}
            </th>
            <th scope="col" className="py-1.5 text-right font-medium">
              {texts.amount}
            </th>
            {balances && (
              <th
                scope="col"
                className="hidden py-1.5 text-right font-medium @lg:table-cell print:table-cell"
              >
                {texts.balance}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {lines.map(({ row, balance }) => (
            <tr key={row.id} className="border-b border-line align-top">
              <td className="amount py-1.5 pr-3">{shortDayText(row.bookingDate, words.locale)}</td>
              <td className="py-1.5 pr-3 break-words">
                <Name className="font-medium">{row.counterparty ?? row.text}</Name>
                {row.counterparty && row.text && row.text !== row.counterparty && (
                  <Name className="block text-sm text-muted">{row.text}</Name>
                )}
              </td>
              <td className="hidden py-1.5 pr-3 @lg:table-cell print:table-cell">
                {categoryText(words, row.category.id)}
              </td>
              <td className="py-1.5 text-right">
                <Amount money={row.amount} tone="flow" />
              </td>
              {balances && (
                <td className="hidden py-1.5 pl-4 text-right @lg:table-cell print:table-cell">
                  {balance && <Amount money={balance} tone="balance" />}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
