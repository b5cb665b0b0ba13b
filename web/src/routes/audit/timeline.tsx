import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useWords } from '../../i18n/words'
import { type AuditEvent, auditTimelineOptions } from '../../queries/audit'
import { Button } from '../../ui/button'
import { Field } from '../../ui/field'
import { Card } from '../../ui/page'
import { Empty, Skeleton } from '../../ui/states'
import type { Action, Looked } from './detail'
import { Refused } from './refused'
import { Tools } from './tools'
import { When } from './when'

type TimelineProps = {
  roleId: string
  asOf: string
  filter: string
  onFilter: (filter: string) => void
  onLook: (looked: Looked) => void
}

export function Timeline({ roleId, asOf, filter, onFilter, onLook }: TimelineProps) {
  const words = useWords()
  const [after, setAfter] = useState<string | null>(null)
  const pages = useInfiniteQuery(auditTimelineOptions(roleId, filter, asOf, after))
  const events = pages.data?.pages.flatMap((page) => page.events) ?? []
  return (
    <Card title={words.audit.timeline}>
      <Filter filter={filter} onFilter={onFilter} />
      <Tools
        roleId={roleId}
        asOf={asOf}
        filter={filter}
        after={after}
        onFilter={onFilter}
        onAfter={setAfter}
      />
      {pages.isPending && <Skeleton rows={6} height={44} />}
      {pages.isError && <Refused error={pages.error} retry={() => pages.refetch()} />}
      {pages.data && events.length === 0 && !pages.hasNextPage && (
        <Empty title={words.audit.empty} text={words.audit.emptyText} />
      )}
      {events.length > 0 && (
        <ol className="divide-y divide-line">
          {events.map((event) => (
            <Row key={event.position} event={event} onLook={onLook} />
          ))}
        </ol>
      )}
      {pages.hasNextPage && (
        <Button className="mt-4" disabled={pages.isFetchingNextPage} onClick={() => pages.fetchNextPage()}>
          {words.audit.more}
        </Button>
      )}
    </Card>
  )
}

function Filter({ filter, onFilter }: { filter: string; onFilter: (filter: string) => void }) {
  const words = useWords()
  const [text, setText] = useState(filter)
  useEffect(() => setText(filter), [filter])
  return (
    <form
      className="mb-4 flex flex-wrap items-start gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        onFilter(text.trim())
      }}
    >
      <div className="min-w-60 flex-1">
        <Field label={words.audit.filter} hint={words.audit.filterHint}>
          {(ids) => (
            <input
              {...ids}
              className="control font-mono"
              value={text}
              maxLength={500}
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </Field>
      </div>
      <Button type="submit" look="primary" className="mt-5.5">
        {words.audit.apply}
      </Button>
    </form>
  )
}

/** What can be looked at more closely, by the kind of event. */
function actionsOf({ stream, eventType }: AuditEvent): Action[] {
  const story = /^(consent|registration|role)-/.test(stream)
  const fetched = /^account\.transaction_recorded|^account\.balance|^fetch\.answered/.test(eventType)
  return [...(story ? (['story'] as const) : []), ...(fetched ? (['why'] as const) : []), 'chain', 'prove']
}

function Row({ event, onLook }: { event: AuditEvent; onLook: (looked: Looked) => void }) {
  const words = useWords()
  const { position, recordedAt, eventType, actor, person } = event
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 py-2">
      <span className="amount w-16 shrink-0 text-right text-muted">{position}</span>
      <span className="min-w-52 flex-1">
        <code className="font-mono text-sm break-all">{eventType}</code>
        <span className="block text-sm text-muted">
          <When at={recordedAt} /> · {words.audit.actors[actor] ?? actor} ·{' '}
          {person ? <code className="font-mono">{person.slice(0, 8)}</code> : words.audit.platform}
        </span>
      </span>
      <span className="flex flex-wrap gap-1 max-sm:-mx-2 max-sm:w-full">
        {actionsOf(event).map((action) => (
          <Button
            key={action}
            look="quiet"
            className="px-2"
            aria-label={words.audit.actionFor(words.audit.actions[action], position)}
            onClick={() => onLook({ action, event })}
          >
            {words.audit.actions[action]}
          </Button>
        ))}
      </span>
    </li>
  )
}
