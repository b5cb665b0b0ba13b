import { useWords } from '../i18n/words'

type CategorySelectProps = {
  ids?: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }
  label?: string
  value: string
  onChange: (id: string) => void
}

/** Every category by its name, in the order of the language, to choose from. */
export function CategoryOptions() {
  const words = useWords()
  const names = Object.entries(words.categories).sort(([, a], [, b]) => a.localeCompare(b, words.locale))
  return names.map(([id, name]) => (
    <option key={id} value={id}>
      {name}
    </option>
  ))
}

/** Every category by its name, none chosen at first. */
export function CategorySelect({ ids, label, value, onChange }: CategorySelectProps) {
  return (
    <select
      {...ids}
      aria-label={label}
      className="control"
      value={value}
      onChange={({ target }) => onChange(target.value)}
    >
      {!value && <option value="">–</option>}
      <CategoryOptions />
    </select>
  )
}
