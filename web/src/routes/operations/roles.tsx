import { type UseQueryResult, useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import {
  type GivenRolesQuery,
  GrantRoleDocument,
  type RoleKind,
  WithdrawRoleDocument,
} from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { client } from '../../lib/client'
import { instantDayText } from '../../lib/dates'
import { request } from '../../lib/gql'
import { sawPosition } from '../../lib/position'
import { Badge } from '../../ui/badge'
import { Button } from '../../ui/button'
import { Field } from '../../ui/field'
import { Card } from '../../ui/page'
import { Awaited, Failure } from '../../ui/states'
import { DaysField, ReasonField } from '../../ui/term'

const kinds: RoleKind[] = ['AUDITOR', 'ANALYST', 'OPERATOR']
const withdrawn = 'withdrawn_by_operator'
const longestDays = 366

function changed(position: string) {
  sawPosition(position)
  client.invalidateQueries({ queryKey: ['roles'] })
}

/** Every role that was given, giving one, and taking one back. */
export function GivenRoles({ roles }: { roles: UseQueryResult<GivenRolesQuery['roles']> }) {
  const words = useWords()
  const withdraw = useMutation({
    mutationFn: (id: string) => request(WithdrawRoleDocument, { id, reason: withdrawn }),
    onSuccess: ({ withdrawRole }) => changed(withdrawRole.position),
  })
  const text = words.running.roles
  return (
    <Card title={text.title}>
      <p className="text-muted">{text.text}</p>
      <div className="mt-3 empty:hidden">
        <Awaited of={roles} rows={2} height={40} />
      </div>
      {roles.data?.length === 0 && <p className="mt-2">{text.empty}</p>}
      <ul className="mt-3">
        {roles.data?.map(({ id, role, holder, endsAt, reason, uses, stands }) => (
          <li
            key={id}
            className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-t border-line py-2"
          >
            <span className="min-w-0">
              <Badge tone={stands ? 'good' : 'quiet'}>{text.kinds[role]}</Badge>{' '}
              <code className="font-mono text-sm break-all">{holder}</code>
              <span className="block text-sm text-muted">
                {stands ? text.until(instantDayText(endsAt, words.locale)) : text.over}, {text.uses(uses)},{' '}
                {reason}
              </span>
            </span>
            {stands && (
              <Button
                look="quiet"
                aria-label={text.withdrawFor(text.kinds[role], holder)}
                disabled={withdraw.isPending}
                onClick={() => withdraw.mutate(id)}
              >
                {text.withdraw}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {withdraw.isError && <Failure error={withdraw.error} />}
      <Give />
    </Card>
  )
}

function Give() {
  const words = useWords()
  const text = words.running.roles
  const [holder, setHolder] = useState('')
  const [role, setRole] = useState<RoleKind>('AUDITOR')
  const [days, setDays] = useState(30)
  const [reason, setReason] = useState('')
  const give = useMutation({
    mutationFn: () => {
      const endsAt = new Date(Date.now() + days * 86_400_000).toISOString()
      return request(GrantRoleDocument, {
        role: { holder: holder.trim(), role, endsAt, reason: reason.trim() },
      })
    },
    onSuccess: ({ grantRole }) => {
      changed(grantRole.position)
      setHolder('')
      setReason('')
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    give.mutate()
  }
  return (
    <form onSubmit={submit} className="mt-6 grid gap-4 border-t border-line pt-5 sm:grid-cols-2">
      <Field label={text.holder} hint={text.holderHint}>
        {(ids) => (
          <input
            {...ids}
            className="control font-mono"
            value={holder}
            required
            maxLength={36}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setHolder(event.target.value)}
          />
        )}
      </Field>
      <ReasonField value={reason} onChange={setReason} />
      <Field label={text.kind}>
        {(ids) => (
          <select
            {...ids}
            className="control"
            value={role}
            onChange={(event) => setRole(event.target.value as RoleKind)}
          >
            {kinds.map((kind) => (
              <option key={kind} value={kind}>
                {text.kinds[kind]}
              </option>
            ))}
          </select>
        )}
      </Field>
      <DaysField value={days} longest={longestDays} onChange={setDays} />
      <div className="sm:col-span-2">
        <Button type="submit" look="primary" disabled={give.isPending}>
          {text.give}
        </Button>
        <p role="alert" className={give.isError ? 'mt-2 text-negative' : 'sr-only'}>
          {give.isError && words.running.invalid}
        </p>
      </div>
    </form>
  )
}
