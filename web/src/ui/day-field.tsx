import { lazy, Suspense } from 'react'
import { Field } from './field'

const TypedDayField = lazy(() => import('../day/field').then((module) => ({ default: module.TypedDayField })))

export type DayFieldProps = {
  label: string
  /** `YYYY-MM-DD`, or nothing. */
  value: string
  min?: string
  max?: string
  error?: string | null
  /** The label stands beside the field. */
  inline?: boolean
  /** Nothing where the field was emptied; null where what stands in it is no day that may be chosen. */
  onChange: (day: string | null) => void
}

/**
 * A day, typed as the page's language writes it or chosen from a calendar. The browser's own field would
 * speak the browser's language and not the page's. It comes after the page; until then its place is kept.
 */
export function DayField(props: DayFieldProps) {
  return (
    <Suspense fallback={<Coming {...props} />}>
      <TypedDayField {...props} />
    </Suspense>
  )
}

function Coming({ label, inline }: DayFieldProps) {
  return (
    <Field label={label} inline={inline}>
      {(ids) => <input {...ids} disabled className={inline ? 'control w-40' : 'control'} />}
    </Field>
  )
}
