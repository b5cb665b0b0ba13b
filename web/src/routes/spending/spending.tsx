import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Bars } from '../../charts/bars'
import { columns, currenciesOf, ranked, type SpendingRow, total } from '../../charts/spending'
import { Stacked } from '../../charts/stacked'
import { useWords } from '../../i18n/words'
import { firstDay, lastDay, monthsEnding, monthsFrom, monthText, thisMonth } from '../../lib/dates'
import { useHotkeys } from '../../lib/hotkeys'
import { absolute, difference, isNegative, type Money } from '../../lib/money'
import { useNarrow } from '../../lib/narrow'
import { accountsOptions, spendingOptions } from '../../queries/options'
import { Amount, useAmountText } from '../../ui/amount'
import { ButtonLink } from '../../ui/button'
import { MonthPicker } from '../../ui/month-picker'
import { Card, Page } from '../../ui/page'
import { Empty, Failure, Skeleton } from '../../ui/states'

const monthsShown = { wide: 12, narrow: 6 }

/** The last of the months drawn: now, when the chosen month is recent enough to be among them. */
function windowEnd(month: string, count: number): string {
  const last = thisMonth()
  return monthsFrom(last, 1 - count) <= month ? last : month
}

export function SpendingPage() {
  const words = useWords()
  const search = useSearch({ from: '/app/spending' })
  const navigate = useNavigate({ from: '/spending' })
  const month = search.month ?? thisMonth()
  const count = useNarrow() ? monthsShown.narrow : monthsShown.wide
  const months = monthsEnding(windowEnd(month, count), count)
  const from = monthsFrom(months[0] ?? month, -1)
  const spending = useQuery({
    ...spendingOptions(from, months.at(-1) ?? month, search.account),
    placeholderData: keepPreviousData,
  })
  const rows = spending.data ?? []
  const currencies = currenciesOf(rows)
  const currency = search.currency ?? currencies[0] ?? 'EUR'
  const drawn = columns(rows, months, currency)

  const change = (changed: Partial<typeof search>) =>
    navigate({ search: (former) => ({ ...former, ...changed }), replace: true, resetScroll: false })
  const choose = (chosen: string) => change({ month: chosen })
  useHotkeys({
    '[': () => choose(monthsFrom(month, -1)),
    ']': () => month < thisMonth() && choose(monthsFrom(month, 1)),
  })

  return (
    <Page
      title={words.spending.title}
      lead={words.spending.rule}
      actions={<MonthPicker month={month} onChange={choose} />}
    >
      <Choices account={search.account} currency={currency} currencies={currencies} onChange={change} />
      {spending.isPending && <Skeleton rows={4} height={96} />}
      {spending.isError && <Failure error={spending.error} retry={() => spending.refetch()} />}
      {spending.data && (
        <div className="flex flex-col gap-6">
          <Month rows={rows} month={month} currency={currency} account={search.account} />
          {drawn.some(({ parts }) => parts.length > 0) && (
            <Card title={words.spending.byMonth}>
              <Stacked columns={drawn} chosen={month} currency={currency} onChoose={choose} />
            </Card>
          )}
        </div>
      )}
    </Page>
  )
}

type ChoicesProps = {
  account: string | undefined
  currency: string
  currencies: readonly string[]
  onChange: (changed: { account?: string; currency?: string }) => void
}

function Choices({ account, currency, currencies, onChange }: ChoicesProps) {
  const words = useWords()
  const accounts = useQuery(accountsOptions)
  return (
    <div className="mb-4 flex flex-wrap gap-2">
      <select
        aria-label={words.spending.account}
        className="control w-auto max-w-full"
        value={account ?? ''}
        onChange={(event) => onChange({ account: event.target.value || undefined })}
      >
        <option value="">{words.transactions.allAccounts}</option>
        {accounts.data?.map(({ id, name, bank }) => (
          <option key={id} value={id}>
            {name}, {bank.name}
          </option>
        ))}
      </select>
      {currencies.length > 1 && (
        <select
          aria-label={words.spending.currency}
          className="control w-auto"
          value={currency}
          onChange={(event) => onChange({ currency: event.target.value })}
        >
          {currencies.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      )}
    </div>
  )
}

type MonthProps = { rows: SpendingRow[]; month: string; currency: string; account: string | undefined }

function Month({ rows, month, currency, account }: MonthProps) {
  const words = useWords()
  const before = monthsFrom(month, -1)
  const now = ranked(rows, month, currency)
  const then = ranked(rows, before, currency)
  const beforeText = monthText(before, words.locale)
  const monthName = monthText(month, words.locale)
  if (now.length === 0) {
    return (
      <Empty title={words.spending.empty(monthName)} text={words.spending.emptyText}>
        <ButtonLink to="/connect">{words.common.connectBank}</ButtonLink>
      </Empty>
    )
  }
  const spent = total(now, currency)
  const formerOf = (id: string): Money =>
    then.find(({ category }) => category.id === id)?.amount ?? { minor: '0', currency }
  const days = { from: firstDay(month), to: lastDay(month), account }
  return (
    <Card title={words.spending.byCategory}>
      <div className="mb-5">
        <p className="text-sm text-muted">{words.spending.totalIn(monthName)}</p>
        <p className="text-2xl font-semibold tracking-[-0.015em]">
          <Amount money={spent} />
        </p>
        <Comparison now={spent} then={total(then, currency)} before={beforeText} />
      </div>
      <Bars
        caption={`${words.spending.byCategory}, ${monthName}`}
        changeTitle={words.spending.change(beforeText)}
        bars={now.map(({ category, amount }) => ({
          categoryId: category.id,
          amount,
          search: { ...days, category: category.id },
          change: <Amount money={difference(amount, formerOf(category.id))} sign="exceptZero" />,
        }))}
      />
    </Card>
  )
}

function Comparison({ now, then, before }: { now: Money; then: Money; before: string }) {
  const words = useWords()
  const amountText = useAmountText()
  const gap = difference(now, then)
  const size = amountText(absolute(gap))
  const text =
    gap.minor === '0'
      ? words.spending.same(before)
      : isNegative(gap)
        ? words.spending.less(size, before)
        : words.spending.more(size, before)
  return <p className="text-muted">{text}</p>
}
