import type { ReactNode } from 'react'
import type { ReviewRowPartsFragment } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { dayText, instantText } from '../../lib/dates'
import { moneyText } from '../../lib/money'
import { Amount } from '../../ui/amount'
import { Badge } from '../../ui/badge'
import { Name } from '../../ui/name'

type Row = ReviewRowPartsFragment

type Line = { name: string; values: [ReactNode, ReactNode]; differs: boolean }

/** Both rows field by field; a field neither has is left out. */
function useLines(fresh: Row, known: Row): Line[] {
  const words = useWords()
  const { transactions: names, locale } = words
  const line = (
    name: string,
    plain: (row: Row) => string | null,
    shown?: (row: Row) => ReactNode,
  ): Line | null => {
    const [left, right] = [plain(fresh), plain(known)]
    if (!left && !right) return null
    const show = (row: Row, text: string | null) => (text ? (shown?.(row) ?? text) : '–')
    return { name, values: [show(fresh, left), show(known, right)], differs: left !== right }
  }
  const state = (row: Row) => (row.state === 'PENDING' ? words.sync.row.PENDING : words.sync.row.BOOKED)
  const lines = [
    line(
      names.amount,
      (row) => moneyText(row.amount, locale),
      (row) => <Amount money={row.amount} tone="flow" className="font-semibold" />,
    ),
    line(names.booked, (row) => dayText(row.bookingDate, locale)),
    line(
      names.counterparty,
      (row) => row.counterparty,
      (row) => row.counterparty && <Name>{row.counterparty}</Name>,
    ),
    line(
      names.text,
      (row) => row.text,
      (row) => <Name>{row.text}</Name>,
    ),
    line(
      names.original,
      (row) => row.originalAmount && moneyText(row.originalAmount, locale),
      (row) => row.originalAmount && <Amount money={row.originalAmount} />,
    ),
    line(names.reference, (row) => row.reference),
    line(names.bankType, (row) => row.bankType),
    line(names.archiveId, (row) => row.archiveId),
    fresh.state === known.state ? null : line(words.sync.row.state, state),
    line(names.recorded, (row) => instantText(row.recordedAt, locale)),
  ]
  return lines.filter((each) => each !== null)
}

/** Two rows side by side, so that the eye finds what differs; it is said in words too. */
export function Pair({ fresh, known }: { fresh: Row; known: Row }) {
  const words = useWords()
  const lines = useLines(fresh, known)
  const recorded = words.transactions.recorded
  return (
    <table className="w-full table-fixed">
      <caption className="sr-only">{words.sync.reviews.compared}</caption>
      <thead className="text-left text-sm text-muted">
        <tr>
          <th scope="col" className="w-[30%] pb-2 font-medium sm:w-[22%]">
            <span className="sr-only">{words.sync.reviews.field}</span>
          </th>
          <th scope="col" className="pb-2 pr-3 font-medium">
            {words.sync.reviews.fresh}
          </th>
          <th scope="col" className="pb-2 font-medium">
            {words.sync.reviews.known}
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map(({ name, values, differs }) => {
          const marked = differs && name !== recorded
          return (
            <tr key={name} className="border-t border-line align-top">
              <th
                scope="row"
                className="py-2 pr-3 text-left text-xs font-normal break-words text-muted hyphens-auto sm:text-sm"
              >
                {name}
                {marked && (
                  <span className="mt-1 block">
                    <Badge tone="warn">{words.sync.reviews.differs}</Badge>
                  </span>
                )}
              </th>
              {values.map((value, index) => (
                <td
                  // biome-ignore lint/suspicious/noArrayIndexKey: the two sides never change places
                  key={index}
                  className={`py-2 pr-3 break-words ${marked ? 'font-medium' : ''} ${name === recorded ? 'text-sm text-muted' : ''}`}
                >
                  {value}
                </td>
              ))}
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
