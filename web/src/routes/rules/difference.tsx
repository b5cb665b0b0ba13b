import { Link } from '@tanstack/react-router'
import type { PreviewPartsFragment } from '../../gql/graphql'
import { usePageWords } from '../../i18n/page-words'
import { categoryText, useWords } from '../../i18n/words'
import { dayText } from '../../lib/dates'
import { reasonText } from '../../lib/reason'
import { Amount } from '../../ui/amount'
import { Name, useNameText } from '../../ui/name'

const movesShown = 12

/** What would change in the past: how many rows, from what to what, and some of them by name. */
export function Difference({ preview }: { preview: PreviewPartsFragment }) {
  const words = useWords()
  const nameText = useNameText()
  const { rules: texts } = usePageWords()
  const { rows, of, isWhole, moves, examples } = preview
  const cut = !isWhole && <p className="mt-1 text-sm text-warn">{texts.previewCut}</p>
  if (rows === 0)
    return (
      <div role="status">
        <p>{texts.previewNone}</p>
        {cut}
      </div>
    )
  return (
    <>
      <p role="status" className="text-lg font-semibold">
        {texts.previewRows(rows, new Intl.NumberFormat(words.locale).format(of))}
      </p>
      <p className="text-sm text-muted">{texts.previewText}</p>
      {cut}
      <table className="mt-3 w-full max-w-xl text-left">
        <caption className="sr-only">{texts.preview}</caption>
        <thead className="text-sm text-muted">
          <tr className="border-b border-line">
            <th scope="col" className="pb-1 font-medium">
              {texts.from}
            </th>
            <th scope="col" className="pb-1 pl-3 font-medium">
              {texts.to}
            </th>
            <th scope="col" className="pb-1 pl-3 text-right font-medium">
              {texts.rows}
            </th>
          </tr>
        </thead>
        <tbody>
          {moves.slice(0, movesShown).map(({ from, to, rows: count }) => (
            <tr key={`${from.id} ${to.id}`} className="border-b border-line last:border-b-0">
              <td className="py-1.5">{categoryText(words, from.id)}</td>
              <td className="py-1.5 pl-3">{categoryText(words, to.id)}</td>
              <td className="py-1.5 pl-3 text-right tabular-nums">{count}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p aria-hidden="true" className="mt-4 mb-1 text-sm font-medium text-muted">
        {texts.examples}
      </p>
      <ul aria-label={texts.examples}>
        {examples.map(({ transaction, to, reason }) =>
          transaction ? (
            <li key={transaction.id} className="border-b border-line py-1.5 last:border-b-0">
              <span className="flex flex-wrap items-baseline justify-between gap-x-4">
                <Link
                  to="/transactions"
                  search={{ tx: transaction.id }}
                  className="inline-flex min-h-6 min-w-0 items-center break-words underline-offset-2 hover:underline"
                >
                  <Name>{transaction.counterparty ?? transaction.text}</Name>
                </Link>
                <span className="flex gap-x-4">
                  <span className="text-muted tabular-nums">
                    {dayText(transaction.bookingDate, words.locale)}
                  </span>
                  <Amount money={transaction.amount} tone="flow" />
                </span>
              </span>
              <span className="block text-sm text-muted">
                {texts.move(categoryText(words, transaction.category.id), categoryText(words, to.id))}
                {' · '}
                {reasonText(words, reason, nameText)}
              </span>
            </li>
          ) : null,
        )}
      </ul>
    </>
  )
}
