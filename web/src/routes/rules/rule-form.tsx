import { useQuery } from '@tanstack/react-query'
import { Plus, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { usePageWords } from '../../i18n/page-words'
import { usePreferences } from '../../lib/preferences'
import {
  type ConditionDraft,
  conditionInput,
  conditionKinds,
  emptyCondition,
  faultOf,
  longestWords,
  mostConditions,
  type RuleDraft,
} from '../../lib/rules'
import { accountsOptions } from '../../queries/options'
import { Button, IconButton } from '../../ui/button'
import { CategorySelect } from '../../ui/category-select'
import { Covered } from '../../ui/covered'
import { Field } from '../../ui/field'
import { useAccountText } from '../../ui/name'
import { focusFirstInvalid } from '../auth/session'

type RuleFormProps = { draft: RuleDraft; onChange: (draft: RuleDraft) => void; onDone: () => void }

/** A rule while it is written; what it would change is told below as it grows. */
export function RuleForm({ draft, onChange, onDone }: RuleFormProps) {
  const { rules: texts } = usePageWords()
  const form = useRef<HTMLFormElement>(null)
  const [looked, setLooked] = useState(false)
  const fault = faultOf(draft)
  const { amountsHidden, namesHidden } = usePreferences()
  const complete = !fault && draft.conditions.every((condition) => conditionInput(condition))
  useEffect(() => form.current?.querySelector<HTMLElement>('input')?.focus(), [])
  const change = (place: number, to: ConditionDraft) =>
    onChange({ ...draft, conditions: draft.conditions.with(place, to) })
  // A form cannot hide what it changes; a new rule shows nothing.
  const holds = draft.name !== '' && (namesHidden ? 'names' : amountsHidden ? 'amounts' : null)
  if (holds && !looked) return <Covered what={holds} title={texts.edit('')} />
  return (
    <form
      ref={form}
      noValidate
      className="flex flex-col gap-4 rounded-control bg-inset p-3 sm:p-4"
      onSubmit={(event) => {
        event.preventDefault()
        setLooked(true)
        if (complete) onDone()
        else focusFirstInvalid(event.currentTarget)
      }}
    >
      <Field label={texts.name} error={looked && fault === 'name' ? texts.fault.name : null}>
        {(ids) => (
          <input
            {...ids}
            className="control"
            maxLength={longestWords}
            value={draft.name}
            onChange={({ target }) => onChange({ ...draft, name: target.value })}
          />
        )}
      </Field>
      <fieldset>
        <legend className="mb-1 text-sm font-medium">{texts.when}</legend>
        <ul className="flex flex-col gap-2">
          {draft.conditions.map((condition, place) => (
            <li key={condition.key} className="flex items-start gap-1">
              <ConditionFields
                condition={condition}
                place={place}
                looked={looked}
                onChange={(to) => change(place, to)}
              />
              <IconButton
                label={texts.removeCondition(place + 1)}
                onClick={() => onChange({ ...draft, conditions: draft.conditions.toSpliced(place, 1) })}
              >
                <X size={16} aria-hidden="true" />
              </IconButton>
            </li>
          ))}
        </ul>
        {looked && fault === 'conditions' && (
          <p className="mt-1 text-sm text-negative">{texts.fault.conditions}</p>
        )}
        <Button
          look="quiet"
          className="mt-1 px-2"
          disabled={draft.conditions.length >= mostConditions}
          onClick={() =>
            onChange({
              ...draft,
              conditions: [...draft.conditions, emptyCondition(draft.conditions[0]?.currency ?? 'EUR')],
            })
          }
        >
          <Plus size={16} aria-hidden="true" />
          {texts.addCondition}
        </Button>
      </fieldset>
      <Field label={texts.becomes} error={looked && fault === 'category' ? texts.fault.category : null}>
        {(ids) => (
          <CategorySelect
            ids={ids}
            value={draft.category}
            onChange={(category) => onChange({ ...draft, category })}
          />
        )}
      </Field>
      <label className="flex items-start gap-2">
        <input
          type="checkbox"
          className="mt-0.5 size-5 shrink-0 accent-accent"
          checked={draft.stops}
          onChange={({ target }) => onChange({ ...draft, stops: target.checked })}
        />
        <span>
          {texts.stops}
          <span className="block text-sm text-muted">{texts.stopsText}</span>
        </span>
      </label>
      <Button type="submit" className="self-start">
        {texts.done}
      </Button>
    </form>
  )
}

type ConditionFieldsProps = {
  condition: ConditionDraft
  place: number
  looked: boolean
  onChange: (condition: ConditionDraft) => void
}

const faults = {
  textHolds: 'words',
  payeeIs: 'words',
  amountWithin: 'amount',
  onAccount: 'account',
  goes: 'words',
} as const

function ConditionFields({ condition, place, looked, onChange }: ConditionFieldsProps) {
  const { rules: texts } = usePageWords()
  const wrong = looked && conditionInput(condition) === null
  const id = `condition-${condition.key}`
  return (
    <div className="grid min-w-0 flex-1 gap-2 sm:grid-cols-2">
      <select
        aria-label={`${texts.condition} ${place + 1}`}
        className="control"
        value={condition.kind}
        onChange={({ target }) =>
          onChange({
            ...condition,
            kind: conditionKinds.find((kind) => kind === target.value) ?? 'textHolds',
          })
        }
      >
        {conditionKinds.map((kind) => (
          <option key={kind} value={kind}>
            {texts.conditions[kind]}
          </option>
        ))}
      </select>
      <div className="min-w-0">
        <ConditionValue
          condition={condition}
          marks={{
            'aria-invalid': wrong ? true : undefined,
            'aria-describedby': wrong ? id : undefined,
          }}
          onChange={onChange}
        />
        {wrong && (
          <p id={id} className="mt-1 text-sm text-negative">
            {texts.fault[faults[condition.kind]]}
          </p>
        )}
      </div>
    </div>
  )
}

type ConditionValueProps = {
  condition: ConditionDraft
  marks: { 'aria-invalid': true | undefined; 'aria-describedby': string | undefined }
  onChange: (condition: ConditionDraft) => void
}

function ConditionValue({ condition, marks, onChange }: ConditionValueProps) {
  const { rules: texts, budgets } = usePageWords()
  const accounts = useQuery(accountsOptions).data ?? []
  const accountText = useAccountText()
  const { kind, words, least, most, currency, account, way } = condition
  const currencies = [...new Set([currency, ...accounts.map((one) => one.currency)])]
  switch (kind) {
    case 'goes':
      return (
        <select
          {...marks}
          aria-label={texts.conditions.goes}
          className="control"
          value={way}
          onChange={({ target }) =>
            onChange({ ...condition, way: target.value === 'INCOMING' ? 'INCOMING' : 'OUTGOING' })
          }
        >
          <option value="OUTGOING">{texts.OUTGOING}</option>
          <option value="INCOMING">{texts.INCOMING}</option>
        </select>
      )
    case 'onAccount':
      return (
        <select
          {...marks}
          aria-label={texts.conditions.onAccount}
          className="control"
          value={account}
          onChange={({ target }) => onChange({ ...condition, account: target.value })}
        >
          <option value="">–</option>
          {accounts.map((one, place) => (
            <option key={one.id} value={one.id}>
              {accountText(one, place)}
            </option>
          ))}
        </select>
      )
    case 'amountWithin':
      return (
        <div className="grid grid-cols-[1fr_1fr_auto] gap-2">
          {(['least', 'most'] as const).map((end) => (
            <input
              key={end}
              {...marks}
              aria-label={texts[end]}
              placeholder={texts[end]}
              className="control min-w-0 tabular-nums"
              inputMode="decimal"
              autoComplete="off"
              value={end === 'least' ? least : most}
              onChange={({ target }) => onChange({ ...condition, [end]: target.value })}
            />
          ))}
          <select
            aria-label={budgets.currency}
            className="control w-auto px-2"
            value={currency}
            onChange={({ target }) => onChange({ ...condition, currency: target.value })}
          >
            {currencies.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </div>
      )
    default:
      return (
        <input
          {...marks}
          aria-label={texts.conditions[kind]}
          className="control"
          maxLength={longestWords}
          value={words}
          onChange={({ target }) => onChange({ ...condition, words: target.value })}
        />
      )
  }
}
