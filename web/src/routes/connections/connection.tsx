import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { RefreshCw } from 'lucide-react'
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from 'react'
import { type ConnectionQuery, RefreshConnectionDocument } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { client } from '../../lib/client'
import { dayText, instantText } from '../../lib/dates'
import { request } from '../../lib/gql'
import { sawPosition } from '../../lib/position'
import { connectionOptions } from '../../queries/options'
import { announce } from '../../ui/announce'
import { Badge } from '../../ui/badge'
import { Button, ButtonLink } from '../../ui/button'
import { DemoMark } from '../../ui/demo'
import { Name, useNameText } from '../../ui/name'
import { Card, Page } from '../../ui/page'
import { Awaited, Empty, errorText } from '../../ui/states'
import { groupedIdentifier } from '../accounts/identifier'
import { ReadingLine } from '../accounts/reading'
import { ReconfirmButton } from './reconfirm'
import { isRenewable, RenewButton } from './renew'
import { isOpen, StatusBadge, Term } from './status'
import { SyncProgress } from './sync'

const StopSharing = lazy(() => import('./stop'))

type Connection = NonNullable<ConnectionQuery['connection']>

/** Events tell what changed; while something is going on the page also asks by itself. */
const askAgainMilliseconds = 2_000

export function ConnectionPage() {
  const words = useWords()
  const { connectionId } = useParams({ from: '/app/connections/$connectionId' })
  const connection = useQuery({
    ...connectionOptions(connectionId),
    refetchInterval: ({ state }) => {
      const busy = state.data?.status === 'ACTIVE' && ['RUNNING', 'NEVER'].includes(state.data.sync.state)
      return busy ? askAgainMilliseconds : false
    },
  })
  useNewsOf(connection.data?.sync.finishedAt)
  if (connection.data) return <Details connection={connection.data} />
  const missing = connection.data === null
  return (
    <Page title={missing ? words.connections.notFound : words.connections.title}>
      <Awaited of={connection} rows={3} height={120} />
      {missing && (
        <Empty title={words.connections.notFound} text={words.connections.notFoundText}>
          <ButtonLink to="/connections">{words.connections.title}</ButtonLink>
        </Empty>
      )}
    </Page>
  )
}

/** When a reading has ended, what it brought is asked for, even if the event about it was lost. */
function useNewsOf(finishedAt: string | null | undefined) {
  const former = useRef(finishedAt)
  useEffect(() => {
    if (former.current !== undefined && finishedAt !== former.current) {
      for (const topic of ['accounts', 'transactions', 'spending'])
        client.invalidateQueries({ queryKey: [topic] })
    }
    former.current = finishedAt
  }, [finishedAt])
}

function Details({ connection }: { connection: Connection }) {
  const words = useWords()
  const nameText = useNameText()
  const { bank, status } = connection
  return (
    <Page
      title={nameText(bank.name)}
      lead={
        <span className="flex flex-wrap gap-2">
          <StatusBadge status={status} />
          {bank.demo && <DemoMark />}
        </span>
      }
      actions={<Actions connection={connection} />}
    >
      <div className="flex flex-col gap-6">
        <Situation connection={connection} />
        {status === 'ACTIVE' && <SyncProgress sync={connection.sync} reading={connection.reading} />}
        <Card title={isOpen(status) ? words.connections.shared : words.connections.wasShared}>
          <Terms connection={connection} />
        </Card>
        {connection.accounts.length > 0 && <SharedAccounts connection={connection} />}
      </div>
    </Page>
  )
}

