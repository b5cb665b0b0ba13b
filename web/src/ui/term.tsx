import { useWords } from '../i18n/words'
import { Field } from './field'

/** Why something is given, as a code that stays readable for ever. */
export function ReasonField({ value, onChange }: { value: string; onChange: (reason: string) => void }) {
  const { roles: text } = useWords().running
  return (
    <Field label={text.reason} hint={text.reasonHint}>
      {(ids) => (
        <input
          {...ids}
          className="control font-mono"
          value={value}
          required
          maxLength={64}
          pattern="[a-z0-9_\-.\/]+"
          spellCheck={false}
          autoComplete="off"
          onChange={({ target }) => onChange(target.value)}
        />
      )}
    </Field>
  )
}

type DaysFieldProps = { value: number; longest: number; onChange: (days: number) => void }

/** How many days something that is given lasts. */
export function DaysField({ value, longest, onChange }: DaysFieldProps) {
  return (
    <Field label={useWords().running.roles.days}>
      {(ids) => (
        <input
          {...ids}
          type="number"
          className="control"
          min={1}
          max={longest}
          value={value}
          onChange={({ target }) => onChange(target.valueAsNumber)}
        />
      )}
    </Field>
  )
}
