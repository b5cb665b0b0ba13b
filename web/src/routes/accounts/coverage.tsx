import { useQuery } from '@tanstack/react-query'
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useState } from 'react'
import type { CoverageQuery } from '../../gql/graphql'
import type { Catalogue } from '../../i18n/en'
import { useWords } from '../../i18n/words'
import { type DayRange, lengthOf, type MonthCover, monthsOf } from '../../lib/coverage'
import { dayText, instantText, monthsFrom, monthText } from '../../lib/dates'
import { absolute } from '../../lib/money'
import { coverageOptions } from '../../queries/options'
import { useAmountText } from '../../ui/amount'
import { Button, IconButton } from '../../ui/button'
import { Card } from '../../ui/page'
import { Awaited } from '../../ui/states'
import { Calendar, Legend } from './calendar'

type Known = NonNullable<CoverageQuery['coverage']>

/** Which days of an account are known, which are not, and whether balances bear it out. */
export default function Coverage({ accountId }: { accountId: string }) {
  const words = useWords()
  const coverage = useQuery(coverageOptions(accountId))
  const known = coverage.data
  return (
    <div className="mx-auto max-w-[1024px] px-4 pb-8 md:px-6">
      <Card title={words.sync.coverage.title}>
        <Awaited of={coverage} rows={2} height={110} />
        {known === null && <p className="text-muted">{words.sync.coverage.none}</p>}
        {known && known.windows.length === 0 && (
          <p className="text-muted">
            {words.sync.coverage.none} {words.sync.coverage.noneText}
          </p>
        )}
        {known && known.windows.length > 0 && <Days known={known} />}
      </Card>
    </div>
  )
}

export function rangeText({ from, to }: DayRange, words: Catalogue): string {
  const last = dayText(to, words.locale)
  return from === null
    ? words.sync.coverage.upTo(last)
    : words.sync.coverage.from(dayText(from, words.locale), last)
}

function gapText(gap: DayRange, words: Catalogue): string {
  const length = lengthOf(gap)
  if (gap.from === null || length === null) return rangeText(gap, words)
  const day = (text: string) => dayText(text, words.locale)
  return words.sync.coverage.gap(day(gap.from), day(gap.to), words.common.days(length))
}

/** The whole state in sentences: what is known, what is missing, and what the balances say. */
function Summary({ known }: { known: Known }) {
  const words = useWords()
  const amountText = useAmountText()
  const { coverage: texts } = words.sync
  const day = (text: string) => dayText(text, words.locale)
  const [range] = known.days
  const difference = known.difference && amountText(absolute(known.difference))
  return (
    <div className="mb-5 flex flex-col gap-1">
      {known.days.length === 0 && <p>{texts.none}</p>}
      {range && known.gaps.length === 0 && (
        <p>{range.from ? texts.whole(day(range.from), day(range.to)) : texts.wholeTo(day(range.to))}</p>
      )}
      {known.gaps.length > 0 && (
        <>
          <p className="font-medium text-negative">{texts.gaps(known.gaps.length)}</p>
          <ul className="list-disc pl-5">
            {known.gaps.map((gap) => (
              <li key={gap.to}>{gapText(gap, words)}</li>
            ))}
          </ul>
        </>
      )}
      {known.lastGoodAt && (
        <p className="text-muted">{texts.lastGood(instantText(known.lastGoodAt, words.locale))}</p>
      )}
      <p className={known.balance === 'BREAKS' ? 'font-medium text-negative' : 'text-muted'}>
        {known.balance === 'HOLDS' && texts.holds}
        {known.balance === 'NOT_GIVEN' && texts.notGiven}
        {known.balance === 'BREAKS' &&
          (known.breakingDay
            ? texts.breaksFrom(day(known.breakingDay), difference ?? '')
            : texts.breaks(difference ?? ''))}
      </p>
    </div>
  )
}

