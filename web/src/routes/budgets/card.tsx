import { Link } from '@tanstack/react-router'
import { Pencil } from 'lucide-react'
import { usePageWords } from '../../i18n/page-words'
import { categoryText, useWords } from '../../i18n/words'
import { categoryColour } from '../../lib/categories'
import { daysBetween, firstDay, lastDay, thisMonth, today } from '../../lib/dates'
import { absolute, difference, isNegative, type Money, share } from '../../lib/money'
import { useAmountText } from '../../ui/amount'
import { IconButton } from '../../ui/button'
import type { Budget } from './budgets'

/** Within a twentieth of the limit of an even pace is even. */
const evenWithin = 20n

function paceOf({ spent, even, limit }: Budget): 'under' | 'even' | 'over' {
  const gap = BigInt(spent.minor) - BigInt(even.minor)
  const room = BigInt(limit.minor) / evenWithin
  if (gap > room) return 'over'
  return gap < -room ? 'under' : 'even'
}

/** What is left for each of the days that remain, today included. */
function aDay(left: Money, days: number): Money {
  return { ...left, minor: (BigInt(left.minor) / BigInt(Math.max(1, days))).toString() }
}

type BudgetCardProps = { budget: Budget; past: boolean; onEdit: () => void }

export function BudgetCard({ budget, past, onEdit }: BudgetCardProps) {
  const words = useWords()
  const { budgets: texts } = usePageWords()
  const amountText = useAmountText()
  const name = categoryText(words, budget.category.id)
  const { limit, spent, left, likely } = budget
  const over = isNegative(left)
  const month = thisMonth()
  const days = daysBetween(today(), lastDay(month))
  const excess = difference(likely, limit)
  const tooMuch = !isNegative(excess) && !/^0*$/.test(excess.minor)
  return (
    <section className="card h-full p-4 sm:p-5">
      <div className="flex items-start justify-between gap-3">
        <h2 className="flex min-w-0 items-center gap-2 font-semibold">
          <span
            aria-hidden="true"
            className="bar-fill size-2.5 shrink-0 rounded-[3px]"
            style={{ background: categoryColour(budget.category.id) }}
          />
          <Link
            to="/transactions"
            search={{ category: budget.category.id, from: firstDay(month), to: lastDay(month) }}
            className="inline-flex min-h-6 min-w-0 items-center underline-offset-2 hover:underline"
          >
            {name}
          </Link>
        </h2>
        {!past && (
          <span className="screen-only -mt-1.5 -mr-1.5">
            <IconButton label={texts.edit(name)} onClick={onEdit}>
              <Pencil size={16} aria-hidden="true" />
            </IconButton>
          </span>
        )}
      </div>
      <p className={`mt-1 text-xl font-semibold tracking-[-0.015em] ${over ? 'text-negative' : ''}`}>
        {over ? texts.over(amountText(absolute(left))) : texts.left(amountText(left))}
      </p>
      <Track budget={budget} />
      <p className="flex flex-wrap justify-between gap-x-4 text-sm text-muted tabular-nums">
        <span>{texts.spentOf(amountText(spent), amountText(limit))}</span>
        {!past && (
          <span>
            {texts.daysLeft(days)}
            {!over && ` · ${texts.perDay(amountText(aDay(left, days)))}`}
          </span>
        )}
      </p>
      <p className="mt-3 text-sm">
        <span className={paceOf(budget) === 'over' ? 'font-medium text-warn' : ''}>
          {texts.pace[paceOf(budget)]}.
        </span>{' '}
        <span className={tooMuch ? 'font-medium text-warn' : ''}>
          {tooMuch
            ? texts.likelyOver(amountText(likely), amountText(excess))
            : texts.likely(amountText(likely))}
          .
        </span>{' '}
        <span className="text-muted">{texts.usual(amountText(budget.usual))}</span>
      </p>
    </section>
  )
}

/** How much is spent, with a mark where an even pace would be. */
function Track({ budget: { category, spent, limit, even, left } }: { budget: Budget }) {
  const { budgets: texts } = usePageWords()
  const amountText = useAmountText()
  const over = isNegative(left)
  return (
    <div className="relative my-2.5" title={texts.evenAt(amountText(even))}>
      <span className="sr-only">{texts.evenAt(amountText(even))}</span>
      <div aria-hidden="true" className="h-2.5 overflow-hidden rounded-full bg-track">
        <div
          className={`bar-fill h-full rounded-full ${over ? 'bg-negative' : ''}`}
          style={{
            width: `${share(spent, limit) * 100}%`,
            background: over ? undefined : categoryColour(category.id),
          }}
        />
      </div>
      <span
        aria-hidden="true"
        className="bar-fill absolute -top-1 h-[18px] w-0.5 -translate-x-1/2 rounded-full bg-ink"
        style={{ left: `${share(even, limit) * 100}%` }}
      />
    </div>
  )
}
