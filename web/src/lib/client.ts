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
      retry: (failures, error) =>
        failures < retries && error instanceof RequestError && ['OFFLINE', 'INTERNAL'].includes(error.code),
      retryDelay: (failures) => Math.min(500 * 2 ** failures, 4_000),
    },
    mutations: { networkMode: 'always' },
  },
})
