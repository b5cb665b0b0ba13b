import { type ReactNode, useId } from 'react'

type FieldProps = {
  label: string
  error?: string | null
  hint?: string
  /** The label stands beside its control, what is wrong below both. */
  inline?: boolean
  children: (ids: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }) => ReactNode
}

/** A label, its control, and what is wrong with it, tied together for every reader. */
export function Field({ label, error, hint, inline, children }: FieldProps) {
  const id = useId()
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ')
  return (
    <div className={inline ? 'flex flex-wrap items-center gap-x-2 gap-y-1' : 'min-w-0'}>
      <label htmlFor={id} className={inline ? '' : 'mb-1 block text-sm font-medium'}>
        {label}
      </label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': error ? true : undefined })}
      {hint && (
        <p id={`${id}-hint`} className="mt-1 text-sm text-muted">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className="mt-1 basis-full text-sm text-negative">
          {error}
        </p>
      )}
    </div>
  )
}