function Days({ known }: { known: Known }) {
  const words = useWords()
  const [asTable, setAsTable] = useState(false)
  const today = new Date().toISOString().slice(0, 10)
  const [last, setLast] = useState(today.slice(0, 7))
  const months = monthsOf(known.days, known.gaps, last, today)
  const firstKnown = known.days[0]?.from ?? known.windows.at(-1)?.from ?? null
  const earliest = (months[0]?.month ?? last) > (firstKnown ?? '9').slice(0, 7)
  return (
    <>
      <Summary known={known} />
      <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
        <div className="flex items-center gap-1">
          <IconButton
            label={words.sync.coverage.earlier}
            disabled={!earliest}
            onClick={() => setLast(monthsFrom(last, -12))}
          >
            <ChevronLeft size={18} aria-hidden="true" />
          </IconButton>
          <span className="font-medium">
            {monthText(months[0]?.month ?? last, words.locale)} – {monthText(last, words.locale)}
          </span>
          <IconButton
            label={words.sync.coverage.later}
            disabled={last >= today.slice(0, 7)}
            onClick={() => setLast(monthsFrom(last, 12))}
          >
            <ChevronRight size={18} aria-hidden="true" />
          </IconButton>
        </div>
        <Button look="quiet" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          {asTable ? words.common.showChart : words.common.showTable}
        </Button>
      </div>
      {asTable ? (
        <MonthTable months={months} />
      ) : (
        <>
          <Calendar
            months={months}
            days={known.days}
            gaps={known.gaps}
            breakingDay={known.breakingDay}
            today={today}
          />
          <Legend broken={known.breakingDay !== null} />
        </>
      )}
      <Reads windows={known.windows} />
    </>
  )
}

const cell = 'py-2 pr-4 text-left align-top font-normal'

function MonthTable({ months }: { months: readonly MonthCover[] }) {
  const words = useWords()
  const { coverage: texts } = words.sync
  return (
    <div className="overflow-x-auto">
      <table className="w-full tabular-nums">
        <caption className="sr-only">{texts.title}</caption>
        <thead className="text-sm text-muted">
          <tr>
            {[texts.month, texts.daysRead, texts.daysMissing].map((name) => (
              <th key={name} scope="col" className={`${cell} font-medium`}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {months.toReversed().map(({ month, read, missing }) => (
            <tr key={month} className="border-t border-line">
              <th scope="row" className={cell}>
                {monthText(month, words.locale)}
              </th>
              <td className={cell}>{read}</td>
              <td className={cell}>
                {missing.length === 0 ? texts.allRead : missing.map((gap) => gapText(gap, words)).join(', ')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** The newest reads, so that each claim above can be followed to what it rests on. */
function Reads({ windows }: { windows: Known['windows'] }) {
  const words = useWords()
  const { coverage: texts } = words.sync
  const names = [texts.when, texts.days, texts.rows, texts.fresh, texts.complete, texts.balance]
  return (
    <details className="mt-5">
      <summary className="inline-flex min-h-6 items-center font-medium text-accent underline">
        {texts.reads}
      </summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways has to be reached by key */}
      <section className="mt-2 overflow-x-auto" aria-label={texts.reads} tabIndex={0}>
        <table className="w-full tabular-nums">
          <caption className="sr-only">{texts.reads}</caption>
          <thead className="text-sm text-muted">
            <tr>
              {names.map((name) => (
                <th key={name} scope="col" className={`${cell} font-medium whitespace-nowrap`}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {windows.map((window) => (
              <tr key={window.position} className="border-t border-line">
                <th scope="row" className={`${cell} whitespace-nowrap`}>
                  {instantText(window.readAt, words.locale)}
                </th>
                <td className={`${cell} whitespace-nowrap`}>{rangeText(window, words)}</td>
                <td className={cell}>{window.rows}</td>
                <td className={cell}>{window.new}</td>
                <td className={cell}>{window.whole ? texts.yes : texts.no}</td>
                <td className={`${cell} ${window.balance === 'BREAKS' ? 'text-negative' : ''}`}>
                  {texts.check[window.balance]}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  )
}
