import { useWords } from '../i18n/words'
import { shortMonthText } from '../lib/dates'
import { AmountLines, height, linePath, margin, Picture, useWidth } from './frame'
import { scaleLinear } from './scale'

type LineProps = {
  points: readonly { day: string; value: number }[]
  label: string
  currency: string
  chosen: number
  onChoose: (index: number) => void
  /** What stands under a point; its month without it. */
  tickText?: (day: string) => string
  /** Whether small changes of a large amount are to be seen: then the axis need not begin at nought. */
  fitted?: boolean
}

/** Where all values are on one side of nought and change by less than this part, nought is far away. */
const steady = 0.5
/** Room above and below a line whose axis does not begin at nought. */
const room = 0.1

/** From where to where the axis goes, and whether nought is on it. */
export function domainOf(values: readonly number[], fitted: boolean): [number, number, boolean] {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const spread = most - least
  const far = Math.max(Math.abs(least), Math.abs(most))
  if (fitted && (least > 0 || most < 0) && spread < far * steady) {
    const around = spread > 0 ? spread * room : far * room
    return [least - around, most + around, false]
  }
  return [Math.min(0, least), Math.max(1, most), true]
}

/** An amount over time. */
export function Line({ points, label, currency, chosen, onChoose, tickText, fitted = false }: LineProps) {
  const { locale } = useWords()
  const tick = tickText ?? ((day: string) => `${shortMonthText(day.slice(0, 7), locale)} ${day.slice(2, 4)}`)
  const width = useWidth()
  const values = points.map(({ value }) => value)
  const x = scaleLinear([0, Math.max(1, points.length - 1)], [margin.left, width - margin.right])
  const [from, to, withNought] = domainOf(values, fitted)
  const y = scaleLinear([from, to], [height - margin.bottom, margin.top]).nice(5)
  const line = points.map(({ value }, index) => [x(index), y(value)] as const)
  const at = points[chosen]
  const every = Math.ceil((points.length * 64) / (width - margin.left))
  const base = y(0)
  return (
    <Picture width={width} label={label} count={points.length} onPoint={onChoose}>
      <AmountLines y={y} width={width} currency={currency} />
      {withNought && (
        <path
          d={`${linePath(line)}L${x(points.length - 1)} ${base}L${x(0)} ${base}Z`}
          className="bar-fill fill-accent-soft"
        />
      )}
      <path d={linePath(line)} fill="none" className="stroke-accent [stroke-width:2.25]" />
      {points.map(({ day }, index) =>
        index % every === 0 ? (
          <text
            key={day}
            x={x(index)}
            y={height - 10}
            textAnchor="middle"
            aria-hidden="true"
            className="fill-muted text-xs"
          >
            {tick(day)}
          </text>
        ) : null,
      )}
      {at && (
        <g aria-hidden="true">
          <line
            x1={x(chosen)}
            x2={x(chosen)}
            y1={margin.top}
            y2={height - margin.bottom}
            strokeDasharray="3 3"
            className="stroke-control"
          />
          <circle
            cx={x(chosen)}
            cy={y(at.value)}
            r={5}
            className="fill-surface stroke-accent [stroke-width:2.5]"
          />
        </g>
      )}
    </Picture>
  )
}
