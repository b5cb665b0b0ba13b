import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { categoryText, useWords } from '../i18n/words'
import { categoryColour } from '../lib/categories'
import { type Money, share } from '../lib/money'
import type { TransactionSearch } from '../lib/search'
import { Amount } from '../ui/amount'

export type Bar = { categoryId: string; amount: Money; search: TransactionSearch; change?: ReactNode }

type BarsProps = { bars: Bar[]; caption: string; changeTitle?: string }

/** Ranked horizontal bars that are a table: every bar has its amount at its end and leads to its rows. */
export function Bars({ bars, caption, changeTitle }: BarsProps) {
  const words = useWords()
  const longest = bars[0]?.amount
  if (!longest) return null
  return (
    <table className="w-full">
      <caption className="sr-only">{caption}</caption>
      <thead className={changeTitle ? 'text-left text-sm text-muted' : 'sr-only'}>
        <tr>
          <th scope="col" className="pb-2 font-medium">
            {words.spending.category}
          </th>
          <th scope="col" className="hidden pb-2 font-medium sm:table-cell">
            <span className="sr-only">{words.spending.share}</span>
          </th>
          <th scope="col" className="pb-2 text-right font-medium">
            {words.spending.amount}
          </th>
          {changeTitle && (
            <th scope="col" className="hidden pb-2 pl-4 text-right font-medium lg:table-cell">
              {changeTitle}
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {bars.map(({ categoryId, amount, search, change }) => (
          <tr key={categoryId} className="h-9">
            <th scope="row" className="w-[40%] pr-3 text-left font-normal sm:w-44">
              <Link
                to="/transactions"
                search={search}
                className="inline-flex min-h-6 items-center gap-2 underline-offset-2 hover:underline"
              >
                <span
                  aria-hidden="true"
                  className="bar-fill size-2.5 shrink-0 rounded-[3px]"
                  style={{ background: categoryColour(categoryId) }}
                />
                {categoryText(words, categoryId)}
              </Link>
            </th>
            <td className="hidden sm:table-cell">
              <span aria-hidden="true" className="block h-2.5 rounded-full bg-track">
                <span
                  className="bar-fill block h-full min-w-1 rounded-full"
                  style={{ width: `${share(amount, longest) * 100}%`, background: categoryColour(categoryId) }}
                />
              </span>
            </td>
            <td className="pl-3 text-right">
              <Amount money={amount} />
            </td>
            {changeTitle && <td className="hidden pl-4 text-right lg:table-cell">{change}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
