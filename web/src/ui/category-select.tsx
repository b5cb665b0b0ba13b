import { useWords } from '../i18n/words'

type CategorySelectProps = {
  ids?: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }
  label?: string
  value: string
  onChange: (id: string) => void
}

/** Every category by its name, none chosen at first. */
export function CategorySelect({ ids, label, value, onChange }: CategorySelectProps) {
  const words = useWords()
  const names = Object.entries(words.categories).sort(([, a], [, b]) => a.localeCompare(b, words.locale))
  return (
    <select
      {...ids}
      aria-label={label}
      className="control"
      value={value}
      onChange={({ target }) => onChange(target.value)}
    >
      {!value && <option value="">–</option>}
      {names.map(([id, name]) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  )
}
