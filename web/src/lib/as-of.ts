import { useSearch } from '@tanstack/react-router'
import type { AsOf } from '../gql/graphql'
import { isDay } from './dates'
import { atLeast } from './position'

/** A day stands for its end where the person is, digits for a position of the log; anything else for now. */
export function asOfInput(text: string | undefined): AsOf | undefined {
  if (!text) return undefined
  if (/^\d{1,19}$/.test(text)) return { position: text }
  if (!isDay(text)) return undefined
  return { instant: new Date(`${text}T23:59:59.999`).toISOString() }
}

/** The moment of the past that the address asks for, if it does. */
export function useAsOf(): string | undefined {
  const { asOf } = useSearch({ strict: false }) as { asOf?: string }
  return asOfInput(asOf) ? asOf : undefined
}

/** Where an answer is to be read: a moment of the past, or now with everything this browser has caused. */
export function place(asOf: string | undefined) {
  const past = asOfInput(asOf)
  return past ? { asOf: past } : { atLeast: atLeast() }
}
