import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Bars } from '../../charts/bars'
import { currenciesOf, ranked } from '../../charts/spending'
import { useWords } from '../../i18n/words'
import { firstDay, lastDay, monthText, thisMonth } from '../../lib/dates'
import { spendingOptions } from '../../queries/options'
import { Card } from '../../ui/page'
import { Awaited } from '../../ui/states'

const barsShown = 7

/** The largest categories of this month. */
export function MonthSpending() {
  const words = useWords()
  const month = thisMonth()
  const spending = useQuery(spendingOptions(month, month))
  const currency = currenciesOf(spending.data ?? [])[0] ?? 'EUR'
  const rows = ranked(spending.data ?? [], month, currency).slice(0, barsShown)
  const title = words.overview.spending(monthText(month, words.locale))
  const days = { from: firstDay(month), to: lastDay(month) }
  return (
    <Card
      title={title}
      aside={
        <Link to="/spending" className="inline-flex min-h-6 items-center text-accent underline">
          {words.common.seeAll}
        </Link>
      }
    >
      <Awaited of={spending} rows={barsShown} height={24} />
      {spending.data && rows.length === 0 && <p className="text-muted">{words.overview.noSpending}</p>}
      <Bars
        caption={title}
        bars={rows.map(({ category, amount }) => ({
          categoryId: category.id,
          amount,
          search: { ...days, category: category.id },
        }))}
      />
    </Card>
  )
}
