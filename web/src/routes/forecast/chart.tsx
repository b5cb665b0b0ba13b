import { useState } from 'react'
import { Band } from '../../charts/band'
import { Walk } from '../../charts/frame'
import type { ForecastDayPartsFragment } from '../../gql/graphql'
import { usePageWords } from '../../i18n/page-words'
import { useWords } from '../../i18n/words'
import { usePercent } from '../../ledger/reasons'
import { dayText, longDayText } from '../../lib/dates'
import { Amount, useAmountText } from '../../ui/amount'
import { useNameText } from '../../ui/name'
import { Twin } from '../../ui/twin'
import type { Forecast } from './forecast'

type Day = ForecastDayPartsFragment

/** The picture of what is ahead, the day one points at in words, and how far it can be trusted. */
export function Ahead({ forecast }: { forecast: Forecast }) {
  const { days, balance, lowest } = forecast
  const [index, setIndex] = useState<number | null>(null)
  const chosen = Math.min(
    index ??
      Math.max(
        0,
        days.findIndex(({ day }) => day === lowest?.day),
      ),
    days.length - 1,
  )
  const day = days[chosen]
  const { forecast: texts } = usePageWords()
  const said = useDayText()
  if (!day) return null
  return (
    <>
      <Twin table={<DayTable days={days} />}>
        <Readout day={day} forecast={forecast} />
        <Band days={days} balance={balance} lowest={lowest} chosen={chosen} onChoose={setIndex} />
        <Walk label={texts.walk} text={said(day)} count={days.length} index={chosen} onIndex={setIndex} />
        <Legend forecast={forecast} />
      </Twin>
      <Trust forecast={forecast} />
    </>
  )
}

/** A day of the forecast in one sentence. */
function useDayText(): (day: Day) => string {
  const words = useWords()
  const { forecast: texts } = usePageWords()
  const amountText = useAmountText()
  return ({ day, low, high, point, known }) =>
    [
      longDayText(day, words.locale),
      point && `${texts.point} ${amountText(point)}`,
      low && high && texts.between(amountText(low), amountText(high)),
      !point && `${texts.known} ${amountText(known)}`,
    ]
      .filter(Boolean)
      .join(', ')
}

/** The day that is chosen, in place: always of the same height. */
function Readout({ day, forecast }: { day: Day; forecast: Forecast }) {
  const words = useWords()
  const { forecast: texts } = usePageWords()
  const amountText = useAmountText()
  const nameText = useNameText()
  const comes = forecast.expected.filter((one) => one.day === day.day)
  return (
    <div className="mb-2 min-h-16 sm:min-h-12">
      <p className="flex flex-wrap items-baseline gap-x-3">
        <span className="font-medium tabular-nums">{dayText(day.day, words.locale)}</span>
        {day.point && <Amount money={day.point} tone="balance" className="font-semibold" />}
        {day.low && day.high && (
          <span className="text-sm text-muted tabular-nums">
            {texts.between(amountText(day.low), amountText(day.high))}
          </span>
        )}
        <span className="text-sm text-muted tabular-nums">
          {texts.known}: {amountText(day.known)}
        </span>
      </p>
      <p className="truncate text-sm text-muted tabular-nums">
        {comes
          .map(({ label, amount }) => `${nameText(label)} ${amountText(amount, 'exceptZero')}`)
          .join(' · ') || '\u00a0'}
      </p>
    </div>
  )
}

function Legend({ forecast }: { forecast: Forecast }) {
  const { forecast: texts } = usePageWords()
  const banded = forecast.days.some(({ low }) => low)
  const pointed = forecast.days.some(({ point }) => point)
  return (
    <ul className="mt-3 flex flex-wrap gap-x-5 gap-y-1 text-sm">
      {pointed && (
        <li className="flex items-center gap-2">
          <svg width="22" height="8" aria-hidden="true">
            <line x1="0" x2="22" y1="4" y2="4" className="stroke-accent [stroke-width:2.25]" />
          </svg>
          {texts.point}
        </li>
      )}
      {banded && (
        <li className="flex items-center gap-2">
          <svg width="22" height="12" aria-hidden="true">
            <rect width="22" height="12" className="bar-fill fill-accent-soft" />
            <path d="M2 12 14 0M10 12 22 0" className="stroke-accent/50" />
          </svg>
          {texts.band}
        </li>
      )}
      <li className="flex items-center gap-2">
        <svg width="22" height="8" aria-hidden="true">
          <line
            x1="0"
            x2="22"
            y1="4"
            y2="4"
            strokeDasharray="2 4"
            className="stroke-muted [stroke-width:1.5]"
          />
        </svg>
        {texts.known}
      </li>
    </ul>
  )
}

/** How the same method did in the person's own past. */
function Trust({ forecast }: { forecast: Forecast }) {
  const { forecast: texts } = usePageWords()
  const percent = usePercent()
  const banded = forecast.days.some(({ low }) => low)
  const pointed = forecast.days.some(({ point }) => point)
  const lines = [
    !banded && texts.noBand,
    banded && !pointed && texts.noPoint,
    forecast.tried !== null && texts.tried(forecast.tried),
    pointed && forecast.errorPerMille !== null && texts.error(percent(forecast.errorPerMille)),
  ].filter(Boolean)
  return <p className="mt-2 max-w-prose text-sm text-muted">{lines.join(' ')}</p>
}

function DayTable({ days }: { days: readonly Day[] }) {
  const words = useWords()
  const { forecast: texts } = usePageWords()
  const cell = 'py-1.5 pl-4'
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a long table must be scrollable by keyboard
    <section tabIndex={0} aria-label={texts.table} className="max-h-96 overflow-auto print:max-h-none">
      <table className="w-full text-right text-sm">
        <caption className="sr-only">{texts.table}</caption>
        <thead className="sticky top-0 bg-surface">
          <tr className="text-muted">
            <th scope="col" className="py-2 text-left font-medium">
              {texts.day}
            </th>
            {[texts.point, texts.low, texts.high, texts.known].map((name) => (
              <th key={name} scope="col" className="py-2 pl-4 font-medium">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {days.map(({ day, point, low, high, known }) => (
            <tr key={day} className="border-t border-line">
              <th scope="row" className="py-1.5 text-left font-normal whitespace-nowrap tabular-nums">
                {dayText(day, words.locale)}
              </th>
              <td className={cell}>{point ? <Amount money={point} tone="balance" /> : '–'}</td>
              <td className={cell}>{low ? <Amount money={low} tone="balance" /> : '–'}</td>
              <td className={cell}>{high ? <Amount money={high} tone="balance" /> : '–'}</td>
              <td className={cell}>
                <Amount money={known} tone="balance" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
