import { ChevronLeft, ChevronRight } from 'lucide-react'
import {
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import { useDayWords } from '../i18n/day-field'
import { useWords } from '../i18n/words'
import { lastDay, longDayText, monthText, today } from '../lib/dates'
import { IconButton } from '../ui/button'
import { dayByKey, monthName, monthsOn, weekdayNames, weeksOf, within } from './month'

/** Where the years begin and end that can be chosen where nothing else says so. */
const firstYear = 2000
const yearsAhead = 10
/** Between the field and its calendar, and between the calendar and the edge of the window, in pixels. */
const gap = 4
const margin = 8

type CalendarProps = {
  label: string
  /** Where it opens, or nothing. */
  day: string
  min: string | undefined
  max: string | undefined
  /** What it belongs to: it opens under this, or above it where there is no room. */
  place: RefObject<HTMLElement | null>
  onChoose: (day: string) => void
  onClose: () => void
}

/** Opens above everything else and is closed by Escape or a press elsewhere: the browser sees to it. */
function usePopover(place: RefObject<HTMLElement | null>) {
  const box = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const [own, anchor] = [box.current, place.current?.getBoundingClientRect()]
    if (!own || !anchor) return
    own.showPopover()
    const { width, height } = own.getBoundingClientRect()
    const below = anchor.bottom + gap
    const above = anchor.top - gap - height
    const top = below + height > window.innerHeight - margin && above > margin ? above : below
    const left = Math.max(
      margin,
      Math.min(anchor.left, document.documentElement.clientWidth - width - margin),
    )
    own.style.top = `${top + window.scrollY}px`
    own.style.left = `${left + window.scrollX}px`
  }, [place])
  return box
}

/** A month of days to choose one from (the date picker dialog of the ARIA Authoring Practices Guide). */
export function Calendar({ label, day, min, max, place, onChoose, onClose }: CalendarProps) {
  const { locale, common } = useWords()
  const texts = useDayWords()
  const keys = useId()
  const box = usePopover(place)
  const [here, setHere] = useState(() => within(day || today(), min, max))
  const month = here.slice(0, 7)
  const goTo = (next: string) => setHere(within(next, min, max))
  const choose = (chosen: string) => {
    onChoose(chosen)
    box.current?.hidePopover()
  }
  const isOpen = (other: string) => (!min || other >= min.slice(0, 7)) && (!max || other <= max.slice(0, 7))
  return (
    <div
      ref={box}
      popover="auto"
      role="dialog"
      aria-label={`${label}: ${texts.calendar}`}
      aria-describedby={keys}
      className="absolute inset-auto m-0 rounded-card border border-line bg-raised p-3 text-ink shadow-xl"
      onToggle={(event) => event.newState === 'closed' && onClose()}
      onBlur={({ relatedTarget }) => {
        if (relatedTarget && !box.current?.contains(relatedTarget)) box.current?.hidePopover()
      }}
    >
      <div className="mb-2 flex items-center gap-1">
        <IconButton
          label={common.previousMonth}
          disabled={!isOpen(monthsOn(here, -1).slice(0, 7))}
          onClick={() => goTo(monthsOn(here, -1))}
        >
          <ChevronLeft size={18} aria-hidden="true" />
        </IconButton>
        <MonthAndYear here={here} min={min} max={max} onChange={goTo} />
        <IconButton
          label={common.nextMonth}
          disabled={!isOpen(monthsOn(here, 1).slice(0, 7))}
          onClick={() => goTo(monthsOn(here, 1))}
        >
          <ChevronRight size={18} aria-hidden="true" />
        </IconButton>
      </div>
      <Days month={month} here={here} day={day} min={min} max={max} onGo={goTo} onChoose={choose} />
      <p id={keys} className="sr-only">
        {texts.keys}
      </p>
      <p role="status" className="sr-only">
        {longDayText(here, locale)}
      </p>
    </div>
  )
}

type MonthAndYearProps = Pick<CalendarProps, 'min' | 'max'> & {
  here: string
  onChange: (day: string) => void
}

