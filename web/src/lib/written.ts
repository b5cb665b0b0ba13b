import { skipToken, useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { client } from './client'

/**
 * Something a person is writing and has not sent: kept while they look at other pages, in memory alone, and
 * gone with the session. Closing the tab with it asks first. `isChanged` says whether it is worth keeping.
 */
export function useWritten<Draft>(name: string, isChanged: (draft: Draft) => boolean) {
  const queryKey = ['written', name]
  const { data } = useQuery<Draft | null>({
    queryKey,
    queryFn: skipToken,
    initialData: null,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  })
  const written = data ?? null
  const atStake = written !== null && isChanged(written)
  useEffect(() => {
    if (!atStake) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [atStake])
  const write = (draft: Draft | null) => void client.setQueryData<Draft | null>(queryKey, draft)
  return [written, write] as const
}
