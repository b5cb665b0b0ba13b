import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import type { ForecastsQuery, SupposedPayment } from '../../gql/graphql'
import { usePageWords } from '../../i18n/page-words'
import { useWords } from '../../i18n/words'
import { useAsOf } from '../../lib/as-of'
import { dayText, longDayText } from '../../lib/dates'
import { isNegative } from '../../lib/money'
import { forecastsOptions } from '../../queries/insights'
import { Amount, useAmountText } from '../../ui/amount'
import { ButtonLink } from '../../ui/button'
import { Card } from '../../ui/page'
import { Empty, Failure, Skeleton } from '../../ui/states'
import { InsightPage } from '../insights/frame'
import { Ahead } from './chart'
import { WhatIf } from './what-if'

/** What stands below the picture: the page does not wait for it. */
const Assumed = lazy(() => import('./assumed').then((part) => ({ default: part.Assumed })))
const Scores = lazy(() => import('./scores').then((part) => ({ default: part.Scores })))

export type Forecast = ForecastsQuery['forecasts'][number]

export function ForecastPage() {
  const words = useWords()
  const { forecast: texts } = usePageWords()
  const asOf = useAsOf()
  const [supposed, setSupposed] = useState<SupposedPayment[]>([])
  const [chosen, setChosen] = useState<string | null>(null)
  const plain = useQuery(forecastsOptions([], asOf))
  const tried = useQuery({ ...forecastsOptions(supposed, asOf), placeholderData: keepPreviousData })
  const found = tried.data ?? plain.data
  const currency = chosen ?? found?.[0]?.balance.currency
  const ofCurrency = (forecasts: Forecast[] | undefined) =>
    forecasts?.find(({ balance }) => balance.currency === currency)
  const forecast = ofCurrency(found)
  const without = supposed.length > 0 ? ofCurrency(plain.data) : undefined
  return (
    <InsightPage
      title={texts.title}
      lead={texts.lead}
      pending={!found && plain.isPending}
      known={forecast?.knownAt}
      found
      actions={
        found &&
        found.length > 1 && (
          <select
            aria-label={texts.currency}
            className="control w-auto"
            value={currency}
            onChange={({ target }) => setChosen(target.value)}
          >
            {found.map(({ balance }) => (
              <option key={balance.currency}>{balance.currency}</option>
            ))}
          </select>
        )
      }
    >
      {!found && plain.isPending && <Skeleton rows={3} height={180} />}
      {plain.isError && <Failure error={plain.error} retry={() => plain.refetch()} />}
      {found && !forecast && (
        <Empty title={texts.empty} text={texts.emptyText}>
          <ButtonLink to="/connect">{words.common.connectBank}</ButtonLink>
        </Empty>
      )}
      {forecast && (
        <div className="flex flex-col gap-6">
          <Summary forecast={forecast} without={without} />
          <Card title={texts.chart}>
            <Ahead forecast={forecast} />
          </Card>
          <WhatIf
            currency={forecast.balance.currency}
            first={forecast.days[0]?.day ?? ''}
            last={forecast.days.at(-1)?.day ?? ''}
            supposed={supposed}
            failed={tried.isError ? tried.error : null}
            onChange={setSupposed}
          />
          <Suspense fallback={null}>
            <Assumed forecast={forecast} />
            <Scores key={forecast.balance.currency} currency={forecast.balance.currency} />
          </Suspense>
        </div>
      )}
    </InsightPage>
  )
}

type SummaryProps = { forecast: Forecast; without: Forecast | undefined }

/** The balance now, the lowest point named, and the end. */
function Summary({ forecast, without }: SummaryProps) {
  const words = useWords()
  const { forecast: texts } = usePageWords()
  const amountText = useAmountText()
  const { lowest, balance } = forecast
  const end = forecast.days.at(-1)
  const least = lowest && (lowest.low ?? lowest.known)
  const former = without?.lowest && (without.lowest.low ?? without.lowest.known)
  return (
    <dl className="card grid gap-x-8 gap-y-4 p-4 sm:grid-cols-3 sm:p-6">
      <div>
        <dt className="text-sm text-muted">{texts.now}</dt>
        <dd className="text-2xl font-semibold tracking-[-0.015em]">
          <Amount money={balance} tone="balance" />
        </dd>
      </div>
      {lowest && least && (
        <div>
          <dt className="text-sm text-muted">
            {texts.lowest} · {dayText(lowest.day, words.locale)}
          </dt>
          <dd>
            <Amount money={least} tone="balance" className="text-xl font-semibold tracking-[-0.015em]" />
            <span className={`block text-sm ${isNegative(least) ? 'text-negative' : 'text-muted'}`}>
              {isNegative(least) ? texts.belowNought : lowest.low ? texts.lowestLow : texts.lowestKnown}
            </span>
            {former && <span className="block text-sm text-muted">{texts.wouldBe(amountText(former))}</span>}
          </dd>
        </div>
      )}
      {end && (
        <div>
          <dt className="text-sm text-muted" title={longDayText(end.day, words.locale)}>
            {texts.end(dayText(end.day, words.locale))}
          </dt>
          <dd>
            {end.point || !end.low || !end.high ? (
              <Amount
                money={end.point ?? end.known}
                tone="balance"
                className="text-xl font-semibold tracking-[-0.015em]"
              />
            ) : (
              <span className="font-semibold tabular-nums">
                {texts.between(amountText(end.low), amountText(end.high))}
              </span>
            )}
            <span className="block text-sm text-muted tabular-nums">
              {end.point && end.low && end.high
                ? texts.between(amountText(end.low), amountText(end.high))
                : `${texts.known}: ${amountText(end.known)}`}
            </span>
          </dd>
        </div>
      )}
    </dl>
  )
}
