import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useId, useMemo, useState } from 'react'
import type { TransactionFilter } from '../gql/graphql'
import { useLedgerWords } from '../i18n/ledger'
import { categoryText, useWords } from '../i18n/words'
import { dayText } from '../lib/dates'
import { decimalText, minorFromText } from '../lib/money'
import { usePreferences } from '../lib/preferences'
import { type Language, narrowed, parseQuery } from '../lib/query'
import type { TransactionSearch } from '../lib/search'
import { accountsOptions } from '../queries/options'
import { mask, useAmountText } from '../ui/amount'
import { Button } from '../ui/button'
import { CategoryOptions } from '../ui/category-select'
import { DayField } from '../ui/day-field'
import { Field } from '../ui/field'
import { useAccountText, useNameText } from '../ui/name'

/** The language of the search, in the words of the page. */
export function useSearchLanguage(): Language {
  const { categories } = useWords()
  const { query } = useLedgerWords()
  return useMemo(() => ({ categories, ...query.language }), [categories, query])
}

/** What the address asks for: the fields and what was typed, together. */
export function filterOf(search: TransactionSearch, language: Language): TransactionFilter {
  const fields: TransactionFilter = {
    accountId: search.account,
    categoryId: search.category,
    from: search.from,
    to: search.to,
    minimumMinor: search.min,
    maximumMinor: search.max,
    direction: search.direction || undefined,
  }
  // What was taken off the lists is shown only when it is asked for.
  return { hidden: false, ...narrowed(fields, parseQuery(search.q ?? '', language).filter) }
}

/** What is wrong with a search, in words. */
export function useProblems(text: string): string[] {
  const { query } = useLedgerWords()
  const nameText = useNameText()
  const { problems } = parseQuery(text, useSearchLanguage())
  return problems.map(({ kind, term }) => query.problem[kind](nameText(term)))
}

/** Whether a search looks for words, which may name somebody, and not for amounts, days and categories alone. */
export function useHoldsWords(text: string): boolean {
  const { filter, problems } = parseQuery(text, useSearchLanguage())
  return problems.length > 0 || [filter, ...(filter.except ?? [])].some((each) => Boolean(each.search))
}

type Chip = { name: keyof TransactionSearch; text: string }

/** The filter in words, one chip for each thing asked for. */
export function useChips(search: TransactionSearch): Chip[] {
  const words = useWords()
  const amountText = useAmountText()
  const nameText = useNameText()
  const holdsWords = useHoldsWords(search.q ?? '')
  const accountName = useQuery(accountsOptions).data?.find(({ id }) => id === search.account)?.name
  const { transactions: names, locale } = words
  const amount = (minor: string) => amountText({ minor, currency: 'EUR' })
  const chips: [keyof TransactionSearch, string | undefined][] = [
    ['q', search.q && `”${holdsWords ? nameText(search.q) : search.q}”`],
    ['account', search.account && (accountName ? nameText(accountName) : names.account)],
    ['category', search.category && categoryText(words, search.category)],
    ['direction', search.direction && names[search.direction]],
    ['from', search.from && `${names.from} ${dayText(search.from, locale)}`],
    ['to', search.to && `${names.to} ${dayText(search.to, locale)}`],
    ['min', search.min && `${names.minimum} ${amount(search.min)}`],
    ['max', search.max && `${names.maximum} ${amount(search.max)}`],
  ]
  return chips.flatMap(([name, text]) => (text ? [{ name, text }] : []))
}

type FiltersProps = {
  search: TransactionSearch
  onChange: (change: Partial<TransactionSearch>) => void
  onClear: () => void
}

export function Filters({ search, onChange, onClear }: FiltersProps) {
  const words = useWords()
  const chips = useChips(search)
  // What is behind it is loaded when it is opened.
  const [opened, setOpened] = useState(false)
  return (
    <div className="px-4 pb-3 md:px-6">
      <details
        className="rounded-control"
        onToggle={({ currentTarget }) => currentTarget.open && setOpened(true)}
      >
        <summary className="inline-flex min-h-9 items-center rounded-control border border-control bg-surface px-3.5 font-medium pointer-coarse:min-h-11">
          {words.transactions.filters}
        </summary>
        {opened && (
          <div className="card mt-2 grid gap-4 p-4 sm:grid-cols-2 lg:grid-cols-4">
            <Choices search={search} onChange={onChange} />
            <Days search={search} onChange={onChange} />
            {(['min', 'max'] as const).map((name) => (
              <AmountField
                key={`${name} ${search[name]}`}
                name={name}
                minor={search[name]}
                onChange={onChange}
              />
            ))}
            <SearchHelp />
          </div>
        )}
      </details>
      {chips.length > 0 && (
        <ul className="mt-3 flex flex-wrap gap-2">
          {chips.map(({ name, text }) => (
            <li key={name}>
              <button
                type="button"
                aria-label={words.transactions.remove(text)}
                onClick={() => onChange({ [name]: undefined })}
                className="inline-flex min-h-8 items-center gap-1.5 rounded-full bg-accent-soft px-3 text-sm font-medium text-accent pointer-coarse:min-h-11"
              >
                {text}
                <X size={14} aria-hidden="true" />
              </button>
            </li>
          ))}
          <li>
            <Button look="quiet" onClick={onClear}>
              {words.transactions.clear}
            </Button>
          </li>
        </ul>
      )}
    </div>
  )
}

