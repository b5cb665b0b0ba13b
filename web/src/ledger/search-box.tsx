import { Search } from 'lucide-react'
import { type Ref, useEffect, useId, useRef, useState } from 'react'
import { useWords } from '../i18n/words'
import { usePreferences } from '../lib/preferences'
import { mask } from '../ui/amount'
import { useHoldsWords, useProblems } from './filters'

const pause = 200

type SearchBoxProps = { value: string; onChange: (value: string) => void; input?: Ref<HTMLInputElement> }

/** Asks when the typing pauses, not at every letter. */
export function SearchBox({ value, onChange, input }: SearchBoxProps) {
  const words = useWords()
  const [text, setText] = useState(value)
  const [focused, setFocused] = useState(false)
  const id = useId()
  const { namesHidden } = usePreferences()
  // Whom one looks for is a name as well: it leaves the page with the others, and is typed unseen.
  const secret = useHoldsWords(text) && namesHidden
  const problems = useProblems(value)
  const sent = useRef(value)
  const change = useRef(onChange)
  change.current = onChange

  useEffect(() => {
    if (value === sent.current) return
    sent.current = value
    setText(value)
  }, [value])

  useEffect(() => {
    if (text.trim() === sent.current) return
    const timer = setTimeout(() => {
      sent.current = text.trim()
      change.current(text.trim())
    }, pause)
    return () => clearTimeout(timer)
  }, [text])

  return (
    <div className="w-full sm:w-80">
      <span className="relative block">
        <Search
          size={16}
          aria-hidden="true"
          className="absolute top-1/2 left-3 -translate-y-1/2 text-muted"
        />
        <input
          ref={input}
          type="search"
          aria-label={words.transactions.search}
          placeholder={words.transactions.search}
          maxLength={100}
          aria-describedby={`${id}-help`}
          aria-invalid={problems.length > 0 ? true : undefined}
          enterKeyHint="search"
          autoCapitalize="none"
          spellCheck={false}
          value={secret && !focused ? mask : text}
          onChange={(event) => setText(event.target.value)}
          onFocus={() => setFocused(true)}
          onBlur={() => setFocused(false)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setText('')
          }}
          className={`control pl-9 placeholder:text-muted ${secret ? '[-webkit-text-security:disc]' : ''}`}
        />
      </span>
      <div id={`${id}-help`} role="status">
        {problems.map((problem) => (
          <p key={problem} className="mt-1 text-sm text-negative">
            {problem}
          </p>
        ))}
      </div>
    </div>
  )
}
