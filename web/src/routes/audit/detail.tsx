import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { AuditStoryQuery } from '../../gql/graphql'
import { useStoryWords } from '../../i18n/story'
import { useWords } from '../../i18n/words'
import { type Verdict, verify } from '../../lib/proof'
import { saveFile } from '../../lib/save'
import { type AuditEvent, auditProofOptions, auditStoryOptions, auditWhyOptions } from '../../queries/audit'
import { Badge } from '../../ui/badge'
import { Button } from '../../ui/button'
import { Field } from '../../ui/field'
import { Modal } from '../../ui/modal'
import { Skeleton } from '../../ui/states'
import { approverText } from './approver'
import { Refused } from './refused'
import { When } from './when'

export type Action = 'story' | 'why' | 'chain' | 'prove'
export type Looked = { action: Action; event: AuditEvent }

type DetailProps = { roleId: string; asOf: string; looked: Looked; onClose: () => void }

export function Detail({ roleId, asOf, looked: { action, event }, onClose }: DetailProps) {
  const words = useWords()
  return (
    <Modal title={`${words.audit.actions[action]} · ${event.position}`} onClose={onClose}>
      {action === 'story' && <StoryOf roleId={roleId} stream={event.stream} asOf={asOf} />}
      {action === 'why' && <Why roleId={roleId} position={event.position} />}
      {action === 'prove' && <Proof roleId={roleId} position={event.position} />}
    </Modal>
  )
}

function StoryOf({ roleId, stream, asOf }: { roleId: string; stream: string; asOf: string }) {
  const words = useWords()
  const story = useQuery(auditStoryOptions(roleId, stream, asOf))
  if (story.isPending) return <Skeleton rows={4} height={64} />
  if (story.isError) return <Refused error={story.error} retry={() => story.refetch()} />
  return (
    <>
      <p className="mb-3 text-sm text-muted">
        <code className="font-mono break-all">{story.data.about}</code>
        <span className="block">{words.audit.asOfText(story.data.until)}</span>
      </p>
      <ol className="flex flex-col gap-4">
        {story.data.steps.map((step) => (
          <Step key={step.position} step={step} />
        ))}
      </ol>
      {story.data.more && <p className="mt-4 text-muted">{words.audit.storyMore}</p>}
    </>
  )
}

function Step({ step }: { step: AuditStoryQuery['auditStory']['steps'][number] }) {
  const words = useWords()
  const story = useStoryWords()
  const { position, recordedAt, eventType, actor, approvedBy, facts, changed, erased } = step
  return (
    <li className="border-l-2 border-line pl-3">
      <p className="font-medium">
        <code className="font-mono text-sm break-all">{eventType}</code>
      </p>
      <p className="text-sm text-muted">
        {position} · <When at={recordedAt} /> · {words.audit.actors[actor] ?? actor}
      </p>
      {erased && <p className="text-sm">{words.audit.erased}</p>}
      {approvedBy && (
        <p className="mt-1">
          <Badge tone="good">{words.audit.approvedBy}</Badge>{' '}
          {approverText(story, words.audit.actors, approvedBy)}
        </p>
      )}
      {changed.length > 0 && (
        <details className="mt-1">
          <summary className="text-sm">{words.audit.changed}</summary>
          <ul className="text-sm">
            {changed.map(({ field, before, after }) => (
              <li key={field} className="break-all">
                <code className="font-mono">{field}</code>: {before ?? words.audit.nothing} →{' '}
                <strong>{after ?? words.audit.nothing}</strong>
              </li>
            ))}
          </ul>
        </details>
      )}
      {facts.length > 0 && (
        <details className="mt-1">
          <summary className="text-sm">{words.audit.facts}</summary>
          <List rows={facts.map(({ name, value }) => [name, value])} />
        </details>
      )}
    </li>
  )
}

