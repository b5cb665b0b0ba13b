import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Check, Undo2 } from 'lucide-react'
import { useRef, useState } from 'react'
import { DecideReviewDocument, type ReviewVerdict } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { isDone, useEdit, useRefusal } from '../../lib/edits'
import { useHotkeys } from '../../lib/hotkeys'
import { usePreferences } from '../../lib/preferences'
import { newerRulesOptions, reviewsOptions } from '../../queries/options'
import { announce } from '../../ui/announce'
import { Button } from '../../ui/button'
import { Page } from '../../ui/page'
import { Awaited, Empty, isOpening, Skeleton } from '../../ui/states'
import { type Review, ReviewCard } from './card'
import { Decided, useUndo } from './decided'
import { NewerRules } from './newer'

/** A verdict just given, and what takes it back. */
type Given = { transactionId: string; verdict: ReviewVerdict; sameAs: string; position: string | null }

/** The next doubt takes the focus, so that a row of decisions needs no mouse. */
function focusFirst(list: HTMLElement | null): void {
  requestAnimationFrame(() => list?.querySelector<HTMLElement>('[data-review]')?.focus())
}

/** The doubt the keys are about: the one with the focus, or else the first. */
function current(reviews: readonly Review[]): Review | undefined {
  const position = document.activeElement?.closest<HTMLElement>('[data-review]')?.dataset.review
  return reviews.find((review) => review.position === position) ?? reviews[0]
}

export function Reviews() {
  const words = useWords()
  const { reviews: texts } = words.sync
  const { singleKeys } = usePreferences()
  const list = useRef<HTMLDivElement>(null)
  const found = useInfiniteQuery(reviewsOptions)
  // It stands above the doubts: they wait for it, or it would push them away.
  const newer = useQuery(newerRulesOptions)
  const opening = found.isPending || isOpening(newer)
  const [left, setLeft] = useState<readonly string[]>([])
  const [given, setGiven] = useState<Given | null>(null)
  const [decided, setDecided] = useState<readonly string[]>([])
  const [asked, setAsked] = useState<string | null>(null)
  const decide = useEdit(DecideReviewDocument)
  const refusal = useRefusal(decide)
  const undo = useUndo()
  const all = found.data?.pages.flatMap(({ nodes }) => nodes) ?? []
  const shown = all.filter(
    ({ position, transaction }) => !left.includes(position) && !decided.includes(transaction?.id ?? ''),
  )
  const total = found.data?.pages[0]?.totalCount ?? 0

  const say = async (review: Review | undefined, verdict: ReviewVerdict, candidateId?: string) => {
    const transactionId = review?.transaction?.id
    const sameAs = candidateId ?? review?.candidates[0]?.transaction.id
    if (!review || !transactionId || !sameAs || decide.isPending) return
    setAsked(review.position)
    const variables = { transactionId, verdict, sameAs: verdict === 'SAME_AS' ? sameAs : null }
    const edited = await decide.mutateAsync(variables).catch(() => null)
    if (!isDone(edited?.status)) return
    // A doubt that was decided does not come back unless that is undone: the list on screen may still hold it for a moment.
    setDecided((former) => [...former, transactionId])
    setGiven({ transactionId, verdict, sameAs, position: edited?.position ?? null })
    announce(texts[verdict])
    focusFirst(list.current)
  }
  const later = (review: Review | undefined) => {
    if (!review) return
    setLeft([...left, review.position])
    announce(texts.left)
    focusFirst(list.current)
  }
  const waitsAgain = (transactionId: string) =>
    setDecided((former) => former.filter((one) => one !== transactionId))
  const takeBack = async () => {
    if (!given || undo.busy) return
    const { verdict, position, sameAs, transactionId } = given
    if (verdict === 'SAME_AS' && !position) return
    const back = verdict === 'SAME_AS' ? undo.part(position ?? '') : undo.join(sameAs, transactionId)
    const edited = await back.catch(() => null)
    if (!isDone(edited?.status)) return
    setGiven(null)
    waitsAgain(transactionId)
  }
  useHotkeys({
    s: () => void say(current(shown), 'SAME_AS'),
    d: () => void say(current(shown), 'SEPARATE'),
    l: () => later(current(shown)),
    u: () => void takeBack(),
  })

  return (
    <Page title={texts.title} lead={texts.intro}>
      <div className="flex flex-col gap-6">
        {!opening && <NewerRules />}
        {given && (
          <GivenLine
            verdict={given.verdict}
            busy={undo.busy}
            refusal={undo.partRefusal ?? undo.joinRefusal}
            onUndo={takeBack}
          />
        )}
        {opening ? <Skeleton rows={2} height={260} /> : <Awaited of={found} rows={2} height={260} />}
        {!opening && total > 0 && (
          <p className="text-sm text-muted">
            {texts.waiting(total)}
            {singleKeys && shown.length > 0 && <span className="max-md:hidden"> · {texts.keys}</span>}
          </p>
        )}
        {found.data && !opening && shown.length === 0 && left.length === 0 && !found.hasNextPage && (
          <Empty title={texts.empty} text={texts.emptyText} />
        )}
        {found.data && !opening && shown.length === 0 && left.length > 0 && !found.hasNextPage && (
          <Empty title={texts.allLater} text={texts.allLaterText}>
            <Button onClick={() => setLeft([])}>{texts.showLater}</Button>
          </Empty>
        )}
        <div ref={list} className="flex flex-col gap-6">
          {(opening ? [] : shown).map((review) => (
            <ReviewCard
              key={review.position}
              review={review}
              busy={decide.isPending}
              refusal={asked === review.position ? refusal : null}
              onSame={(candidateId) => void say(review, 'SAME_AS', candidateId)}
              onSeparate={() => void say(review, 'SEPARATE')}
              onLater={() => later(review)}
            />
          ))}
        </div>
        {!opening && found.hasNextPage && (
          <Button
            className="self-center"
            disabled={found.isFetchingNextPage}
            onClick={() => found.fetchNextPage()}
          >
            {texts.more}
          </Button>
        )}
        {!opening && <Decided onUndone={waitsAgain} />}
      </div>
    </Page>
  )
}

type GivenProps = { verdict: ReviewVerdict; busy: boolean; refusal: string | null; onUndo: () => void }

/** What was just decided, with its way back. */
function GivenLine({ verdict, busy, refusal, onUndo }: GivenProps) {
  const { reviews: texts } = useWords().sync
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 rounded-card border border-line bg-accent-soft p-4">
      <p className="flex items-center gap-2 font-medium">
        <Check size={18} aria-hidden="true" className="shrink-0 text-accent" />
        {texts[verdict]}
      </p>
      <Button disabled={busy} onClick={onUndo}>
        <Undo2 size={16} aria-hidden="true" />
        {texts.undo}
      </Button>
      {refusal && (
        <p role="alert" className="basis-full text-sm text-negative">
          {refusal}
        </p>
      )}
    </div>
  )
}
