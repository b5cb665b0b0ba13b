import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense, useMemo } from 'react'
import type { AccountQuery } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { filterOf, useSearchLanguage } from '../../ledger/filters'
import { Ledger } from '../../ledger/ledger'
import { SearchBox } from '../../ledger/search-box'
import { instantText } from '../../lib/dates'
import { accountOptions } from '../../queries/options'
import { Amount, useAmountText } from '../../ui/amount'
import { Badge } from '../../ui/badge'
import { ButtonLink } from '../../ui/button'
import { DemoMark } from '../../ui/demo'
import { Name, useNameText } from '../../ui/name'
import { Card, Page } from '../../ui/page'
import { Awaited, CopyButton, Empty, Skeleton } from '../../ui/states'
import { HistoryPlace } from '../balances/place'
import { groupedIdentifier } from './identifier'
import { ReadingLine, ReadingReasons } from './reading'

const Coverage = lazy(() => import('./coverage'))
const History = lazy(() => import('../balances/history'))

type Account = NonNullable<AccountQuery['account']>

export function AccountPage() {
  const words = useWords()
  const { accountId } = useParams({ from: '/app/accounts/$accountId' })
  const account = useQuery(accountOptions(accountId))

  if (account.isPending || account.isError || !account.data) {
    const missing = account.data === null
    return (
      <Page title={missing ? words.accounts.notFound : words.accounts.title}>
        <Awaited of={account} rows={3} height={120} />
        {missing && (
          <Empty title={words.accounts.notFound} text={words.accounts.notFoundText}>
            <ButtonLink to="/accounts">{words.accounts.title}</ButtonLink>
          </Empty>
        )}
      </Page>
    )
  }
  return (
    <>
      <Summary account={account.data} />
      <div className="mx-auto max-w-[1024px] px-4 pb-6 md:px-6">
        <Suspense fallback={<HistoryPlace />}>
          <History accountId={accountId} />
        </Suspense>
      </div>
      <Suspense
        fallback={
          <div className="mx-auto max-w-[1024px] px-4 md:px-6">
            <Skeleton rows={1} height={320} />
          </div>
        }
      >
        <Coverage accountId={accountId} />
      </Suspense>
      <AccountLedger accountId={accountId} />
    </>
  )
}

function Summary({ account }: { account: Account }) {
  const words = useWords()
  const nameText = useNameText()
  return (
    <Page
      title={nameText(account.name)}
      actions={
        <ButtonLink to="/statement" search={{ account: account.id }}>
          {words.page.statements}
        </ButtonLink>
      }
      lead={
        <>
          <Name>{account.bank.name}</Name> · {words.accounts.kind[account.kind]}{' '}
          {account.bank.demo && <DemoMark />}
          <ReadingLine state={account} className="block" />
        </>
      }
    >
      {!account.live && (
        <p className="mb-4 flex flex-wrap items-center gap-3 rounded-card border border-line bg-inset p-4">
          <Badge tone="quiet">{words.accounts.ended}</Badge>
          {words.accounts.endedText}
        </p>
      )}
      <div className="grid gap-4 md:grid-cols-2">
        <Card title={words.accounts.balances}>
          <Balances account={account} />
        </Card>
        <Card>
          <dl className="flex flex-col gap-3">
            <Fact name={account.kind === 'CARD' ? words.accounts.cardNumber : words.accounts.identifier}>
              <span className="inline-flex flex-wrap items-center gap-2">
                <span className="amount font-mono text-sm whitespace-normal">
                  <Name>{groupedIdentifier(account.identifier)}</Name>
                </span>
                <CopyButton text={account.identifier} label={words.accounts.copyIdentifier} />
              </span>
            </Fact>
            {account.live && account.reading && (
              <Fact name={words.sync.renewal.knownTo}>
                {account.lastReadAt
                  ? instantText(account.lastReadAt, words.locale)
                  : words.sync.renewal.never}
                <span className="block text-sm text-muted">
                  <ReadingReasons reading={account.reading} />
                </span>
              </Fact>
            )}
            {account.owner && (
              <Fact name={words.accounts.owner}>
                <Name>{account.owner}</Name>
              </Fact>
            )}
            <Fact name={words.accounts.consent}>
              {account.connectionId ? (
                <Link
                  to="/connections/$connectionId"
                  params={{ connectionId: account.connectionId }}
                  className="inline-flex min-h-6 items-center text-accent underline"
                >
                  <Name>{account.bank.name}</Name>
                </Link>
              ) : (
                <Link to="/import" className="inline-flex min-h-6 items-center text-accent underline">
                  {words.importing.fromFiles}
                </Link>
              )}
            </Fact>
          </dl>
        </Card>
      </div>
    </Page>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-sm text-muted">{name}</dt>
      <dd className="mt-0.5 break-words">{children}</dd>
    </div>
  )
}

/** Every kind the bank tells, each with its time; what is not the person's own money is said so. */
function Balances({ account }: { account: Account }) {
  const words = useWords()
  const amountText = useAmountText()
  if (account.balances.length === 0) return <p className="text-muted">{words.accounts.unknown}</p>
  return (
    <>
      <dl className="flex flex-col gap-3">
        {account.balances.map(({ kind, amount, observedAt }, index) => (
          <div key={kind} className="flex flex-wrap items-baseline justify-between gap-x-4">
            <dt className={index === 0 ? 'font-medium' : 'text-muted'}>{words.accounts.balance[kind]}</dt>
            <dd className="text-right">
              <Amount
                money={amount}
                tone="balance"
                className={index === 0 ? 'text-2xl font-semibold' : 'font-medium'}
              />
              <span className="block text-sm text-muted">
                {words.sync.balances.since(instantText(observedAt, words.locale))}
              </span>
            </dd>
            {kind === 'AVAILABLE' && account.beyondOwn && (
              <dd className="mt-1 basis-full text-sm text-warn">
                {words.sync.balances.line(amountText(account.beyondOwn))}
              </dd>
            )}
          </div>
        ))}
      </dl>
      {account.lastReadAt && (
        <p className="mt-4 text-sm text-muted">
          {words.sync.balances.confirmed(instantText(account.lastReadAt, words.locale))}
        </p>
      )}
    </>
  )
}

function AccountLedger({ accountId }: { accountId: string }) {
  const words = useWords()
  const nameText = useNameText()
  const { q, tx } = useSearch({ from: '/app/accounts/$accountId' })
  const navigate = useNavigate({ from: '/accounts/$accountId' })
  const language = useSearchLanguage()
  const filter = useMemo(() => filterOf({ account: accountId, q }, language), [accountId, q, language])
  return (
    <section aria-labelledby="transactions-title" className="mx-auto max-w-[1024px] pb-8">
      <div className="flex flex-wrap items-center justify-between gap-3 px-4 pb-3 md:px-6">
        <h2 id="transactions-title" className="text-lg font-semibold">
          {words.accounts.transactions}
        </h2>
        <SearchBox
          value={q ?? ''}
          onChange={(text) =>
            navigate({ search: (former) => ({ ...former, q: text }), replace: true, resetScroll: false })
          }
        />
      </div>
      <Ledger
        filter={filter}
        withAccount={false}
        opened={tx}
        onOpen={(id) =>
          navigate({
            search: (former) => ({ ...former, tx: id }),
            replace: tx !== undefined,
            resetScroll: false,
          })
        }
        empty={
          q ? (
            <Empty
              title={words.transactions.noMatch}
              text={words.transactions.noMatchText(`”${nameText(q)}”`)}
            />
          ) : (
            <Empty title={words.transactions.none} text={words.transactions.noneText} />
          )
        }
      />
    </section>
  )
}
