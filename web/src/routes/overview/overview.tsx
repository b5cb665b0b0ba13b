import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { lazy, Suspense } from 'react'
import { useWords } from '../../i18n/words'
import {
  accountsOptions,
  connectionsOptions,
  renewalNoticesOptions,
  reviewCountOptions,
} from '../../queries/options'
import { ButtonLink } from '../../ui/button'
import { Name } from '../../ui/name'
import { Page } from '../../ui/page'
import { Empty, Failure, Skeleton } from '../../ui/states'
import { AccountsByBank } from '../accounts/list'
import { HistoryPlace } from '../balances/place'
import { Attention } from './attention'
import { MonthFlow } from './flow'
import { NewestNotices } from './notices'
import { MonthSpending } from './spending'
import { TotalBalance } from './total'
import { TourOffer } from './tour-offer'

/** Below what one sees first: the page does not wait for it. */
const Coming = lazy(() => import('./coming'))
const History = lazy(() => import('../balances/history'))

export function Overview() {
  const words = useWords()
  const accounts = useQuery(accountsOptions)
  const connections = useQuery(connectionsOptions)
  const notices = useQuery(renewalNoticesOptions)
  const waiting = useQuery(reviewCountOptions)
  // All at once, so that nothing jumps when the slower answer comes.
  const pending = [accounts, connections, notices, waiting].some(({ isPending }) => isPending)
  const firstReading =
    accounts.data?.length === 0 && connections.data?.find(({ status }) => status === 'ACTIVE')
  const nothingYet =
    accounts.data?.length === 0 && connections.data?.every(({ status }) => status !== 'ACTIVE')

  return (
    <Page
      title={words.overview.title}
      actions={
        !nothingYet && (
          <ButtonLink to="/connect" look="primary">
            <Plus size={16} aria-hidden="true" />
            {words.common.connectBank}
          </ButtonLink>
        )
      }
    >
      <div className="flex flex-col gap-6">
        {!pending && connections.data && <Attention connections={connections.data} />}
        {!pending && <TourOffer />}
        {nothingYet && (
          <Empty title={words.overview.emptyTitle} text={words.overview.emptyText}>
            <ButtonLink to="/connect" look="primary">
              {words.common.connectBank}
            </ButtonLink>
          </Empty>
        )}
        {firstReading && (
          <Link
            to="/connections/$connectionId"
            params={{ connectionId: firstReading.id }}
            className="card block p-4 underline underline-offset-2 sm:p-6"
          >
            <Name>{firstReading.bank.name}</Name>: {words.connections.sync.RUNNING(0, 0, '')}
          </Link>
        )}
        {pending && <Skeleton rows={4} height={140} />}
        {accounts.isError && <Failure error={accounts.error} retry={() => accounts.refetch()} />}
        {!pending && accounts.data && accounts.data.length > 0 && (
          <>
            <TotalBalance accounts={accounts.data} />
            <Suspense fallback={<HistoryPlace />}>
              <History />
            </Suspense>
            <NewestNotices />
            <MonthFlow />
            <Suspense fallback={<Skeleton rows={1} height={134} />}>
              <Coming />
            </Suspense>
            <MonthSpending />
            <section>
              <h2 className="mb-3 text-lg font-semibold">{words.overview.accounts}</h2>
              <AccountsByBank accounts={accounts.data} headings={3} />
            </section>
          </>
        )}
      </div>
    </Page>
  )
}
