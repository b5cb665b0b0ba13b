import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { CashFlowQuery } from '../../gql/graphql'
import { usePageWords } from '../../i18n/page-words'
import { useWords } from '../../i18n/words'
import { useAsOf } from '../../lib/as-of'
import { firstDay, monthsFrom, thisMonth, today } from '../../lib/dates'
import { totals } from '../../lib/money'
import { cashFlowOptions } from '../../queries/insights'
import { ButtonLink } from '../../ui/button'
import { Choice } from '../../ui/choice'
import { Awaited, Empty } from '../../ui/states'
import { InsightPage } from '../insights/frame'
import { firstMonth, grouped, type Span } from './grouped'
import { Paired } from './paired'
import { Periods } from './periods'
import { Worth } from './worth'

export type Flow = CashFlowQuery['cashFlow'][number]

const monthsShown = 12
const spans: readonly Span[] = ['quarter', 'year']

export function FlowPage() {
  const words = useWords()
  const { flow: texts } = usePageWords()
  const search = useSearch({ from: '/app/cash-flow' })
  const navigate = useNavigate({ from: '/cash-flow' })
  const asOf = useAsOf()
  const by = search.by === 'pay-day' ? 'PAY_DAY' : 'MONTH'
  const span = spans.find((each) => each === search.by)
  const first = span ? firstMonth(thisMonth(), span) : monthsFrom(thisMonth(), 1 - monthsShown)
  const from = firstDay(first)
  const found = useQuery({
    ...cashFlowOptions(by, from, today(), asOf),
    placeholderData: keepPreviousData,
  })
  const all = found.data ?? []
  const currencies = totals(all.map(({ income }) => income)).map(({ currency }) => currency)
  const currency = search.currency ?? currencies[0] ?? 'EUR'
  const periods = all.filter(({ income }) => income.currency === currency)
  const flows = span ? grouped(periods, span) : periods
  const change = (changed: Partial<typeof search>) =>
    navigate({ search: (former) => ({ ...former, ...changed }), replace: true, resetScroll: false })
  return (
    <InsightPage
      title={texts.title}
      lead={texts.lead}
      known={all[0]?.knownAt}
      found
      pending={found.isPending}
      actions={
        found.data?.length !== 0 && (
          <>
            {currencies.length > 1 && (
              <select
                aria-label={texts.currency}
                className="control w-auto"
                value={currency}
                onChange={({ target }) => change({ currency: target.value })}
              >
                {currencies.map((each) => (
                  <option key={each}>{each}</option>
                ))}
              </select>
            )}
            <Choice
              label={texts.by}
              value={search.by || 'month'}
              options={[
                ['month', texts.MONTH, texts.MONTH_NAME],
                ['pay-day', texts.PAY_DAY, texts.PAY_DAY_NAME],
                ['quarter', texts.QUARTER],
                ['year', texts.YEAR],
              ]}
              onChange={(chosen) => change({ by: chosen === 'month' ? undefined : chosen })}
            />
          </>
        )
      }
    >
      <Awaited of={found} rows={3} height={200} />
      {found.data?.length === 0 && (
        <Empty title={texts.empty} text={texts.emptyText}>
          <ButtonLink to="/connect">{words.common.connectBank}</ButtonLink>
        </Empty>
      )}
      {flows.length > 0 && (
        <div className="flex flex-col gap-6">
          <Periods flows={flows} byPayDay={by === 'PAY_DAY'} />
          <Worth currency={currency} />
          <Paired />
        </div>
      )}
    </InsightPage>
  )
}
