import { useQuery } from '@tanstack/react-query'
import { useWords } from '../../i18n/words'
import { useAsOf } from '../../lib/as-of'
import { dayText } from '../../lib/dates'
import { insightReachOptions } from '../../queries/insights'

/** Says from which day on every transaction is looked at, if some are left out because there are too many. */
export function Reach() {
  const words = useWords()
  const { data } = useQuery(insightReachOptions(useAsOf()))
  if (!data?.isCut) return null
  const rows = new Intl.NumberFormat(words.locale).format(data.mostRows)
  return (
    <p role="note" className="mb-6 rounded-card border border-warn bg-warn-soft p-4 text-warn">
      {words.insights.reach(rows, dayText(data.from, words.locale))}
    </p>
  )
}
