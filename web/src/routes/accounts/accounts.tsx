import { useQuery } from '@tanstack/react-query'
import { useWords } from '../../i18n/words'
import { totals } from '../../lib/money'
import { accountsOptions } from '../../queries/options'
import { ButtonLink } from '../../ui/button'
import { Page } from '../../ui/page'
import { Awaited, Empty } from '../../ui/states'
import { ConvertedTotal } from '../overview/converted'
import { AccountsByBank } from './list'

export function Accounts() {
  const words = useWords()
  const accounts = useQuery(accountsOptions)
  const live = (accounts.data ?? []).filter((account) => account.live)
  const [first, ...others] = totals(live.flatMap(({ booked }) => (booked ? [booked] : [])))
  return (
    <Page
      title={words.accounts.title}
      actions={
        <>
          <ButtonLink to="/import">{words.importing.action}</ButtonLink>
          <ButtonLink to="/connect">{words.common.connectBank}</ButtonLink>
        </>
      }
    >
      <Awaited of={accounts} rows={3} height={140} />
      {accounts.data?.length === 0 && (
        <Empty title={words.accounts.empty} text={words.accounts.emptyText}>
          <ButtonLink to="/connect" look="primary">
            {words.common.connectBank}
          </ButtonLink>
        </Empty>
      )}
      {first && others.length > 0 && (
        <div className="mb-4">
          <ConvertedTotal currency={first.currency} />
        </div>
      )}
      {accounts.data && <AccountsByBank accounts={accounts.data} headings={2} />}
    </Page>
  )
}
