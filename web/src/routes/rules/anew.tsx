import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { AdoptRulesDocument, type RulesQuery } from '../../gql/graphql'
import { usePageWords } from '../../i18n/page-words'
import { isSaid, useGuide, useGuideRefusal } from '../../lib/guide'
import { draftOf, rulesInput } from '../../lib/rules'
import { rulesPreviewOptions } from '../../queries/insights'
import { Button } from '../../ui/button'
import { Card } from '../../ui/page'
import { Refusal } from '../../ui/refusal'
import { Awaited } from '../../ui/states'
import { Difference } from './difference'

/** Reading the past anew by what stands today: the difference first, and only then the change. */
export function Anew({ found }: { found: RulesQuery['rules'] }) {
  const { rules: texts } = usePageWords()
  const [looking, setLooking] = useState(false)
  const preview = useQuery({ ...rulesPreviewOptions(null), enabled: looking })
  const adopt = useGuide(AdoptRulesDocument, texts.anewDone)
  const refusal = useGuideRefusal(adopt)
  // The same rules once more: it is the past that is read again.
  const rules = rulesInput(found.rules.map((rule) => draftOf(rule, 'EUR')))
  const change = () => rules && adopt.mutate({ fromVersion: found.version, rules, overPast: true })
  const done = isSaid(adopt.data?.status)
  return (
    <Card title={texts.anew}>
      <p className="max-w-prose text-muted">{texts.anewText}</p>
      {looking && (
        <div className="mt-4">
          <Awaited of={preview} rows={2} height={28} />
          {preview.data && <Difference preview={preview.data} />}
        </div>
      )}
      <Refusal text={refusal} />
      <div className="screen-only mt-4 flex flex-wrap items-center gap-3">
        {!looking && <Button onClick={() => setLooking(true)}>{texts.anewLook}</Button>}
        {preview.data && preview.data.rows > 0 && (
          <Button disabled={adopt.isPending} onClick={change}>
            {texts.anewDo(preview.data.rows)}
          </Button>
        )}
        {done && <p className="text-muted">{texts.anewDone}.</p>}
      </div>
    </Card>
  )
}
