import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { PairPartsFragment } from '../../gql/graphql'
import { usePageWords } from '../../i18n/page-words'
import { useWords } from '../../i18n/words'
import { useAsOf } from '../../lib/as-of'
import { dayText } from '../../lib/dates'
import { absolute } from '../../lib/money'
import { pairsOptions } from '../../queries/insights'
import { Amount } from '../../ui/amount'
import { Badge } from '../../ui/badge'
import { useNameText } from '../../ui/name'
import { Card } from '../../ui/page'
import { Failure } from '../../ui/states'

/** What is left out of income and spending, and why: transfers between own accounts, and refunds. */
export function Paired() {
  const { flow: texts } = usePageWords()
  const found = useQuery(pairsOptions(useAsOf()))
  if (found.isError) return <Failure error={found.error} retry={() => found.refetch()} />
  const lists = [
    { name: texts.pairs, text: texts.pairsText, pairs: found.data?.ownTransfers ?? [] },
    { name: texts.refunds, text: texts.refundsText, pairs: found.data?.refunds ?? [] },
  ].filter(({ pairs }) => pairs.length > 0)
  return lists.map(({ name, text, pairs }) => (
    <Card key={name} title={name}>
      <p className="mb-2 text-muted">{text}</p>
      <ul>
        {newestFirst(pairs).map((pair) => (
          <li key={`${pair.out?.id} ${pair.back?.id}`} className="border-t border-line py-2 first:border-t-0">
            <PairLine pair={pair} />
          </li>
        ))}
      </ul>
    </Card>
  ))
}

function newestFirst(pairs: readonly PairPartsFragment[]): PairPartsFragment[] {
  const dayOf = ({ out }: PairPartsFragment) => out?.bookingDate ?? ''
  return pairs.toSorted((a, b) => dayOf(b).localeCompare(dayOf(a)))
}

function PairLine({ pair: { out, back, certain, reasons } }: { pair: PairPartsFragment }) {
  const words = useWords()
  const { flow: texts } = usePageWords()
  const nameText = useNameText()
  if (!out || !back) return null
  return (
    <>
      <span className="flex flex-wrap items-baseline justify-between gap-x-4">
        <Link
          to="/transactions"
          search={{ tx: out.id }}
          className="inline-flex min-h-6 min-w-0 items-center break-words underline-offset-2 hover:underline"
        >
          {out.accountId === back.accountId
            ? nameText(out.counterparty ?? out.text)
            : texts.pairLine(nameText(out.accountName), nameText(back.accountName))}
        </Link>
        <span className="flex items-baseline gap-3">
          <span className="text-sm text-muted tabular-nums">{dayText(out.bookingDate, words.locale)}</span>
          <Amount money={absolute(back.amount)} />
        </span>
      </span>
      <span className="flex flex-wrap items-center gap-2 text-sm text-muted">
        <Badge tone={certain ? 'good' : 'quiet'}>{certain ? texts.certain : texts.suggested}</Badge>
        {reasons.map((reason) => texts.reasons[reason]).join(', ')}
      </span>
    </>
  )
}
