import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { AuditTimelineDocument } from '../../gql/graphql'
import { useTimelineWords } from '../../i18n/timeline'
import { useWords } from '../../i18n/words'
import { csvOf } from '../../lib/csv'
import { request } from '../../lib/gql'
import { saveFile } from '../../lib/save'
import type { AuditEvent } from '../../queries/audit'
import { announce } from '../../ui/announce'
import { Button } from '../../ui/button'
import { Field } from '../../ui/field'
import { Refused } from './refused'

/** Filters that are often asked, in the words of the log. */
const presets = {
  consents: 'type:consent.*',
  roles: 'type:role.*',
  person: 'actor:person',
  money: 'type:account.*',
} as const

const names = Object.keys(presets) as (keyof typeof presets)[]
/** Most events of one file. */
const mostEvents = 20_000

type ToolsProps = {
  roleId: string
  asOf: string
  filter: string
  after: string | null
  onFilter: (filter: string) => void
  onAfter: (position: string | null) => void
}

/** The ways through a long log: filters by name, a place to begin at, and a file of what is shown. */
export function Tools({ roleId, asOf, filter, after, onFilter, onAfter }: ToolsProps) {
  const texts = useTimelineWords()
  return (
    <div className="mb-4 flex flex-col gap-4 border-b border-line pb-4">
      <p className="text-sm text-muted">{texts.order}</p>
      <fieldset className="flex flex-wrap items-center gap-2">
        <legend className="mb-1 text-sm font-medium">{texts.presets}</legend>
        {names.map((name) => (
          <Button
            key={name}
            aria-pressed={filter === presets[name]}
            onClick={() => onFilter(filter === presets[name] ? '' : presets[name])}
          >
            {texts.preset[name]}
          </Button>
        ))}
        <Button
          look="quiet"
          disabled={filter === '' && after === null}
          onClick={() => {
            onFilter('')
            onAfter(null)
          }}
        >
          {texts.all}
        </Button>
      </fieldset>
      <div className="flex flex-wrap items-start justify-between gap-x-8 gap-y-4">
        <Jump asOf={asOf} onAfter={onAfter} />
        <Files roleId={roleId} asOf={asOf} filter={filter} after={after} />
      </div>
    </div>
  )
}

function Jump({ asOf, onAfter }: Pick<ToolsProps, 'asOf' | 'onAfter'>) {
  const texts = useTimelineWords()
  const [text, setText] = useState('')
  const [wrong, setWrong] = useState(false)
  return (
    <form
      noValidate
      className="flex flex-wrap items-start gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        const fits = /^[1-9]\d{0,15}$/.test(text.trim()) && BigInt(text.trim()) <= BigInt(asOf)
        setWrong(!fits)
        if (fits) onAfter((BigInt(text.trim()) - 1n).toString())
      }}
    >
      <Field label={texts.jump} error={wrong ? texts.wrong(asOf) : null}>
        {(ids) => (
          <input
            {...ids}
            inputMode="numeric"
            autoComplete="off"
            maxLength={16}
            className="control w-40"
            value={text}
            onChange={({ target }) => setText(target.value)}
          />
        )}
      </Field>
      <Button type="submit" className="mt-5.5">
        {texts.go}
      </Button>
    </form>
  )
}

type Asked = Pick<ToolsProps, 'roleId' | 'asOf' | 'filter' | 'after'>

/** All events that are shown, in the order of the log; every part is a use of the role as well. */
async function readAll({ roleId, asOf, filter, after }: Asked, progress: (read: number) => void) {
  const events: AuditEvent[] = []
  for (let from = after; events.length < mostEvents; ) {
    const { auditTimeline } = await request(AuditTimelineDocument, { roleId, filter, asOf, after: from })
    events.push(...auditTimeline.events)
    progress(events.length)
    if (!auditTimeline.more) break
    from = auditTimeline.reached
  }
  return events.slice(0, mostEvents)
}

const columns = ['position', 'recordedAt', 'eventType', 'stream', 'actor', 'correlation', 'person'] as const

function textOf(events: readonly AuditEvent[], form: 'jsonl' | 'csv'): string {
  if (form === 'jsonl') return events.map((event) => `${JSON.stringify(event)}\n`).join('')
  return csvOf([[...columns], ...events.map((event) => columns.map((name) => event[name] ?? ''))])
}

function Files(asked: Asked) {
  const { locale } = useWords()
  const texts = useTimelineWords()
  const [read, setRead] = useState(0)
  const number = (count: number) => new Intl.NumberFormat(locale).format(count)
  const saving = useMutation({
    mutationFn: async (form: 'jsonl' | 'csv') => {
      setRead(0)
      const events = await readAll(asked, setRead)
      saveFile(new Blob([textOf(events, form)], { type: 'text/plain' }), `events-to-${asked.asOf}.${form}`)
      return events.length
    },
    onSuccess: (count) => announce(texts.saved(count)),
  })
  return (
    <fieldset className="max-w-sm">
      <legend className="mb-1 text-sm font-medium">{texts.save}</legend>
      <div className="flex gap-2">
        {(['jsonl', 'csv'] as const).map((form) => (
          <Button key={form} disabled={saving.isPending} onClick={() => saving.mutate(form)}>
            {form === 'jsonl' ? texts.json : texts.csv}
          </Button>
        ))}
      </div>
      <p className="mt-1 text-sm text-muted">{texts.most(number(mostEvents))}</p>
      <p role="status" className="text-sm text-muted">
        {saving.isPending ? texts.reading(number(read)) : ''}
      </p>
      {saving.isError && <Refused error={saving.error} />}
    </fieldset>
  )
}
