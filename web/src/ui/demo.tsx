import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useWords } from '../i18n/words'
import { accountsOptions } from '../queries/options'
import { Badge } from './badge'

/** What a sandbox bank shows is invented: this says so wherever it stands. */
export function DemoMark() {
  const words = useWords()
  return <Badge tone="quiet">{words.page.demo}</Badge>
}

/** The accounts that sandbox banks show. */
export function useDemoAccounts(): ReadonlySet<string> {
  const { data } = useQuery(accountsOptions)
  return useMemo(() => new Set(data?.flatMap(({ id, bank }) => (bank.demo ? [id] : [])) ?? []), [data])
}

type Shown = {
  bank: { demo: boolean }
  grantedAt: string | null
  endedAt: string | null
  accounts: readonly unknown[]
}

/** Whether a connection to a sandbox bank was removed: it ended, and none of its accounts is in sight. */
export function isRemovedDemo({ bank, grantedAt, endedAt, accounts }: Shown): boolean {
  return bank.demo && grantedAt !== null && endedAt !== null && accounts.length === 0
}
