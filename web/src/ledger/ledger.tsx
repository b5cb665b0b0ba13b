import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useState } from 'react'
import type { TransactionFilter } from '../gql/graphql'
import { useWords } from '../i18n/words'
import { bucketsOptions } from '../queries/options'
import { announce } from '../ui/announce'
import { Failure, Skeleton } from '../ui/states'
import { Grid } from './grid'

const Detail = lazy(() => import('./detail'))
const Export = lazy(() => import('./export'))

type LedgerProps = {
  filter: TransactionFilter
  withAccount: boolean
  opened: string | undefined
  onOpen: (id: string | undefined) => void
  empty: ReactNode
}

/** The transactions a filter leaves, and the one that is opened: shared by two screens. */
export function Ledger({ filter, withAccount, opened, onOpen, empty }: LedgerProps) {
  const words = useWords()
  const [saving, setSaving] = useState(false)
  const buckets = useQuery({ ...bucketsOptions(filter), placeholderData: keepPreviousData })
  const [step, setStep] = useState<((by: 1 | -1) => void) | null>(null)
  const heardNeighbours = useCallback((next: ((by: 1 | -1) => void) | null) => setStep(() => next), [])
  const count = buckets.data?.buckets.reduce((sum, bucket) => sum + bucket.count, 0)
  const countText = count === undefined ? '' : words.common.transactions(count)

  useEffect(() => {
    if (countText) announce(countText)
  }, [countText])

  const close = () => {
    onOpen(undefined)
    // The dialog gives the focus back only when it knows the opener; the list is always right.
    requestAnimationFrame(() => document.getElementById('ledger')?.focus({ preventScroll: true }))
  }

  return (
    <>
      <p className="px-4 pb-3 text-sm text-muted md:px-6" data-count={count}>
        {countText || '\u00a0'}
      </p>
      {buckets.isPending && (
        <div className="px-4 md:px-6">
          <Skeleton rows={8} height={36} />
        </div>
      )}
      {buckets.isError && (
        <div className="px-4 pb-4 md:px-6">
          <Failure error={buckets.error} retry={() => buckets.refetch()} />
        </div>
      )}
      {count === 0 && <div className="px-4 md:px-6">{empty}</div>}
      {buckets.data && count !== undefined && count > 0 && (
        <Grid
          buckets={buckets.data.buckets}
          filter={buckets.data.filter}
          withAccount={withAccount}
          opened={opened}
          onOpen={onOpen}
          onNeighbours={heardNeighbours}
          onSave={() => setSaving(true)}
        />
      )}
      {saving && buckets.data && (
        <Suspense>
          <Export
            filter={buckets.data.filter}
            buckets={buckets.data.buckets}
            onClose={() => setSaving(false)}
          />
        </Suspense>
      )}
      {opened && (
        <Suspense>
          <Detail id={opened} onClose={close} step={step} />
        </Suspense>
      )}
    </>
  )
}
