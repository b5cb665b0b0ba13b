import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useRef, useState } from 'react'
import type { BudgetsQuery } from '../../gql/graphql'
import { usePageWords } from '../../i18n/page-words'
import { useAsOf } from '../../lib/as-of'
import { budgetsOptions } from '../../queries/insights'
import { Button } from '../../ui/button'
import { Awaited, Empty } from '../../ui/states'
import { Twin } from '../../ui/twin'
import { InsightPage } from '../insights/frame'
import { BudgetCard } from './card'
import { EditBudget } from './edit'
import { BudgetTable } from './table'

export type Budget = BudgetsQuery['budgets'][number]

export const keyOf = ({ category, limit }: Budget) => `${category.id} ${limit.currency}`

export function BudgetsPage() {
  const { budgets: texts } = usePageWords()
  const asOf = useAsOf()
  const found = useQuery(budgetsOptions(asOf))
  const [edited, setEdited] = useState<string | null>(null)
  const place = useRef<HTMLDivElement>(null)
  const budgets = found.data ?? []
  const close = () => {
    setEdited(null)
    place.current?.focus({ preventScroll: true })
  }
  const add = (
    <Button look="primary" onClick={() => setEdited('new')}>
      <Plus size={16} aria-hidden="true" />
      {texts.add}
    </Button>
  )
  return (
    <InsightPage
      title={texts.title}
      lead={texts.lead}
      pending={found.isPending}
      known={budgets[0]?.knownAt}
      found
      actions={!asOf && found.data?.length !== 0 && add}
    >
      <Awaited of={found} rows={3} height={150} />
      {found.data?.length === 0 && !edited && (
        <Empty title={texts.empty} text={texts.emptyText}>
          {!asOf && add}
        </Empty>
      )}
      {edited === 'new' && !asOf && (
        <div className="mb-4">
          <EditBudget budget={null} budgets={budgets} onClose={close} />
        </div>
      )}
      <div ref={place} tabIndex={-1} className="outline-none">
        {budgets.length > 0 && (
          <Twin table={<BudgetTable budgets={budgets} />}>
            <ul className="grid gap-4 lg:grid-cols-2">
              {budgets.map((budget) => (
                <li key={keyOf(budget)}>
                  {keyOf(budget) === edited ? (
                    <EditBudget budget={budget} budgets={budgets} onClose={close} />
                  ) : (
                    <BudgetCard
                      budget={budget}
                      past={asOf !== undefined}
                      onEdit={() => setEdited(keyOf(budget))}
                    />
                  )}
                </li>
              ))}
            </ul>
          </Twin>
        )}
      </div>
    </InsightPage>
  )
}
