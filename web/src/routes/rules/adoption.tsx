import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { AdoptRulesDocument } from '../../gql/graphql'
import { usePageWords } from '../../i18n/page-words'
import { isSaid, useGuide, useGuideRefusal } from '../../lib/guide'
import { type RuleDraft, rulesInput } from '../../lib/rules'
import { useSettled } from '../../lib/settling'
import { rulesPreviewOptions } from '../../queries/insights'
import { Button } from '../../ui/button'
import { Refusal } from '../../ui/refusal'
import { Failure, Skeleton } from '../../ui/states'
import { Difference } from './difference'

/** So long nothing may be typed before the past is looked at. */
const pause = 400

type AdoptionProps = {
  from: number
  drafts: readonly RuleDraft[]
  onDiscard: () => void
  onAdopted: () => void
}

/** What the rules that were written would change, and the way to make them count. */
export function Adoption({ from, drafts, onDiscard, onAdopted }: AdoptionProps) {
  const { rules: texts } = usePageWords()
  const [overPast, setOverPast] = useState(true)
  const adopt = useGuide(AdoptRulesDocument, texts.adopted)
  const refusal = useGuideRefusal(adopt)
  const rules = useMemo(() => rulesInput(drafts), [drafts])
  const asked = useSettled(rules, pause)
  const preview = useQuery({
    ...rulesPreviewOptions(asked ?? []),
    enabled: asked !== null,
    placeholderData: keepPreviousData,
  })
  const press = async () => {
    if (!rules) return
    const said = await adopt.mutateAsync({ fromVersion: from, rules, overPast }).catch(() => null)
    if (isSaid(said?.status)) onAdopted()
  }
  return (
    <section aria-labelledby="preview" className="mt-4 rounded-card border border-accent bg-surface p-4">
      <h3 id="preview" className="mb-1 font-semibold">
        {texts.preview}
      </h3>
      <p className="mb-3 text-sm text-warn">{texts.unsaved}</p>
      {!rules && <p className="text-muted">{texts.previewFailed}</p>}
      {rules && preview.isPending && <Skeleton rows={2} height={28} />}
      {rules && preview.isError && <Failure error={preview.error} retry={() => preview.refetch()} />}
      {rules && preview.data && (
        <div aria-busy={preview.isPlaceholderData || asked !== rules}>
          <Difference preview={preview.data} />
        </div>
      )}
      <Refusal text={refusal} />
      <div className="screen-only mt-4 flex flex-wrap items-center gap-3">
        <Button look="primary" disabled={!rules || adopt.isPending} onClick={press}>
          {texts.adopt}
        </Button>
        <Button onClick={onDiscard}>{texts.discard}</Button>
        <label className="flex min-h-9 items-center gap-2">
          <input
            type="checkbox"
            className="size-5 accent-accent"
            checked={overPast}
            onChange={({ target }) => setOverPast(target.checked)}
          />
          {texts.overPast}
        </label>
      </div>
    </section>
  )
}
