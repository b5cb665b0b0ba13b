import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import {
  IssueTokenDocument,
  type MyRolesQuery,
  type MyTokensQuery,
  RevokeTokenDocument,
  type TokenScope,
} from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { client } from '../../lib/client'
import { instantDayText } from '../../lib/dates'
import { request } from '../../lib/gql'
import { sawPosition } from '../../lib/position'
import { myRolesOptions } from '../../queries/audit'
import { myTokensOptions } from '../../queries/running'
import { Badge } from '../../ui/badge'
import { Button } from '../../ui/button'
import { Field } from '../../ui/field'
import { Card } from '../../ui/page'
import { Failure } from '../../ui/states'
import { DaysField, ReasonField } from '../../ui/term'

type Role = MyRolesQuery['myRoles'][number]
type Token = MyTokensQuery['myTokens'][number]

/** What each role can hand on to a program. */
const scopesOf: Record<Role['role'], TokenScope[]> = {
  AUDITOR: ['TIMELINE', 'STORIES', 'PROOFS', 'LAWFULNESS', 'DOCUMENTS'],
  ANALYST: ['ANALYSIS', 'DOCUMENTS'],
  OPERATOR: [],
}
const longestDays = 90
const day = 86_400_000

function changed(position: string) {
  sawPosition(position)
  client.invalidateQueries({ queryKey: myTokensOptions.queryKey })
}

/** Tokens of programs; only for those who hold a role that can be handed on. */
export function ProgramsCard() {
  const words = useWords()
  const roles = useQuery(myRolesOptions)
  const standing = roles.data?.filter(({ role, stands }) => stands && scopesOf[role].length > 0) ?? []
  if (standing.length === 0) return null
  return (
    <Card title={words.running.programs.title}>
      <p className="text-muted">{words.running.programs.text}</p>
      <Tokens />
      <Issue roles={standing} />
    </Card>
  )
}

function Tokens() {
  const words = useWords()
  const text = words.running.programs
  const tokens = useQuery(myTokensOptions)
  const revoke = useMutation({
    mutationFn: (id: string) => request(RevokeTokenDocument, { id, reason: 'revoked_by_holder' }),
    onSuccess: ({ revokeToken }) => changed(revokeToken.position),
  })
  return (
    <>
      {tokens.isError && <Failure error={tokens.error} retry={() => tokens.refetch()} />}
      {tokens.data?.length === 0 && <p className="mt-2">{text.empty}</p>}
      <ul className="mt-2">
        {tokens.data?.map((token) => (
          <li
            key={token.id}
            className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-t border-line py-2"
          >
            <Told token={token} />
            {token.stands && (
              <Button
                look="quiet"
                aria-label={text.revokeFor(token.reason)}
                disabled={revoke.isPending}
                onClick={() => revoke.mutate(token.id)}
              >
                {text.revoke}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {revoke.isError && <Failure error={revoke.error} />}
    </>
  )
}

function Told({ token }: { token: Token }) {
  const words = useWords()
  const text = words.running.programs
  const when = (at: string) => instantDayText(at, words.locale)
  return (
    <span className="min-w-0">
      <code className="font-mono text-sm break-all">{token.reason}</code>{' '}
      {token.revokedAt && <Badge tone="quiet">{text.revoked}</Badge>}
      <span className="block text-sm text-muted">
        {token.scopes.map((scope) => text.scope[scope]).join(', ')};{' '}
        {words.running.roles.until(when(token.endsAt))}, {words.running.roles.uses(token.uses)}
        {token.usedAt && `, ${text.used(when(token.usedAt))}`}
      </span>
    </span>
  )
}

function Issue({ roles }: { roles: Role[] }) {
  const words = useWords()
  const text = words.running.programs
  const [chosen, setChosen] = useState(roles[0]?.id)
  const role = roles.find(({ id }) => id === chosen) ?? roles[0]
  const offered = role ? scopesOf[role.role] : []
  const [scopes, setScopes] = useState<readonly TokenScope[]>([])
  const [days, setDays] = useState(30)
  const [reason, setReason] = useState('')
  const [secret, setSecret] = useState<string | null>(null)
  const wanted = offered.filter((scope) => scopes.includes(scope))
  const issue = useMutation({
    mutationFn: () => {
      const roleEnd = new Date(role?.endsAt ?? 0).getTime()
      const endsAt = new Date(Math.min(Date.now() + days * day, roleEnd)).toISOString()
      return request(IssueTokenDocument, {
        token: { roleId: role?.id ?? '', scopes: wanted, endsAt, reason: reason.trim() },
      })
    },
    onSuccess: ({ issueToken }) => {
      changed(issueToken.position)
      setSecret(issueToken.refreshToken)
      setReason('')
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (wanted.length > 0) issue.mutate()
  }
  if (secret) {
    return (
      <div role="status" className="mt-4 border-t border-line pt-4">
        <p className="font-medium">{text.secret}</p>
        <p className="text-muted">{text.secretText}</p>
        <p className="my-2 rounded-control bg-inset p-3 font-mono text-sm break-all select-all">{secret}</p>
        <Button onClick={() => setSecret(null)}>{text.kept}</Button>
      </div>
    )
  }
  return (
    <form onSubmit={submit} className="mt-4 grid gap-4 border-t border-line pt-5 sm:grid-cols-2">
      {roles.length > 1 && (
        <Field label={text.role}>
          {(ids) => (
            <select
              {...ids}
              className="control"
              value={role?.id}
              onChange={(event) => setChosen(event.target.value)}
            >
              {roles.map(({ id, role: kind, endsAt }) => (
                <option key={id} value={id}>
                  {words.running.roles.kinds[kind]},{' '}
                  {words.running.roles.until(instantDayText(endsAt, words.locale))}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      <fieldset className="sm:col-span-2">
        <legend className="mb-1 text-sm font-medium">{text.scopes}</legend>
        {offered.map((scope) => (
          <label key={scope} className="flex min-h-9 items-center gap-3 pointer-coarse:min-h-11">
            <input
              type="checkbox"
              className="size-5 shrink-0 accent-accent"
              checked={scopes.includes(scope)}
              onChange={(event) =>
                setScopes(
                  event.target.checked ? [...scopes, scope] : scopes.filter((other) => other !== scope),
                )
              }
            />
            {text.scope[scope]}
          </label>
        ))}
      </fieldset>
      <ReasonField value={reason} onChange={setReason} />
      <DaysField value={days} longest={longestDays} onChange={setDays} />
      <div className="sm:col-span-2">
        <Button type="submit" disabled={issue.isPending || wanted.length === 0}>
          {text.issue}
        </Button>
        <p role="alert" className={issue.isError ? 'mt-2 text-negative' : 'sr-only'}>
          {issue.isError && words.running.invalid}
        </p>
      </div>
    </form>
  )
}
