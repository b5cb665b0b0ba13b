import { useQuery } from '@tanstack/react-query'
import { useWords } from '../../i18n/words'
import { accountsOptions } from '../../queries/options'
import { ButtonLink } from '../../ui/button'
import { Page } from '../../ui/page'
import { Empty, Failure, Skeleton } from '../../ui/states'
import { AccountsByBank } from './list'

export function Accounts() {
  const words = useWords()
  const accounts = useQuery(accountsOptions)
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
      {accounts.isPending && <Skeleton rows={3} height={140} />}
      {accounts.isError && <Failure error={accounts.error} retry={() => accounts.refetch()} />}
      {accounts.data?.length === 0 && (
        <Empty title={words.accounts.empty} text={words.accounts.emptyText}>
          <ButtonLink to="/connect" look="primary">
            {words.common.connectBank}
          </ButtonLink>
        </Empty>
      )}
      {accounts.data && <AccountsByBank accounts={accounts.data} headings={2} />}
    </Page>
  )
}
