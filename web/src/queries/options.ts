import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import {
  AccountDocument,
  AccountsDocument,
  BanksDocument,
  ConnectionDocument,
  ConnectionsDocument,
  ConvertedTotalDocument,
  CoverageDocument,
  HasCalendarDocument,
  ImportsDocument,
  MeDocument,
  MergeCandidatesDocument,
  NewerRulesDocument,
  RenewalNoticesDocument,
  ResolvedReviewsDocument,
  ReviewCountDocument,
  ReviewsDocument,
  SpendingDocument,
  TransactionBucketsDocument,
  TransactionDocument,
  type TransactionFilter,
  TransactionRulesDocument,
  TransactionsInMonthDocument,
} from '../gql/graphql'
import { place } from '../lib/as-of'
import { request } from '../lib/gql'
import { atLeast } from '../lib/position'

/** What each server topic makes stale: the first word of the query keys below. */
export const topics = {
  connections: ['connections', 'accounts', 'insights'],
  accounts: ['accounts', 'insights'],
  transactions: ['transactions', 'insights'],
  spending: ['spending'],
  sync: ['connections', 'accounts'],
  reviews: ['reviews', 'transactions', 'insights'],
  guidance: ['insights', 'transactions', 'spending'],
  /** Some changes were not told one by one. */
  all: ['connections', 'accounts', 'transactions', 'spending', 'reviews', 'insights'],
} as const

/** Rows asked for at once: one part of a month. */
export const rowsPerPart = 200

export const meOptions = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => request(MeDocument, {}, signal).then((answer) => answer.me),
  staleTime: 5 * 60_000,
})

export const banksOptions = queryOptions({
  queryKey: ['banks'],
  queryFn: ({ signal }) => request(BanksDocument, {}, signal).then((answer) => answer.banks),
  staleTime: 5 * 60_000,
})

export const convertedTotalOptions = (currency: string) =>
  queryOptions({
    queryKey: ['accounts', 'total', currency],
    queryFn: ({ signal }) =>
      request(ConvertedTotalDocument, { currency }, signal).then((answer) => answer.convertedTotal),
  })

export const connectionsOptions = queryOptions({
  queryKey: ['connections'],
  queryFn: ({ signal }) =>
    request(ConnectionsDocument, { atLeast: atLeast() }, signal).then((answer) => answer.connections),
})

export const connectionOptions = (id: string) =>
  queryOptions({
    queryKey: ['connections', id],
    queryFn: ({ signal }) =>
      request(ConnectionDocument, { id, atLeast: atLeast() }, signal).then((answer) => answer.connection),
  })

export const accountsOptions = queryOptions({
  queryKey: ['accounts'],
  queryFn: ({ signal }) =>
    request(AccountsDocument, { atLeast: atLeast() }, signal).then((answer) => answer.accounts),
})

export const accountOptions = (id: string) =>
  queryOptions({
    queryKey: ['accounts', id],
    queryFn: ({ signal }) =>
      request(AccountDocument, { id, atLeast: atLeast() }, signal).then((answer) => answer.account),
  })

/** The counts travel with the filter they belong to: the former list stays while the next one loads. */
export const bucketsOptions = (filter: TransactionFilter) =>
  queryOptions({
    queryKey: ['transactions', 'buckets', filter],
    queryFn: ({ signal }) =>
      request(TransactionBucketsDocument, { filter, atLeast: atLeast() }, signal).then((answer) => ({
        filter,
        buckets: answer.transactionBuckets.toSorted((a, b) => b.month.localeCompare(a.month)),
      })),
  })

export const partOptions = (filter: TransactionFilter, month: string, offset: number) =>
  queryOptions({
    queryKey: ['transactions', 'part', filter, month, offset],
    queryFn: ({ signal }) =>
      request(
        TransactionsInMonthDocument,
        { month, offset, limit: rowsPerPart, filter, atLeast: atLeast() },
        signal,
      ).then((answer) => answer.transactionsInMonth),
    staleTime: 60_000,
  })

export const transactionOptions = (id: string) =>
  queryOptions({
    queryKey: ['transactions', 'one', id],
    queryFn: ({ signal }) =>
      request(TransactionDocument, { id, atLeast: atLeast() }, signal).then((answer) => answer.transaction),
    staleTime: 60_000,
  })

