import { lastDay, monthsFrom } from '../../lib/dates'
import type { Money } from '../../lib/money'

/** Calendar months put together. */
export type Span = 'quarter' | 'year'

const monthsOf: Record<Span, number> = { quarter: 3, year: 12 }
/** So many are shown: the server knows a little more than three years of single movements. */
export const spansShown: Record<Span, number> = { quarter: 8, year: 3 }

type Period = {
  from: string
  to: string
  income: Money
  spent: Money
  saved: Money
  savingsRatePerMille: number | null
}

/** The month that the span of a month begins with. */
export function spanOf(month: string, span: Span): string {
  const number = Number(month.slice(5))
  return monthsFrom(month, -((number - 1) % monthsOf[span]))
}

/** The first month of all spans that are shown up to a month. */
export function firstMonth(month: string, span: Span): string {
  return monthsFrom(spanOf(month, span), -monthsOf[span] * (spansShown[span] - 1))
}

function plus(one: Money, other: Money): Money {
  return { currency: one.currency, minor: (BigInt(one.minor) + BigInt(other.minor)).toString() }
}

/** What is left of the income, in parts of a thousand of it. */
function rateOf(income: Money, spent: Money): number | null {
  const earned = BigInt(income.minor)
  return earned > 0n ? Number(((earned - BigInt(spent.minor)) * 1_000n) / earned) : null
}

/** Months of one currency, oldest first, as quarters or years. */
export function grouped<Flow extends Period>(months: readonly Flow[], span: Span): Flow[] {
  const groups = new Map<string, Flow>()
  for (const month of months) {
    const first = spanOf(month.from.slice(0, 7), span)
    const former = groups.get(first)
    const income = former ? plus(former.income, month.income) : month.income
    const spent = former ? plus(former.spent, month.spent) : month.spent
    groups.set(first, {
      ...month,
      from: `${first}-01`,
      to: lastDay(monthsFrom(first, monthsOf[span] - 1)),
      income,
      spent,
      saved: former ? plus(former.saved, month.saved) : month.saved,
      savingsRatePerMille: rateOf(income, spent),
    })
  }
  return [...groups.values()]
}

/** Which span exactly these days are. */
export function spanOfDays(from: string, to: string): Span | null {
  const month = from.slice(0, 7)
  const spans: Span[] = ['quarter', 'year']
  const fits = (span: Span) =>
    from === `${spanOf(month, span)}-01` && to === lastDay(monthsFrom(month, monthsOf[span] - 1))
  return spans.find(fits) ?? null
}
