import { queryOptions } from '@tanstack/react-query'
import {
  AnalysisDocument,
  GivenRolesDocument,
  MyTokensDocument,
  RunningDocument,
  SharingsDocument,
} from '../gql/graphql'
import { thisMonth } from '../lib/dates'
import { request } from '../lib/gql'
import { atLeast } from '../lib/position'

/** How often an open page of operations looks again, in milliseconds. */
const lookAgain = 5_000

export const runningOptions = queryOptions({
  queryKey: ['running'],
  queryFn: ({ signal }) => request(RunningDocument, {}, signal).then((answer) => answer.running),
  refetchInterval: lookAgain,
})

/** Looking at the list is recorded as a use of the role: it is not asked for again by itself. */
export const givenRolesOptions = queryOptions({
  queryKey: ['roles', 'given'],
  queryFn: ({ signal }) => request(GivenRolesDocument, {}, signal).then((answer) => answer.roles),
  staleTime: Number.POSITIVE_INFINITY,
  refetchOnWindowFocus: false,
  refetchOnReconnect: false,
})

export const myTokensOptions = queryOptions({
  queryKey: ['roles', 'tokens'],
  queryFn: ({ signal }) =>
    request(MyTokensDocument, { atLeast: atLeast() }, signal).then((answer) => answer.myTokens),
})

export const analysisOptions = (roleId: string, month: string) =>
  queryOptions({
    queryKey: ['analysis', roleId, month],
    queryFn: ({ signal }) =>
      request(AnalysisDocument, { roleId, month }, signal).then((answer) => answer.analysis),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })

export const sharingsOptions = queryOptions({
  queryKey: ['sharings'],
  queryFn: ({ signal }) => request(SharingsDocument, { atLeast: atLeast(), month: thisMonth() }, signal),
})
