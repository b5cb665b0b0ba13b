import { useWords } from '../../i18n/words'
import { type DayRange, type DayState, type MonthCover, stateOf } from '../../lib/coverage'
import { dayText, monthText, shortMonthText, weekdayOf } from '../../lib/dates'

const colours: Record<DayState, string> = {
  read: 'fill-accent',
  gap: 'fill-surface stroke-negative [stroke-width:1.5] [stroke-dasharray:2_1.5]',
  before: 'fill-track',
  ahead: 'fill-none',
}

const step = 13
const side = 10

type CalendarProps = {
  months: readonly MonthCover[]
  days: readonly DayRange[]
  gaps: readonly DayRange[]
  breakingDay: string | null
  today: string
}

/** Twelve months of squares, one a day, in weeks from Monday; the table beside says the same in words. */
export function Calendar({ months, days, gaps, breakingDay, today }: CalendarProps) {
  const words = useWords()
  const first = months[0]?.days[0] ?? today
  const last = months.at(-1)?.days.at(-1) ?? today
  const name = words.sync.coverage.calendar(dayText(first, words.locale), dayText(last, words.locale))
  return (
    <div
      role="img"
      aria-label={name}
      className="grid grid-cols-2 gap-x-4 gap-y-4 min-[420px]:grid-cols-3 sm:grid-cols-4 lg:grid-cols-6"
    >
      {months.map(({ month, days: all }) => {
        const shift = weekdayOf(all[0] ?? `${month}-01`)
        return (
          <div key={month}>
            <p className="mb-1 text-sm text-muted">
              {month.endsWith('-01') ? monthText(month, words.locale) : shortMonthText(month, words.locale)}
            </p>
            <svg viewBox={`0 0 ${7 * step} ${6 * step}`} className="block w-full max-w-28" aria-hidden="true">
              {all.map((day, index) => {
                const place = index + shift
                const [x, y] = [(place % 7) * step + 1.5, Math.floor(place / 7) * step + 1.5]
                const state = stateOf(days, gaps, day, today)
                return (
                  <g key={day}>
                    <title>{dayText(day, words.locale)}</title>
                    <rect
                      x={x}
                      y={y}
                      width={side}
                      height={side}
                      rx="2.5"
                      className={`bar-fill ${colours[state]}`}
                    />
                    {day === breakingDay && (
                      <path
                        d={`M${x} ${y} l${side} ${side} m0 ${-side} l${-side} ${side}`}
                        className="fill-none stroke-negative [stroke-width:2.5]"
                      />
                    )}
                  </g>
                )
              })}
            </svg>
          </div>
        )
      })}
    </div>
  )
}

/** What the squares mean; a gap differs from a read day in form too, not in colour alone. */
export function Legend({ broken }: { broken: boolean }) {
  const words = useWords()
  const entries = [
    ['read', words.sync.coverage.read],
    ['gap', words.sync.coverage.gapDay],
    ['before', words.sync.coverage.before],
  ] as const
  return (
    <ul className="mt-4 flex flex-wrap gap-x-5 gap-y-1 text-sm text-muted">
      {entries.map(([state, name]) => (
        <li key={state} className="flex items-center gap-2">
          <svg viewBox="0 0 13 13" className="size-3.5" aria-hidden="true">
            <rect
              x="1.5"
              y="1.5"
              width={side}
              height={side}
              rx="2.5"
              className={`bar-fill ${colours[state]}`}
            />
          </svg>
          {name}
        </li>
      ))}
      {broken && (
        <li className="flex items-center gap-2">
          <svg viewBox="0 0 13 13" className="size-3.5" aria-hidden="true">
            <path d="M2 2 l9 9 m0 -9 l-9 9" className="fill-none stroke-negative [stroke-width:2.5]" />
          </svg>
          {words.sync.coverage.breakDay}
        </li>
      )}
    </ul>
  )
}
