import { useQuery } from '@tanstack/react-query'
import { NamePayeeDocument, type TransactionQuery } from '../../gql/graphql'
import { categoryText, useWords } from '../../i18n/words'
import { isSaid, useGuide, useGuideRefusal } from '../../lib/guide'
import { payeePreviewOptions } from '../../queries/insights'
import { Button } from '../../ui/button'
import { Refusal } from '../../ui/refusal'

type Transaction = NonNullable<TransactionQuery['transaction']>

/**
 * "Always for this payee": what was chosen for one row becomes so for all of its payee, at one press, with the
 * number of past rows said before. What was said of the payee is taken back here too.
 */
export function AlwaysForPayee({ transaction }: { transaction: Transaction }) {
  const words = useWords()
  const { always: texts } = words.insights
  const { id, ownCategory, categoryReason } = transaction
  const category = ownCategory ? categoryText(words, ownCategory.id) : ''
  const name = useGuide(NamePayeeDocument, texts.done(category))
  const takeBack = useGuide(NamePayeeDocument, texts.undone)
  const refusals = [useGuideRefusal(name), useGuideRefusal(takeBack)]
  const named = isSaid(name.data?.status) && !isSaid(takeBack.data?.status)
  const preview = useQuery({
    ...payeePreviewOptions(id, ownCategory?.id ?? ''),
    enabled: ownCategory !== null && !named,
  })
  const standsByPayee = !ownCategory && /^payee(@|$)/.test(categoryReason)
  const undo = (
    <Button
      look="quiet"
      className="px-2"
      disabled={takeBack.isPending}
      onClick={() => takeBack.mutate({ transactionId: id, overPast: true })}
    >
      {texts.undo}
    </Button>
  )
  if (!ownCategory && !standsByPayee) return null
  return (
    <div className="-mt-2">
      {named || standsByPayee ? (
        <p className="flex flex-wrap items-center gap-x-2 text-sm">
          {named ? texts.done(category) : words.insights.reason.payee}.{undo}
        </p>
      ) : (
        <>
          <Button
            disabled={name.isPending}
            onClick={() => {
              takeBack.reset()
              name.mutate({ transactionId: id, categoryId: ownCategory?.id, overPast: true })
            }}
          >
            {texts.press}
          </Button>
          <p className="mt-1 min-h-[18px] text-sm text-muted">
            {preview.data && texts.text(category, preview.data.rows)}
          </p>
        </>
      )}
      <Refusal text={refusals.find((text) => text !== null) ?? null} />
    </div>
  )
}
