import { useQuery } from '@tanstack/react-query'
import type { TransactionQuery } from '../gql/graphql'
import { UndoDecisionDocument } from '../gql/graphql'
import { useWords } from '../i18n/words'
import { dayText, instantText } from '../lib/dates'
import { useEdit, useRefusal } from '../lib/edits'
import { transactionRulesOptions } from '../queries/options'
import { Amount } from '../ui/amount'
import { Button } from '../ui/button'
import { Refusal } from '../ui/refusal'
import { ProofBadge } from './proof'
import { Reasons, usePercent } from './reasons'

type Transaction = NonNullable<TransactionQuery['transaction']>
type Decision = Transaction['decisions'][number]

/** Everything that made a row what it is, newest first, each with the event behind it. */
export function History({ transaction }: { transaction: Transaction }) {
  const words = useWords()
  const { why } = words.sync
  const { data: rules } = useQuery(transactionRulesOptions(transaction.id))
  return (
    <section aria-labelledby="history" className="mt-6 border-t border-line pt-4">
      <h3 id="history" className="mb-3 font-semibold">
        {transaction.otherReadings.length > 0 ? why.one : why.title}
      </h3>
      {transaction.otherReadings.length > 0 && <OtherReadings readings={transaction.otherReadings} />}
      <ol className="flex flex-col gap-4 border-l-2 border-line pl-4">
        {transaction.decisions.map((decision) => (
          <li key={decision.position}>
            <Step decision={decision} />
          </li>
        ))}
        <li>
          <p className="font-medium">{why.recorded}</p>
          <p className="text-sm text-muted">
            {instantText(transaction.recordedAt, words.locale)} ·{' '}
            <span className="font-mono">{why.event(transaction.position)}</span>
            {typeof rules === 'number' && <> · {why.recordedBy(rules)}</>}
          </p>
          <ProofBadge position={transaction.position} />
        </li>
      </ol>
    </section>
  )
}

function Step({ decision }: { decision: Decision }) {
  const words = useWords()
  const percent = usePercent()
  const { why } = words.sync
  const { position, kind, byPerson, score, rulesVersion, reasons, evidence, decidedAt, undoneAt, undoable } =
    decision
  const undo = useEdit(UndoDecisionDocument, words.sync.reviews.undoneSame)
  const refusal = useRefusal(undo)
  const who = byPerson ? why.byYou : rulesVersion !== null && why.byRules(rulesVersion)
  const sure = !byPerson && score !== null && why.sure(percent(score))
  const told = byPerson ? reasons.filter((reason) => reason.kind !== 'PERSON_SAID') : reasons
  return (
    <>
      <div className="flex flex-wrap items-start justify-between gap-2">
        <p className={undoneAt ? 'font-medium line-through decoration-muted' : 'font-medium'}>
          {why.kind[kind]}
        </p>
        {undoable && (
          <Button disabled={undo.isPending} onClick={() => undo.mutate({ position })}>
            {why.undo}
          </Button>
        )}
      </div>
      <p className="text-sm text-muted">{[who, sure].filter(Boolean).join(', ')}</p>
      <div className="mt-1 text-sm">
        <Reasons reasons={told} />
      </div>
      <p className="mt-1 text-sm text-muted">
        {instantText(decidedAt, words.locale)} · <span className="font-mono">{why.event(position)}</span>
        {evidence && evidence.answer !== null && evidence.row !== null && (
          <> · {why.evidence(evidence.answer, evidence.row)}</>
        )}
        {undoneAt && <span className="block">{why.undoneBy(undoneAt)}</span>}
      </p>
      <ProofBadge position={position} />
      <Refusal text={refusal} />
    </>
  )
}

function OtherReadings({ readings }: { readings: Transaction['otherReadings'] }) {
  const words = useWords()
  return (
    <div className="mb-4 rounded-control bg-inset p-3">
      <p className="text-sm text-muted">{words.sync.why.others}</p>
      <ul>
        {readings.map((reading) => (
          <li key={reading.id} className="flex flex-wrap items-baseline justify-between gap-x-3">
            <span className="min-w-0 break-words">
              {dayText(reading.bookingDate, words.locale)} {reading.counterparty ?? reading.text}
            </span>
            <Amount money={reading.amount} />
            <span className="basis-full font-mono text-xs break-all text-muted">
              {[reading.archiveId, words.sync.why.event(reading.position)].filter(Boolean).join(' · ')}
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}
