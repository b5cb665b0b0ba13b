import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useWords } from '../../i18n/words'
import { firstDay, lastDay, monthText, thisMonth } from '../../lib/dates'
import { absolute, type Money, negated } from '../../lib/money'
import { bucketsOptions } from '../../queries/options'
import { Amount } from '../../ui/amount'
import { Card } from '../../ui/page'
import { Awaited } from '../../ui/states'

/** What came in and went out this month. */
export function MonthFlow() {
  const words = useWords()
  const month = thisMonth()
  const days = { from: firstDay(month), to: lastDay(month) }
  // This month alone: counting ten years for two figures would keep a long history waiting.
  const buckets = useQuery(bucketsOptions(days))
  const bucket = buckets.data?.buckets.find((each) => each.month === month)
  return (
    <Card title={monthText(month, words.locale)}>
      <Awaited of={buckets} rows={1} height={82} />
      {buckets.data && (
        <>
          <div className="grid grid-cols-1 gap-4 min-[380px]:grid-cols-2">
            <Flow
              title={words.overview.moneyIn}
              amounts={bucket?.inflow.map(absolute) ?? []}
              search={{ ...days, direction: 'IN' }}
            />
            <Flow
              title={words.overview.moneyOut}
              amounts={bucket?.outflow.map((money) => negated(absolute(money))) ?? []}
              search={{ ...days, direction: 'OUT' }}
            />
          </div>
          <p className="mt-3 text-sm text-muted">{words.overview.flowNote}</p>
        </>
      )}
    </Card>
  )
}

type FlowProps = {
  title: string
  amounts: Money[]
  search: { from: string; to: string; direction: 'IN' | 'OUT' }
}

function Flow({ title, amounts, search }: FlowProps) {
  return (
    <div>
      <h3>
        <Link
          to="/transactions"
          search={search}
          className="inline-flex min-h-6 items-center text-muted underline decoration-line underline-offset-4 hover:decoration-current"
        >
          {title}
        </Link>
      </h3>
      <p className="flex flex-wrap gap-x-4 text-xl font-semibold">
        {amounts.map((money) => (
          <Amount key={money.currency} money={money} tone="flow" />
        ))}
        {amounts.length === 0 && <span className="text-muted">–</span>}
      </p>
    </div>
  )
}
