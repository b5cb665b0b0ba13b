import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useMemo, useRef } from 'react'
import { useWords } from '../i18n/words'
import { Filters, filterOf, useChips, useSearchLanguage } from '../ledger/filters'
import { Ledger } from '../ledger/ledger'
import { SearchBox } from '../ledger/search-box'
import { useHotkeys } from '../lib/hotkeys'
import type { TransactionSearch } from '../lib/search'
import { takeWishToSearch } from '../lib/wish'
import { Button, ButtonLink } from '../ui/button'
import { Empty } from '../ui/states'

export function Transactions() {
  const words = useWords()
  const search = useSearch({ from: '/app/transactions' })
  const navigate = useNavigate({ from: '/transactions' })
  const box = useRef<HTMLInputElement>(null)
  const { tx, ...asked } = search
  const key = JSON.stringify(asked)
  const language = useSearchLanguage()
  const filter = useMemo(() => filterOf(JSON.parse(key) as TransactionSearch, language), [key, language])
  const chips = useChips(asked)

  useHotkeys({
    '/': () => box.current?.focus(),
    j: () => document.getElementById('ledger')?.focus({ preventScroll: true }),
  })
  useEffect(() => {
    if (takeWishToSearch()) box.current?.focus()
  }, [])
  useEffect(() => {
    document.title = `${words.transactions.title} · ${words.app}`
  }, [words])

  const change = (changed: Partial<TransactionSearch>) =>
    navigate({ search: (former) => ({ ...former, ...changed }), replace: true, resetScroll: false })
  const clear = () => navigate({ search: {}, replace: true })
  const open = (id: string | undefined) =>
    navigate({ search: (former) => ({ ...former, tx: id }), replace: tx !== undefined, resetScroll: false })

  return (
    <div className="py-6 md:py-8">
      <div className="flex flex-wrap items-center justify-between gap-3 px-4 pb-3 md:px-6">
        <h1 className="text-xl font-semibold tracking-[-0.015em]">{words.transactions.title}</h1>
        <SearchBox input={box} value={search.q ?? ''} onChange={(q) => change({ q })} />
      </div>
      <Filters search={asked} onChange={change} onClear={clear} />
      <Ledger
        filter={filter}
        withAccount
        opened={tx}
        onOpen={open}
        empty={
          chips.length > 0 ? (
            <Empty
              title={words.transactions.noMatch}
              text={words.transactions.noMatchText(chips.map(({ text }) => text).join(', '))}
            >
              <Button onClick={clear}>{words.transactions.clear}</Button>
            </Empty>
          ) : (
            <Empty title={words.transactions.none} text={words.transactions.noneText}>
              <ButtonLink to="/connect" look="primary">
                {words.common.connectBank}
              </ButtonLink>
            </Empty>
          )
        }
      />
    </div>
  )
}
