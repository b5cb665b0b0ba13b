import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useWords } from '../../i18n/words'
import { dayText } from '../../lib/dates'
import { transactionOptions } from '../../queries/options'
import { Amount } from '../../ui/amount'
import { Name } from '../../ui/name'

/** The transactions something rests on: named when one asks for them. */
export function RestsOn({ ids }: { ids: readonly string[] }) {
  const words = useWords()
  const [open, setOpen] = useState(false)
  if (ids.length === 0) return null
  return (
    <details className="mt-2" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary className="inline-flex min-h-6 items-center text-sm text-muted underline underline-offset-2">
        {words.insights.rests(ids.length)}
      </summary>
      {open && (
        <ul className="mt-1">
          {ids.map((id) => (
            <li key={id}>
              <RestingLine id={id} />
            </li>
          ))}
        </ul>
      )}
    </details>
  )
}

function RestingLine({ id }: { id: string }) {
  const words = useWords()
  const { data, isPending } = useQuery(transactionOptions(id))
  if (isPending) {
    return (
      <span aria-busy="true" className="shimmer my-1 block h-6 max-w-80">
        <span className="sr-only">{words.common.loading}</span>
      </span>
    )
  }
  if (!data) return <span className="block min-h-8 text-muted">{words.transactions.gone}</span>
  return (
    <Link
      to="/transactions"
      search={{ tx: id }}
      className="flex min-h-8 max-w-xl flex-wrap items-center justify-between gap-x-4 underline-offset-2 hover:underline"
    >
      <span className="min-w-0 break-words">
        <span className="text-muted tabular-nums">{dayText(data.bookingDate, words.locale)}</span>{' '}
        <Name>{data.counterparty ?? data.text}</Name>
      </span>
      <Amount money={data.amount} tone="flow" />
    </Link>
  )
}
