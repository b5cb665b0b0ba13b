import { useQuery } from '@tanstack/react-query'
import { ArrowDown, ArrowUp, Pencil, Trash2 } from 'lucide-react'
import { usePageWords } from '../../i18n/page-words'
import { categoryText, useWords } from '../../i18n/words'
import { categoryColour } from '../../lib/categories'
import { minorFromText } from '../../lib/money'
import type { ConditionDraft, RuleDraft } from '../../lib/rules'
import { accountsOptions } from '../../queries/options'
import { useAmountText } from '../../ui/amount'
import { IconButton } from '../../ui/button'
import { useNameText } from '../../ui/name'

type RuleLineProps = {
  draft: RuleDraft
  place: number
  of: number
  past: boolean
  onMove: (by: 1 | -1) => void
  onEdit: () => void
  onRemove: () => void
}

/** A rule as one reads it: what has to hold, and what follows. */
export function RuleLine({ draft, place, of, past, onMove, onEdit, onRemove }: RuleLineProps) {
  const words = useWords()
  const { rules: texts } = usePageWords()
  const say = useConditionText()
  const nameText = useNameText()
  const name = draft.name ? nameText(draft.name) : texts.add
  return (
    <div className="flex flex-wrap items-start gap-x-3 gap-y-1">
      <span className="w-6 shrink-0 pt-0.5 text-muted tabular-nums">{place + 1}.</span>
      <div className="min-w-0 flex-1 basis-52">
        <h3 className="font-medium break-words">{name}</h3>
        <p className="text-sm break-words text-muted">
          {draft.conditions.map(say).join(' · ')}
          {draft.stops && ` · ${texts.stops}`}
        </p>
        <p className="mt-0.5 flex items-center gap-2 text-sm">
          <span aria-hidden="true">→</span>
          <span
            aria-hidden="true"
            className="bar-fill size-2.5 rounded-[3px]"
            style={{ background: categoryColour(draft.category) }}
          />
          {draft.category ? categoryText(words, draft.category) : '–'}
        </p>
      </div>
      {!past && (
        <div className="screen-only flex max-sm:ml-7">
          <IconButton label={texts.up(name)} disabled={place === 0} onClick={() => onMove(-1)}>
            <ArrowUp size={16} aria-hidden="true" />
          </IconButton>
          <IconButton label={texts.down(name)} disabled={place === of - 1} onClick={() => onMove(1)}>
            <ArrowDown size={16} aria-hidden="true" />
          </IconButton>
          <IconButton label={texts.edit(name)} onClick={onEdit}>
            <Pencil size={16} aria-hidden="true" />
          </IconButton>
          <IconButton label={texts.remove(name)} onClick={onRemove}>
            <Trash2 size={16} aria-hidden="true" />
          </IconButton>
        </div>
      )}
    </div>
  )
}

/** A condition in words. */
function useConditionText(): (condition: ConditionDraft) => string {
  const { rules: texts } = usePageWords()
  const amountText = useAmountText()
  const nameText = useNameText()
  const accounts = useQuery(accountsOptions).data ?? []
  const amount = (text: string, currency: string) => {
    const minor = minorFromText(text, currency)
    return minor === null ? text : amountText({ minor, currency })
  }
  const within = ({ least, most, currency }: ConditionDraft) => {
    if (least && most) return texts.amountFromTo(amount(least, currency), amount(most, currency))
    if (most) return texts.amountTo(amount(most, currency))
    return texts.amountFrom(amount(least, currency))
  }
  return (condition) => {
    const name = texts.conditions[condition.kind]
    switch (condition.kind) {
      case 'amountWithin':
        return `${name} ${within(condition)}`
      case 'onAccount':
        return `${name} ${nameText(accounts.find(({ id }) => id === condition.account)?.name ?? '–')}`
      case 'goes':
        return `${name} ${texts[condition.way]}`
      default:
        return `${name} ${texts.quoted(nameText(condition.words))}`
    }
  }
}