/** What the search understands, with an example each. */
function SearchHelp() {
  const texts = useLedgerWords().query
  return (
    <section aria-labelledby="search-help" className="border-t border-line pt-3 sm:col-span-2 lg:col-span-4">
      <h2 id="search-help" className="font-medium">
        {texts.help}
      </h2>
      <p className="text-sm text-muted">{texts.helpText}</p>
      <dl className="mt-2 grid gap-x-4 gap-y-1 text-sm lg:grid-cols-[auto_1fr]">
        {texts.examples.map(([example, meaning]) => (
          <div key={example} className="contents">
            <dt className="font-mono break-words">{example}</dt>
            <dd className="mb-1 text-muted">{meaning}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

function Choices({ search, onChange }: Omit<FiltersProps, 'onClear'>) {
  const words = useWords()
  const accounts = useQuery(accountsOptions)
  const accountText = useAccountText()
  const unknown = search.category && !(search.category in words.categories) ? search.category : null
  return (
    <>
      <Field label={words.transactions.account}>
        {(ids) => (
          <select
            {...ids}
            className="control"
            value={search.account ?? ''}
            onChange={(event) => onChange({ account: event.target.value })}
          >
            <option value="">{words.transactions.allAccounts}</option>
            {accounts.data?.map((account, place) => (
              <option key={account.id} value={account.id}>
                {accountText(account, place)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={words.transactions.category}>
        {(ids) => (
          <select
            {...ids}
            className="control"
            value={search.category ?? ''}
            onChange={(event) => onChange({ category: event.target.value })}
          >
            <option value="">{words.transactions.allCategories}</option>
            {unknown && <option value={unknown}>{categoryText(words, unknown)}</option>}
            <CategoryOptions />
          </select>
        )}
      </Field>
      <Field label={words.transactions.direction}>
        {(ids) => (
          <select
            {...ids}
            className="control"
            value={search.direction ?? ''}
            onChange={(event) =>
              onChange({ direction: event.target.value as TransactionSearch['direction'] })
            }
          >
            <option value="">{words.transactions.both}</option>
            <option value="IN">{words.transactions.IN}</option>
            <option value="OUT">{words.transactions.OUT}</option>
          </select>
        )}
      </Field>
    </>
  )
}

function Days({ search, onChange }: Omit<FiltersProps, 'onClear'>) {
  const words = useWords()
  return (['from', 'to'] as const).map((name) => (
    <DayField
      key={name}
      label={words.transactions[name]}
      value={search[name] ?? ''}
      onChange={(day) => day !== null && onChange({ [name]: day })}
    />
  ))
}

type AmountFieldProps = { name: 'min' | 'max'; minor: string | undefined; onChange: FiltersProps['onChange'] }

function AmountField({ name, minor, onChange }: AmountFieldProps) {
  const words = useWords()
  const form = useId()
  const [text, setText] = useState(minor ? decimalText({ minor, currency: 'EUR' }) : '')
  const [wrong, setWrong] = useState(false)
  const { amountsHidden } = usePreferences()
  // What is asked for stays; it can be taken off by its mark above the list.
  const covered = amountsHidden && Boolean(minor)
  const done = () => {
    const value = text.trim() === '' ? '' : minorFromText(text, 'EUR')
    setWrong(value === null)
    if (value !== null && value !== (minor ?? '')) onChange({ [name]: value })
  }
  return (
    <form
      id={form}
      onSubmit={(event) => {
        event.preventDefault()
        if (!covered) done()
      }}
    >
      <Field
        label={name === 'min' ? words.transactions.minimum : words.transactions.maximum}
        error={wrong ? words.transactions.amountWrong : null}
      >
        {(ids) => (
          <input
            {...ids}
            inputMode="decimal"
            autoComplete="off"
            className="control"
            readOnly={covered}
            value={covered ? mask : text}
            onChange={(event) => setText(event.target.value)}
            onBlur={covered ? undefined : done}
          />
        )}
      </Field>
    </form>
  )
}
