import { useWords } from '../../i18n/words'
import { Field } from '../../ui/field'

type EmailFieldProps = { value: string; onChange: (value: string) => void; error: string | null }

export function EmailField({ value, onChange, error }: EmailFieldProps) {
  const words = useWords()
  return (
    <Field label={words.auth.email} error={error}>
      {(ids) => (
        <input
          {...ids}
          name="email"
          type="email"
          autoComplete="username"
          required
          value={value}
          onChange={(event) => onChange(event.target.value)}
          className="control"
        />
      )}
    </Field>
  )
}
