import { ChevronRight } from 'lucide-react'
import { type KeyboardEvent, useState } from 'react'
import type { BanksQuery } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { BankMark } from '../../ui/bank-mark'
import { Button } from '../../ui/button'
import { DemoMark } from '../../ui/demo'
import { BankHealth } from './health'
import { historyText } from './shared'

type Bank = BanksQuery['banks'][number]
type ChooseProps = { banks: readonly Bank[]; onChoose: (id: string) => void }

/** Below this many banks a search would only be in the way. */
const searchFrom = 4

/** Arrow keys go from the search into the list and through it; what cannot be chosen is passed over. */
function moveThrough(event: KeyboardEvent<HTMLElement>) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  const list = event.currentTarget.closest('section')
  if (!step || !list) return
  const stops = [...list.querySelectorAll<HTMLElement>('input, li button:enabled')]
  const next = stops[stops.indexOf(event.currentTarget) + step]
  if (!next) return
  event.preventDefault()
  next.focus()
}

export function ChooseBank({ banks, onChoose }: ChooseProps) {
  const words = useWords()
  const [text, setText] = useState('')
  const [country, setCountry] = useState('')
  const names = new Intl.DisplayNames(words.locale, { type: 'region' })
  const wanted = text.trim().toLocaleLowerCase(words.locale)
  const countries = [...new Set(banks.map((bank) => bank.country))]
  const found = banks.filter(
    (bank) =>
      (country === '' || bank.country === country) &&
      [bank.name, bank.bic ?? '', names.of(bank.country) ?? ''].some((each) =>
        each.toLocaleLowerCase(words.locale).includes(wanted),
      ),
  )
  return (
    <section>
      <h2 className="mb-4 text-lg font-semibold">{words.connect.choose}</h2>
      {banks.length >= searchFrom && (
        <div className="mb-4 flex flex-col gap-2 sm:flex-row">
          <input
            type="search"
            aria-label={words.connect.search}
            placeholder={words.connect.search}
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={moveThrough}
            className="control min-w-0 flex-1 placeholder:text-muted"
          />
          {countries.length > 1 && (
            <select
              aria-label={words.connect.country}
              value={country}
              onChange={(event) => setCountry(event.target.value)}
              className="control sm:w-48"
            >
              <option value="">{words.connect.allCountries}</option>
              {countries.map((code) => (
                <option key={code} value={code}>
                  {names.of(code)}
                </option>
              ))}
            </select>
          )}
        </div>
      )}
      <p role="status" className={found.length === 0 ? 'mb-4 text-muted' : 'sr-only'}>
        {found.length === 0 ? words.connect.noBank : words.common.banks(found.length)}
      </p>
      {found.length === 0 && (
        <Button
          onClick={() => {
            setText('')
            setCountry('')
          }}
        >
          {words.connect.showAll}
        </Button>
      )}
      <ul className="flex flex-col gap-2">
        {found.map((bank) => (
          <BankCard key={bank.id} bank={bank} country={names.of(bank.country)} onChoose={onChoose} />
        ))}
      </ul>
    </section>
  )
}

type CardProps = { bank: Bank; country: string | undefined; onChoose: (id: string) => void }

/** The whole card can be pressed; its button is named by the bank alone, and described by the rest. */
function BankCard({ bank, country, onChoose }: CardProps) {
  const words = useWords()
  const ready = bank.status === 'READY'
  const offers = [
    words.connect.offers.accounts,
    ...(bank.cards ? [words.connect.offers.cards] : []),
    words.connect.offers.history(historyText(bank.longestHistoryDays, words)),
    words.connect.offers.consent(words.common.days(bank.longestConsentDays)),
    words.connect.offers.noPayments,
  ]
  return (
    <li className={`card relative flex gap-3 p-4 ${ready ? 'hover:border-control' : ''}`}>
      <BankMark name={bank.name} />
      <div className="min-w-0 flex-1">
        <button
          type="button"
          disabled={!ready}
          aria-describedby={`about-${bank.id}`}
          onClick={() => onChoose(bank.id)}
          onKeyDown={moveThrough}
          className="min-h-6 text-left font-medium after:absolute after:inset-0 after:rounded-[inherit] enabled:after:cursor-pointer"
        >
          {bank.name}
        </button>{' '}
        {bank.demo && <DemoMark />}
        <div id={`about-${bank.id}`} className="text-sm text-muted">
          {!ready && <p className="font-medium">{words.connect.notRegistered}</p>}
          <p>{[country, bank.bic].filter(Boolean).join(' · ')}</p>
          {bank.through && <p className="mt-1">{words.connect.through(bank.through)}</p>}
          <p className="mt-1">{offers.join(' · ')}</p>
          <BankHealth health={bank.health} />
        </div>
      </div>
      {ready && <ChevronRight size={18} aria-hidden="true" className="mt-1 shrink-0 text-muted" />}
    </li>
  )
}
