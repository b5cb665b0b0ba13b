import type { ReactNode } from 'react'
import type { ReviewPartsFragment } from '../../gql/graphql'
import type { Catalogue } from '../../i18n/en'
import { useWords } from '../../i18n/words'
import { Reasons, usePercent } from '../../ledger/reasons'
import { instantText } from '../../lib/dates'
import { Button } from '../../ui/button'
import { Name, useNameText } from '../../ui/name'
import { Refusal } from '../../ui/refusal'
import { Pair } from './pair'

export type Review = ReviewPartsFragment
type Candidate = Review['candidates'][number]

/** From how many of a thousand on two are very likely, or rather, one; and below which they are not. */
const [sure, rather, open] = [850, 600, 400]

/** What waits for a person is never shown as certain, whatever speaks for it. */
const doubtful = (score: number) => Math.min(990, Math.max(10, score))

/** How likely it is that the two are one, in words: nobody should have to read a number. */
export function likelyText(score: number, words: Catalogue): string {
  const { likely } = words.sync.reviews
  if (score >= sure) return likely.sure
  if (score >= rather) return likely.rather
  return score >= open ? likely.open : likely.apart
}

type CardProps = {
  review: Review
  busy: boolean
  refusal: string | null
  onSame: (candidateId: string) => void
  onSeparate: () => void
  onLater: () => void
}

/** One doubt: the two rows, why they may be one, and the three ways on. */
export function ReviewCard({ review, busy, refusal, onSame, onSeparate, onLater }: CardProps) {
  const words = useWords()
  const nameText = useNameText()
  const { reviews: texts } = words.sync
  const { transaction, candidates, doubtedAt, position } = review
  const [best, ...others] = candidates
  if (!transaction || !best) return null
  return (
    <article
      aria-labelledby={`review-${position}`}
      tabIndex={-1}
      data-review={position}
      className="card p-4 outline-offset-2 sm:p-6"
    >
      <div className="mb-3 flex flex-wrap items-baseline justify-between gap-x-4">
        <h2 id={`review-${position}`} className="text-lg font-semibold">
          {texts.question(nameText(transaction.counterparty ?? transaction.text))}
        </h2>
        <p className="text-sm text-muted">
          <Name>{transaction.accountName}</Name> · {instantText(doubtedAt, words.locale)}
        </p>
      </div>
      <Pair fresh={transaction} known={best.transaction} />
      <Evidence candidate={best} />
      <Refusal text={refusal} />
      <div className="mt-5 flex flex-wrap gap-2">
        <Button
          look={best.score >= rather ? 'primary' : 'plain'}
          disabled={busy}
          onClick={() => onSame(best.transaction.id)}
        >
          {texts.same}
        </Button>
        <Button disabled={busy} onClick={onSeparate}>
          {texts.different}
        </Button>
        <Button look="quiet" disabled={busy} onClick={onLater}>
          {texts.later}
        </Button>
      </div>
      {others.map((candidate, index) => (
        <Other
          key={candidate.transaction.id}
          name={texts.other(index + 2, candidates.length)}
          score={candidate.score}
        >
          <Pair fresh={transaction} known={candidate.transaction} />
          <Evidence candidate={candidate} />
          <Button className="mt-4" disabled={busy} onClick={() => onSame(candidate.transaction.id)}>
            {texts.same}
          </Button>
        </Other>
      ))}
    </article>
  )
}

function Evidence({ candidate }: { candidate: Candidate }) {
  const words = useWords()
  const percent = usePercent()
  return (
    <div className="mt-4 rounded-control bg-inset p-3">
      <h3 className="font-medium">
        {likelyText(candidate.score, words)}{' '}
        <span className="font-normal text-muted">
          ({words.sync.reviews.score(percent(doubtful(candidate.score)))})
        </span>
      </h3>
      <p className="sr-only">{words.sync.reviews.evidence}</p>
      <div className="mt-1 text-sm">
        <Reasons reasons={candidate.reasons} />
      </div>
    </div>
  )
}

function Other({ name, score, children }: { name: string; score: number; children: ReactNode }) {
  const words = useWords()
  return (
    <details className="mt-4 border-t border-line pt-3">
      <summary className="inline-flex min-h-6 items-center text-accent underline">
        {name}: {likelyText(score, words)}
      </summary>
      <div className="mt-3">{children}</div>
    </details>
  )
}
