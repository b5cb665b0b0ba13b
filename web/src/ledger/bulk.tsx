import { useState } from 'react'
import type { TransactionChangeInput } from '../gql/graphql'
import { useLedgerWords } from '../i18n/ledger'
import { useWords } from '../i18n/words'
import { Button } from '../ui/button'
import { CategoryOptions } from '../ui/category-select'
import { Field } from '../ui/field'
import { Modal } from '../ui/modal'
import type { Change } from './changes'

const longestNote = 1_000

type BulkProps = {
  count: number
  atMost: boolean
  /** Whether the list shows what is off the lists. */
  showsHidden: boolean
  running: { done: number; all: number } | null
  onApply: (change: Change) => void
  onClear: () => void
  form: Form | null
  onForm: (form: Form | null) => void
}

export type Form = 'category' | 'note'

/** What can be done with the chosen rows: it stands at the foot of the window. */
export default function Bulk({
  count,
  atMost,
  showsHidden,
  running,
  onApply,
  onClear,
  form,
  onForm,
}: BulkProps) {
  const words = useWords()
  const ledgerWords = useLedgerWords()
  const texts = ledgerWords.choose
  const number = new Intl.NumberFormat(words.locale).format(count)
  const busy = running !== null
  return (
    <section
      aria-label={texts.bar}
      className="fade-in sticky bottom-[calc(var(--bottom)+8px)] z-20 mx-2 mt-3 flex flex-wrap items-center gap-2 rounded-card border border-control bg-raised p-2 shadow-lg md:mx-6"
    >
      <p className="amount grow px-2 font-medium whitespace-normal">
        {running
          ? texts.working(running.done, running.all)
          : atMost
            ? texts.most(number)
            : texts.chosen(number)}
      </p>
      <Button disabled={busy} onClick={() => onForm('category')}>
        {texts.category}
      </Button>
      <Button disabled={busy} onClick={() => onForm('note')}>
        {texts.note}
      </Button>
      <Button disabled={busy} onClick={() => onApply({ hidden: !showsHidden })}>
        {showsHidden ? texts.show : texts.hide}
      </Button>
      <Button look="quiet" disabled={busy} onClick={onClear}>
        {texts.clear}
      </Button>
      {form === 'category' && (
        <CategoryForm
          title={texts.categoryTitle(words.common.transactions(count))}
          onApply={onApply}
          onClose={() => onForm(null)}
        />
      )}
      {form === 'note' && (
        <NoteForm
          title={texts.noteTitle(words.common.transactions(count))}
          onApply={onApply}
          onClose={() => onForm(null)}
        />
      )}
    </section>
  )
}

type FormProps = {
  title: string
  onApply: (change: Omit<TransactionChangeInput, 'transactionId'>) => void
  onClose: () => void
}

function CategoryForm({ title, onApply, onClose }: FormProps) {
  const ledgerWords = useLedgerWords()
  const texts = ledgerWords.choose
  const [category, setCategory] = useState('')
  return (
    <Modal title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          onClose()
          onApply({ categoryId: category || null })
        }}
      >
        <Field label={texts.category}>
          {(ids) => (
            <select
              {...ids}
              // biome-ignore lint/a11y/noAutofocus: the dialog was opened for this one choice
              autoFocus
              className="control"
              value={category}
              onChange={(event) => setCategory(event.target.value)}
            >
              <option value="">{texts.byRules}</option>
              <CategoryOptions />
            </select>
          )}
        </Field>
        <Actions onClose={onClose} />
      </form>
    </Modal>
  )
}

function NoteForm({ title, onApply, onClose }: FormProps) {
  const ledgerWords = useLedgerWords()
  const texts = ledgerWords.choose
  const [note, setNote] = useState('')
  return (
    <Modal title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          onClose()
          onApply({ note: note.trim() || null })
        }}
      >
        <Field label={texts.note} hint={texts.noteText}>
          {(ids) => (
            <textarea
              {...ids}
              // biome-ignore lint/a11y/noAutofocus: the dialog was opened for this one text
              autoFocus
              rows={3}
              maxLength={longestNote}
              className="control block min-h-20 py-1.5"
              value={note}
              onChange={(event) => setNote(event.target.value)}
            />
          )}
        </Field>
        <Actions onClose={onClose} />
      </form>
    </Modal>
  )
}

function Actions({ onClose }: { onClose: () => void }) {
  const texts = useLedgerWords().choose
  return (
    <div className="mt-5 flex flex-wrap justify-end gap-2">
      <Button onClick={onClose}>{texts.cancel}</Button>
      <Button type="submit" look="primary">
        {texts.save}
      </Button>
    </div>
  )
}
