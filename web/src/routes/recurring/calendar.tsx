import { ChevronLeft, ChevronRight } from 'lucide-react'
import { usePageWords } from '../../i18n/page-words'
import { useWords } from '../../i18n/words'
import { type Beat, beatsWithin, type Stream } from '../../lib/beats'
import {
  daysFrom,
  firstDay,
  lastDay,
  longDayText,
  monthsFrom,
  monthText,
  thisMonth,
  today,
  weekdayOf,
} from '../../lib/dates'
import { useHotkeys } from '../../lib/hotkeys'
import { absolute, isNegative, totals } from '../../lib/money'
import { useNarrow } from '../../lib/narrow'
import { Amount, useAmountText } from '../../ui/amount'
import { IconButton } from '../../ui/button'
import { Name, useNameText } from '../../ui/name'
import { Card } from '../../ui/page'
import { Twin } from '../../ui/twin'

/** So many are named in one day of the grid. */
const namedADay = 3
/** A month is reached so far back and ahead. */
const reach = 24

type CalendarProps = {
  streams: readonly Stream[]
  month: string | undefined
  onMonth: (month: string | undefined) => void
}

export function Calendar({ streams, month: chosen, onMonth }: CalendarProps) {
  const words = useWords()
  const { recurring: texts } = usePageWords()
  const narrow = useNarrow()
  const now = thisMonth()
  const month = chosen ?? now
  const beats = beatsWithin(streams, firstDay(month), lastDay(month))
  const go = (to: string) => {
    if (to >= monthsFrom(now, -reach) && to <= monthsFrom(now, reach)) onMonth(to === now ? undefined : to)
  }
  useHotkeys({ '[': () => go(monthsFrom(month, -1)), ']': () => go(monthsFrom(month, 1)) })
  const title = monthText(month, words.locale)
  return (
    <Card
      title={title}
      aside={
        <span className="flex min-w-0 flex-wrap items-center gap-2">
          <MonthSums beats={beats} />
          <span className="screen-only flex">
            <IconButton
              label={words.common.previousMonth}
              disabled={month <= monthsFrom(now, -reach)}
              onClick={() => go(monthsFrom(month, -1))}
            >
              <ChevronLeft size={18} aria-hidden="true" />
            </IconButton>
            <IconButton
              label={words.common.nextMonth}
              disabled={month >= monthsFrom(now, reach)}
              onClick={() => go(monthsFrom(month, 1))}
            >
              <ChevronRight size={18} aria-hidden="true" />
            </IconButton>
          </span>
        </span>
      }
    >
      {beats.length === 0 && <p className="text-muted">{texts.monthNone}</p>}
      {beats.length > 0 && narrow && <DayList beats={beats} caption={title} />}
      {beats.length > 0 && !narrow && (
        <Twin table={<DayList beats={beats} caption={title} />}>
          <MonthGrid month={month} beats={beats} caption={title} />
          <p className="mt-2 text-sm text-muted">{texts.legend}</p>
        </Twin>
      )}
    </Card>
  )
}

function MonthSums({ beats }: { beats: readonly Beat[] }) {
  const { recurring: texts } = usePageWords()
  const amountText = useAmountText()
  const amounts = beats.map(({ amount }) => amount)
  const said = [
    ...totals(amounts.filter((money) => !isNegative(money))).map((money) => texts.monthIn(amountText(money))),
    ...totals(amounts.filter(isNegative)).map((money) => texts.monthOut(amountText(absolute(money)))),
  ]
  return <span className="text-sm text-muted tabular-nums">{said.join(' · ')}</span>
}

type MonthProps = { beats: readonly Beat[]; caption: string }

