import { Link } from '@tanstack/react-router'
import type { AccountsQuery } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { Amount } from '../../ui/amount'
import { Badge } from '../../ui/badge'
import { BankMark } from '../../ui/bank-mark'
import { DemoMark } from '../../ui/demo'
import { Name } from '../../ui/name'
import { groupedIdentifier } from './identifier'
import { ReadingLine, readingTexts, together } from './reading'

type Account = AccountsQuery['accounts'][number]

function byBank(accounts: readonly Account[], files: string): [string, Account[]][] {
  const groups = new Map<string, Account[]>()
  for (const account of accounts) {
    const bank = account.connectionId ? account.bank.name : files
    groups.set(bank, [...(groups.get(bank) ?? []), account])
  }
  return [...groups].sort(([a], [b]) => a.localeCompare(b))
}

export function AccountsByBank({ accounts, headings }: { accounts: readonly Account[]; headings: 2 | 3 }) {
  const words = useWords()
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      {byBank(accounts, words.importing.files).map(([bank, group]) => (
        <BankCard key={bank} bank={bank} accounts={group} headings={headings} />
      ))}
    </div>
  )
}

type BankCardProps = { bank: string; accounts: readonly Account[]; headings: 2 | 3 }

function BankCard({ bank, accounts, headings }: BankCardProps) {
  const words = useWords()
  const Heading = headings === 2 ? 'h2' : 'h3'
  const whole = together(accounts)
  const said = (account: Pick<Account, 'lastReadAt' | 'live' | 'reading'>) =>
    [...readingTexts(account, words), account.reading?.problem].join()
  return (
    <section className="card overflow-clip">
      <div className="flex items-center gap-3 p-4 pb-3">
        <BankMark name={bank} />
        <div className="min-w-0">
          <Heading className="truncate font-semibold">
            <Name>{bank}</Name>
          </Heading>
          <p className="text-sm text-muted">
            <ReadingLine state={whole} />
          </p>
        </div>
      </div>
      <ul>
        {accounts.map((account) => (
          <li key={account.id} className="border-t border-line">
            <AccountLine account={account} withReading={headings === 2 && said(account) !== said(whole)} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function AccountLine({ account, withReading }: { account: Account; withReading: boolean }) {
  const words = useWords()
  return (
    <Link
      to="/accounts/$accountId"
      params={{ accountId: account.id }}
      className="flex min-h-14 flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 py-2.5 -outline-offset-2 hover:bg-inset"
    >
      <span className="min-w-0">
        <span className="flex flex-wrap items-center gap-2">
          <Name className="font-medium">{account.name}</Name>
          {account.bank.demo && <DemoMark />}
          {!account.live && <Badge tone="quiet">{words.accounts.ended}</Badge>}
        </span>
        <span className="block text-sm text-muted tabular-nums">
          <Name>{groupedIdentifier(account.identifier)}</Name>
        </span>
        {withReading && <ReadingLine state={account} className="block text-sm text-muted" />}
      </span>
      {account.booked ? (
        <Amount money={account.booked} tone="balance" className="ml-auto text-lg font-semibold" />
      ) : (
        <span className="ml-auto text-muted">{words.accounts.unknown}</span>
      )}
    </Link>
  )
}
