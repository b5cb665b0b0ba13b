import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useId, useState } from 'react'
import { usePaletteWords } from '../i18n/palette'
import { languages, useWords } from '../i18n/words'
import { changePreferences, type Language, usePreferences } from '../lib/preferences'
import { foldedText } from '../lib/query'
import { accountsOptions } from '../queries/options'
import { Modal } from '../ui/modal'
import { useNameText } from '../ui/name'
import { places } from './places'
import { useSignOut } from './sign-out'

type Entry = { id: string; text: string; group: 'places' | 'commands'; keys?: string; run: () => void }

type PaletteProps = { onClose: () => void; onShow: (what: 'keys' | 'tour') => void }

const mostShown = 40

/** Those whose words all begin or hold what was typed, the closest first. */
export function matching(entries: readonly Entry[], typed: string): Entry[] {
  const wanted = foldedText(typed).split(/\s+/).filter(Boolean)
  if (wanted.length === 0) return entries.slice(0, mostShown)
  const score = (text: string) => {
    const plain = ` ${foldedText(text)}`
    let sum = 0
    for (const word of wanted) {
      if (plain.includes(` ${word}`)) sum += 2
      else if (plain.includes(word)) sum += 1
      else return 0
    }
    return sum
  }
  return entries
    .map((entry) => ({ entry, score: score(entry.text) }))
    .filter((scored) => scored.score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, mostShown)
    .map(({ entry }) => entry)
}

/** Every place and every command by its name. */
function useEntries(onShow: PaletteProps['onShow']): Entry[] {
  const words = useWords()
  const navigate = useNavigate()
  const accounts = useQuery(accountsOptions)
  const nameText = useNameText()
  const signOut = useSignOut()
  const { amountsHidden, namesHidden } = usePreferences()
  const texts = usePaletteWords()
  const place = (to: string, text: string, keys?: string): Entry => ({
    id: to,
    text,
    group: 'places',
    keys,
    run: () => void navigate({ to }),
  })
  const command = (id: string, text: string, run: () => void, keys?: string): Entry => ({
    id,
    text,
    group: 'commands',
    keys,
    run,
  })
  return [
    ...places.map(({ to, name, letter }) => place(to, words.nav[name], letter ? `g ${letter}` : undefined)),
    place('/statement', texts.statement, 'g m'),
    place('/connect', texts.connect),
    place('/import', texts.import),
    place('/audit', texts.audit),
    ...(accounts.data ?? []).map(({ id, name, bank }) =>
      place(`/accounts/${id}`, texts.account(nameText(`${name}, ${bank.name}`))),
    ),
    command(
      'amounts',
      amountsHidden ? texts.show : texts.hide,
      () => changePreferences({ amountsHidden: !amountsHidden }),
      'Ctrl Shift P',
    ),
    command('names', namesHidden ? texts.showNames : texts.hideNames, () =>
      changePreferences({ namesHidden: !namesHidden }),
    ),
    command('light', texts.light, () => changePreferences({ theme: 'light' })),
    command('dark', texts.dark, () => changePreferences({ theme: 'dark' })),
    ...Object.entries(languages).map(([code, name]) =>
      command(`language-${code}`, texts.language(name), () =>
        changePreferences({ language: code as Language }),
      ),
    ),
    command('keys', texts.keys, () => onShow('keys'), '?'),
    command('tour', texts.tour, () => onShow('tour')),
    command('sign-out', texts.signOut, () => signOut.mutate()),
  ]
}

function withSearch(
  found: Entry[],
  typed: string,
  said: (text: string) => string,
  search: (text: string) => void,
): Entry[] {
  const text = typed.trim()
  if (!text) return found
  const run = () => search(text)
  const entry: Entry = { id: 'search', text: said(text), group: 'commands', run }
  return [...found, entry]
}

/** A field, and below it what it finds; the arrow keys move while the field keeps the focus. */
export default function Palette({ onClose, onShow }: PaletteProps) {
  const texts = usePaletteWords()
  const navigate = useNavigate()
  const id = useId()
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const search = (q: string) => void navigate({ to: '/transactions', search: { q: q.slice(0, 100) } })
  const found = withSearch(matching(useEntries(onShow), typed), typed, texts.searchFor, search)
  const active = Math.min(at, found.length - 1)
  const run = (entry: Entry | undefined) => {
    if (!entry) return
    onClose()
    entry.run()
  }
  const pressed = (event: KeyboardEvent) => {
    const to: Record<string, number> = {
      ArrowDown: (active + 1) % Math.max(1, found.length),
      ArrowUp: (active - 1 + found.length) % Math.max(1, found.length),
      PageDown: Math.min(found.length - 1, active + 8),
      PageUp: Math.max(0, active - 8),
    }
    const next = to[event.key]
    if (next !== undefined) {
      setAt(next)
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: 'nearest' })
    } else if (event.key === 'Enter' && !event.nativeEvent.isComposing) run(found[active])
    else return
    event.preventDefault()
  }
  return (
    <Modal title={texts.title} onClose={onClose}>
      <input
        // biome-ignore lint/a11y/noAutofocus: the palette is opened to type
        autoFocus
        type="text"
        role="combobox"
        aria-label={texts.placeholder}
        aria-expanded={found.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={found.length > 0 ? `${id}-${active}` : undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder={texts.placeholder}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value)
          setAt(0)
        }}
        onKeyDown={pressed}
        className="control placeholder:text-muted"
      />
      {found.length === 0 && (
        <p role="status" className="mt-3 text-muted">
          {texts.none}
        </p>
      )}
      <div
        id={`${id}-list`}
        role="listbox"
        aria-label={texts.list}
        className="mt-3 max-h-[min(50dvh,24rem)] overflow-y-auto"
      >
        {found.map((entry, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field hears the keys
          // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus
          <div
            key={entry.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            onClick={() => run(entry)}
            onPointerMove={() => setAt(index)}
            className="flex min-h-11 cursor-pointer items-center gap-3 rounded-control px-3 aria-selected:bg-accent-soft aria-selected:text-accent"
          >
            <span className="w-16 shrink-0 text-xs text-muted">{texts[entry.group]}</span>
            <span className="min-w-0 grow break-words">{entry.text}</span>
            {entry.keys && <kbd className="shrink-0 font-mono text-xs text-muted">{entry.keys}</kbd>}
          </div>
        ))}
      </div>
    </Modal>
  )
}
