import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import { SplitTransactionDocument, type TransactionQuery } from '../gql/graphql'
import { useWords } from '../i18n/words'
import { isDone, useEdit, useRefusal } from '../lib/edits'
import { absolute, decimalText, isNegative, type Money } from '../lib/money'
import { usePreferences } from '../lib/preferences'
import { type DraftPart, isExact, leftOf, sent } from '../lib/split'
import { useAmountText } from '../ui/amount'
import { Button, IconButton } from '../ui/button'
import { CategoryOptions } from '../ui/category-select'
import { Covered } from '../ui/covered'
import { Field } from '../ui/field'
import { Refusal } from '../ui/refusal'

type Transaction = NonNullable<TransactionQuery['transaction']>

const mostParts = 50

/** The amount as it is typed in the language of the page. */
function typed(money: Money, locale: string): string {
  const text = decimalText(absolute(money))
  return locale.startsWith('en') ? text : text.replace('.', ',')
}

function drafted(transaction: Transaction, locale: string): DraftPart[] {
  const known = transaction.parts.map(({ amount, category, note }) => ({
    amount: typed(amount, locale),
    category: category?.id ?? '',
    note: note ?? '',
  }))
  const empty = { amount: '', category: '', note: '' }
  return known.length > 0 ? known : [{ ...empty, amount: typed(transaction.amount, locale) }, empty]
}

/** One row as several: the amounts have to come to the whole before it can be saved. */
export function SplitForm({ transaction, onDone }: { transaction: Transaction; onDone: () => void }) {
  const words = useWords()
  const { edit: texts } = words.sync
  const amountText = useAmountText()
  const { amountsHidden, namesHidden } = usePreferences()
  const [parts, setParts] = useState(() => drafted(transaction, words.locale))
  const split = useEdit(SplitTransactionDocument, texts.saved)
  const refusal = useRefusal(split)
  const left = leftOf(transaction.amount, parts)
  const exact = isExact(transaction.amount, parts)
  const change = (index: number, changed: Partial<DraftPart>) =>
    setParts(parts.map((part, place) => (place === index ? { ...part, ...changed } : part)))
  const save = async (wanted: readonly DraftPart[]) => {
    const variables = { transactionId: transaction.id, parts: sent(transaction.amount, wanted) }
    const edited = await split.mutateAsync(variables).catch(() => null)
    if (isDone(edited?.status)) onDone()
  }
  if (amountsHidden) {
    return <Covered what="amounts" title={texts.split} />
  }
  if (namesHidden && transaction.parts.some(({ note }) => note)) {
    return <Covered what="names" title={texts.split} />
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (exact) void save(parts)
      }}
    >
      <p className="mb-3">{texts.splitText(amountText(transaction.amount))}</p>
      <ol className="flex flex-col gap-4">
        {parts.map((part, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity but their place
          <li key={index}>
            <PartFields
              number={index + 1}
              part={part}
              onChange={(changed) => change(index, changed)}
              onRemove={parts.length > 2 ? () => setParts(parts.toSpliced(index, 1)) : null}
            />
          </li>
        ))}
      </ol>
      <div className="mt-3 flex flex-wrap items-center justify-between gap-2">
        <Button
          look="quiet"
          disabled={parts.length >= mostParts}
          onClick={() =>
            setParts([
              ...parts,
              { amount: isNegative(left) ? '' : typed(left, words.locale), category: '', note: '' },
            ])
          }
        >
          <Plus size={16} aria-hidden="true" />
          {texts.addPart}
        </Button>
        <p role="status" className={exact ? 'text-positive' : 'text-muted'}>
          {exact ? texts.exact : texts.left(amountText(left))}
        </p>
      </div>
      <Refusal text={refusal} />
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Button onClick={onDone}>{texts.cancel}</Button>
        {transaction.parts.length > 0 && (
          <Button disabled={split.isPending} onClick={() => void save([])}>
            {texts.undoSplit}
          </Button>
        )}
        <Button type="submit" look="primary" disabled={!exact || split.isPending}>
          {texts.saveSplit}
        </Button>
      </div>
    </form>
  )
}

type PartFieldsProps = {
  number: number
  part: DraftPart
  onChange: (changed: Partial<DraftPart>) => void
  onRemove: (() => void) | null
}

function PartFields({ number, part, onChange, onRemove }: PartFieldsProps) {
  const words = useWords()
  const { edit: texts } = words.sync
  return (
    <fieldset className="rounded-control border border-line p-3">
      <legend className="px-1 text-sm font-medium">{texts.part(number)}</legend>
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label={texts.amount}>
          {(ids) => (
            <input
              {...ids}
              inputMode="decimal"
              autoComplete="off"
              className="control"
              value={part.amount}
              onChange={(event) => onChange({ amount: event.target.value })}
            />
          )}
        </Field>
        <Field label={texts.category}>
          {(ids) => (
            <select
              {...ids}
              className="control"
              value={part.category}
              onChange={(event) => onChange({ category: event.target.value })}
            >
              <option value="">{texts.asWhole}</option>
              <CategoryOptions />
            </select>
          )}
        </Field>
      </div>
      <div className="mt-3 flex items-end gap-2">
        <div className="min-w-0 flex-1">
          <Field label={texts.note}>
            {(ids) => (
              <input
                {...ids}
                maxLength={1_000}
                className="control"
                value={part.note}
                onChange={(event) => onChange({ note: event.target.value })}
              />
            )}
          </Field>
        </div>
        {onRemove && (
          <IconButton label={texts.removePart(number)} onClick={onRemove}>
            <X size={18} aria-hidden="true" />
          </IconButton>
        )}
      </div>
    </fieldset>
  )
}