/** The month as a table of weeks: what came is filled, what is expected is outlined. */
function MonthGrid({ month, beats, caption }: MonthProps & { month: string }) {
  const words = useWords()
  const first = daysFrom(firstDay(month), -weekdayOf(firstDay(month)))
  const weeks = Math.ceil((weekdayOf(firstDay(month)) + Number(lastDay(month).slice(8))) / 7)
  const name = new Intl.DateTimeFormat(words.locale, { weekday: 'short', timeZone: 'UTC' })
  return (
    <table className="w-full table-fixed border-collapse">
      <caption className="sr-only">{caption}</caption>
      <thead>
        <tr>
          {Array.from({ length: 7 }, (_, day) => daysFrom(first, day)).map((day) => (
            <th key={day} scope="col" className="pb-1 text-left text-sm font-medium text-muted">
              {name.format(new Date(`${day}T12:00:00Z`))}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {Array.from({ length: weeks }, (_, week) => daysFrom(first, week * 7)).map((monday) => (
          <tr key={monday}>
            {Array.from({ length: 7 }, (_, day) => daysFrom(monday, day)).map((day) => (
              <td key={day} className="h-24 border border-line p-1 align-top">
                {day.startsWith(month) && (
                  <DayCell day={day} beats={beats.filter((beat) => beat.day === day)} />
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function DayCell({ day, beats }: { day: string; beats: readonly Beat[] }) {
  const { recurring: texts } = usePageWords()
  const nameText = useNameText()
  const isToday = day === today()
  return (
    <>
      <span
        className={`inline-flex size-6 items-center justify-center rounded-full text-sm tabular-nums ${isToday ? 'bg-accent font-semibold text-on-accent' : 'text-muted'}`}
      >
        {Number(day.slice(8))}
      </span>
      <ul className="mt-0.5 flex flex-col gap-0.5">
        {beats.slice(0, namedADay).map(({ stream, came, amount }) => (
          <li
            key={`${stream.payee} ${stream.hits[0]?.transactionId}`}
            className={`rounded-[6px] border px-1.5 py-0.5 text-xs ${came ? 'border-transparent bg-accent-soft text-accent' : 'border-dashed border-control text-ink'}`}
          >
            <span className="block truncate" title={nameText(stream.label)}>
              <span className="sr-only">
                {came ? texts.cameOn(nameText(stream.label)) : texts.expectedOn(nameText(stream.label))}{' '}
              </span>
              <span aria-hidden="true">{nameText(stream.label)}</span>
            </span>
            <Amount money={amount} sign="exceptZero" className="block truncate" />
          </li>
        ))}
      </ul>
      {beats.length > namedADay && (
        <span className="text-xs text-muted">{texts.more(beats.length - namedADay)}</span>
      )}
    </>
  )
}

/** The same month, day by day. */
function DayList({ beats, caption }: MonthProps) {
  const words = useWords()
  const { recurring: texts } = usePageWords()
  return (
    <table className="w-full">
      <caption className="sr-only">{caption}</caption>
      <thead className="text-left text-sm text-muted">
        <tr className="border-b border-line">
          <th scope="col" className="pb-2 font-medium">
            {texts.day}
          </th>
          <th scope="col" className="pb-2 pl-3 font-medium">
            {texts.what}
          </th>
          <th scope="col" className="pb-2 pl-3 text-right font-medium">
            {texts.amount}
          </th>
        </tr>
      </thead>
      <tbody>
        {beats.map(({ stream, day, amount, came }) => (
          <tr
            key={`${stream.payee} ${stream.hits[0]?.transactionId} ${day}`}
            className="border-b border-line align-top last:border-b-0"
          >
            <td className="py-2 text-muted tabular-nums" title={longDayText(day, words.locale)}>
              {Number(day.slice(8))}.
            </td>
            <th scope="row" className="py-2 pl-3 text-left font-normal break-words">
              <Name>{stream.label}</Name>
              <span className="block text-sm text-muted">
                {came ? texts.statusCame : texts.statusExpected}
              </span>
            </th>
            <td className="py-2 pl-3 text-right">
              <Amount money={amount} tone="flow" />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
