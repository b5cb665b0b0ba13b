import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { SetBudgetDocument } from '../../gql/graphql'
import { usePageWords } from '../../i18n/page-words'
import { categoryText, useWords } from '../../i18n/words'
import { isSaid, useGuide, useGuideRefusal } from '../../lib/guide'
import { decimalText, minorFromText, totals } from '../../lib/money'
import { usePreferences } from '../../lib/preferences'
import { accountsOptions } from '../../queries/options'
import { useAmountText } from '../../ui/amount'
import { Button } from '../../ui/button'
import { CategorySelect } from '../../ui/category-select'
import { Covered } from '../../ui/covered'
import { Field } from '../../ui/field'
import { Refusal } from '../../ui/refusal'
import { focusFirstInvalid } from '../auth/session'
import type { Budget } from './budgets'

/** The currencies of the accounts, the most used first. */
function useCurrencies(): string[] {
  const accounts = useQuery(accountsOptions).data ?? []
  const found = totals(accounts.map(({ currency }) => ({ minor: '0', currency })))
  return found.length > 0 ? found.map(({ currency }) => currency) : ['EUR']
}

type EditBudgetProps = { budget: Budget | null; budgets: readonly Budget[]; onClose: () => void }

/** A limit for a month: of a category that has one, or of another. */
export function EditBudget({ budget, budgets, onClose }: EditBudgetProps) {
  const words = useWords()
  const { budgets: texts } = usePageWords()
  const amountText = useAmountText()
  const { amountsHidden } = usePreferences()
  const currencies = useCurrencies()
  const [category, setCategory] = useState(budget?.category.id ?? '')
  const [currency, setCurrency] = useState(budget?.limit.currency ?? currencies[0] ?? 'EUR')
  const [text, setText] = useState(budget ? decimalText(budget.limit) : '')
  const [looked, setLooked] = useState(false)
  const save = useGuide(SetBudgetDocument, texts.saved)
  const remove = useGuide(SetBudgetDocument, texts.removed)
  const saveRefusal = useGuideRefusal(save)
  const removeRefusal = useGuideRefusal(remove)
  const minor = minorFromText(text, currency)
  const faults = {
    category: category ? null : texts.categoryMissing,
    amount: minor === null ? texts.amountWrong : null,
  }
  const there = budgets.find((one) => one.category.id === category && one.limit.currency === currency)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    setLooked(true)
    if (faults.category || minor === null) return focusFirstInvalid(event.currentTarget)
    const variables = { categoryId: category, currency, limitMinor: minor }
    const said = await save.mutateAsync(variables).catch(() => null)
    if (isSaid(said?.status)) onClose()
  }
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => form.current?.querySelector<HTMLElement>('select, input')?.focus(), [])
  const takeBack = async () => {
    const said = await remove.mutateAsync({ categoryId: category, currency }).catch(() => null)
    if (isSaid(said?.status)) onClose()
  }
  if (budget && amountsHidden) {
    return (
      <div className="card h-full p-4 sm:p-5">
        <Covered what="amounts" title={texts.edit(categoryText(words, category))} />
        <Button className="mt-3" onClick={onClose}>
          {texts.cancel}
        </Button>
      </div>
    )
  }
  return (
    <form
      ref={form}
      noValidate
      aria-labelledby="edited"
      onSubmit={submit}
      onKeyDown={({ key }) => key === 'Escape' && onClose()}
      className="card flex h-full flex-col gap-4 p-4 sm:p-5"
    >
      <h2 id="edited" className="font-semibold">
        {budget ? texts.edit(categoryText(words, category)) : texts.addTitle}
      </h2>
      {!budget && (
        <Field label={texts.category} error={looked ? faults.category : null}>
          {(ids) => <CategorySelect ids={ids} value={category} onChange={setCategory} />}
        </Field>
      )}
      {!budget && there && <p className="text-warn">{texts.sure(categoryText(words, category))}</p>}
      <div className="flex items-start gap-3">
        <div className="flex-1">
          <Field
            label={`${texts.limit} (${currency})`}
            error={looked ? faults.amount : null}
            hint={there && texts.limitHint(amountText(there.usual))}
          >
            {(ids) => (
              <input
                {...ids}
                className="control tabular-nums"
                inputMode="decimal"
                autoComplete="off"
                value={text}
                onChange={({ target }) => setText(target.value)}
              />
            )}
          </Field>
        </div>
        {!budget && currencies.length > 1 && (
          <Field label={texts.currency}>
            {(ids) => (
              <select
                {...ids}
                className="control w-auto"
                value={currency}
                onChange={({ target }) => setCurrency(target.value)}
              >
                {currencies.map((each) => (
                  <option key={each}>{each}</option>
                ))}
              </select>
            )}
          </Field>
        )}
      </div>
      <Refusal text={saveRefusal ?? removeRefusal} />
      <div className="flex flex-wrap justify-between gap-2">
        <span className="flex gap-2">
          <Button type="submit" look="primary" disabled={save.isPending}>
            {texts.save}
          </Button>
          <Button onClick={onClose}>{texts.cancel}</Button>
        </span>
        {budget && (
          <Button look="danger" disabled={remove.isPending} onClick={takeBack}>
            {texts.remove}
          </Button>
        )}
      </div>
    </form>
  )
}
