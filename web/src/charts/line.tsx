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
}

/** An amount over time. */
export function Line({ points, label, currency, chosen, onChoose }: LineProps) {
  const { locale } = useWords()
  const width = useWidth()
  const values = points.map(({ value }) => value)
  const x = scaleLinear([0, Math.max(1, points.length - 1)], [margin.left, width - margin.right])
  const y = scaleLinear(
    [Math.min(0, ...values), Math.max(1, ...values)],
    [height - margin.bottom, margin.top],
  ).nice(5)
  const line = points.map(({ value }, index) => [x(index), y(value)] as const)
  const at = points[chosen]
  const every = Math.ceil((points.length * 64) / (width - margin.left))
  const base = y(0)
  return (
    <Picture width={width} label={label} count={points.length} onPoint={onChoose}>
      <AmountLines y={y} width={width} currency={currency} />
      <path
        d={`${linePath(line)}L${x(points.length - 1)} ${base}L${x(0)} ${base}Z`}
        className="bar-fill fill-accent-soft"
      />
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
            {shortMonthText(day.slice(0, 7), locale)} {day.slice(2, 4)}
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
