import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { BalanceTable } from '../../charts/balance-table'
import { Walk } from '../../charts/frame'
import { Line } from '../../charts/line'
import { usePageWords } from '../../i18n/page-words'
import { useWords } from '../../i18n/words'
import { useAsOf } from '../../lib/as-of'
import { dayText, firstDay, monthsFrom, thisMonth, today } from '../../lib/dates'
import { difference, type Money } from '../../lib/money'
import { netWorthOptions } from '../../queries/insights'
import { Amount, useAmountText } from '../../ui/amount'
import { Card } from '../../ui/page'
import { Awaited } from '../../ui/states'
import { Twin } from '../../ui/twin'

/** So many months are drawn; the server gives three years at most. */
const monthsShown = 24

type Point = { day: string; amount: Money }

/** Everything owned less everything owed, month by month. */
export function Worth({ currency }: { currency: string }) {
  const { flow: texts } = usePageWords()
  const from = firstDay(monthsFrom(thisMonth(), 1 - monthsShown))
  const found = useQuery(netWorthOptions(from, today(), useAsOf()))
  const points = (found.data ?? []).flatMap(({ day, amounts }) => {
    const amount = amounts.find((each) => each.currency === currency)
    return amount ? [{ day, amount }] : []
  })
  return (
    <Card title={texts.worth}>
      <p className="mb-3 text-muted">{texts.worthText}</p>
      <Awaited of={found} rows={1} height={320} />
      {points.length > 0 && (
        <Twin
          table={
            <BalanceTable title={texts.worthChart} day={texts.day} balance={texts.worth} points={points} />
          }
        >
          <Drawn points={points} />
        </Twin>
      )}
    </Card>
  )
}

function Drawn({ points }: { points: readonly Point[] }) {
  const words = useWords()
  const { flow: texts } = usePageWords()
  const amountText = useAmountText()
  const [index, setIndex] = useState<number | null>(null)
  const chosen = Math.min(index ?? points.length - 1, points.length - 1)
  const point = points[chosen]
  const [first] = points
  if (!point || !first) return null
  const gap = texts.worthChange(
    amountText(difference(point.amount, first.amount), 'exceptZero'),
    dayText(first.day, words.locale),
  )
  const day = dayText(point.day, words.locale)
  return (
    <>
      <p className="mb-2 min-h-10 tabular-nums">
        <span className="font-medium">{day}</span>{' '}
        <Amount money={point.amount} tone="balance" className="font-semibold" />{' '}
        <span className="text-sm text-muted">{gap}</span>
      </p>
      <Line
        points={points.map((one) => ({ day: one.day, value: Number(one.amount.minor) }))}
        label={texts.worthChart}
        currency={point.amount.currency}
        chosen={chosen}
        onChoose={setIndex}
      />
      <Walk
        label={texts.walk}
        text={[day, amountText(point.amount), gap].join(', ')}
        count={points.length}
        index={chosen}
        onIndex={setIndex}
      />
    </>
  )
}
