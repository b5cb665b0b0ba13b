import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { BalanceTable } from '../../charts/balance-table'
import { Walk } from '../../charts/frame'
import { Line } from '../../charts/line'
import type { BalanceLinesQuery } from '../../gql/graphql'
import { useHistoryWords } from '../../i18n/history'
import { useWords } from '../../i18n/words'
import { dayText, shortDayText, shortMonthText, today } from '../../lib/dates'
import { difference } from '../../lib/money'
import { balanceLinesOptions } from '../../queries/history'
import { Amount, useAmountText } from '../../ui/amount'
import { Choice } from '../../ui/choice'
import { Card } from '../../ui/page'
import { Failure } from '../../ui/states'
import { Twin } from '../../ui/twin'
import { Place } from './place'
import { firstOf, isByDay, type Range, ranges } from './range'

type BalanceLine = BalanceLinesQuery['balanceLines'][number]
type Point = BalanceLine['points'][number]

const usual: Range = '1y'
/** Points that a leap along the line passes: a year of months, or a month of days. */
const leaps = { months: 12, days: 30 }

/** The balance over time: of an account, or of everything that is shared now. */
export default function History({ accountId }: { accountId?: string }) {
  const texts = useHistoryWords()
  const search: { range?: string } = useSearch({ strict: false })
  const navigate = useNavigate()
  const range = ranges.find((known) => known === search.range) ?? usual
  const [currency, setCurrency] = useState('EUR')
  const found = useQuery({
    ...balanceLinesOptions(accountId, firstOf(range, today())),
    placeholderData: keepPreviousData,
  })
  const lines = found.data ?? []
  const line = lines.find((each) => each.currency === currency) ?? lines[0]
  const choose = (chosen: Range) =>
    navigate({
      to: '.',
      search: (former: Record<string, unknown>) => ({
        ...former,
        range: chosen === usual ? undefined : chosen,
      }),
      replace: true,
      resetScroll: false,
    })
  return (
    <Card
      title={texts.total}
      aside={
        <div className="flex flex-wrap items-center gap-2">
          {lines.length > 1 && line && (
            <select
              aria-label={texts.currency}
              className="control w-auto"
              value={line.currency}
              onChange={({ target }) => setCurrency(target.value)}
            >
              {lines.map((each) => (
                <option key={each.currency}>{each.currency}</option>
              ))}
            </select>
          )}
          <Choice
            label={texts.range}
            value={range}
            options={ranges.map((each) => [each, texts.ranges[each], texts.rangeNames[each]] as const)}
            onChange={choose}
          />
        </div>
      }
    >
      <p className="mb-3 text-sm text-muted">{accountId ? texts.accountText : texts.totalText}</p>
      {found.isPending && <Place />}
      {found.isError && <Failure error={found.error} retry={() => found.refetch()} />}
      {found.data && (!line || line.points.length < 2) && <p>{texts.few}</p>}
      {line && line.points.length > 1 && (
        <div aria-busy={found.isPlaceholderData}>
          <Twin
            table={
              <BalanceTable
                title={texts.total}
                day={texts.day}
                balance={texts.balance}
                points={line.points}
              />
            }
          >
            <Drawn key={`${range} ${line.currency}`} points={line.points} />
          </Twin>
        </div>
      )}
    </Card>
  )
}

function Drawn({ points }: { points: readonly Point[] }) {
  const { locale } = useWords()
  const texts = useHistoryWords()
  const amountText = useAmountText()
  const [index, setIndex] = useState<number | null>(null)
  const last = points.length - 1
  const chosen = Math.min(index ?? last, last)
  const [first, point] = [points[0], points[chosen]]
  if (!first || !point) return null
  const byDay = isByDay(points.map(({ day }) => day))
  const day = dayText(point.day, locale)
  const gap = texts.since(
    amountText(difference(point.amount, first.amount), 'exceptZero'),
    dayText(first.day, locale),
  )
  const tickText = (of: string) =>
    byDay ? shortDayText(of, locale) : `${shortMonthText(of.slice(0, 7), locale)} ${of.slice(2, 4)}`
  return (
    <>
      <p className="mb-2 min-h-10 tabular-nums">
        <span className="font-medium">{day}</span>{' '}
        <Amount money={point.amount} tone="balance" className="font-semibold" />{' '}
        {chosen > 0 && <span className="text-sm text-muted">{gap}</span>}
      </p>
      <Line
        points={points.map((one) => ({ day: one.day, value: Number(one.amount.minor) }))}
        label={texts.chart(dayText(first.day, locale), dayText(points[last]?.day ?? first.day, locale))}
        currency={point.amount.currency}
        chosen={chosen}
        onChoose={setIndex}
        tickText={tickText}
        fitted
      />
      <Walk
        label={texts.walk}
        text={[day, amountText(point.amount), gap].join(', ')}
        count={points.length}
        index={chosen}
        leap={byDay ? leaps.days : leaps.months}
        onIndex={setIndex}
      />
    </>
  )
}
