import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useComingWords } from '../../i18n/coming'
import { useWords } from '../../i18n/words'
import { beatsWithin, isMoved } from '../../lib/beats'
import { daysFrom, shortDayText, today } from '../../lib/dates'
import { isNegative, totals } from '../../lib/money'
import { recurringOptions } from '../../queries/insights'
import { Amount, useAmountText } from '../../ui/amount'
import { Name } from '../../ui/name'
import { Card } from '../../ui/page'
import { Awaited } from '../../ui/states'

const daysAhead = 7
const billsShown = 6

/** What recurs and is expected to go out within a week. */
export default function Coming() {
  const words = useWords()
  const texts = useComingWords()
  const amountText = useAmountText()
  const found = useQuery(recurringOptions())
  const from = today()
  const bills = beatsWithin(found.data ?? [], from, daysFrom(from, daysAhead)).filter(
    ({ stream, amount, came }) => !came && !isMoved(stream) && isNegative(amount),
  )
  const sums = totals(bills.map(({ amount }) => amount)).map((money) => amountText(money))
  return (
    <Card
      title={texts.title}
      aside={
        <Link
          to="/recurring"
          search={{ view: 'calendar' }}
          className="inline-flex min-h-6 items-center text-accent underline"
        >
          {words.common.seeAll}
        </Link>
      }
    >
      <div className="min-h-14">
        <Awaited of={found} rows={2} height={24} />
        {found.data && bills.length === 0 && <p className="text-muted">{texts.none}</p>}
        <ul>
          {bills.slice(0, billsShown).map(({ stream, day, amount }) => (
            <li key={`${stream.payee} ${day}`} className="flex items-baseline gap-3 py-1">
              <span className="w-14 shrink-0 text-sm text-muted tabular-nums">
                {shortDayText(day, words.locale)}
              </span>
              <Name className="min-w-0 flex-1 break-words">{stream.label}</Name>
              <Amount money={amount} tone="flow" />
            </li>
          ))}
        </ul>
        {bills.length > 1 && <p className="mt-1 text-sm text-muted">{texts.sum(sums.join(', '))}</p>}
      </div>
    </Card>
  )
}
