import { Link } from '@tanstack/react-router'
import type { AccountsQuery } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { relativeText } from '../../lib/dates'
import { Amount } from '../../ui/amount'
import { Badge } from '../../ui/badge'
import { BankMark } from '../../ui/bank-mark'
import { groupedIdentifier } from './identifier'

type Account = AccountsQuery['accounts'][number]

function byBank(accounts: readonly Account[]): [string, Account[]][] {
  const groups = new Map<string, Account[]>()
  for (const account of accounts) {
    groups.set(account.bank.name, [...(groups.get(account.bank.name) ?? []), account])
  }
  return [...groups].sort(([a], [b]) => a.localeCompare(b))
}

export function AccountsByBank({ accounts, headings }: { accounts: readonly Account[]; headings: 2 | 3 }) {
  const Heading = headings === 2 ? 'h2' : 'h3'
  return (
    <div className="flex flex-col gap-5">
      {byBank(accounts).map(([bank, group]) => (
        <div key={bank}>
          <Heading className="mb-2 text-sm font-medium text-muted">{bank}</Heading>
          <ul className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
            {group.map((account) => (
              <li key={account.id}>
                <AccountCard account={account} />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </div>
  )
}

function AccountCard({ account }: { account: Account }) {
  const words = useWords()
  return (
    <Link
      to="/accounts/$accountId"
      params={{ accountId: account.id }}
      className="card flex h-full flex-col gap-3 p-4 hover:border-control"
    >
      <span className="flex min-w-0 items-center gap-3">
        <BankMark name={account.bank.name} />
        <span className="min-w-0">
          <span className="block truncate font-medium">{account.name}</span>
          <span className="amount block truncate text-sm text-muted">
            {groupedIdentifier(account.identifier)}
          </span>
        </span>
      </span>
      <span className="flex flex-wrap items-center justify-between gap-2">
        {account.booked ? (
          <Amount money={account.booked} tone="balance" className="text-xl font-semibold" />
        ) : (
          <span className="text-muted">{words.accounts.unknown}</span>
        )}
        {!account.live && <Badge tone="quiet">{words.accounts.ended}</Badge>}
      </span>
      <span className="mt-auto text-sm text-muted">
        {account.lastReadAt
          ? words.common.updated(relativeText(account.lastReadAt, words.locale))
          : words.common.neverUpdated}
      </span>
    </Link>
  )
}
