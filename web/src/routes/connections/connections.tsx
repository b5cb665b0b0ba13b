import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronRight, Plus } from 'lucide-react'
import { useState } from 'react'
import type { ConnectionsQuery } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { instantDayText } from '../../lib/dates'
import { connectionsOptions } from '../../queries/options'
import { BankMark } from '../../ui/bank-mark'
import { ButtonLink } from '../../ui/button'
import { DemoMark, isRemovedDemo } from '../../ui/demo'
import { Name } from '../../ui/name'
import { Page } from '../../ui/page'
import { Awaited, Empty } from '../../ui/states'
import { readingTexts } from '../accounts/reading'
import { RenewalCalendar } from './calendar'
import { fewConnections, Sorting, type Wish, wished } from './sorting'
import { isOpen, StatusBadge, Term } from './status'

type Connection = ConnectionsQuery['connections'][number]

export function Connections() {
  const words = useWords()
  const connections = useQuery(connectionsOptions)
  const [wish, setWish] = useState<Wish>({ text: '', by: 'newest' })
  const shown = connections.data?.filter((one) => isOpen(one.status) || !isRemovedDemo(one)) ?? []
  const found = wished(shown, wish, words.locale)
  const open = found.filter(({ status }) => isOpen(status))
  const ended = found.filter(({ status }) => !isOpen(status))
  return (
    <Page
      title={words.connections.title}
      lead={words.connections.intro}
      actions={
        <ButtonLink to="/connect" look="primary">
          <Plus size={16} aria-hidden="true" />
          {words.common.connectBank}
        </ButtonLink>
      }
    >
      <Awaited of={connections} rows={3} height={112} />
      {connections.data?.length === 0 && (
        <Empty title={words.connections.empty} text={words.connections.emptyText} />
      )}
      {shown.length > fewConnections && <Sorting wish={wish} onWish={setWish} found={found.length} />}
      <div className="flex flex-col gap-8">
        {open.length > 0 && <Group title={words.connections.active} connections={open} />}
        {ended.length > 0 && <Group title={words.connections.ended} connections={ended} />}
        {connections.data && connections.data.length > 0 && <RenewalCalendar />}
      </div>
    </Page>
  )
}

function Group({ title, connections }: { title: string; connections: Connection[] }) {
  return (
    <section>
      <h2 className="mb-3 text-lg font-semibold">{title}</h2>
      <ul className="flex flex-col gap-3">
        {connections.map((connection) => (
          <li key={connection.id}>
            <Summary connection={connection} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Summary({ connection }: { connection: Connection }) {
  const words = useWords()
  const { bank, status, endedReason, endedAt, accounts, sync, reading } = connection
  const problem = isOpen(status) && sync.state === 'FAILED' && sync.problem
  return (
    <Link
      to="/connections/$connectionId"
      params={{ connectionId: connection.id }}
      className="card flex items-center gap-4 p-4 hover:border-control"
    >
      <BankMark name={bank.name} />
      <span className="min-w-0 flex-1">
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <span className="font-semibold">
            <Name>{bank.name}</Name>
          </span>
          {bank.demo && <DemoMark />}
          <StatusBadge status={status} />
        </span>
        <span className="mt-1 block text-sm text-muted">
          {isOpen(status)
            ? [
                words.common.accounts(accounts.length),
                ...readingTexts({ lastReadAt: sync.finishedAt, live: true, reading }, words),
              ].join(' · ')
            : [
                endedReason && words.connections.reason[endedReason],
                endedAt && words.connections.endedAt(instantDayText(endedAt, words.locale)),
              ]
                .filter(Boolean)
                .join(' ')}
          {problem && <span className="text-negative"> · {words.sync.state.problem[problem]}</span>}
        </span>
        {status === 'ACTIVE' && <Term connection={connection} />}
      </span>
      <ChevronRight size={18} aria-hidden="true" className="shrink-0 text-muted" />
    </Link>
  )
}
