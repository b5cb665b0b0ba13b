import { useId } from 'react'
import type { ForecastDayPartsFragment } from '../gql/graphql'
import { usePageWords } from '../i18n/page-words'
import { useWords } from '../i18n/words'
import { shortDayText, shortMonthText } from '../lib/dates'
import type { Money } from '../lib/money'
import { useAmountText } from '../ui/amount'
import { AmountLines, height, linePath, margin, Picture, useWidth } from './frame'
import { scaleLinear } from './scale'

type Day = ForecastDayPartsFragment

/** Where things stand only: what is read as an amount stays exact text. */
const place = ({ minor }: Money) => Number(minor)

type BandProps = {
  days: readonly Day[]
  balance: Money
  lowest: Day | null
  chosen: number
  onChoose: (index: number) => void
}

/** The balance ahead: a hatched band, the likeliest line, what is known to come, and the lowest point. */
export function Band({ days, balance, lowest, chosen, onChoose }: BandProps) {
  const { forecast } = usePageWords()
  const width = useWidth()
  const x = scaleLinear([0, days.length - 1], [margin.left, width - margin.right])
  const all = [balance, ...days.flatMap(({ known, low, high, point }) => [known, low, high, point])]
  const sizes = all.flatMap((money) => (money ? [place(money)] : []))
  const y = scaleLinear([Math.min(...sizes), Math.max(...sizes)], [height - margin.bottom, margin.top]).nice(
    5,
  )
  const line = (of: (day: Day) => Money | null) =>
    linePath(
      days.flatMap((day, index) => {
        const money = of(day)
        return money ? [[x(index), y(place(money))] as const] : []
      }),
    )
  const outline = [
    ...days.map((day, index) => [x(index), y(place(day.high ?? day.known))] as const),
    ...days.map((day, index) => [x(index), y(place(day.low ?? day.known))] as const).reverse(),
  ]
  const at = days[chosen]
  return (
    <Picture width={width} label={forecast.chart} count={days.length} onPoint={onChoose}>
      <AmountLines y={y} width={width} currency={balance.currency} />
      <MonthMarks days={days} x={x} />
      {days.some(({ low }) => low) && <Hatched path={`${linePath(outline)}Z`} />}
      <path
        d={line(({ known }) => known)}
        fill="none"
        strokeDasharray="2 4"
        className="stroke-muted [stroke-width:1.5]"
      />
      <path d={line(({ point }) => point)} fill="none" className="stroke-accent [stroke-width:2.25]" />
      {at && (
        <line
          x1={x(chosen)}
          x2={x(chosen)}
          y1={margin.top}
          y2={height - margin.bottom}
          strokeDasharray="3 3"
          className="stroke-control"
        />
      )}
      {lowest && (
        <Lowest
          x={x(days.findIndex(({ day }) => day === lowest.day))}
          y={y(place(lowest.low ?? lowest.known))}
          width={width}
          day={lowest}
        />
      )}
    </Picture>
  )
}

function Hatched({ path }: { path: string }) {
  const id = useId().replaceAll(/[^\w-]/g, '')
  return (
    <>
      <pattern id={id} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <line x1="0" y1="0" x2="0" y2="6" className="stroke-accent/35" />
      </pattern>
      <path d={path} className="bar-fill fill-accent-soft" />
      <path d={path} fill={`url(#${id})`} className="bar-fill" />
    </>
  )
}

function MonthMarks({ days, x }: { days: readonly Day[]; x: (index: number) => number }) {
  const { locale } = useWords()
  const firsts = days.flatMap(({ day }, index) => (day.endsWith('-01') ? [{ day, index }] : []))
  return (
    <g aria-hidden="true">
      {firsts.map(({ day, index }) => (
        <g key={day}>
          <line
            x1={x(index)}
            x2={x(index)}
            y1={height - margin.bottom}
            y2={height - margin.bottom + 5}
            className="stroke-control"
          />
          <text x={x(index) + 4} y={height - 10} className="fill-muted text-xs">
            {shortMonthText(day.slice(0, 7), locale)}
          </text>
        </g>
      ))}
    </g>
  )
}

type LowestProps = { x: number; y: number; width: number; day: Day }

function Lowest({ x, y, width, day }: LowestProps) {
  const { locale } = useWords()
  const amountText = useAmountText()
  const left = x > width * 0.6
  const text = `${shortDayText(day.day, locale)} · ${amountText(day.low ?? day.known)}`
  return (
    <g aria-hidden="true">
      <circle cx={x} cy={y} r={5} className="fill-surface stroke-warn [stroke-width:2.5]" />
      <text
        x={left ? x - 10 : x + 10}
        y={y > height - margin.bottom - 16 ? y - 10 : y + 16}
        textAnchor={left ? 'end' : 'start'}
        className="fill-warn stroke-surface text-xs font-semibold [paint-order:stroke] [stroke-width:4px]"
      >
        {text}
      </text>
    </g>
  )
}
