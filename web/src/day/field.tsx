import { CalendarDays } from 'lucide-react'
import { lazy, Suspense, useEffect, useId, useRef, useState } from 'react'
import { useDayWords } from '../i18n/day-field'
import { useWords } from '../i18n/words'
import { today } from '../lib/dates'
import type { DayFieldProps } from '../ui/day-field'
import { Field } from '../ui/field'
import { isWhole, readDay, typedText } from './typed'

const Calendar = lazy(() => import('./calendar').then((module) => ({ default: module.Calendar })))

/** Longest text of a day: with a mark and a space between its parts. */
const longestText = 16

/** What is wrong with a day that was typed. */
function useFault({ min, max }: Pick<DayFieldProps, 'min' | 'max'>): (day: string | null) => string | null {
  const { locale } = useWords()
  const texts = useDayWords()
  const shown = (day: string) => typedText(day, locale)
  return (day) => {
    if (day === null) return texts.noDay(shown(today()))
    if (min && max && (day < min || day > max)) return texts.between(shown(min), shown(max))
    if (min && day < min) return texts.after(shown(min))
    return max && day > max ? texts.before(shown(max)) : null
  }
}

/** The field itself: a text that is read as a day, and the calendar behind its button. */
export function TypedDayField({ label, value, min, max, error, inline, onChange }: DayFieldProps) {
  const { locale } = useWords()
  const texts = useDayWords()
  const format = useId()
  const fault = useFault({ min, max })
  const typed = (day: string) => (day ? typedText(day, locale) : '')
  const [text, setText] = useState(typed(value))
  const [wrong, setWrong] = useState<string | null>(null)
  // Which opening of the calendar this is: the browser tells of a closing later, when it may be open again.
  const [opening, setOpening] = useState(0)
  const openings = useRef(0)
  const place = useRef<HTMLDivElement>(null)
  const told = useRef<string | null>(value)
  // Whoever is told that there is no day may take the former one back: the text stays all the same.
  const refused = useRef(false)
  const read = (written: string) => readDay(written, locale, Number(today().slice(0, 4)))
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new day from outside, or another language
  useEffect(() => {
    // Nothing is written anew under somebody's hands.
    const written = value === told.current && place.current?.contains(document.activeElement)
    if (refused.current || written) return
    told.current = value
    setWrong(null)
    setText(typed(value))
  }, [value, locale])
  useEffect(() => {
    refused.current = false
  })
  const tell = (day: string | null) => {
    if (day === told.current) return
    told.current = day
    refused.current = day === null
    onChange(day)
  }
  const write = (next: string) => {
    setText(next)
    const day = read(next)
    if (day === null || !isWhole(next) || fault(day)) return
    setWrong(null)
    tell(day)
  }
  const settle = () => {
    const day = text.trim() === '' ? '' : read(text)
    const problem = day === '' ? null : fault(day)
    setWrong(problem)
    if (!problem && day !== null) setText(typed(day))
    tell(problem ? null : day)
  }
  const choose = (day: string) => {
    setWrong(null)
    setText(typed(day))
    tell(day)
  }
  return (
    <Field label={label} error={wrong ?? error} inline={inline}>
      {(ids) => (
        <div ref={place} className={`relative ${inline ? 'w-40' : ''}`}>
          <input
            {...ids}
            aria-describedby={[format, ids['aria-describedby']].filter(Boolean).join(' ')}
            type="text"
            inputMode="numeric"
            autoComplete="off"
            maxLength={longestText}
            placeholder={texts.format}
            className="control pr-11! tabular-nums pointer-coarse:pr-12!"
            value={text}
            onChange={({ target }) => write(target.value)}
            onBlur={settle}
            onKeyDown={({ key }) => key === 'Enter' && settle()}
          />
          <span id={format} className="sr-only">
            {texts.formatText}
          </span>
          <button
            type="button"
            aria-label={texts.open(label)}
            aria-haspopup="dialog"
            aria-expanded={opening > 0}
            className="absolute inset-y-0 right-0 inline-flex w-10 items-center justify-center rounded-control text-muted hover:text-ink pointer-coarse:w-11"
            onClick={() => {
              openings.current += 1
              setOpening(openings.current)
            }}
          >
            <CalendarDays size={18} aria-hidden="true" />
          </button>
          {opening > 0 && (
            <Suspense>
              <Calendar
                key={opening}
                label={label}
                day={read(text) ?? value}
                min={min}
                max={max}
                place={place}
                onChoose={choose}
                onClose={() => setOpening((now) => (now === opening ? 0 : now))}
              />
            </Suspense>
          )}
        </div>
      )}
    </Field>
  )
}
