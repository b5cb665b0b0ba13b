import { usePageWords } from '../../i18n/page-words'
import { type ConditionDraft, conditionInput, conditionKinds } from '../../lib/rules'
import { ConditionValue } from './condition-value'

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

/** One condition of a rule: of what kind, and what it asks for. */
export function ConditionFields({ condition, place, looked, onChange }: ConditionFieldsProps) {
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
