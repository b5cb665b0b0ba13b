type ChoiceProps<Value extends string> = {
  label: string
  value: Value
  /** Each with its text, and with a longer name where that is an abbreviation. */
  options: readonly (readonly [Value, string, string?])[]
  onChange: (value: Value) => void
}

/** One of a few, side by side. */
export function Choice<Value extends string>({ label, value, options, onChange }: ChoiceProps<Value>) {
  return (
    <fieldset className="screen-only flex flex-wrap rounded-control border border-control bg-surface p-0.5">
      <legend className="sr-only">{label}</legend>
      {options.map(([option, text, name]) => (
        <button
          key={option}
          type="button"
          aria-pressed={option === value}
          aria-label={name && `${text}, ${name}`}
          onClick={() => onChange(option)}
          className="min-h-8 grow rounded-[7px] px-3 font-medium text-muted hover:text-ink aria-pressed:bg-accent-soft aria-pressed:text-accent pointer-coarse:min-h-11 pointer-coarse:min-w-11"
        >
          {text}
        </button>
      ))}
    </fieldset>
  )
}
