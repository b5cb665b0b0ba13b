import { usePageWords } from '../../i18n/page-words'
import { categoryText, useWords } from '../../i18n/words'
import { Amount } from '../../ui/amount'
import { type Budget, keyOf } from './budgets'

export function BudgetTable({ budgets }: { budgets: readonly Budget[] }) {
  const words = useWords()
  const { budgets: texts } = usePageWords()
  const columns = [
    texts.limit,
    texts.spent,
    texts.leftColumn,
    texts.even,
    texts.likelyColumn,
    texts.usualColumn,
  ]
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table must be scrollable by keyboard
    <section tabIndex={0} aria-label={texts.table} className="card overflow-x-auto p-4 sm:p-6">
      <table className="w-full text-right text-sm">
        <caption className="sr-only">{texts.table}</caption>
        <thead>
          <tr className="border-b border-line text-muted">
            <th scope="col" className="pb-2 text-left font-medium">
              {texts.category}
            </th>
            {columns.map((name) => (
              <th key={name} scope="col" className="pb-2 pl-4 font-medium">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {budgets.map((budget) => {
            const { limit, spent, left, even, likely, usual } = budget
            return (
              <tr key={keyOf(budget)} className="border-b border-line last:border-b-0">
                <th scope="row" className="py-2 text-left font-medium">
                  {categoryText(words, budget.category.id)}
                </th>
                {Object.entries({ limit, spent, left, even, likely, usual }).map(([name, money]) => (
                  <td key={name} className="py-2 pl-4">
                    <Amount money={money} tone={name === 'left' ? 'balance' : 'plain'} />
                  </td>
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
    </section>
  )
}