function List({ rows }: { rows: [string, ReactNode][] }) {
  return (
    <dl className="text-sm">
      {rows.map(([name, value]) => (
        <div key={name} className="py-1">
          <dt className="text-muted">{name}</dt>
          <dd className="break-all">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function Why({ roleId, position }: { roleId: string; position: string }) {
  const words = useWords()
  const { codes } = useStoryWords()
  const why = useQuery(auditWhyOptions(roleId, position))
  if (why.isPending) return <Skeleton rows={4} height={40} />
  if (why.isError) return <Refused error={why.error} retry={() => why.refetch()} />
  const { call, leave, stood } = why.data
  const text = words.audit.why
  return (
    <>
      <p className="mb-2">
        <Badge tone={stood ? 'good' : 'bad'}>{codes[leave.status] ?? leave.status}</Badge>{' '}
        {stood ? text.stood : text.didNot}
      </p>
      <List
        rows={[
          [text.consent, leave.consentId],
          [text.purpose, codes[leave.purpose] ?? leave.purpose],
          [text.granted, leave.grantedAt && <When key="granted" at={leave.grantedAt} />],
          [text.expires, leave.expiresAt && <When key="expires" at={leave.expiresAt} />],
          [text.run, codes[call.purpose] ?? call.purpose],
          [text.endpoint, call.endpoint],
          [text.presence, call.attended ? text.present : text.absent],
          [text.sent, <When key="sent" at={call.sentAt} />],
          [text.request, call.requestId],
          [text.answer, String(call.status ?? '–')],
          [text.certificate, call.certificateFingerprint],
          [text.digest, call.bodyDigest],
        ]}
      />
    </>
  )
}

function Proof({ roleId, position }: { roleId: string; position: string }) {
  const words = useWords()
  const proof = useQuery(auditProofOptions(roleId, position))
  const [key, setKey] = useState<string | null>(null)
  const [verdict, setVerdict] = useState<Verdict | null>(null)
  if (proof.isPending) return <Skeleton rows={3} height={40} />
  if (proof.isError) return <Refused error={proof.error} retry={() => proof.refetch()} />
  const text = words.audit.proof
  const trusted = key ?? proof.data.key
  const save = () =>
    saveFile(new Blob([proof.data.file], { type: 'text/plain' }), `event-${position}.tlog-proof`)
  return (
    <div className="flex flex-col gap-4">
      <p>{text.text}</p>
      <Field label={text.key} hint={text.keyHint}>
        {(ids) => (
          <textarea
            {...ids}
            className="control min-h-20 font-mono text-sm break-all"
            value={trusted}
            spellCheck={false}
            onChange={(event) => {
              setKey(event.target.value)
              setVerdict(null)
            }}
          />
        )}
      </Field>
      <div className="flex flex-wrap gap-2">
        <Button look="primary" onClick={async () => setVerdict(await verify(proof.data, trusted))}>
          {text.check}
        </Button>
        <Button onClick={save}>{text.file}</Button>
      </div>
      <div role="status">{verdict && <Result verdict={verdict} />}</div>
    </div>
  )
}

function Result({ verdict: { included, signed, size, leaf, changes } }: { verdict: Verdict }) {
  const words = useWords()
  const text = words.audit.proof
  const tones = { yes: 'good', no: 'bad', unknown: 'warn' } as const
  return (
    <ul className="flex flex-col gap-2">
      <li>
        <Badge tone={included ? 'good' : 'bad'}>{included ? '✓' : '✗'}</Badge>{' '}
        {included ? text.included(String(size)) : text.notIncluded}
      </li>
      <li>
        <Badge tone={tones[signed]}>{signed === 'yes' ? '✓' : signed === 'no' ? '✗' : '?'}</Badge>{' '}
        {signed === 'yes' && changes > 0 ? text.inTurn(changes) : text[signed]}
      </li>
      <li className="text-sm break-all text-muted">
        {text.leaf} <code className="font-mono">{leaf}</code>
      </li>
    </ul>
  )
}