function MonthAndYear({ here, min, max, onChange }: MonthAndYearProps) {
  const { locale, spending } = useWords()
  const texts = useDayWords()
  const first = Number(min?.slice(0, 4) ?? firstYear)
  const last = Number(max?.slice(0, 4) ?? Number(today().slice(0, 4)) + yearsAhead)
  const years = Array.from({ length: Math.max(1, last - first + 1) }, (_, place) => last - place)
  const [year, month] = [here.slice(0, 4), here.slice(5, 7)]
  const at = (wanted: string) => {
    const end = lastDay(wanted)
    const same = `${wanted}-${here.slice(8)}`
    onChange(same > end ? end : same)
  }
  return (
    <>
      <select
        aria-label={spending.month}
        className="control w-auto flex-1 px-2! font-medium"
        value={month}
        onChange={({ target }) => at(`${year}-${target.value}`)}
      >
        {Array.from({ length: 12 }, (_, place) => String(place + 1).padStart(2, '0')).map((number) => (
          <option key={number} value={number}>
            {monthName(number, locale)}
          </option>
        ))}
      </select>
      <select
        aria-label={texts.year}
        className="control w-auto px-2! font-medium"
        value={year}
        onChange={({ target }) => at(`${target.value}-${month}`)}
      >
        {years.map((number) => (
          <option key={number} value={number}>
            {number}
          </option>
        ))}
      </select>
    </>
  )
}

type DaysProps = Pick<CalendarProps, 'day' | 'min' | 'max' | 'onChoose'> & {
  month: string
  here: string
  onGo: (day: string) => void
}

function Days({ month, here, day, min, max, onGo, onChoose }: DaysProps) {
  const { locale } = useWords()
  const days = useRef<HTMLTableElement>(null)
  // The first day to have the focus is where it opens; later the keys move it.
  const moved = useRef(true)
  useEffect(() => {
    if (!moved.current) return
    moved.current = false
    days.current?.querySelector<HTMLElement>(`[data-day="${here}"]`)?.focus()
  }, [here])
  const go = (event: KeyboardEvent) => {
    const next = dayByKey(here, event.key, event.shiftKey)
    if (!next) return
    event.preventDefault()
    moved.current = within(next, min, max) !== here
    onGo(next)
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a grid of the Authoring Practices is a table
    <table ref={days} role="grid" aria-label={monthText(month, locale)} onKeyDown={go}>
      <thead>
        <tr>
          {weekdayNames(locale).map(({ short, long }) => (
            <th key={long} scope="col" abbr={long} className="h-7 text-xs font-normal text-muted">
              {short}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeksOf(month).map((week) => (
          <tr key={week.find(Boolean)}>
            {week.map((each, place) => {
              // biome-ignore lint/suspicious/noArrayIndexKey: the seven places of a week
              if (!each) return <td key={place} />
              return (
                <Day
                  key={each}
                  day={each}
                  chosen={each === day}
                  here={each === here}
                  closed={within(each, min, max) !== each}
                  onChoose={onChoose}
                />
              )
            })}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

type DayProps = {
  day: string
  chosen: boolean
  here: boolean
  closed: boolean
  onChoose: (day: string) => void
}

function Day({ day, chosen, here, closed, onChoose }: DayProps) {
  const { locale } = useWords()
  const look = chosen
    ? 'bg-accent text-on-accent font-medium'
    : day === today()
      ? 'border border-accent hover:bg-inset'
      : 'hover:bg-inset'
  return (
    // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a cell of a grid
    // biome-ignore lint/a11y/useFocusableInteractive: its button takes the focus
    <td role="gridcell" aria-selected={chosen} className="p-0 text-center">
      <button
        type="button"
        data-day={day}
        tabIndex={here ? 0 : -1}
        aria-label={longDayText(day, locale)}
        aria-current={day === today() ? 'date' : undefined}
        aria-disabled={closed || undefined}
        className={`size-9 rounded-control tabular-nums aria-disabled:text-muted aria-disabled:line-through pointer-coarse:size-10 ${look}`}
        onClick={() => !closed && onChoose(day)}
      >
        {Number(day.slice(8))}
      </button>
    </td>
  )
}
