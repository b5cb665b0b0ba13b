import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
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
import { Judging, Refused } from './judging'

/** What is left out of income and spending, and why: transfers between own accounts, and refunds. */
export function Paired() {
  const { flow: texts } = usePageWords()
  const asOf = useAsOf()
  const found = useQuery(pairsOptions(asOf))
  if (found.isError) return <Failure error={found.error} retry={() => found.refetch()} />
  const { ownTransfers = [], refunds = [] } = found.data ?? {}
  return (
    <>
      {ownTransfers.length > 0 && (
        <Card title={texts.pairs}>
          <p className="mb-2 text-muted">{texts.pairsText}</p>
          <ul>
            {newestFirst(ownTransfers).map((pair) => (
              <Line key={keyOf(pair)}>
                <PairLine pair={pair} />
              </Line>
            ))}
          </ul>
        </Card>
      )}
      <Refunds refunds={refunds} past={asOf !== undefined} />
    </>
  )
}

/** Refunds that were found, each with the person's word on it. */
function Refunds({ refunds, past }: { refunds: readonly PairPartsFragment[]; past: boolean }) {
  const { flow: texts } = usePageWords()
  const [refused, setRefused] = useState<readonly PairPartsFragment[]>([])
  const isRefused = (pair: PairPartsFragment) => refused.some((other) => keyOf(other) === keyOf(pair))
  const shown = newestFirst([...refunds.filter((pair) => !isRefused(pair)), ...(past ? [] : refused)])
  if (shown.length === 0) return null
  return (
    <Card title={texts.refunds}>
      <p className="mb-2 text-muted">{texts.refundsText}</p>
      <ul>
        {shown.map((pair) => {
          const ids = pair.out && pair.back && { outId: pair.out.id, backId: pair.back.id }
          const undone = () => setRefused(refused.filter((other) => keyOf(other) !== keyOf(pair)))
          return (
            <Line key={keyOf(pair)}>
              {ids && isRefused(pair) ? (
                <Refused pair={pair} ids={ids} onUndone={undone} />
              ) : (
                <PairLine pair={pair} />
              )}
              {ids && !past && !isRefused(pair) && (
                <Judging pair={pair} ids={ids} onRefused={() => setRefused([...refused, pair])} />
              )}
            </Line>
          )
        })}
      </ul>
    </Card>
  )
}

function Line({ children }: { children: ReactNode }) {
  return <li className="border-t border-line py-2 first:border-t-0">{children}</li>
}

function keyOf({ out, back }: PairPartsFragment): string {
  return `${out?.id} ${back?.id}`
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
