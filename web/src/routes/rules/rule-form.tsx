import { Plus, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { usePageWords } from '../../i18n/page-words'
import { usePreferences } from '../../lib/preferences'
import {
  type ConditionDraft,
  conditionInput,
  emptyCondition,
  faultOf,
  longestWords,
  mostConditions,
  type RuleDraft,
} from '../../lib/rules'
import { Button, IconButton } from '../../ui/button'
import { CategorySelect } from '../../ui/category-select'
import { Covered } from '../../ui/covered'
import { Field } from '../../ui/field'
import { focusFirstInvalid } from '../auth/session'
import { ConditionFields } from './condition-fields'

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
