import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useWords } from '../../i18n/words'
import { type BankAnswer, forgetBankAnswer, keptBankAnswer } from '../../lib/callback'
import { client } from '../../lib/client'
import { requestHeaders } from '../../lib/gql'
import { sawPosition } from '../../lib/position'
import { Button, ButtonLink } from '../../ui/button'

type Outcome =
  | { kind: 'connected' | 'refused'; connectionId: string }
  | { kind: 'failed'; code: string; requestId: string | null }

/** These leave the answer usable: it stays in this window and can be sent again. */
const passing = ['not_signed_in', 'offline', 'unknown']

const known = [
  'state_unknown',
  'expired',
  'answer_not_trusted',
  'other_browser',
  'malformed',
  'bank_error',
  'already_used',
  'not_signed_in',
]

async function send({ bankId, query, fragment }: BankAnswer): Promise<Outcome> {
  const body = JSON.stringify({ query, fragment })
  const path = `/callback/${encodeURIComponent(bankId)}`
  const response = await fetch(path, { method: 'POST', headers: requestHeaders, body }).catch(() => null)
  if (!response) return { kind: 'failed', code: 'offline', requestId: null }
  const answer = await response.json().catch(() => ({}))
  if (response.ok && answer.connectionId) {
    sawPosition(answer.position)
    forgetBankAnswer()
    return {
      kind: answer.outcome === 'refused' ? 'refused' : 'connected',
      connectionId: answer.connectionId,
    }
  }
  const code = known.includes(answer.code) ? answer.code : 'unknown'
  if (!passing.includes(code)) forgetBankAnswer()
  return { kind: 'failed', code, requestId: answer.requestId ?? null }
}

export function Callback() {
  const words = useWords()
  const navigate = useNavigate()
  const { bankId } = useParams({ from: '/auth/callback/$bankId' })
  const answer = keptBankAnswer(bankId)
  const outcome = useQuery({
    queryKey: ['callback', bankId],
    queryFn: () => (answer ? send(answer) : null),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })

  useEffect(() => {
    document.title = `${words.callback.title} · ${words.app}`
  }, [words])

  const result = outcome.data
  const connectionId = result?.kind === 'connected' ? result.connectionId : null
  useEffect(() => {
    if (!connectionId) return
    for (const topic of ['connections', 'accounts']) client.invalidateQueries({ queryKey: [topic] })
    navigate({ to: '/connections/$connectionId', params: { connectionId }, replace: true })
  }, [connectionId, navigate])

  return (
    <div className="card flex flex-col gap-4 p-6">
      <h1 className="text-xl font-semibold">{words.callback.title}</h1>
      <div role="status" className={outcome.isPending || connectionId ? 'text-muted' : 'sr-only'}>
        {outcome.isPending && words.callback.checking}
        {connectionId && words.callback.connected}
      </div>
      {result?.kind === 'refused' && <Refused connectionId={result.connectionId} bankId={bankId} />}
      {result?.kind === 'failed' && (
        <Failed
          code={result.code}
          requestId={result.requestId}
          bankId={bankId}
          retry={() => outcome.refetch()}
        />
      )}
      {result === null && (
        <>
          <p>{words.callback.nothing}</p>
          <ButtonLink to="/connections" look="primary">
            {words.callback.toConnections}
          </ButtonLink>
        </>
      )}
    </div>
  )
}

function Refused({ connectionId, bankId }: { connectionId: string; bankId: string }) {
  const words = useWords()
  return (
    <div role="alert" className="flex flex-col gap-4">
      <h2 className="font-semibold">{words.callback.refusedTitle}</h2>
      <p>{words.callback.refusedText}</p>
      <div className="flex flex-wrap gap-2">
        <ButtonLink to="/connect" search={{ bank: bankId }} look="primary">
          {words.callback.startAgain}
        </ButtonLink>
        <ButtonLink to="/connections/$connectionId" params={{ connectionId }}>
          {words.callback.toConnections}
        </ButtonLink>
      </div>
    </div>
  )
}

type FailedProps = { code: string; requestId: string | null; bankId: string; retry: () => void }

function Failed({ code, requestId, bankId, retry }: FailedProps) {
  const words = useWords()
  const texts = words.callback.problem as Record<string, string>
  const again = code === 'offline' || code === 'unknown'
  return (
    <div role="alert" className="flex flex-col gap-4">
      <h2 className="font-semibold text-negative">{words.callback.failedTitle}</h2>
      <p>{texts[code] ?? words.callback.problem.unknown}</p>
      {requestId && (
        <p className="text-sm text-muted">
          {words.error.requestId}: <code className="font-mono break-all select-all">{requestId}</code>
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        {code === 'not_signed_in' && (
          <ButtonLink to="/sign-in" search={{ next: `/callback/${bankId}` }} look="primary">
            {words.callback.signIn}
          </ButtonLink>
        )}
        {again && (
          <Button look="primary" onClick={retry}>
            {words.common.tryAgain}
          </Button>
        )}
        <ButtonLink
          to="/connect"
          search={{ bank: bankId }}
          look={passing.includes(code) ? 'plain' : 'primary'}
        >
          {words.callback.startAgain}
        </ButtonLink>
        <ButtonLink to="/connections">{words.callback.toConnections}</ButtonLink>
      </div>
    </div>
  )
}
