import { ChevronRight } from 'lucide-react'
import { useState } from 'react'
import type { BanksQuery } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { BankMark } from '../../ui/bank-mark'

type Bank = BanksQuery['banks'][number]

/** Below this many banks a search would only be in the way. */
const searchFrom = 6

export function ChooseBank({ banks, onChoose }: { banks: readonly Bank[]; onChoose: (id: string) => void }) {
  const words = useWords()
  const [text, setText] = useState('')
  const countries = new Intl.DisplayNames(words.locale, { type: 'region' })
  const wanted = text.trim().toLocaleLowerCase(words.locale)
  const found = banks.filter(({ name, bic, country }) =>
    [name, bic ?? '', countries.of(country) ?? ''].some((each) =>
      each.toLocaleLowerCase(words.locale).includes(wanted),
    ),
  )
  return (
    <section>
      <h2 className="mb-4 text-lg font-semibold">{words.connect.choose}</h2>
      {banks.length >= searchFrom && (
        <input
          type="search"
          aria-label={words.connect.search}
          placeholder={words.connect.search}
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="control mb-4 placeholder:text-muted"
        />
      )}
      <p role="status" className={found.length === 0 ? 'text-muted' : 'sr-only'}>
        {found.length === 0 ? words.connect.noBank : words.common.banks(found.length)}
      </p>
      <ul className="flex flex-col gap-2">
        {found.map((bank) => (
          <li key={bank.id}>
            <button
              type="button"
              disabled={bank.status !== 'READY'}
              onClick={() => onChoose(bank.id)}
              className="card flex w-full items-center gap-3 p-4 text-left enabled:hover:border-control"
            >
              <BankMark name={bank.name} />
              <span className="min-w-0 flex-1">
                <span className="block font-medium">{bank.name}</span>
                <span className="block text-sm text-muted">
                  {[countries.of(bank.country), bank.bic].filter(Boolean).join(' · ')}
                </span>
              </span>
              {bank.status === 'READY' ? (
                <ChevronRight size={18} aria-hidden="true" className="text-muted" />
              ) : (
                <span className="text-sm text-muted">{words.connect.notRegistered}</span>
              )}
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
