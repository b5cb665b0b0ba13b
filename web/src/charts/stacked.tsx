import { useState } from 'react'
import { categoryText, useWords } from '../i18n/words'
import { categoryColour } from '../lib/categories'
import { monthText, shortMonthText } from '../lib/dates'
import type { Money } from '../lib/money'
import { Amount, useAmountText } from '../ui/amount'
import { Button } from '../ui/button'
import { useAxisText } from './axis'
import { useWidth } from './frame'
import { scaleBand, scaleLinear } from './scale'
import type { Column } from './spending'

const height = 240
const margin = { top: 8, right: 4, bottom: 28, left: 60 }

type StackedProps = { columns: Column[]; chosen: string; currency: string; onChoose: (month: string) => void }

/** Spending month by month, stacked by category, with a table that says the same. */
export function Stacked({ columns, chosen, currency, onChoose }: StackedProps) {
  const words = useWords()
  const [asTable, setAsTable] = useState(false)
  const ids = [...new Set(columns.flatMap((column) => column.parts.map((part) => part.id)))]
  const name = (id: string) => (id === 'other' ? words.common.other : categoryText(words, id))
  return (
    <div>
      {asTable ? (
        <StackTable columns={columns} ids={ids} name={name} />
      ) : (
        <>
          <Drawing columns={columns} chosen={chosen} currency={currency} onChoose={onChoose} />
          <ul className="mt-3 flex flex-wrap gap-x-4 gap-y-1 text-sm">
            {ids.map((id) => (
              <li key={id} className="flex items-center gap-2">
                <span
                  aria-hidden="true"
                  className="bar-fill size-2.5 rounded-[3px]"
                  style={{ background: categoryColour(id) }}
                />
                {name(id)}
              </li>
            ))}
          </ul>
        </>
      )}
      <div className="mt-3 text-right">
        <Button look="quiet" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          {asTable ? words.common.showChart : words.common.showTable}
        </Button>
      </div>
    </div>
  )
}

function Drawing({ columns, chosen, currency, onChoose }: StackedProps) {
  const words = useWords()
  const axisText = useAxisText(currency)
  const width = useWidth()
  const highest = Math.max(1, ...columns.map((column) => column.parts.at(-1)?.to ?? 0))
  const x = scaleBand(
    columns.map((column) => column.month),
    [margin.left, width - margin.right],
    0.3,
  )
  const y = scaleLinear([0, highest], [height - margin.bottom, margin.top]).nice(4)
  return (
    <div>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="group"
        aria-label={words.spending.chart(columns.length)}
        className="block w-full"
      >
        {y.ticks(4).map((tick) => (
          <g key={tick} aria-hidden="true">
            <line
              x1={margin.left}
              x2={width - margin.right}
              y1={y(tick)}
              y2={y(tick)}
              className="stroke-line"
            />
            <text x={margin.left - 8} y={y(tick) + 4} textAnchor="end" className="fill-muted text-xs">
              {axisText(tick)}
            </text>
          </g>
        ))}
        {columns.map((column) => (
          <Bar
            key={column.month}
            column={column}
            left={x(column.month) ?? 0}
            width={x.bandwidth}
            y={y}
            chosen={column.month === chosen}
            onChoose={onChoose}
          />
        ))}
      </svg>
    </div>
  )
}

type BarProps = {
  column: Column
  left: number
  width: number
  y: (minor: number) => number
  chosen: boolean
  onChoose: (month: string) => void
}

/** One month: a button that is drawn. */
function Bar({ column, left, width, y, chosen, onChoose }: BarProps) {
  const words = useWords()
  const amountText = useAmountText()
  const name = shortMonthText(column.month, words.locale)
  const label = `${name} ${column.month.slice(0, 4)}: ${amountText(column.total)}`
  return (
    <g
      role="button"
      tabIndex={0}
      aria-label={label}
      aria-pressed={chosen}
      className="group cursor-pointer outline-none"
      onClick={() => onChoose(column.month)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return
        event.preventDefault()
        onChoose(column.month)
      }}
    >
      <title>{label}</title>
      <rect
        x={left - 6}
        y={margin.top}
        width={width + 12}
        height={height - margin.top - 4}
        rx={8}
        className={`stroke-transparent stroke-2 group-focus-visible:stroke-focus ${chosen ? 'fill-accent-soft' : 'fill-transparent'}`}
      />
      {column.parts.map((part) => (
        <rect
          key={part.id}
          x={left}
          y={y(part.to)}
          width={width}
          height={Math.max(0.5, y(part.from) - y(part.to) - 1)}
          fill={categoryColour(part.id)}
          className="bar-fill"
        />
      ))}
      <text
        x={left + width / 2}
        y={height - 10}
        textAnchor="middle"
        className={chosen ? 'fill-accent text-xs font-semibold' : 'fill-muted text-xs'}
      >
        {name}
      </text>
    </g>
  )
}

type StackTableProps = { columns: Column[]; ids: string[]; name: (id: string) => string }

function StackTable({ columns, ids, name }: StackTableProps) {
  const words = useWords()
  const cell = (money: Money | undefined) => (money ? <Amount money={money} /> : '–')
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table must be scrollable by keyboard
    <section tabIndex={0} aria-label={words.spending.chart(columns.length)} className="overflow-x-auto">
      <table className="w-full text-right text-sm">
        <caption className="sr-only">{words.spending.chart(columns.length)}</caption>
        <thead>
          <tr className="border-b border-line text-muted">
            <th scope="col" className="py-2 pr-3 text-left font-medium">
              {words.spending.month}
            </th>
            {ids.map((id) => (
              <th key={id} scope="col" className="px-2 py-2 font-medium">
                {name(id)}
              </th>
            ))}
            <th scope="col" className="py-2 pl-2 font-medium">
              {words.spending.total}
            </th>
          </tr>
        </thead>
        <tbody>
          {columns.map((column) => (
            <tr key={column.month} className="border-b border-line">
              <th scope="row" className="py-2 pr-3 text-left font-medium whitespace-nowrap">
                {monthText(column.month, words.locale)}
              </th>
              {ids.map((id) => (
                <td key={id} className="px-2 py-2">
                  {cell(column.parts.find((part) => part.id === id)?.amount)}
                </td>
              ))}
              <td className="py-2 pl-2 font-medium">{cell(column.total)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
