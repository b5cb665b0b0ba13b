import { useInfiniteQuery } from '@tanstack/react-query'
import type { RuleVersionsQuery } from '../../gql/graphql'
import { useVersionWords } from '../../i18n/versions'
import { useWords } from '../../i18n/words'
import { instantText } from '../../lib/dates'
import { draftOf } from '../../lib/rules'
import { ruleVersionsOptions } from '../../queries/insights'
import { announce } from '../../ui/announce'
import { Badge } from '../../ui/badge'
import { Button } from '../../ui/button'
import { useNameText } from '../../ui/name'
import { Card } from '../../ui/page'
import { Awaited } from '../../ui/states'
import { useWrittenRules } from './written'

type Version = RuleVersionsQuery['ruleVersions']['versions'][number]

type VersionsProps = { standing: number; asOf: string | undefined; currency: string }

/** Every version of the rules there was, what it changed, and the way back to it. */
export default function Versions({ standing, asOf, currency }: VersionsProps) {
  const texts = useVersionWords()
  const found = useInfiniteQuery(ruleVersionsOptions(asOf))
  const [, write] = useWrittenRules()
  const versions = found.data?.pages.flatMap((page) => page.versions) ?? []
  const goBack = ({ version, rules }: Version) => {
    const drafts = rules.map((rule) => draftOf(rule, currency))
    write({ from: standing, drafts, open: null, changed: true })
    announce(texts.backText(version))
    const title = document.querySelector('h1')
    title?.scrollIntoView({ block: 'start' })
    document.getElementById('content')?.focus({ preventScroll: true })
  }
  return (
    <Card title={texts.title}>
      <p className="mb-4 max-w-prose text-muted">{texts.text}</p>
      <Awaited of={found} rows={2} height={72} />
      <ol className="divide-y divide-line">
        {versions.map((each) => (
          <li key={each.version} className="flex flex-wrap items-start justify-between gap-x-6 gap-y-2 py-3">
            <VersionText version={each} stands={each.version === standing} />
            {each.version !== standing && !asOf && (
              <Button className="screen-only" onClick={() => goBack(each)}>
                {texts.backTo(each.version)}
              </Button>
            )}
          </li>
        ))}
      </ol>
      {found.hasNextPage && (
        <Button className="mt-3" disabled={found.isFetchingNextPage} onClick={() => found.fetchNextPage()}>
          {texts.more}
        </Button>
      )}
    </Card>
  )
}

function VersionText({ version: of, stands }: { version: Version; stands: boolean }) {
  const { locale } = useWords()
  const texts = useVersionWords()
  const nameText = useNameText()
  const { version, adoptedAt, position, overPast, rowsMoved, changes, rules } = of
  const said = changes.map(({ kind, name }) => texts.changes[kind](nameText(name ?? '')))
  return (
    <div className="min-w-0 flex-1 basis-64">
      <h3 className="flex flex-wrap items-center gap-2 font-medium">
        {texts.version(version)}
        {stands && <Badge tone="good">{texts.stands}</Badge>}
        <span className="text-sm font-normal text-muted">{texts.rules(rules.length)}</span>
      </h3>
      <p className="break-words">{said.length > 0 ? said.join(' · ') : texts.same}</p>
      <p className="text-sm text-muted tabular-nums">
        {texts.byYou(instantText(adoptedAt, locale), position)}
        <span className="block">{overPast ? texts.moved(rowsMoved) : texts.notPast}</span>
      </p>
    </div>
  )
}
