import type { KeyboardEvent, ReactNode } from 'react'
import { useNarrow, useTight } from '../lib/narrow'
import { useAxisText } from './axis'
import type { LinearScale } from './scale'

export const margin = { top: 16, right: 12, bottom: 28, left: 64 }
export const height = 280

/** As wide as the place it is drawn in, about, so that letters keep their size. */
export function useWidth(): number {
  const narrow = useNarrow()
  const tight = useTight()
  if (narrow) return 380
  return tight ? 560 : 900
}

type LinesProps = { y: LinearScale; width: number; currency: string }

/** The lines amounts are read from; that of nought stands out. */
export function AmountLines({ y, width, currency }: LinesProps) {
  const axisText = useAxisText(currency)
  return (
    <g aria-hidden="true">
      {y.ticks(5).map((tick) => (
        <g key={tick}>
          <line
            x1={margin.left}
            x2={width - margin.right}
            y1={y(tick)}
            y2={y(tick)}
            className={tick === 0 ? 'stroke-muted' : 'stroke-line'}
          />
          <text x={margin.left - 8} y={y(tick) + 4} textAnchor="end" className="fill-muted text-xs">
            {axisText(tick)}
          </text>
        </g>
      ))}
    </g>
  )
}

type PictureProps = {
  width: number
  label: string
  /** Which of `count` points the pointer is nearest to. */
  count: number
  onPoint: (index: number) => void
  children: ReactNode
}

/** A picture one can point at; what it shows is told by the words beside it. */
export function Picture({ width, label, count, onPoint, children }: PictureProps) {
  const inner = width - margin.left - margin.right
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
      className="block w-full touch-pan-y"
      onPointerMove={({ currentTarget, clientX }) => {
        const box = currentTarget.getBoundingClientRect()
        const x = ((clientX - box.left) / box.width) * width - margin.left
        onPoint(Math.max(0, Math.min(count - 1, Math.round((x / inner) * (count - 1)))))
      }}
    >
      {children}
    </svg>
  )
}

type WalkProps = {
  label: string
  text: string
  count: number
  index: number
  /** How many points PageUp and PageDown pass; without it as many as the browser likes. */
  leap?: number
  onIndex: (index: number) => void
}

/** The way along a picture by key, by thumb and by ear. */
export function Walk({ label, text, count, index, leap, onIndex }: WalkProps) {
  const pressed = (event: KeyboardEvent) => {
    const way = { PageUp: 1, PageDown: -1 }[event.key]
    if (!leap || !way) return
    event.preventDefault()
    onIndex(Math.max(0, Math.min(count - 1, index + way * leap)))
  }
  return (
    <input
      type="range"
      aria-label={label}
      aria-valuetext={text}
      min={0}
      max={count - 1}
      value={index}
      onChange={({ target }) => onIndex(Number(target.value))}
      onKeyDown={pressed}
      className="screen-only mt-1 h-7 w-full accent-accent pointer-coarse:h-11"
    />
  )
}

/** A line through points, from the left to the right. */
export function linePath(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('')
}
