import { useState } from 'react'
import { Walk } from '../../charts/frame'
import { Pairs } from '../../charts/pairs'
import { usePageWords } from '../../i18n/page-words'
import { useWords } from '../../i18n/words'
import { usePercent } from '../../ledger/reasons'
import { dayText, firstDay, lastDay, monthText, shortDayText, shortMonthText, today } from '../../lib/dates'
import { difference, type Money } from '../../lib/money'
import { Amount, useAmountText } from '../../ui/amount'
import { Card } from '../../ui/page'
import { Twin } from '../../ui/twin'
import type { Flow } from './flow'
import { spanOfDays } from './grouped'

function sum(amounts: readonly Money[], currency: string): bigint {
  return amounts
    .filter((money) => money.currency === currency)
    .reduce((all, { minor }) => all + BigInt(minor), 0n)
}

const quarterOf = (from: string) => (Number(from.slice(5, 7)) + 2) / 3

/** "March 2026" for a calendar month, "Q1 2026", "2026", the days for any other period. */
function usePeriodText(): (flow: Flow) => string {
  const { locale } = useWords()
  const { flow: texts } = usePageWords()
  return ({ from, to }) => {
    const month = from.slice(0, 7)
    const span = spanOfDays(from, to)
    if (span === 'year') return from.slice(0, 4)
    if (span === 'quarter') return texts.quarter(quarterOf(from), from.slice(0, 4))
    if (from === firstDay(month) && to === lastDay(month)) return monthText(month, locale)
    return `${shortDayText(from, locale)} – ${dayText(to, locale)}`
  }
}

export function Periods({ flows, byPayDay }: { flows: readonly Flow[]; byPayDay: boolean }) {
  const { flow: texts } = usePageWords()
  const whole = flows.filter(({ to }) => to < today())
  const noPayDay = byPayDay && flows.every(({ from }) => from.endsWith('-01'))
  return (
    <>
      {whole.length > 0 && <Means flows={whole} />}
      <Card title={texts.chart(flows.length)}>
        {noPayDay && <p className="mb-3 text-muted">{texts.payDayNone}</p>}
        <Twin table={<PeriodTable flows={flows} />}>
          <Drawn flows={flows} />
        </Twin>
      </Card>
    </>
  )
}

