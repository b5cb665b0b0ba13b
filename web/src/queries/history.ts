import { queryOptions } from '@tanstack/react-query'
import { BalanceLinesDocument, InclusionProofDocument } from '../gql/graphql'
import { request } from '../lib/gql'
import { atLeast } from '../lib/position'
import { verify } from '../lib/proof'

/** Of an account, or of everything that is shared now; the whole history where no first day is named. */
export const balanceLinesOptions = (accountId: string | undefined, from: string | undefined) =>
  queryOptions({
    queryKey: ['accounts', 'history', accountId ?? null, from ?? null],
    queryFn: ({ signal }) =>
      request(BalanceLinesDocument, { accountId, from, atLeast: atLeast() }, signal).then(
        (answer) => answer.balanceLines,
      ),
  })

/** Until the log is signed as far as the event, it is looked again. */
const lookAgainAfter = 5_000

/** What proves that an event is in the log, and what this browser makes of it; null while none is signed. */
export const inclusionOptions = (position: string) =>
  queryOptions({
    queryKey: ['proof', position],
    queryFn: async ({ signal }) => {
      const { inclusionProof: proof } = await request(InclusionProofDocument, { position }, signal)
      return proof && { proof, verdict: await verify(proof, proof.key) }
    },
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) => (state.data === null ? lookAgainAfter : false),
  })
