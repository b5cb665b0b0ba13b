import { Link, useSearch } from '@tanstack/react-router'
import { Check } from 'lucide-react'
import { type FormEvent, useEffect, useState } from 'react'
import { SignUpDocument } from '../../gql/graphql'
import type { Catalogue } from '../../i18n/en'
import { useWords } from '../../i18n/words'
import { request } from '../../lib/gql'
import { sawPosition } from '../../lib/position'
import { Button } from '../../ui/button'
import { errorText } from '../../ui/states'
import { EmailField } from './email-field'
import { PasswordField, strengthOf } from './password-field'
import { focusFirstInvalid, useEntry } from './session'

type Problems = { email?: string; password?: string; form?: string }

function problemsOf(email: string, password: string, words: Catalogue): Problems {
  return {
    ...(/^\S+@\S+$/.test(email.trim()) ? {} : { email: words.auth.EMAIL_INVALID }),
    ...(strengthOf(password) === 0 ? { password: words.auth.PASSWORD_TOO_SHORT } : {}),
  }
}

export function SignUp() {
  const words = useWords()
  const { next } = useSearch({ from: '/auth/sign-up' })
  const enter = useEntry(next)
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [problems, setProblems] = useState<Problems>({})
  const [busy, setBusy] = useState(false)

  useEffect(() => {
    document.title = `${words.auth.signUpTitle} · ${words.app}`
  }, [words])

  const attempt = async (): Promise<Problems> => {
    const { signUp } = await request(SignUpDocument, { email: email.trim(), password })
    sawPosition(signUp.position)
    if (signUp.status === 'SIGNED_UP') {
      if (signUp.me) await enter(signUp.me)
      return {}
    }
    const text = words.auth[signUp.status]
    if (signUp.status === 'TRY_LATER') return { form: text }
    return signUp.status.startsWith('EMAIL') ? { email: text } : { password: text }
  }

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    let found = problemsOf(email, password, words)
    if (Object.keys(found).length === 0) {
      setBusy(true)
      found = await attempt().catch((error) => ({ form: errorText(words, error) }))
      setBusy(false)
    }
    setProblems(found)
    focusFirstInvalid(form)
  }

  return (
    <form noValidate onSubmit={submit} className="card flex flex-col gap-4 p-6">
      <h1 className="text-xl font-semibold">{words.auth.signUpTitle}</h1>
      <p className="text-muted">{words.auth.tagline}</p>
      <div role="alert" className={problems.form ? 'text-negative' : 'sr-only'}>
        {problems.form}
      </div>
      <EmailField value={email} onChange={setEmail} error={problems.email ?? null} />
      <PasswordField
        value={password}
        onChange={setPassword}
        error={problems.password ?? null}
        hint={password ? words.auth.strength[strengthOf(password)] : words.auth.passwordHint}
        autoComplete="new-password"
      />
      <Button type="submit" look="primary" disabled={busy}>
        {words.auth.signUp}
      </Button>
      <p className="text-muted">
        {words.auth.haveAccount}{' '}
        <Link to="/sign-in" search={{ next }} className="font-medium text-accent underline">
          {words.auth.signIn}
        </Link>
      </p>
      <Promises />
    </form>
  )
}

/** What is done with what people share, in three lines. */
function Promises() {
  const words = useWords()
  return (
    <ul className="flex flex-col gap-2 border-t border-line pt-4 text-sm text-muted">
      {words.auth.kept.map((line) => (
        <li key={line} className="flex gap-2">
          <Check size={16} aria-hidden="true" className="mt-0.5 shrink-0 text-accent" />
          {line}
        </li>
      ))}
    </ul>
  )
}
