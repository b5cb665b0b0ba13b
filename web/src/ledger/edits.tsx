import { GitMerge, Split } from 'lucide-react'
import { useRef, useState } from 'react'
import { CategoriseTransactionDocument, NoteTransactionDocument, type TransactionQuery } from '../gql/graphql'
import { categoryText, useWords } from '../i18n/words'
import { useEdit, useRefusal } from '../lib/edits'
import { usePreferences } from '../lib/preferences'
import { AlwaysForPayee } from '../routes/rules/always'
import { Amount } from '../ui/amount'
import { Button } from '../ui/button'
import { CategoryOptions } from '../ui/category-select'
import { Covered } from '../ui/covered'
import { Field } from '../ui/field'
import { Name } from '../ui/name'

type Transaction = NonNullable<TransactionQuery['transaction']>

const longestNote = 1_000
/** How long a choice rests before it is kept: typing a name chooses other categories on the way. */
const restMilliseconds = 400

type EditsProps = { transaction: Transaction; onSplit: () => void; onMerge: () => void }

/** What the person says of a row themselves: it outranks whatever a bank or a rule says later. */
export function Edits({ transaction, onSplit, onMerge }: EditsProps) {
  const words = useWords()
  const { edit: texts } = words.sync
  const parts = transaction.parts
  return (
    <section aria-labelledby="edits" className="mt-6 border-t border-line pt-4">
      <h3 id="edits" className="mb-3 font-semibold">
        {texts.title}
      </h3>
      <div className="flex flex-col gap-4">
        <CategoryField key={`category ${transaction.id}`} transaction={transaction} />
        <AlwaysForPayee key={transaction.id} transaction={transaction} />
        <NoteField key={transaction.note ?? ''} transaction={transaction} />
        {parts.length > 0 && (
          <ul className="rounded-control bg-inset p-3">
            {parts.map((part, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity but their place
              <li key={index} className="flex flex-wrap justify-between gap-x-3">
                <span className="min-w-0 break-words">
                  {categoryText(words, part.category?.id ?? transaction.category.id)}
                  {part.note && (
                    <span className="text-muted">
                      {' '}
                      · <Name>{part.note}</Name>
                    </span>
                  )}
                </span>
                <Amount money={part.amount} tone="flow" />
              </li>
            ))}
          </ul>
        )}
        {transaction.standing === 'COUNTED' && (
          <div className="flex flex-wrap gap-2">
            <Button onClick={onSplit}>
              <Split size={16} aria-hidden="true" />
              {parts.length > 0 ? texts.changeSplit : texts.split}
            </Button>
            <Button onClick={onMerge}>
              <GitMerge size={16} aria-hidden="true" />
              {texts.merge}
            </Button>
          </div>
        )}
      </div>
    </section>
  )
}

function CategoryField({ transaction }: { transaction: Transaction }) {
  const words = useWords()
  const categorise = useEdit(CategoriseTransactionDocument, words.sync.edit.saved)
  const refusal = useRefusal(categorise)
  const [wish, setWish] = useState<string | null>(null)
  const rest = useRef<ReturnType<typeof setTimeout>>(undefined)
  const keep = (categoryId: string) => {
    clearTimeout(rest.current)
    setWish(null)
    categorise.mutate({ transactionId: transaction.id, categoryId: categoryId || null })
  }
  const choose = (categoryId: string) => {
    clearTimeout(rest.current)
    setWish(categoryId)
    rest.current = setTimeout(() => keep(categoryId), restMilliseconds)
  }
  const own = transaction.ownCategory?.id ?? ''
  const kept = categorise.isPending ? (categorise.variables.categoryId ?? '') : own
  const byRules = own ? null : categoryText(words, transaction.category.id)
  return (
    <Field label={words.sync.edit.category} error={refusal}>
      {(ids) => (
        <select
          {...ids}
          className="control"
          value={wish ?? kept}
          onChange={(event) => choose(event.target.value)}
          onBlur={() => wish !== null && keep(wish)}
        >
          <option value="">{words.sync.edit.byRules(byRules)}</option>
          <CategoryOptions />
        </select>
      )}
    </Field>
  )
}

function NoteField({ transaction }: { transaction: Transaction }) {
  const words = useWords()
  const { edit: texts } = words.sync
  const kept = transaction.note ?? ''
  const { namesHidden } = usePreferences()
  const [text, setText] = useState(kept)
  const note = useEdit(NoteTransactionDocument, texts.saved)
  const refusal = useRefusal(note)
  const changed = text.trim() !== kept
  if (namesHidden && kept) return <Covered what="names" title={texts.note} />
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (changed) note.mutate({ transactionId: transaction.id, note: text.trim() || null })
      }}
    >
      <Field label={texts.note} hint={texts.noteHint} error={refusal}>
        {(ids) => (
          <textarea
            {...ids}
            rows={2}
            maxLength={longestNote}
            className="control block min-h-16 py-1.5"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
      </Field>
      {changed && (
        <Button type="submit" className="mt-2" disabled={note.isPending}>
          {texts.save}
        </Button>
      )}
    </form>
  )
}
