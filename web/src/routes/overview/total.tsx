import type { AccountsQuery } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { type Money, totals } from '../../lib/money'
import { Amount, useAmountText } from '../../ui/amount'
import { ConvertedTotal } from './converted'

type Account = AccountsQuery['accounts'][number]

function booked(accounts: readonly Account[]): Money[] {
  return totals(accounts.flatMap((account) => (account.booked ? [account.booked] : [])))
}

/**
 * The sum of what is shared now, one for each currency: amounts of two currencies are never added. One's
 * own money and what cards owe are told apart, and credit lines are in neither.
 */
export function TotalBalance({ accounts }: { accounts: readonly Account[] }) {
  const words = useWords()
  const amountText = useAmountText()
  const live = accounts.filter((account) => account.live)
  const ended = accounts.length - live.length
  const banks = new Set(live.map((account) => account.bank.id)).size
  const [first, ...others] = booked(live)
  const cards = live.filter(({ kind }) => kind === 'CARD')
  const lines = totals(live.flatMap(({ beyondOwn }) => beyondOwn ?? []))
  return (
    <section aria-labelledby="total" className="card p-4 sm:p-6">
      <h2 id="total" className="font-medium text-muted">
        {words.overview.total}
      </h2>
      {first ? (
        <p className="mt-1 flex flex-wrap items-baseline gap-x-5 gap-y-1">
          <Amount
            money={first}
            tone="balance"
            className="text-2xl font-semibold tracking-[-0.015em] sm:text-3xl"
          />
          {others.map((money) => (
            <Amount key={money.currency} money={money} tone="balance" className="text-xl font-semibold" />
          ))}
        </p>
      ) : (
        <p className="mt-2">{words.overview.noBalance}</p>
      )}
      {first && others.length > 0 && <ConvertedTotal currency={first.currency} />}
      {cards.length > 0 && (
        <dl className="mt-3 flex flex-wrap gap-x-8 gap-y-2">
          <Part name={words.sync.balances.own} amounts={booked(live.filter(({ kind }) => kind !== 'CARD'))} />
          <Part name={words.sync.balances.owed} amounts={booked(cards)} />
        </dl>
      )}
      <p className="mt-2 text-sm text-muted">
        {words.overview.totalNote(words.common.accounts(live.length), words.common.banks(banks))}
        {ended > 0 && ` · ${words.overview.endedNote(words.common.accounts(ended))}`}
        {lines.map((money) => ` · ${words.sync.balances.lineNote(amountText(money))}`)}
      </p>
    </section>
  )
}

function Part({ name, amounts }: { name: string; amounts: readonly Money[] }) {
  if (amounts.length === 0) return null
  return (
    <div>
      <dt className="text-sm text-muted">{name}</dt>
      <dd className="flex flex-wrap gap-x-3 font-medium">
        {amounts.map((money) => (
          <Amount key={money.currency} money={money} tone="balance" />
        ))}
      </dd>
    </div>
  )
}
