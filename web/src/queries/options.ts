import { queryOptions } from '@tanstack/react-query'
import {
  AccountDocument,
  AccountsDocument,
  BanksDocument,
  ConnectionDocument,
  ConnectionsDocument,
  MeDocument,
  SpendingDocument,
  TransactionBucketsDocument,
  TransactionDocument,
  type TransactionFilter,
  TransactionsInMonthDocument,
} from '../gql/graphql'
import { request } from '../lib/gql'
import { atLeast } from '../lib/position'

/** What each server topic makes stale: the first word of the query keys below. */
export const topics = {
  connections: ['connections'],
  accounts: ['accounts'],
  transactions: ['transactions'],
  spending: ['spending'],
  sync: ['connections'],
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

export const spendingOptions = (from: string, to: string, accountId?: string) =>
  queryOptions({
    queryKey: ['spending', from, to, accountId ?? null],
    queryFn: ({ signal }) =>
      request(SpendingDocument, { from, to, accountId, atLeast: atLeast() }, signal).then(
        (answer) => answer.spending,
      ),
  })