/** Over whole periods only: the one that runs is not yet what it will be. */
function Means({ flows }: { flows: readonly Flow[] }) {
  const { flow: texts } = usePageWords()
  const percent = usePercent()
  const currency = flows[0]?.income.currency ?? 'EUR'
  const income = sum(
    flows.map((flow) => flow.income),
    currency,
  )
  const spent = sum(
    flows.map((flow) => flow.spent),
    currency,
  )
  const mean = (all: bigint): Money => ({ currency, minor: (all / BigInt(flows.length)).toString() })
  const rate = income > 0n ? Number(((income - spent) * 1_000n) / income) : null
  return (
    <dl className="card grid gap-x-8 gap-y-4 p-4 sm:grid-cols-3 sm:p-6">
      <div>
        <dt className="text-sm text-muted">{texts.meanRate(flows.length)}</dt>
        <dd className="text-2xl font-semibold tracking-[-0.015em] tabular-nums">
          {rate === null ? '–' : percent(rate)}
        </dd>
      </div>
      {[
        { name: texts.meanIncome, money: mean(income) },
        { name: texts.meanSpent, money: mean(spent) },
      ].map(({ name, money }) => (
        <div key={name}>
          <dt className="text-sm text-muted">{name}</dt>
          <dd className="text-xl font-semibold tracking-[-0.015em]">
            <Amount money={money} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Drawn({ flows }: { flows: readonly Flow[] }) {
  const words = useWords()
  const { flow: texts } = usePageWords()
  const amountText = useAmountText()
  const periodText = usePeriodText()
  const percent = usePercent()
  const [index, setIndex] = useState<number | null>(null)
  const chosen = Math.min(index ?? flows.length - 1, flows.length - 1)
  const flow = flows[chosen]
  if (!flow) return null
  const rate = flow.savingsRatePerMille
  const shortText = ({ from, to }: Flow) => {
    const span = spanOfDays(from, to)
    if (span === 'year') return from.slice(0, 4)
    if (span === 'quarter') return texts.quarterShort(quarterOf(from), from.slice(2, 4))
    return `${shortMonthText(from.slice(0, 7), words.locale)} ${from.slice(2, 4)}`
  }
  const parts = [
    `${texts.income} ${amountText(flow.income)}`,
    `${texts.spent} ${amountText(flow.spent)}`,
    `${texts.left} ${amountText(difference(flow.income, flow.spent))}`,
    rate === null ? texts.noIncome : texts.ratePart(percent(rate)),
  ]
  const name = `${periodText(flow)}${flow.to >= today() ? ` (${texts.current})` : ''}`
  return (
    <>
      <p className="mb-2 min-h-10 tabular-nums">
        <span className="font-medium">{name}</span>{' '}
        <span className="text-sm text-muted">{parts.join(' · ')}</span>
      </p>
      <Pairs
        pairs={flows.map((each) => ({
          name: shortText(each),
          first: Number(each.income.minor),
          second: Number(each.spent.minor),
        }))}
        label={texts.chart(flows.length)}
        currency={flow.income.currency}
        chosen={chosen}
        onChoose={setIndex}
      />
      <Walk
        label={texts.period}
        text={[name, ...parts].join(', ')}
        count={flows.length}
        index={chosen}
        onIndex={setIndex}
      />
      <ul className="mt-2 flex flex-wrap gap-x-5 gap-y-1 text-sm">
        <li className="flex items-center gap-2">
          <span aria-hidden="true" className="bar-fill size-3 rounded-[3px] bg-c1" />
          {texts.income}
        </li>
        <li className="flex items-center gap-2">
          <svg width="12" height="12" aria-hidden="true">
            <rect width="12" height="12" rx="3" className="bar-fill fill-c2/30" />
            <path d="M0 8 8 0M4 12 12 4" className="stroke-c2 [stroke-width:3px]" />
          </svg>
          {texts.spent}
        </li>
      </ul>
    </>
  )
}

function PeriodTable({ flows }: { flows: readonly Flow[] }) {
  const { flow: texts } = usePageWords()
  const periodText = usePeriodText()
  const percent = usePercent()
  const columns = [texts.income, texts.spent, texts.left, texts.saved, texts.rate]
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table must be scrollable by keyboard
    <section tabIndex={0} aria-label={texts.chart(flows.length)} className="overflow-x-auto">
      <table className="w-full text-right text-sm">
        <caption className="sr-only">{texts.chart(flows.length)}</caption>
        <thead>
          <tr className="border-b border-line text-muted">
            <th scope="col" className="pb-2 text-left font-medium">
              {texts.period}
            </th>
            {columns.map((name) => (
              <th key={name} scope="col" className="pb-2 pl-4 font-medium">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {flows.toReversed().map((flow) => (
            <tr key={flow.from} className="border-b border-line last:border-b-0">
              <th scope="row" className="py-2 text-left font-normal whitespace-nowrap">
                {periodText(flow)}
                {flow.to >= today() && <span className="text-muted"> ({texts.current})</span>}
              </th>
              <td className="py-2 pl-4">
                <Amount money={flow.income} />
              </td>
              <td className="py-2 pl-4">
                <Amount money={flow.spent} />
              </td>
              <td className="py-2 pl-4">
                <Amount money={difference(flow.income, flow.spent)} tone="balance" />
              </td>
              <td className="py-2 pl-4">
                <Amount money={flow.saved} />
              </td>
              <td className="py-2 pl-4 tabular-nums">
                {flow.savingsRatePerMille === null ? '–' : percent(flow.savingsRatePerMille)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
