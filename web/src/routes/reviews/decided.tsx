import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { MergeTransactionsDocument, UndoDecisionDocument } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { instantText, shortDayText } from '../../lib/dates'
import { isDone, useEdit, useRefusal } from '../../lib/edits'
import { resolvedReviewsOptions } from '../../queries/options'
import { Amount } from '../../ui/amount'
import { Button } from '../../ui/button'
import { Name } from '../../ui/name'
import { Card } from '../../ui/page'
import { Refusal } from '../../ui/refusal'
import { Awaited } from '../../ui/states'
import type { Review } from './card'

/** How a verdict is taken back: joining is undone, and two that were kept apart are joined after all. */
export function useUndo() {
  const { reviews: texts } = useWords().sync
  const part = useEdit(UndoDecisionDocument, texts.undoneSame)
  const join = useEdit(MergeTransactionsDocument, texts.undoneSeparate)
  return {
    busy: part.isPending || join.isPending,
    partRefusal: useRefusal(part),
    joinRefusal: useRefusal(join),
    part: (position: string) => part.mutateAsync({ position }),
    join: (transactionId: string, absorbedId: string) => join.mutateAsync({ transactionId, absorbedId }),
  }
}

type DecidedProps = { onUndone: (transactionId: string) => void }

/** What was decided before, each with its way back. */
export function Decided({ onUndone }: DecidedProps) {
  const words = useWords()
  const decided = useQuery(resolvedReviewsOptions)
  return (
    <Card title={words.sync.reviews.decided}>
      <Awaited of={decided} rows={2} height={56} />
      {decided.data?.length === 0 && <p className="text-muted">{words.sync.reviews.decidedNone}</p>}
      <ul className="divide-y divide-line">
        {decided.data?.map((review) => (
          <li key={review.position} className="py-3 first:pt-0 last:pb-0">
            <Verdict review={review} onUndone={onUndone} />
          </li>
        ))}
      </ul>
    </Card>
  )
}

function Verdict({ review, onUndone }: DecidedProps & { review: Review }) {
  const words = useWords()
  const { reviews: texts } = words.sync
  const undo = useUndo()
  const { transaction, verdict, byPerson, resolvedAt, resolvedPosition, candidates } = review
  const best = candidates[0]?.transaction
  if (!transaction || !verdict) return null
  const stands = transaction.standing === (verdict === 'SAME_AS' ? 'ABSORBED' : 'COUNTED')
  const back =
    verdict === 'SAME_AS'
      ? resolvedPosition && (() => undo.part(resolvedPosition))
      : best && (() => undo.join(best.id, transaction.id))
  const undone = async () => {
    const edited = back ? await back().catch(() => null) : null
    if (isDone(edited?.status)) onUndone(transaction.id)
  }
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
      <div className="min-w-0">
        <Link
          to="/transactions"
          search={{ tx: transaction.id }}
          className="inline-flex min-h-6 flex-wrap items-center gap-x-3 font-medium underline decoration-line underline-offset-4 hover:decoration-current"
        >
          <Name>{transaction.counterparty ?? transaction.text}</Name>
          <Amount money={transaction.amount} />
          <span className="font-normal text-muted">
            {shortDayText(transaction.bookingDate, words.locale)}
          </span>
        </Link>
        <p className="text-sm text-muted">
          {texts[verdict]} {byPerson ? texts.byYou : texts.byRules}
          {resolvedAt && ` ${instantText(resolvedAt, words.locale)}`}.{!stands && ` ${texts.undoneSince}`}
        </p>
        <Refusal text={undo.partRefusal ?? undo.joinRefusal} />
      </div>
      {stands && back && (
        <Button disabled={undo.busy} onClick={() => void undone()}>
          {texts.undo}
        </Button>
      )}
    </div>
  )
}
