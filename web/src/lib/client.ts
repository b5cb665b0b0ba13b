import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { RequestError } from './gql'

const retries = 2

type SessionEnded = () => void
let sessionEnded: SessionEnded = () => undefined

/** Called once by the router: where to go when the server says that nobody is signed in. */
export function onSessionEnded(action: SessionEnded): void {
  sessionEnded = action
}

function noticeSessionEnd(error: Error): void {
  if (error instanceof RequestError && error.code === 'UNAUTHENTICATED') sessionEnded()
}

export const client = new QueryClient({
  queryCache: new QueryCache({ onError: noticeSessionEnd }),
  mutationCache: new MutationCache({ onError: noticeSessionEnd }),
  defaultOptions: {
    queries: {
      networkMode: 'always',
      staleTime: 15_000,
      gcTime: 10 * 60_000,
      // A browser that knows that it has no connection is believed: nobody waits for what cannot come.
      retry: (failures, error) =>
        failures < retries &&
        error instanceof RequestError &&
        (error.code === 'INTERNAL' || (error.code === 'OFFLINE' && navigator.onLine)),
      retryDelay: (failures) => Math.min(500 * 2 ** failures, 4_000),
    },
    mutations: { networkMode: 'always' },
  },
})