/** The version of the rules that recorded a row: asked apart, as it is kept apart. */
export const transactionRulesOptions = (id: string) =>
  queryOptions({
    queryKey: ['transactions', 'rules', id],
    queryFn: ({ signal }) =>
      request(TransactionRulesDocument, { id, atLeast: atLeast() }, signal).then(
        (answer) => answer.transaction?.rulesVersion ?? null,
      ),
    staleTime: 60_000,
  })

export const spendingOptions = (from: string, to: string, accountId?: string, asOf?: string) =>
  queryOptions({
    queryKey: ['spending', from, to, accountId ?? null, asOf ?? null],
    queryFn: ({ signal }) =>
      request(SpendingDocument, { from, to, accountId, ...place(asOf) }, signal).then(
        (answer) => answer.spending,
      ),
  })

/** Windows shown below the calendar of an account. */
const windowsShown = 12

export const coverageOptions = (accountId: string) =>
  queryOptions({
    queryKey: ['accounts', accountId, 'coverage'],
    queryFn: ({ signal }) =>
      request(CoverageDocument, { accountId, windows: windowsShown, atLeast: atLeast() }, signal).then(
        (answer) => answer.coverage,
      ),
  })

export const renewalNoticesOptions = queryOptions({
  queryKey: ['connections', 'renewals'],
  queryFn: ({ signal }) =>
    request(RenewalNoticesDocument, { atLeast: atLeast() }, signal).then((answer) => answer.renewalNotices),
})

export const hasCalendarOptions = queryOptions({
  queryKey: ['calendar'],
  queryFn: ({ signal }) => request(HasCalendarDocument, {}, signal).then((answer) => answer.hasCalendar),
})

export const reviewCountOptions = queryOptions({
  queryKey: ['reviews', 'count'],
  queryFn: ({ signal }) =>
    request(ReviewCountDocument, { atLeast: atLeast() }, signal).then((answer) => answer.reviews.totalCount),
})

const reviewsPerPage = 10
const verdictsShown = 20

export const reviewsOptions = infiniteQueryOptions({
  queryKey: ['reviews', 'open'],
  queryFn: ({ signal, pageParam }) =>
    request(ReviewsDocument, { first: reviewsPerPage, after: pageParam, atLeast: atLeast() }, signal).then(
      (answer) => answer.reviews,
    ),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ pageInfo }) => (pageInfo.hasNextPage ? (pageInfo.endCursor ?? undefined) : undefined),
})

/** Files on one page of those that were brought. */
const importsPerPage = 10

export const importsOptions = infiniteQueryOptions({
  queryKey: ['transactions', 'imports'],
  queryFn: ({ signal, pageParam }) =>
    request(ImportsDocument, { first: importsPerPage, after: pageParam, atLeast: atLeast() }, signal).then(
      (answer) => answer.imports,
    ),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ pageInfo }) => (pageInfo.hasNextPage ? (pageInfo.endCursor ?? undefined) : undefined),
})

export const resolvedReviewsOptions = queryOptions({
  queryKey: ['reviews', 'resolved'],
  queryFn: ({ signal }) =>
    request(ResolvedReviewsDocument, { first: verdictsShown, atLeast: atLeast() }, signal).then(
      (answer) => answer.resolvedReviews,
    ),
})

/** While the past is looked at, it is asked how far that is. */
const lookAgainAfter = 1_000

export const newerRulesOptions = queryOptions({
  queryKey: ['reviews', 'newer'],
  queryFn: ({ signal }) =>
    request(NewerRulesDocument, { atLeast: atLeast() }, signal).then((answer) => answer.newerRules),
  refetchInterval: ({ state }) => (state.data?.state === 'UNDER_WAY' ? lookAgainAfter : false),
})

const mergeCandidatesShown = 20

export const mergeCandidatesOptions = (filter: TransactionFilter) =>
  queryOptions({
    queryKey: ['transactions', 'near', filter],
    queryFn: ({ signal }) =>
      request(
        MergeCandidatesDocument,
        { filter, first: mergeCandidatesShown, atLeast: atLeast() },
        signal,
      ).then((answer) => answer.transactions.edges.map(({ node }) => node)),
  })
