import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Bars } from '../../charts/bars'
import {
  averages,
  columns,
  currenciesOf,
  monthsAgainst,
  ranked,
  type SpendingRow,
  total,
} from '../../charts/spending'
import { Stacked } from '../../charts/stacked'
import { usePageWords } from '../../i18n/page-words'
import { useWords } from '../../i18n/words'
import { useAsOf } from '../../lib/as-of'
import { firstDay, lastDay, monthsEnding, monthsFrom, monthText, thisMonth } from '../../lib/dates'
import { useHotkeys } from '../../lib/hotkeys'
import { absolute, difference, isNegative, type Money } from '../../lib/money'
import { useNarrow } from '../../lib/narrow'
import type { SpendingSearch } from '../../lib/search'
import { payeeSpendingOptions } from '../../queries/insights'
import { accountsOptions, spendingOptions } from '../../queries/options'
import { Amount, useAmountText } from '../../ui/amount'
import { ButtonLink } from '../../ui/button'
import { MonthPicker } from '../../ui/month-picker'
import { useAccountText } from '../../ui/name'
import { Card } from '../../ui/page'
import { Awaited, Empty, isOpening } from '../../ui/states'
import { InsightPage } from '../insights/frame'
import { Payees } from './payees'

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
  const asOf = useAsOf()
  const month = search.month ?? thisMonth()
  const count = useNarrow() ? monthsShown.narrow : monthsShown.wide
  const months = monthsEnding(windowEnd(month, count), count)
  const against = search.with || 'month'
  const from = [monthsFrom(months[0] ?? month, -1), ...monthsAgainst(month, against)].sort()[0] ?? month
  const spending = useQuery({
    ...spendingOptions(from, months.at(-1) ?? month, search.account, asOf),
    placeholderData: keepPreviousData,
  })
  const rows = spending.data ?? []
  const currencies = currenciesOf(rows)
  const currency = search.currency ?? currencies[0] ?? 'EUR'
  const drawn = columns(rows, months, currency)

  // How many payees there are decides where what stands below them stands.
  const payees = useQuery({
    ...payeeSpendingOptions(search.category ?? '', firstDay(month), lastDay(month), asOf),
    enabled: Boolean(search.category),
  })
  const drilling = isOpening(payees)

  const change = (changed: Partial<typeof search>) =>
    navigate({ search: (former) => ({ ...former, ...changed }), replace: true, resetScroll: false })
  const choose = (chosen: string) => change({ month: chosen })
  useHotkeys({
    '[': () => choose(monthsFrom(month, -1)),
    ']': () => month < thisMonth() && choose(monthsFrom(month, 1)),
  })

  return (
    <InsightPage
      title={words.spending.title}
      lead={words.spending.rule}
      pending={spending.isPending || drilling}
      actions={<MonthPicker month={month} onChange={choose} />}
    >
      <Choices search={search} currency={currency} currencies={currencies} onChange={change} />
      <Awaited of={spending} rows={4} height={96} />
      {spending.data && (
        <div className="flex flex-col gap-6">
          {search.category ? (
            <Payees
              category={search.category}
              month={month}
              currency={currency}
              account={search.account}
              onBack={() => change({ category: undefined })}
            />
          ) : (
            <Month rows={rows} month={month} currency={currency} search={search} />
          )}
          {!drilling && drawn.some(({ parts }) => parts.length > 0) && (
            <Card title={words.spending.byMonth}>
              <Stacked columns={drawn} chosen={month} currency={currency} onChoose={choose} />
            </Card>
          )}
        </div>
      )}
    </InsightPage>
  )
}

type ChoicesProps = {
  search: SpendingSearch
  currency: string
  currencies: readonly string[]
  onChange: (changed: Partial<SpendingSearch>) => void
}

function Choices({ search, currency, currencies, onChange }: ChoicesProps) {
  const words = useWords()
  const accountText = useAccountText()
  const { spending: texts } = usePageWords()
  const accounts = useQuery(accountsOptions)
  return (
    <div className="screen-only mb-4 flex flex-wrap gap-2">
      <select
        aria-label={words.spending.account}
        className="control w-52 max-w-full"
        value={search.account ?? ''}
        onChange={(event) => onChange({ account: event.target.value || undefined })}
      >
        <option value="">{words.transactions.allAccounts}</option>
        {accounts.data?.map((account, place) => (
          <option key={account.id} value={account.id}>
            {accountText(account, place)}
          </option>
        ))}
      </select>
      <label className="flex items-center gap-2 text-sm text-muted">
        {texts.compare}
        <select
          className="control w-auto max-w-full text-base text-ink"
          value={search.with || 'month'}
          onChange={({ target: { value } }) =>
            onChange({ with: value === 'year' || value === 'mean' ? value : undefined })
          }
        >
          {(['month', 'year', 'mean'] as const).map((each) => (
            <option key={each} value={each}>
              {texts.with[each]}
            </option>
          ))}
        </select>
      </label>
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

type MonthProps = { rows: SpendingRow[]; month: string; currency: string; search: SpendingSearch }

function Month({ rows, month, currency, search }: MonthProps) {
  const words = useWords()
  const { spending: texts } = usePageWords()
  const against = search.with || 'month'
  const months = monthsAgainst(month, against)
  const now = ranked(rows, month, currency)
  const then = averages(rows, months, currency)
  const monthName = monthText(month, words.locale)
  if (now.length === 0) {
    return (
      <Empty title={words.spending.empty(monthName)} text={words.spending.emptyText}>
        <ButtonLink to="/connect">{words.common.connectBank}</ButtonLink>
      </Empty>
    )
  }
  const spent = total(now, currency)
  const former = [...then.values()].reduce((all, { minor }) => all + BigInt(minor), 0n)
  const before = monthText(months[0] ?? month, words.locale)
  const formerOf = (id: string): Money => then.get(id) ?? { minor: '0', currency }
  const days = { from: firstDay(month), to: lastDay(month), account: search.account }
  return (
    <Card title={words.spending.byCategory}>
      <div className="mb-5">
        <p className="text-sm text-muted">{words.spending.totalIn(monthName)}</p>
        <p className="text-2xl font-semibold tracking-[-0.015em]">
          <Amount money={spent} />
        </p>
        <Comparison
          gap={difference(spent, { currency, minor: former.toString() })}
          before={against === 'mean' ? null : before}
        />
      </div>
      <Bars
        caption={`${words.spending.byCategory}, ${monthName}`}
        changeTitle={against === 'mean' ? texts.changeMean : words.spending.change(before)}
        bars={now.map(({ category, amount }) => ({
          categoryId: category.id,
          amount,
          search: { ...days, category: category.id },
          change: <Amount money={difference(amount, formerOf(category.id))} sign="exceptZero" />,
        }))}
        into={(category) => ({ ...search, category })}
      />
    </Card>
  )
}

/** More, less or as much; `before` names the month compared with, or nothing for the mean. */
function Comparison({ gap, before }: { gap: Money; before: string | null }) {
  const words = useWords()
  const { spending: texts } = usePageWords()
  const amountText = useAmountText()
  const size = amountText(absolute(gap))
  const named = words.spending
  const text =
    gap.minor === '0'
      ? before === null
        ? texts.sameMean
        : named.same(before)
      : isNegative(gap)
        ? before === null
          ? texts.lessMean(size)
          : named.less(size, before)
        : before === null
          ? texts.moreMean(size)
          : named.more(size, before)
  return <p className="text-muted">{text}</p>
}
