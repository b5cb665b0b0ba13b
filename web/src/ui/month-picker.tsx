import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useWords } from '../i18n/words'
import { monthsEnding, monthsFrom, monthText, thisMonth } from '../lib/dates'
import { IconButton } from './button'

const yearsBack = 10

type MonthPickerProps = { month: string; onChange: (month: string) => void }

export function MonthPicker({ month, onChange }: MonthPickerProps) {
  const words = useWords()
  const last = thisMonth()
  const months = monthsEnding(last, yearsBack * 12).reverse()
  return (
    <div className="flex items-center gap-1">
      <IconButton label={words.common.previousMonth} onClick={() => onChange(monthsFrom(month, -1))}>
        <ChevronLeft size={18} aria-hidden="true" />
      </IconButton>
      <select
        aria-label={words.spending.month}
        value={month}
        onChange={(event) => onChange(event.target.value)}
        className="control w-auto font-medium"
      >
        {!months.includes(month) && <option value={month}>{monthText(month, words.locale)}</option>}
        {months.map((option) => (
          <option key={option} value={option}>
            {monthText(option, words.locale)}
          </option>
        ))}
      </select>
      <IconButton
        label={words.common.nextMonth}
        disabled={month >= last}
        onClick={() => onChange(monthsFrom(month, 1))}
      >
        <ChevronRight size={18} aria-hidden="true" />
      </IconButton>
    </div>
  )
}
