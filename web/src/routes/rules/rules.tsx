import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { lazy, Suspense, useMemo, useRef } from 'react'
import type { RulesQuery } from '../../gql/graphql'
import { usePageWords } from '../../i18n/page-words'
import { useWords } from '../../i18n/words'
import { useAsOf } from '../../lib/as-of'
import { instantText } from '../../lib/dates'
import { draftOf, emptyRule, mostRules, moved, type RuleDraft } from '../../lib/rules'
import { payeeQuestionsOptions, rulesOptions } from '../../queries/insights'
import { accountsOptions } from '../../queries/options'
import { announce } from '../../ui/announce'
import { Button } from '../../ui/button'
import { Card } from '../../ui/page'
import { Awaited, Empty, isOpening, Skeleton } from '../../ui/states'
import { InsightPage } from '../insights/frame'
import { Adoption } from './adoption'
import { Anew } from './anew'
import { Questions } from './questions'
import { RuleForm } from './rule-form'
import { RuleLine } from './rule-line'
import { useWrittenRules } from './written'

/** Below what one comes for. */
const Versions = lazy(() => import('./versions'))
const OwnModel = lazy(() => import('./model'))

type Found = RulesQuery['rules']

export function RulesPage() {
  const { rules: texts } = usePageWords()
  const asOf = useAsOf()
  const found = useQuery(rulesOptions(asOf))
  // The questions stand between the rules and all else: what is below waits for them.
  const questions = useQuery({ ...payeeQuestionsOptions(), enabled: !asOf })
  const pending = found.isPending || isOpening(questions)
  const currency = useCurrency()
  return (
    <InsightPage title={texts.title} lead={texts.lead} known={found.data?.knownAt} pending={pending}>
      {pending ? <Skeleton rows={3} height={180} /> : <Awaited of={found} rows={3} height={180} />}
      {found.data && !pending && (
        <div className="flex flex-col gap-6">
          <Editor found={found.data} past={asOf !== undefined} />
          {!asOf && <Questions />}
          {!asOf && <Anew found={found.data} />}
          {found.data.version > 0 && (
            <Suspense fallback={<Skeleton rows={1} height={240} />}>
              <Versions standing={found.data.version} asOf={asOf} currency={currency} />
            </Suspense>
          )}
          <Suspense fallback={<Skeleton rows={1} height={180} />}>
            <OwnModel asOf={asOf} />
          </Suspense>
          <p className="max-w-prose text-sm text-muted">{texts.why}</p>
        </div>
      )}
    </InsightPage>
  )
}

function useCurrency(): string {
  return useQuery(accountsOptions).data?.[0]?.currency ?? 'EUR'
}

function Editor({ found, past }: { found: Found; past: boolean }) {
  const words = useWords()
  const { rules: texts } = usePageWords()
  const currency = useCurrency()
  const [kept, setWritten] = useWrittenRules()
  // The past is shown as it was.
  const written = past ? null : kept
  const list = useRef<HTMLOListElement>(null)
  // Once for what was found: a rule that is only looked at keeps its key, and with it the focus.
  const stands = useMemo(() => found.rules.map((rule) => draftOf(rule, currency)), [found.rules, currency])
  const drafts = written?.drafts ?? stands
  const from = written?.from ?? found.version

  const write = (to: RuleDraft[], open: number | null = null) =>
    setWritten({ from, drafts: to, open, changed: true })
  const open = (key: number | null) =>
    setWritten({ from, drafts, open: key, changed: written?.changed ?? false })
  const discard = () => setWritten(null)
  const add = () => {
    const draft = emptyRule(currency)
    write([...drafts, draft], draft.key)
  }
  const move = (place: number, by: number) => {
    write(moved(drafts, place, place + by))
    announce(texts.movedTo(drafts[place]?.name ?? '', place + by + 1, drafts.length))
  }
  const remove = (key: number) => {
    write(drafts.filter((draft) => draft.key !== key))
    list.current?.focus()
  }
  const adopted = found.adoptedAt ? instantText(found.adoptedAt, words.locale) : null
  const addButton = (look: 'plain' | 'primary') => (
    <Button look={look} disabled={drafts.length >= mostRules} onClick={add}>
      <Plus size={16} aria-hidden="true" />
      {texts.add}
    </Button>
  )
  if (drafts.length === 0 && !written?.changed) {
    return (
      <Empty title={texts.empty} text={texts.emptyText}>
        {!past && addButton('primary')}
      </Empty>
    )
  }
  return (
    <Card
      title={texts.title}
      aside={
        <span className="text-sm text-muted">
          {adopted ? texts.version(found.version, adopted) : texts.noVersion}
        </span>
      }
    >
      <ol ref={list} tabIndex={-1} className="outline-none">
        {drafts.map((draft, place) => (
          <li key={draft.key} className="border-t border-line py-3 first:border-t-0 first:pt-0">
            {written?.open === draft.key ? (
              <RuleForm
                draft={draft}
                onChange={(to) => write(drafts.with(place, to), draft.key)}
                onDone={() => open(null)}
              />
            ) : (
              <RuleLine
                draft={draft}
                place={place}
                of={drafts.length}
                past={past}
                onMove={(by) => move(place, by)}
                onEdit={() => open(draft.key)}
                onRemove={() => remove(draft.key)}
              />
            )}
          </li>
        ))}
      </ol>
      {!past && <div className="screen-only mt-2">{addButton('plain')}</div>}
      {written?.changed && (
        <Adoption from={written.from} drafts={drafts} onDiscard={discard} onAdopted={discard} />
      )}
    </Card>
  )
}
