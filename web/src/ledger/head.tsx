import { Download, X } from 'lucide-react'
import { useRef } from 'react'
import { useLedgerWords } from '../i18n/ledger'
import { useWords } from '../i18n/words'
import { monthText } from '../lib/dates'
import { useHotkeys } from '../lib/hotkeys'
import { Button, IconButton } from '../ui/button'
import type { Message } from './changes'
import type { Bucket } from './row'

type PickingButtonProps = { picking: boolean; onChange: (picking: boolean) => void }

/** On a phone rows open when touched; with this they are chosen. */
export function PickingButton({ picking, onChange }: PickingButtonProps) {
  const texts = useLedgerWords().choose
  return (
    <Button look="quiet" aria-pressed={picking} onClick={() => onChange(!picking)}>
      {picking ? texts.stop : texts.start}
    </Button>
  )
}

/** The list as a file. */
export function SaveButton({ onSave }: { onSave: () => void }) {
  const texts = useLedgerWords().choose
  return (
    <Button look="quiet" className="screen-only max-md:ml-auto" onClick={onSave}>
      <Download size={16} aria-hidden="true" />
      <span className="max-sm:sr-only">{texts.saveAs}</span>
    </Button>
  )
}

type JumpProps = { buckets: readonly Bucket[]; month: string | null; onJump: (month: string) => void }

/** Straight to any month there is. */
export function JumpToMonth({ buckets, month, onJump }: JumpProps) {
  const words = useWords()
  const ledgerWords = useLedgerWords()
  const select = useRef<HTMLSelectElement>(null)
  useHotkeys({ m: () => select.current?.focus() })
  const filled = buckets.filter(({ count }) => count > 0)
  const years = [...new Set(filled.map((bucket) => bucket.month.slice(0, 4)))]
  return (
    <select
      ref={select}
      aria-label={ledgerWords.choose.jump}
      value={month ?? ''}
      onChange={(event) => onJump(event.target.value)}
      className="control w-auto max-w-48 text-sm"
    >
      <option value="">{ledgerWords.choose.jumpTo}</option>
      {years.map((year) => (
        <optgroup key={year} label={year}>
          {filled
            .filter((bucket) => bucket.month.startsWith(year))
            .map((bucket) => (
              <option key={bucket.month} value={bucket.month}>
                {monthText(bucket.month, words.locale)}
              </option>
            ))}
        </optgroup>
      ))}
    </select>
  )
}

type MessageProps = { message: Message; onUndo: () => void; onDismiss: () => void }

/** What the last change of several came to, and the way back. */
export function ChosenMessage({ message, onUndo, onDismiss }: MessageProps) {
  const texts = useLedgerWords().choose
  return (
    <div className="fade-in mx-4 mb-3 flex flex-wrap items-center gap-2 rounded-control bg-accent-soft px-3 py-1.5 text-accent md:mx-6">
      <p className="grow font-medium">{message.text}</p>
      {message.former.length > 0 && <Button onClick={onUndo}>{texts.undo}</Button>}
      <IconButton label={texts.dismiss} onClick={onDismiss}>
        <X size={16} aria-hidden="true" />
      </IconButton>
    </div>
  )
}
