import { useId } from 'react'
import { AmountLines, height, margin, Picture, useWidth } from './frame'
import { scaleBand, scaleLinear } from './scale'

/** Two amounts of a period, in minor units: where they reach to, nothing that is read as an amount. */
export type Pair = { name: string; first: number; second: number }

type PairsProps = {
  pairs: readonly Pair[]
  label: string
  currency: string
  chosen: number
  onChoose: (index: number) => void
}

/** Two bars a period: the first is plain, the second hatched, so that colour is not alone. */
export function Pairs({ pairs, label, currency, chosen, onChoose }: PairsProps) {
  const width = useWidth()
  const id = useId().replaceAll(/[^\w-]/g, '')
  const x = scaleBand(
    pairs.map((_, index) => String(index)),
    [margin.left, width - margin.right],
    0.25,
  )
  const highest = Math.max(1, ...pairs.flatMap(({ first, second }) => [first, second]))
  const lowest = Math.min(0, ...pairs.flatMap(({ first, second }) => [first, second]))
  const y = scaleLinear([lowest, highest], [height - margin.bottom, margin.top]).nice(5)
  const half = x.bandwidth / 2
  const every = Math.ceil((pairs.length * 52) / (width - margin.left))
  return (
    <Picture width={width} label={label} count={pairs.length} onPoint={onChoose}>
      <pattern id={id} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="6" height="6" className="fill-c2/30" />
        <line x1="0" y1="0" x2="0" y2="6" className="stroke-c2 [stroke-width:5px]" />
      </pattern>
      <AmountLines y={y} width={width} currency={currency} />
      {pairs.map(({ name, first, second }, index) => {
        const left = x(String(index)) ?? 0
        const bar = (value: number) => ({ y: y(Math.max(0, value)), height: Math.abs(y(value) - y(0)) })
        return (
          <g key={name} aria-hidden="true">
            {index === chosen && (
              <rect
                x={left - 4}
                y={margin.top - 6}
                width={x.bandwidth + 8}
                height={height - margin.top - 6}
                rx={8}
                className="fill-accent-soft"
              />
            )}
            <rect x={left} width={half - 1} {...bar(first)} className="bar-fill fill-c1" />
            <rect
              x={left + half + 1}
              width={half - 1}
              {...bar(second)}
              fill={`url(#${id})`}
              className="bar-fill"
            />
            {(index % every === 0 || index === chosen) && (
              <text
                x={left + half}
                y={height - 10}
                textAnchor="middle"
                className={index === chosen ? 'fill-accent text-xs font-semibold' : 'fill-muted text-xs'}
              >
                {index === chosen || Math.abs(index - chosen) >= every ? name : ''}
              </text>
            )}
          </g>
        )
      })}
    </Picture>
  )
}