function Actions({ connection }: { connection: Connection }) {
  const words = useWords()
  const [stopping, setStopping] = useState(false)
  const { id, bank, status, sync } = connection
  const running = sync.state === 'RUNNING'
  const navigate = useNavigate()
  // No link: its address would name the bank.
  const connect = () => void navigate({ to: '/connect', search: { bank: bank.id } })
  const refresh = useMutation({
    mutationFn: () => request(RefreshConnectionDocument, { connectionId: id }),
    onSuccess: ({ refreshConnection: answer }) => {
      sawPosition(answer.position)
      announce(words.connections.refreshed[answer.status])
      client.invalidateQueries({ queryKey: ['connections'] })
    },
    onError: (error) => announce(errorText(words, error)),
  })
  if (!isOpen(status)) {
    if (isRenewable(connection)) return <RenewButton connectionId={id} bank={bank} look="primary" />
    return (
      <Button look="primary" onClick={connect}>
        {words.connections.again}
      </Button>
    )
  }
  return (
    <>
      {status === 'ACTIVE' ? (
        <Button look="primary" disabled={running || refresh.isPending} onClick={() => refresh.mutate()}>
          <RefreshCw size={16} aria-hidden="true" />
          {running ? words.connections.refreshing : words.connections.refresh}
        </Button>
      ) : (
        status === 'PENDING' && (
          <Button look="primary" onClick={connect}>
            {words.callback.startAgain}
          </Button>
        )
      )}
      {connection.rests && <ReconfirmButton connectionId={id} bankName={bank.name} />}
      {isRenewable(connection) && (
        <RenewButton
          connectionId={id}
          bank={bank}
          look={status === 'ACTIVE' || connection.rests ? 'plain' : 'primary'}
        />
      )}
      <Button look="danger" onClick={() => setStopping(true)}>
        {words.connections.stop}
      </Button>
      {refresh.isError && (
        <p role="alert" className="basis-full text-negative">
          {errorText(words, refresh.error)}
        </p>
      )}
      {stopping && (
        <Suspense>
          <StopSharing connectionId={id} bankName={bank.name} onClose={() => setStopping(false)} />
        </Suspense>
      )}
    </>
  )
}

/** What is special about this connection now, in plain words. */
function Situation({ connection }: { connection: Connection }) {
  const words = useWords()
  const { status, endedReason, endedAt, bankTold } = connection
  const lines = [
    endedReason && words.connections.reason[endedReason],
    endedAt && `${words.connections.endedAt(instantText(endedAt, words.locale))}.`,
    status === 'REVOKED' && (bankTold ? words.connections.bankTold : words.connections.bankNotTold),
    status === 'NEEDS_CONFIRMATION' &&
      (connection.rests ? words.sync.reconfirm.text : words.connections.confirmText),
    status === 'PENDING' && words.connections.pendingText,
  ].filter((line) => typeof line === 'string')
  return (
    <div
      role="status"
      className={lines.length > 0 ? 'rounded-card border border-line bg-inset p-4' : 'sr-only'}
    >
      {lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </div>
  )
}

function Terms({ connection }: { connection: Connection }) {
  const words = useWords()
  const { locale } = words
  const { grantedAt, requestedAt, historyFrom, sync, accounts } = connection
  const lastRead =
    sync.finishedAt ??
    accounts
      .flatMap(({ lastReadAt }) => lastReadAt ?? [])
      .sort()
      .at(-1)
  const facts: [string, ReactNode][] = [
    [words.connections.since, instantText(grantedAt ?? requestedAt, locale)],
    [
      connection.endedAt ? words.connections.endedOn : words.connections.until,
      connection.status === 'ACTIVE' ? (
        <Term key="term" connection={connection} />
      ) : (
        connection.endedAt && instantText(connection.endedAt, locale)
      ),
    ],
    [
      words.sync.reconfirm.by,
      connection.reconfirmBy && !connection.rests && instantText(connection.reconfirmBy, locale),
    ],
    [words.connections.lastRead, lastRead ? instantText(lastRead, locale) : words.common.neverUpdated],
  ]
  return (
    <>
      <p className="mb-4">
        {words.connections.sharedWhat}
        {historyFrom && (
          <span className="block text-muted">{words.connections.history(dayText(historyFrom, locale))}</span>
        )}
      </p>
      <dl className="grid gap-x-4 gap-y-3 sm:grid-cols-[9rem_1fr]">
        {facts.map(
          ([name, value]) =>
            value && (
              <div key={name} className="sm:contents">
                <dt className="text-muted max-sm:text-sm">{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
    </>
  )
}

function SharedAccounts({ connection }: { connection: Connection }) {
  const words = useWords()
  return (
    <Card title={words.connections.accounts}>
      <ul className="divide-y divide-line">
        {connection.accounts.map((account) => (
          <li key={account.id}>
            <Link
              to="/accounts/$accountId"
              params={{ accountId: account.id }}
              className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 py-3 hover:underline"
            >
              <span className="min-w-0">
                <Name className="block font-medium">{account.name}</Name>
                {isOpen(connection.status) ? (
                  <ReadingLine state={account} className="block text-sm text-muted" />
                ) : (
                  <span className="block text-sm text-muted">
                    {words.sync.renewal.knownTo}:{' '}
                    {account.lastReadAt
                      ? instantText(account.lastReadAt, words.locale)
                      : words.sync.renewal.never}
                  </span>
                )}
              </span>
              <span className="flex items-center gap-3 text-sm text-muted">
                {!account.live && <Badge tone="quiet">{words.accounts.ended}</Badge>}
                <Name>{groupedIdentifier(account.identifier)}</Name>
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  )
}
