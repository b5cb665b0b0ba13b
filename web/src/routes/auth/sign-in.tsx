import { Link, useSearch } from '@tanstack/react-router'
import { type FormEvent, useEffect, useState } from 'react'
import { BeginSignInDocument, SignInByPasskeyDocument, SignInDocument } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { instantText } from '../../lib/dates'
import { request } from '../../lib/gql'
import { askPasskey, canUsePasskeys } from '../../lib/passkey'
import { Button } from '../../ui/button'
import { errorText } from '../../ui/states'
import { EmailField } from './email-field'
import { PasswordField } from './password-field'
import { SecondFactor } from './second-factor'
import { focusFirstInvalid, useEntry } from './session'

export function SignIn() {
  const words = useWords()
  const { next } = useSearch({ from: '/auth/sign-in' })
  const enter = useEntry(next)
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const [missing, setMissing] = useState(false)
  const [busy, setBusy] = useState(false)
  const [ticket, setTicket] = useState<string | null>(null)

  useEffect(() => {
    document.title = `${words.auth.signInTitle} · ${words.app}`
  }, [words])

  const attempt = async () => {
    const { signIn } = await request(SignInDocument, { email: email.trim(), password })
    if (signIn.status === 'SIGNED_IN' && signIn.me) return enter(signIn.me)
    setPassword('')
    if (signIn.status === 'CODE_NEEDED' && signIn.ticket) return setTicket(signIn.ticket)
    if (signIn.status === 'REFUSED') return setProblem(words.auth.REFUSED)
    const when = signIn.retryAt ? instantText(signIn.retryAt, words.locale) : null
    setProblem(when ? words.auth.tryLaterAt(when) : words.auth.TRY_LATER)
  }

  const byPasskey = async () => {
    const { beginSignIn } = await request(BeginSignInDocument, {})
    const passkey = await askPasskey(beginSignIn)
    if (!passkey) return setProblem(words.security.passkeyRefused)
    const { signInByPasskey } = await request(SignInByPasskeyDocument, { passkey })
    if (signInByPasskey.status === 'SIGNED_IN' && signInByPasskey.me) return enter(signInByPasskey.me)
    setProblem(words.security.passkeyRefused)
  }

  const pressPasskey = async () => {
    setProblem(null)
    setBusy(true)
    await byPasskey().catch((error) => setProblem(errorText(words, error)))
    setBusy(false)
  }

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    setProblem(null)
    setMissing(true)
    if (!email.includes('@') || password === '') return focusFirstInvalid(form)
    setBusy(true)
    await attempt().catch((error) => setProblem(errorText(words, error)))
    setBusy(false)
  }

  if (ticket) return <SecondFactor ticket={ticket} onEntered={enter} />
  return (
    <form noValidate onSubmit={submit} className="card flex flex-col gap-4 p-6">
      <h1 className="text-xl font-semibold">{words.auth.signInTitle}</h1>
      {next && next !== '/' && <p className="text-muted">{words.auth.expired}</p>}
      <div role="alert" className={problem ? 'text-negative' : 'sr-only'}>
        {problem}
      </div>
      {canUsePasskeys() && (
        <Button disabled={busy} onClick={pressPasskey}>
          {words.security.withPasskey}
        </Button>
      )}
      <EmailField
        value={email}
        onChange={setEmail}
        error={missing && !email.includes('@') ? words.auth.EMAIL_INVALID : null}
      />
      <PasswordField
        value={password}
        onChange={setPassword}
        error={missing && !problem && !busy && password === '' ? words.auth.PASSWORD_MISSING : null}
        autoComplete="current-password"
      />
      <Button type="submit" look="primary" disabled={busy}>
        {words.auth.signIn}
      </Button>
      <p className="text-muted">
        {words.auth.newHere}{' '}
        <Link to="/sign-up" search={{ next }} className="font-medium text-accent underline">
          {words.auth.signUp}
        </Link>
      </p>
    </form>
  )
}
