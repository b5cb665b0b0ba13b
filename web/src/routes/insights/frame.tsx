import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { History } from 'lucide-react'
import type { ReactNode } from 'react'
import type { KnownPartsFragment } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { useAsOf } from '../../lib/as-of'
import { dayText, instantText, isDay, today } from '../../lib/dates'
import { accountsOptions } from '../../queries/options'
import { Button } from '../../ui/button'
import { DayField } from '../../ui/day-field'
import { Page } from '../../ui/page'
import { ReadingLine, together } from '../accounts/reading'
import { Reach } from './reach'

/** Nobody's log is older: a year that is being typed is not asked for. */
const earliestDay = '2000-01-01'

type InsightPageProps = {
  title: string
  lead: string
  actions?: ReactNode
  /** The place of the log that what is shown stands for. */
  known?: KnownPartsFragment
  /** Nothing is known yet: what stands below would be pushed away by it. */
  pending: boolean
  /** What is shown is found in the transactions themselves, of which only so many are looked at. */
  found?: boolean
  children: ReactNode
}

/** A screen of what rows mean: how fresh they are above it, and up to where of the log they go below. */
export function InsightPage({ title, lead, actions, known, pending, found, children }: InsightPageProps) {
  const asOf = useAsOf()
  return (
    <Page title={title} lead={<Lead text={lead} past={asOf !== undefined} />} actions={actions}>
      {asOf && <PastBanner asOf={asOf} />}
      {found && !pending && <Reach />}
      {children}
      {!pending && <Place asOf={asOf} known={known} />}
    </Page>
  )
}

function Lead({ text, past }: { text: string; past: boolean }) {
  const accounts = useQuery(accountsOptions)
  const live = (accounts.data ?? []).filter((account) => account.live)
  return (
    <>
      <p>{text}</p>
      {!past && (
        // On a telephone it takes two lines where it has a reason to tell.
        <p className="mt-0.5 text-sm max-sm:min-h-9">
          {live.length > 0 ? <ReadingLine state={together(live)} /> : '\u00a0'}
        </p>
      )}
    </>
  )
}

function useGoTo(): (asOf: string | undefined) => void {
  const navigate = useNavigate()
  return (asOf) => void navigate({ to: '.', search: (former) => ({ ...former, asOf }), replace: true })
}

function PastBanner({ asOf }: { asOf: string }) {
  const words = useWords()
  const goTo = useGoTo()
  const { asOf: texts } = words.insights
  return (
    <div
      role="note"
      className="mb-6 flex flex-wrap items-center justify-between gap-3 rounded-card border border-warn bg-warn-soft p-4 text-warn"
    >
      <p className="flex items-center gap-2 font-medium">
        <History size={18} aria-hidden="true" className="shrink-0" />
        {isDay(asOf) ? texts.banner(dayText(asOf, words.locale)) : texts.bannerAt(asOf)}
      </p>
      <Button onClick={() => goTo(undefined)}>{texts.back}</Button>
    </div>
  )
}

function Place({ asOf, known }: { asOf: string | undefined; known: KnownPartsFragment | undefined }) {
  const words = useWords()
  const goTo = useGoTo()
  const { asOf: texts } = words.insights
  return (
    <footer className="mt-8 flex flex-wrap items-center justify-between gap-x-6 gap-y-3 border-t border-line pt-4 text-sm text-muted">
      <p className="tabular-nums">
        {known
          ? known.recordedAt
            ? texts.known(known.position, instantText(known.recordedAt, words.locale))
            : texts.knownNow(known.position)
          : '\u00a0'}
      </p>
      <div className="screen-only">
        <DayField
          inline
          label={texts.look}
          min={earliestDay}
          max={today()}
          value={asOf && isDay(asOf) ? asOf : ''}
          onChange={(day) => day !== null && goTo(day || undefined)}
        />
      </div>
    </footer>
  )
}
