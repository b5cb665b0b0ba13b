import type { AccountsQuery } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { totals } from '../../lib/money'
import { Amount } from '../../ui/amount'

/** The sum of what is shared now, one for each currency: amounts of two currencies are never added. */
export function TotalBalance({ accounts }: { accounts: AccountsQuery['accounts'] }) {
  const words = useWords()
  const live = accounts.filter((account) => account.live)
  const ended = accounts.length - live.length
  const banks = new Set(live.map((account) => account.bank.id)).size
  const [first, ...others] = totals(live.flatMap((account) => (account.booked ? [account.booked] : [])))
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
      <p className="mt-1 text-sm text-muted">
        {words.overview.totalNote(words.common.accounts(live.length), words.common.banks(banks))}
        {ended > 0 && ` · ${words.overview.endedNote(words.common.accounts(ended))}`}
      </p>
    </section>
  )
}
