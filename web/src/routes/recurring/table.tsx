import { Link } from '@tanstack/react-router'
import { ChevronDown, ChevronRight } from 'lucide-react'
import { Fragment, useId, useState } from 'react'
import { usePageWords } from '../../i18n/page-words'
import { categoryText, useWords } from '../../i18n/words'
import type { Stream } from '../../lib/beats'
import { categoryColour } from '../../lib/categories'
import { dayText, shortDayText, today } from '../../lib/dates'
import { Amount, useAmountText } from '../../ui/amount'
import { Badge } from '../../ui/badge'
import { Name } from '../../ui/name'

/** The year only where it is not this one. */
function useNextText(): (day: string) => string {
  const { locale } = useWords()
  const year = today().slice(0, 4)
  return (day) => (day.startsWith(year) ? shortDayText(day, locale) : dayText(day, locale))
}

export function StreamTable({ caption, streams }: { caption: string; streams: readonly Stream[] }) {
  const { recurring: texts } = usePageWords()
  const [open, setOpen] = useState<string | null>(null)
  const stopped = streams.every(({ state }) => state === 'STOPPED')
  const keyOf = (stream: Stream) => `${stream.payee} ${stream.hits[0]?.transactionId}`
  return (
    <div className="@container">
      <table className="w-full @2xl:table-fixed">
        <caption className="sr-only">{caption}</caption>
        <thead className="text-left text-sm text-muted">
          <tr className="border-b border-line">
            <th scope="col" className="pb-2 font-medium">
              {texts.payee}
            </th>
            <th scope="col" className="hidden w-40 pb-2 pl-2 font-medium @2xl:table-cell">
              {texts.rhythm}
            </th>
            <th scope="col" className="hidden pb-2 pl-4 font-medium @lg:table-cell @2xl:w-32">
              {stopped ? texts.due : texts.next}
            </th>
            <th scope="col" className="pb-2 pl-4 text-right font-medium @2xl:w-36">
              {texts.amount}
            </th>
            <th scope="col" className="hidden pb-2 pl-4 text-right font-medium @lg:table-cell @2xl:w-32">
              {texts.yearly}
            </th>
          </tr>
        </thead>
        <tbody>
          {streams.map((stream) => {
            const key = keyOf(stream)
            return (
              <StreamRow
                key={key}
                stream={stream}
                open={open === key}
                onToggle={() => setOpen(open === key ? null : key)}
              />
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

type StreamRowProps = { stream: Stream; open: boolean; onToggle: () => void }

function StreamRow({ stream, open, onToggle }: StreamRowProps) {
  const words = useWords()
  const { recurring: texts, rhythm } = usePageWords()
  const id = useId()
  const next = useNextText()(stream.nextDay)
  const goesOn = stream.state !== 'STOPPED'
  const Chevron = open ? ChevronDown : ChevronRight
  return (
    <Fragment>
      <tr className="border-b border-line align-top last:border-b-0">
        <th scope="row" className="py-2 text-left font-normal">
          <button
            type="button"
            aria-expanded={open}
            aria-controls={open ? id : undefined}
            onClick={onToggle}
            className="flex min-h-6 w-full items-start gap-2 text-left"
          >
            <Chevron size={16} aria-hidden="true" className="mt-0.5 shrink-0 text-muted" />
            <span className="min-w-0">
              <span className="flex flex-wrap items-center gap-x-2">
                <Name className="font-medium break-words">{stream.label}</Name>
                {stream.state === 'NEW' && <Badge tone="good">{texts.state.NEW}</Badge>}
              </span>
              <span className="flex items-center gap-1.5 text-sm text-muted">
                <span
                  aria-hidden="true"
                  className="bar-fill size-2 shrink-0 rounded-full"
                  style={{ background: categoryColour(stream.category.id) }}
                />
                {categoryText(words, stream.category.id)}
              </span>
              <span className="block text-sm text-muted @2xl:hidden">
                {rhythm[stream.rhythm]}
                <span className="@lg:hidden"> · {next}</span>
              </span>
            </span>
          </button>
        </th>
        <td className="hidden py-2 pl-2 @2xl:table-cell">{rhythm[stream.rhythm]}</td>
        <td className="hidden py-2 pl-4 whitespace-nowrap tabular-nums @lg:table-cell">{next}</td>
        <td className="py-2 pl-4 text-right">
          <ExpectedAmount stream={stream} />
          {goesOn && (
            <span className="block text-sm text-muted @lg:hidden">
              {texts.yearly} <Amount money={stream.yearly} />
            </span>
          )}
        </td>
        <td className="hidden py-2 pl-4 text-right @lg:table-cell">
          {goesOn ? <Amount money={stream.yearly} tone="flow" /> : '–'}
        </td>
      </tr>
      {open && (
        <tr id={id} className="border-b border-line last:border-b-0">
          <td colSpan={5} className="py-3 pl-6">
            <Hits stream={stream} />
          </td>
        </tr>
      )}
    </Fragment>
  )
}

/** What varies is said to be about so much. */
function ExpectedAmount({ stream }: { stream: Stream }) {
  const { recurring: texts } = usePageWords()
  const amountText = useAmountText()
  if (stream.fixed) return <Amount money={stream.expected} tone="flow" className="font-medium" />
  return <span className="amount font-medium">{texts.about(amountText(stream.expected, 'exceptZero'))}</span>
}

/** The transactions it rests on. */
function Hits({ stream }: { stream: Stream }) {
  const words = useWords()
  const { recurring: texts } = usePageWords()
  return (
    <>
      <p className="mb-1 text-sm text-muted">
        {texts.cameTimes(stream.hitCount)}
        {stream.hits.length < stream.hitCount && ` ${texts.shownOf(stream.hits.length, stream.hitCount)}`}
      </p>
      <ul className="grid gap-x-8 @lg:grid-cols-2">
        {stream.hits.map(({ transactionId, day, amount }) => (
          <li key={transactionId}>
            <Link
              to="/transactions"
              search={{ tx: transactionId }}
              className="flex min-h-8 items-center justify-between gap-4 underline-offset-2 hover:underline"
            >
              <span className="tabular-nums">{dayText(day, words.locale)}</span>
              <Amount money={amount} tone="flow" />
            </Link>
          </li>
        ))}
      </ul>
    </>
  )
}
