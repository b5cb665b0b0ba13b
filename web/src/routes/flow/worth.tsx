import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
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
import { Failure, Skeleton } from '../../ui/states'
import { Twin } from '../../ui/twin'

/** So many months are drawn; the server gives three years at most. */
const monthsShown = 24

type Point = { day: string; money: Money }

/** Everything owned less everything owed, month by month. */
export function Worth({ currency }: { currency: string }) {
  const { flow: texts } = usePageWords()
  const from = firstDay(monthsFrom(thisMonth(), 1 - monthsShown))
  const found = useQuery(netWorthOptions(from, today(), useAsOf()))
  const points = (found.data ?? []).flatMap(({ day, amounts }) => {
    const money = amounts.find((amount) => amount.currency === currency)
    return money ? [{ day, money }] : []
  })
  return (
    <Card title={texts.worth}>
      <p className="mb-3 text-muted">{texts.worthText}</p>
      {found.isPending && <Skeleton rows={1} height={320} />}
      {found.isError && <Failure error={found.error} retry={() => found.refetch()} />}
      {points.length > 0 && (
        <Twin table={<WorthTable points={points} />}>
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
    amountText(difference(point.money, first.money), 'exceptZero'),
    dayText(first.day, words.locale),
  )
  const day = dayText(point.day, words.locale)
  return (
    <>
      <p className="mb-2 min-h-10 tabular-nums">
        <span className="font-medium">{day}</span>{' '}
        <Amount money={point.money} tone="balance" className="font-semibold" />{' '}
        <span className="text-sm text-muted">{gap}</span>
      </p>
      <Line
        points={points.map((one) => ({ day: one.day, value: Number(one.money.minor) }))}
        label={texts.worthChart}
        currency={point.money.currency}
        chosen={chosen}
        onChoose={setIndex}
      />
      <Walk
        label={texts.walk}
        text={[day, amountText(point.money), gap].join(', ')}
        count={points.length}
        index={chosen}
        onIndex={setIndex}
      />
    </>
  )
}

function WorthTable({ points }: { points: readonly Point[] }) {
  const words = useWords()
  const { flow: texts } = usePageWords()
  return (
    <table className="w-full text-right text-sm">
      <caption className="sr-only">{texts.worthChart}</caption>
      <thead>
        <tr className="border-b border-line text-muted">
          <th scope="col" className="pb-2 text-left font-medium">
            {texts.day}
          </th>
          <th scope="col" className="pb-2 pl-4 font-medium">
            {texts.worth}
          </th>
        </tr>
      </thead>
      <tbody>
        {points.toReversed().map(({ day, money }) => (
          <tr key={day} className="border-b border-line last:border-b-0">
            <th scope="row" className="py-1.5 text-left font-normal tabular-nums">
              {dayText(day, words.locale)}
            </th>
            <td className="py-1.5 pl-4">
              <Amount money={money} tone="balance" />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
