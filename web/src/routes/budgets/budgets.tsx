import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import type { BudgetsQuery } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { useAsOf } from '../../lib/as-of'
import { budgetsOptions } from '../../queries/insights'
import { Button } from '../../ui/button'
import { Empty, Failure, Skeleton } from '../../ui/states'
import { Twin } from '../../ui/twin'
import { InsightPage } from '../insights/frame'
import { BudgetCard } from './card'
import { BudgetTable } from './table'

const EditBudget = lazy(() => import('./edit'))

export type Budget = BudgetsQuery['budgets'][number]

export const keyOf = ({ category, limit }: Budget) => `${category.id} ${limit.currency}`

export function BudgetsPage() {
  const { budgets: texts } = useWords().insights
  const asOf = useAsOf()
  const found = useQuery(budgetsOptions(asOf))
  const [edited, setEdited] = useState<Budget | 'new' | null>(null)
  const budgets = found.data ?? []
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
      actions={!asOf && found.data?.length !== 0 && add}
    >
      {found.isPending && <Skeleton rows={3} height={150} />}
      {found.isError && <Failure error={found.error} retry={() => found.refetch()} />}
      {found.data?.length === 0 && (
        <Empty title={texts.empty} text={texts.emptyText}>
          {!asOf && add}
        </Empty>
      )}
      {budgets.length > 0 && (
        <Twin table={<BudgetTable budgets={budgets} />}>
          <ul className="grid gap-4 lg:grid-cols-2">
            {budgets.map((budget) => (
              <li key={keyOf(budget)}>
                <BudgetCard budget={budget} past={asOf !== undefined} onEdit={() => setEdited(budget)} />
              </li>
            ))}
          </ul>
        </Twin>
      )}
      {edited && !asOf && (
        <Suspense>
          <EditBudget
            budget={edited === 'new' ? null : edited}
            budgets={budgets}
            onClose={() => setEdited(null)}
          />
        </Suspense>
      )}
    </InsightPage>
  )
}
