import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import type { AuditExceptionsQuery, MyRolesQuery } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { instantDayText } from '../../lib/dates'
import { auditExceptionsOptions, auditScopeOptions, myRolesOptions } from '../../queries/audit'
import { Badge } from '../../ui/badge'
import { Field } from '../../ui/field'
import { Card, Page } from '../../ui/page'
import { Awaited, Empty, Failure, isOpening, Skeleton } from '../../ui/states'
import type { Looked } from './detail'
import { Difference, Place } from './place'
import { Timeline } from './timeline'
import { When } from './when'

const Detail = lazy(() => import('./detail').then((module) => ({ default: module.Detail })))

type Role = MyRolesQuery['myRoles'][number]

export function Audit() {
  const words = useWords()
  const roles = useQuery(myRolesOptions)
  const [chosen, setChosen] = useState<string | null>(null)
  const standing = roles.data?.filter(({ role, stands }) => role === 'AUDITOR' && stands) ?? []
  const role = standing.find(({ id }) => id === chosen) ?? standing[0]
  return (
    <Page title={words.audit.title} lead={words.audit.lead} wide>
      <Awaited of={roles} rows={3} height={140} />
      {roles.data && !role && <Empty title={words.audit.none} text={words.audit.noneText} />}
      {role && (
        <View key={role.id} role={role}>
          {standing.length > 1 && <Choice roles={standing} chosen={role.id} choose={setChosen} />}
        </View>
      )}
    </Page>
  )
}

function useRoleText() {
  const words = useWords()
  return ({ people, endsAt }: Role) =>
    `${words.audit.covers(people?.length ?? 0)}, ${words.audit.until(instantDayText(endsAt, words.locale))}`
}

type ChoiceProps = { roles: Role[]; chosen: string; choose: (id: string) => void }

function Choice({ roles, chosen, choose }: ChoiceProps) {
  const words = useWords()
  const text = useRoleText()
  return (
    <Field label={words.audit.role}>
      {(ids) => (
        <select {...ids} className="control" value={chosen} onChange={(event) => choose(event.target.value)}>
          {roles.map((role) => (
            <option key={role.id} value={role.id}>
              {text(role)}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

function View({ role, children }: { role: Role; children?: ReactNode }) {
  const scope = useQuery(auditScopeOptions(role.id))
  const exceptions = useQuery(auditExceptionsOptions(role.id))
  const [asOf, setAsOf] = useState<string | null>(null)
  const [mark, setMark] = useState<string | null>(null)
  const [compared, setCompared] = useState(false)
  const [filter, setFilter] = useState('')
  const [looked, setLooked] = useState<Looked | null>(null)
  const text = useRoleText()
  // What stands above the log has its size before the log is shown under it.
  if (scope.isPending || isOpening(exceptions)) return <Skeleton rows={3} height={140} />
  if (scope.isError) return <Failure error={scope.error} retry={() => scope.refetch()} />
  const { after, to } = scope.data
  const place = asOf ?? to
  const look = (next: Looked) => {
    if (next.action === 'chain') setFilter(`correlation:${next.event.correlation}`)
    else setLooked(next)
  }
  return (
    <div className="flex flex-col gap-6">
      {children}
      <p className="text-muted first-letter:uppercase">{text(role)}</p>
      <Exceptions exceptions={exceptions} />
      <Place
        from={after}
        to={to}
        place={place}
        mark={mark}
        onPlace={(position) => setAsOf(position === to ? null : position)}
        onMark={() => {
          setMark(place)
          setCompared(false)
        }}
        onCompare={() => setCompared(true)}
      />
      {compared && mark && <Difference roleId={role.id} one={mark} other={place} />}
      <Timeline roleId={role.id} asOf={place} filter={filter} onFilter={setFilter} onLook={look} />
      {looked && (
        <Suspense>
          <Detail roleId={role.id} asOf={place} looked={looked} onClose={() => setLooked(null)} />
        </Suspense>
      )}
    </div>
  )
}

type ExceptionsProps = { exceptions: UseQueryResult<AuditExceptionsQuery['auditExceptions']> }

function Exceptions({ exceptions }: ExceptionsProps) {
  const words = useWords()
  return (
    <Card title={words.audit.exceptions}>
      <Awaited of={exceptions} rows={1} height={24} />
      {exceptions.data?.length === 0 && (
        <p>
          <Badge tone="good">0</Badge> {words.audit.noExceptions}
        </p>
      )}
      {exceptions.data && exceptions.data.length > 0 && (
        <ul className="flex flex-col gap-2">
          {exceptions.data.map(({ position, kind, endpoint, sentAt }) => (
            <li key={position} className="flex flex-wrap gap-x-3">
              <Badge tone="bad">{words.audit.kinds[kind] ?? kind}</Badge>
              <span className="amount">{position}</span>
              <code className="font-mono text-sm">{endpoint}</code>
              <span className="text-muted">
                <When at={sentAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
