import { Check } from 'lucide-react'
import type { BanksQuery } from '../../gql/graphql'
import type { Catalogue } from '../../i18n/en'
import { useWords } from '../../i18n/words'
import { Button } from '../../ui/button'

type Bank = BanksQuery['banks'][number]
export type Choice = { consentDays: number; historyDays: number }

const usualConsentDays = [30, 90, 180]
const usualHistoryDays = [90, 365, 730]

/** The usual lengths the bank allows, and its own longest. */
export function lengthsUpTo(longest: number, usual: readonly number[]): number[] {
  return [...new Set([...usual.filter((days) => days < longest), longest])]
}

export function firstChoice(bank: Bank): Choice {
  return {
    consentDays: Math.min(90, bank.longestConsentDays),
    historyDays: Math.min(730, bank.longestHistoryDays),
  }
}

export function historyText(days: number, words: Catalogue): string {
  if (days === 365) return words.connect.year
  if (days === 730) return words.connect.twoYears
  return words.common.days(days)
}

type SharedProps = {
  bank: Bank
  choice: Choice
  onChange: (choice: Choice) => void
  onBack: () => void
  onNext: () => void
}

export function WhatIsShared({ bank, choice, onChange, onBack, onNext }: SharedProps) {
  const words = useWords()
  const consent = [
    ...new Set([...lengthsUpTo(bank.longestConsentDays, usualConsentDays), choice.consentDays]),
  ]
  const history = [
    ...new Set([...lengthsUpTo(bank.longestHistoryDays, usualHistoryDays), choice.historyDays]),
  ]
  return (
    <section className="card p-4 sm:p-6">
      <h2 className="text-lg font-semibold">{words.connect.what(bank.name)}</h2>
      <ul className="mt-4 flex flex-col gap-3">
        {words.connect.items.map(([name, text]) => (
          <li key={name} className="flex gap-3">
            <Check size={18} aria-hidden="true" className="mt-0.5 shrink-0 text-accent" />
            <span>
              <span className="block font-medium">{name}</span>
              <span className="text-muted">{text}</span>
            </span>
          </li>
        ))}
      </ul>
      <p className="mt-4 rounded-control bg-inset p-3 text-sm">{words.connect.never}</p>
      <Lengths
        name="consent-days"
        legend={words.connect.howLong}
        lengths={consent.sort((a, b) => a - b)}
        chosen={choice.consentDays}
        text={(days) =>
          days === bank.longestConsentDays
            ? words.connect.longest(words.common.days(days))
            : words.common.days(days)
        }
        onChange={(consentDays) => onChange({ ...choice, consentDays })}
      />
      <Lengths
        name="history-days"
        legend={words.connect.howFar}
        lengths={history.sort((a, b) => a - b)}
        chosen={choice.historyDays}
        text={(days) => historyText(days, words)}
        onChange={(historyDays) => onChange({ ...choice, historyDays })}
      />
      <div className="mt-6 flex flex-wrap justify-between gap-2">
        <Button onClick={onBack}>{words.common.back}</Button>
        <Button look="primary" onClick={onNext}>
          {words.common.next}
        </Button>
      </div>
    </section>
  )
}

type LengthsProps = {
  name: string
  legend: string
  lengths: readonly number[]
  chosen: number
  text: (days: number) => string
  onChange: (days: number) => void
}

/** One length among several. */
export function Lengths({ name, legend, lengths, chosen, text, onChange }: LengthsProps) {
  return (
    <fieldset className="mt-5">
      <legend className="font-medium">{legend}</legend>
      <div className="mt-2 flex flex-col gap-1">
        {lengths.map((days) => (
          <label key={days} className="flex min-h-9 items-center gap-3 pointer-coarse:min-h-11">
            <input
              type="radio"
              name={name}
              checked={days === chosen}
              onChange={() => onChange(days)}
              className="size-4 accent-accent"
            />
            {text(days)}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
