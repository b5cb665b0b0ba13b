import { useState } from 'react'
import { type MeQuery, SecondFactorDocument } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { request } from '../../lib/gql'
import { errorText } from '../../ui/states'
import { CodeForm } from '../security/security'

type SecondFactorProps = { ticket: string; onEntered: (me: NonNullable<MeQuery['me']>) => void }

/** After the password: the code of an app, or a recovery code. */
export function SecondFactor({ ticket, onEntered }: SecondFactorProps) {
  const words = useWords()
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const attempt = async (code: string) => {
    setBusy(true)
    setProblem(null)
    try {
      const { secondFactor } = await request(SecondFactorDocument, { ticket, code })
      if (secondFactor.status === 'SIGNED_IN' && secondFactor.me) return onEntered(secondFactor.me)
      setProblem(secondFactor.status === 'TRY_LATER' ? words.security.TRY_LATER : words.security.codeRefused)
    } catch (error) {
      setProblem(errorText(words, error))
    }
    setBusy(false)
  }
  return (
    <div className="card flex flex-col gap-2 p-6">
      <h1 className="text-xl font-semibold">{words.security.codeTitle}</h1>
      <p className="text-muted">{words.security.codeText}</p>
      <div role="alert" className={problem ? 'text-negative' : 'sr-only'}>
        {problem}
      </div>
      <CodeForm label={words.security.code} action={words.auth.signIn} busy={busy} onCode={attempt} />
    </div>
  )
}
