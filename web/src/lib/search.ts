import * as v from 'valibot'
import { asOfInput } from './as-of'
import { isDay, isMonth } from './dates'

/** Every value in an address is plain text; what is not understood is left out. */
const text = v.optional(v.fallback(v.pipe(v.string(), v.trim(), v.maxLength(100)), ''))
const identifier = v.optional(v.fallback(v.pipe(v.string(), v.maxLength(64)), ''))
const day = v.optional(v.fallback(v.pipe(v.string(), v.check(isDay)), ''))
const month = v.optional(v.fallback(v.pipe(v.string(), v.check(isMonth)), ''))
const minor = v.optional(v.fallback(v.pipe(v.string(), v.regex(/^\d{1,15}$/)), ''))
const direction = v.optional(v.fallback(v.picklist(['IN', 'OUT', '']), ''))

function withoutEmpty<Search extends Record<string, string | undefined>>(search: Search): Partial<Search> {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value)) as Partial<Search>
}

export const transactionSearch = v.pipe(
  v.object({
    q: text,
    account: identifier,
    category: identifier,
    from: day,
    to: day,
    min: minor,
    max: minor,
    direction,
    tx: identifier,
  }),
  v.transform(withoutEmpty),
)
export type TransactionSearch = v.InferOutput<typeof transactionSearch>

/** How far back a balance over time goes. */
const range = v.optional(v.fallback(v.picklist(['1m', '3m', '1y', '5y', 'all', '']), ''))

export const overviewSearch = v.pipe(v.object({ range }), v.transform(withoutEmpty))

export const accountSearch = v.pipe(v.object({ q: text, tx: identifier, range }), v.transform(withoutEmpty))

/** The moment of the past that is looked at: a day or a position of the log. */
const asOf = v.optional(
  v.fallback(
    v.pipe(
      v.string(),
      v.check((text) => asOfInput(text) !== undefined),
    ),
    '',
  ),
)

export const spendingSearch = v.pipe(
  v.object({
    month,
    account: identifier,
    currency: identifier,
    category: identifier,
    with: v.optional(v.fallback(v.picklist(['year', 'mean', '']), '')),
    asOf,
  }),
  v.transform(withoutEmpty),
)

export const recurringSearch = v.pipe(
  v.object({
    view: v.optional(v.fallback(v.picklist(['list', 'calendar', '']), '')),
    sort: v.optional(v.fallback(v.picklist(['cost', 'name', '']), '')),
    month,
    asOf,
  }),
  v.transform(withoutEmpty),
)

export type SpendingSearch = v.InferOutput<typeof spendingSearch>

export const flowSearch = v.pipe(
  v.object({
    by: v.optional(v.fallback(v.picklist(['pay-day', 'quarter', 'year', '']), '')),
    currency: identifier,
    asOf,
  }),
  v.transform(withoutEmpty),
)

/** A screen that knows only now and then. */
export const insightSearch = v.pipe(v.object({ asOf }), v.transform(withoutEmpty))

export const statementSearch = v.pipe(
  v.object({
    month,
    account: identifier,
    part: v.optional(v.fallback(v.pipe(v.string(), v.regex(/^([12]?\d|30)$/)), '')),
  }),
  v.transform(withoutEmpty),
)

/** Only a path inside this site may follow signing in. */
export const signInSearch = v.pipe(
  v.object({ next: v.optional(v.fallback(v.pipe(v.string(), v.regex(/^\/(?![/\\])/)), '')) }),
  v.transform(withoutEmpty),
)

export const connectSearch = v.pipe(v.object({ bank: identifier, step: text }), v.transform(withoutEmpty))

export function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search))
}

export function stringifySearch(search: Record<string, unknown>): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== '') parameters.set(name, String(value))
  }
  const written = parameters.toString()
  return written ? `?${written}` : ''
}
