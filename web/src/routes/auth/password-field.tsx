import { Eye, EyeOff } from 'lucide-react'
import { useState } from 'react'
import { useWords } from '../../i18n/words'
import { IconButton } from '../../ui/button'
import { Field } from '../../ui/field'

type PasswordFieldProps = {
  value: string
  onChange: (value: string) => void
  error: string | null
  hint?: string
  autoComplete: 'current-password' | 'new-password'
}

/** Pasting and password managers work; the person may look at what was typed. */
export function PasswordField({ value, onChange, error, hint, autoComplete }: PasswordFieldProps) {
  const words = useWords()
  const [shown, setShown] = useState(false)
  const label = shown ? words.auth.hidePassword : words.auth.showPassword
  return (
    <Field label={words.auth.password} error={error} hint={hint}>
      {(ids) => (
        <span className="relative block">
          <input
            {...ids}
            name="password"
            type={shown ? 'text' : 'password'}
            autoComplete={autoComplete}
            required
            value={value}
            onChange={(event) => onChange(event.target.value)}
            className="control pr-12"
          />
          <IconButton label={label} onClick={() => setShown(!shown)} className="absolute top-0 right-0">
            {shown ? <EyeOff size={18} aria-hidden="true" /> : <Eye size={18} aria-hidden="true" />}
          </IconButton>
        </span>
      )}
    </Field>
  )
}

/** 0 to 3: length counts most, then how many different characters there are. */
export function strengthOf(password: string): 0 | 1 | 2 | 3 {
  if ([...password].length < 12) return 0
  const different = new Set(password).size
  if (different < 6) return 1
  return password.length >= 20 && different >= 10 ? 3 : 2
}
