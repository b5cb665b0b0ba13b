import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { categoryText, useWords } from '../i18n/words'
import { categoryColour } from '../lib/categories'
import { type Money, share } from '../lib/money'
import type { SpendingSearch, TransactionSearch } from '../lib/search'
import { Amount } from '../ui/amount'

export type Bar = { categoryId: string; amount: Money; search: TransactionSearch; change?: ReactNode }

type BarsProps = {
  bars: Bar[]
  caption: string
  changeTitle?: string
  /** Goes into a category on the spot, instead of to its rows. */
  into?: (categoryId: string) => SpendingSearch
}

/** Ranked horizontal bars that are a table: every bar has its amount at its end and leads to its rows. */
export function Bars({ bars, caption, changeTitle, into }: BarsProps) {
  const words = useWords()
  const longest = bars[0]?.amount
  if (!longest) return null
  return (
    <div className="@container">
      <table className="w-full">
        <caption className="sr-only">{caption}</caption>
        <thead className={changeTitle ? 'text-left text-sm text-muted' : 'sr-only'}>
          <tr>
            <th scope="col" className="pb-2 font-medium">
              {words.spending.category}
            </th>
            <th scope="col" className="hidden pb-2 font-medium @lg:table-cell">
              <span className="sr-only">{words.spending.share}</span>
            </th>
            <th scope="col" className="pb-2 text-right font-medium">
              {words.spending.amount}
            </th>
            {changeTitle && (
              <th
                scope="col"
                className="hidden pb-2 pl-6 text-right font-medium whitespace-nowrap @2xl:table-cell"
              >
                {changeTitle}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {bars.map(({ categoryId, amount, search, change }) => (
            <tr key={categoryId} className="h-9">
              <th
                scope="row"
                className="w-full py-1 pr-3 text-left font-normal @lg:w-px @lg:whitespace-nowrap"
              >
                <Link
                  {...(into
                    ? { to: '/spending', search: into(categoryId), resetScroll: false }
                    : { to: '/transactions', search })}
                  className="inline-flex min-h-6 items-center gap-2 underline-offset-2 hover:underline"
                >
                  <span
                    aria-hidden="true"
                    className="bar-fill size-2.5 shrink-0 rounded-[3px]"
                    style={{ background: categoryColour(categoryId) }}
                  />
                  {categoryText(words, categoryId)}
                </Link>
                <span className="block @lg:hidden">
                  <Track categoryId={categoryId} part={share(amount, longest)} />
                </span>
              </th>
              <td className="hidden w-full pl-3 @lg:table-cell">
                <Track categoryId={categoryId} part={share(amount, longest)} />
              </td>
              <td className="pl-4 text-right @lg:min-w-28">
                <Amount money={amount} />
              </td>
              {changeTitle && (
                <td className="hidden pl-6 text-right whitespace-nowrap @2xl:table-cell">{change}</td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Track({ categoryId, part }: { categoryId: string; part: number }) {
  return (
    <span aria-hidden="true" className="block h-2.5 rounded-full bg-track">
      <span
        className="bar-fill block h-full min-w-1 rounded-full"
        style={{ width: `${part * 100}%`, background: categoryColour(categoryId) }}
      />
    </span>
  )
}
