/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type BankStatus =
  /** Registered: can be connected. */
  | 'READY'
  /** This platform has not registered with the bank yet. */
  | 'NOT_REGISTERED';

export type ConnectionStatus =
  /** Waiting for the person to confirm at the bank. */
  | 'PENDING'
  | 'ACTIVE'
  | 'REFUSED'
  | 'REVOKED'
  | 'EXPIRED'
  | 'FAILED'
  /** The bank wants the person to confirm again. */
  | 'NEEDS_CONFIRMATION';

export type EndedReason =
  | 'REFUSED_AT_BANK'
  | 'REVOKED_BY_PERSON'
  | 'REVOKED_BY_BANK'
  | 'EXPIRED'
  | 'ABANDONED'
  | 'ANSWER_NOT_TRUSTED'
  | 'BANK_ERROR';

export type SyncState =
  | 'NEVER'
  | 'RUNNING'
  | 'DONE'
  | 'FAILED';

export type SyncProblem =
  | 'BANK_UNREACHABLE'
  | 'BANK_ERROR'
  | 'BANK_BUSY'
  | 'CONSENT_ENDED'
  | 'ANSWER_UNREADABLE'
  | 'STORAGE';

export type AccountKind =
  | 'CURRENT'
  | 'SAVINGS'
  | 'CARD'
  | 'OTHER';

export type BalanceKind =
  | 'BOOKED'
  | 'AVAILABLE'
  | 'COUNTER'
  | 'RESERVED'
  | 'OUTSTANDING';

export type TransactionFilter = {
  accountId?: string | null | undefined;
  categoryId?: string | null | undefined;
  /** Words looked for in counterparty and text. */
  search?: string | null | undefined;
  from?: string | null | undefined;
  to?: string | null | undefined;
  /** Smallest and largest absolute amount in minor units. */
  minimumMinor?: string | null | undefined;
  maximumMinor?: string | null | undefined;
  direction?: Direction | null | undefined;
};

export type Direction =
  | 'IN'
  | 'OUT';

export type CategoryKind =
  | 'SPENDING'
  | 'INCOME'
  | 'TRANSFER';

export type SignUpStatus =
  | 'SIGNED_UP'
  | 'EMAIL_INVALID'
  | 'EMAIL_TAKEN'
  | 'PASSWORD_TOO_SHORT'
  | 'PASSWORD_TOO_LONG'
  | 'TRY_LATER';

export type SignInStatus =
  | 'SIGNED_IN'
  | 'REFUSED'
  | 'TRY_LATER';

export type ConnectBankStatus =
  | 'REDIRECT'
  | 'BANK_UNKNOWN'
  | 'BANK_NOT_REGISTERED'
  | 'BANK_UNREACHABLE'
  | 'BANK_REFUSED'
  | 'TRY_LATER';

export type RefreshStatus =
  | 'STARTED'
  | 'ALREADY_RUNNING'
  | 'NOT_ACTIVE'
  | 'NOT_FOUND';

export type RevokeStatus =
  | 'REVOKED'
  /** Stopped here; the bank could not be told yet and will be. */
  | 'REVOKED_BANK_NOT_TOLD'
  | 'ALREADY_ENDED'
  | 'NOT_FOUND';

export type AccountPartsFragment = { id: string, connectionId: string, kind: AccountKind, name: string, identifier: string, currency: string, owner: string | null, balanceAt: string | null, transactionCount: number, lastReadAt: string | null, live: boolean, bank: { id: string, name: string, country: string }, booked: { minor: string, currency: string } | null, available: { minor: string, currency: string } | null };

export type AccountsQueryVariables = Exact<{
  atLeast?: string | null | undefined;
}>;


export type AccountsQuery = { accounts: Array<{ id: string, connectionId: string, kind: AccountKind, name: string, identifier: string, currency: string, owner: string | null, balanceAt: string | null, transactionCount: number, lastReadAt: string | null, live: boolean, bank: { id: string, name: string, country: string }, booked: { minor: string, currency: string } | null, available: { minor: string, currency: string } | null }> };

export type AccountQueryVariables = Exact<{
  id: string;
  atLeast?: string | null | undefined;
}>;


export type AccountQuery = { account: { id: string, connectionId: string, kind: AccountKind, name: string, identifier: string, currency: string, owner: string | null, balanceAt: string | null, transactionCount: number, lastReadAt: string | null, live: boolean, balances: Array<{ kind: BalanceKind, observedAt: string, amount: { minor: string, currency: string } }>, bank: { id: string, name: string, country: string }, booked: { minor: string, currency: string } | null, available: { minor: string, currency: string } | null } | null };

export type BankPartsFragment = { id: string, name: string, country: string, bic: string | null, standard: string, status: BankStatus, longestConsentDays: number, longestHistoryDays: number };

export type SyncPartsFragment = { state: SyncState, startedAt: string | null, finishedAt: string | null, accountsDone: number, accountsTotal: number, transactionsRead: number, transactionsNew: number, problem: SyncProblem | null };

export type ConnectionPartsFragment = { id: string, status: ConnectionStatus, requestedAt: string, grantedAt: string | null, expiresAt: string | null, endedAt: string | null, endedReason: EndedReason | null, historyFrom: string | null, bankTold: boolean, bank: { id: string, name: string, country: string, bic: string | null, standard: string, status: BankStatus, longestConsentDays: number, longestHistoryDays: number }, accounts: Array<{ id: string, name: string, identifier: string, kind: AccountKind, currency: string, lastReadAt: string | null, live: boolean }>, sync: { state: SyncState, startedAt: string | null, finishedAt: string | null, accountsDone: number, accountsTotal: number, transactionsRead: number, transactionsNew: number, problem: SyncProblem | null } };

export type BanksQueryVariables = Exact<{ [key: string]: never; }>;


export type BanksQuery = { banks: Array<{ id: string, name: string, country: string, bic: string | null, standard: string, status: BankStatus, longestConsentDays: number, longestHistoryDays: number }> };

export type ConnectionsQueryVariables = Exact<{
  atLeast?: string | null | undefined;
}>;


export type ConnectionsQuery = { connections: Array<{ id: string, status: ConnectionStatus, requestedAt: string, grantedAt: string | null, expiresAt: string | null, endedAt: string | null, endedReason: EndedReason | null, historyFrom: string | null, bankTold: boolean, bank: { id: string, name: string, country: string, bic: string | null, standard: string, status: BankStatus, longestConsentDays: number, longestHistoryDays: number }, accounts: Array<{ id: string, name: string, identifier: string, kind: AccountKind, currency: string, lastReadAt: string | null, live: boolean }>, sync: { state: SyncState, startedAt: string | null, finishedAt: string | null, accountsDone: number, accountsTotal: number, transactionsRead: number, transactionsNew: number, problem: SyncProblem | null } }> };

export type ConnectionQueryVariables = Exact<{
  id: string;
  atLeast?: string | null | undefined;
}>;


export type ConnectionQuery = { connection: { id: string, status: ConnectionStatus, requestedAt: string, grantedAt: string | null, expiresAt: string | null, endedAt: string | null, endedReason: EndedReason | null, historyFrom: string | null, bankTold: boolean, bank: { id: string, name: string, country: string, bic: string | null, standard: string, status: BankStatus, longestConsentDays: number, longestHistoryDays: number }, accounts: Array<{ id: string, name: string, identifier: string, kind: AccountKind, currency: string, lastReadAt: string | null, live: boolean }>, sync: { state: SyncState, startedAt: string | null, finishedAt: string | null, accountsDone: number, accountsTotal: number, transactionsRead: number, transactionsNew: number, problem: SyncProblem | null } } | null };

export type ConnectBankMutationVariables = Exact<{
  bankId: string;
  consentDays: number;
  historyDays: number;
}>;


export type ConnectBankMutation = { connectBank: { status: ConnectBankStatus, connectionId: string | null, authorizeUrl: string | null, position: string | null } };

export type RefreshConnectionMutationVariables = Exact<{
  connectionId: string;
}>;


export type RefreshConnectionMutation = { refreshConnection: { status: RefreshStatus, position: string | null } };

export type RevokeConnectionMutationVariables = Exact<{
  connectionId: string;
}>;


export type RevokeConnectionMutation = { revokeConnection: { status: RevokeStatus, position: string | null } };

export type MeQueryVariables = Exact<{ [key: string]: never; }>;


export type MeQuery = { me: { id: string, email: string, signedUpAt: string } | null };

export type SignUpMutationVariables = Exact<{
  email: string;
  password: string;
}>;


export type SignUpMutation = { signUp: { status: SignUpStatus, position: string | null, me: { id: string, email: string, signedUpAt: string } | null } };

export type SignInMutationVariables = Exact<{
  email: string;
  password: string;
}>;


export type SignInMutation = { signIn: { status: SignInStatus, retryAt: string | null, me: { id: string, email: string, signedUpAt: string } | null } };

export type SignOutMutationVariables = Exact<{ [key: string]: never; }>;


export type SignOutMutation = { signOut: boolean };

export type SpendingQueryVariables = Exact<{
  from: string;
  to: string;
  accountId?: string | null | undefined;
  atLeast?: string | null | undefined;
}>;


export type SpendingQuery = { spending: Array<{ month: string, count: number, category: { id: string, kind: CategoryKind }, amount: { minor: string, currency: string } }> };

export type TransactionBucketsQueryVariables = Exact<{
  filter?: TransactionFilter | null | undefined;
  atLeast?: string | null | undefined;
}>;


export type TransactionBucketsQuery = { transactionBuckets: Array<{ month: string, count: number, inflow: Array<{ minor: string, currency: string }>, outflow: Array<{ minor: string, currency: string }> }> };

export type TransactionsInMonthQueryVariables = Exact<{
  month: string;
  offset: number;
  limit: number;
  filter?: TransactionFilter | null | undefined;
  atLeast?: string | null | undefined;
}>;


export type TransactionsInMonthQuery = { transactionsInMonth: Array<{ id: string, accountId: string, accountName: string, bookingDate: string, counterparty: string | null, text: string, amount: { minor: string, currency: string }, category: { id: string, kind: CategoryKind } }> };

export type TransactionQueryVariables = Exact<{
  id: string;
  atLeast?: string | null | undefined;
}>;


export type TransactionQuery = { transaction: { id: string, accountId: string, accountName: string, bookingDate: string, valueDate: string | null, counterparty: string | null, counterpartyIdentifier: string | null, text: string, reference: string | null, bankType: string | null, archiveId: string | null, categoryReason: string, position: string, recordedAt: string, amount: { minor: string, currency: string }, originalAmount: { minor: string, currency: string } | null, category: { id: string, kind: CategoryKind } } | null };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const AccountPartsFragmentDoc = new TypedDocumentString(`
    fragment AccountParts on Account {
  id
  bank {
    id
    name
    country
  }
  connectionId
  kind
  name
  identifier
  currency
  owner
  booked {
    minor
    currency
  }
  available {
    minor
    currency
  }
  balanceAt
  transactionCount
  lastReadAt
  live
}
    `, {"fragmentName":"AccountParts"}) as unknown as TypedDocumentString<AccountPartsFragment, unknown>;
export const BankPartsFragmentDoc = new TypedDocumentString(`
    fragment BankParts on Bank {
  id
  name
  country
  bic
  standard
  status
  longestConsentDays
  longestHistoryDays
}
    `, {"fragmentName":"BankParts"}) as unknown as TypedDocumentString<BankPartsFragment, unknown>;
export const SyncPartsFragmentDoc = new TypedDocumentString(`
    fragment SyncParts on Sync {
  state
  startedAt
  finishedAt
  accountsDone
  accountsTotal
  transactionsRead
  transactionsNew
  problem
}
    `, {"fragmentName":"SyncParts"}) as unknown as TypedDocumentString<SyncPartsFragment, unknown>;
export const ConnectionPartsFragmentDoc = new TypedDocumentString(`
    fragment ConnectionParts on Connection {
  id
  bank {
    ...BankParts
  }
  status
  requestedAt
  grantedAt
  expiresAt
  endedAt
  endedReason
  historyFrom
  bankTold
  accounts {
    id
    name
    identifier
    kind
    currency
    lastReadAt
    live
  }
  sync {
    ...SyncParts
  }
}
    fragment BankParts on Bank {
  id
  name
  country
  bic
  standard
  status
  longestConsentDays
  longestHistoryDays
}
fragment SyncParts on Sync {
  state
  startedAt
  finishedAt
  accountsDone
  accountsTotal
  transactionsRead
  transactionsNew
  problem
}`, {"fragmentName":"ConnectionParts"}) as unknown as TypedDocumentString<ConnectionPartsFragment, unknown>;
export const AccountsDocument = {"__meta__":{"hash":"8a1091de20a7b50f4fd7994c3c54f1bc8cb9b39499ae6e370b5bb31a5f3ce03d"}} as unknown as TypedDocumentString<AccountsQuery, AccountsQueryVariables>;
export const AccountDocument = {"__meta__":{"hash":"34e1ef569396b19923eae793bdfdeb3ac20307ad85a3391976e173657fe142cf"}} as unknown as TypedDocumentString<AccountQuery, AccountQueryVariables>;
export const BanksDocument = {"__meta__":{"hash":"0d716c511bf57995340d83c4a8fffefad6b8f188865d819665e8eb90cbdd918c"}} as unknown as TypedDocumentString<BanksQuery, BanksQueryVariables>;
export const ConnectionsDocument = {"__meta__":{"hash":"4acc432b8d391b3415c531fa4113b917b5f4299b7e7a548ccbb4c8b113088223"}} as unknown as TypedDocumentString<ConnectionsQuery, ConnectionsQueryVariables>;
export const ConnectionDocument = {"__meta__":{"hash":"13350de2d96610fe4b3bbbd415fbabb24791f848ed4b4b00b1fa7d11b529e20d"}} as unknown as TypedDocumentString<ConnectionQuery, ConnectionQueryVariables>;
export const ConnectBankDocument = {"__meta__":{"hash":"7700dd52f308d5a32e2cb337dc2e95f20143b5cdeb594a75d12f940b23b19c7a"}} as unknown as TypedDocumentString<ConnectBankMutation, ConnectBankMutationVariables>;
export const RefreshConnectionDocument = {"__meta__":{"hash":"73ea1d233e81123e91f8b2919f4e87b9df1611588383291d9d100e7ccc37b21b"}} as unknown as TypedDocumentString<RefreshConnectionMutation, RefreshConnectionMutationVariables>;
export const RevokeConnectionDocument = {"__meta__":{"hash":"8d19fb471b6b245122846279b52b0836f3d2324d548c14ea4393314e1241473d"}} as unknown as TypedDocumentString<RevokeConnectionMutation, RevokeConnectionMutationVariables>;
export const MeDocument = {"__meta__":{"hash":"0bcd58199ccd638884d680e30402b783917aa5978cbfba18a1eb1dc9e6078624"}} as unknown as TypedDocumentString<MeQuery, MeQueryVariables>;
export const SignUpDocument = {"__meta__":{"hash":"7bcf32d986641a31bb3c94c1cdd3b9309c5d2f555bf49dc8536268974acf81c9"}} as unknown as TypedDocumentString<SignUpMutation, SignUpMutationVariables>;
export const SignInDocument = {"__meta__":{"hash":"37649b0ba226467751fb16f594d507bbf4a9aacbb6b81c6b228bce4293757351"}} as unknown as TypedDocumentString<SignInMutation, SignInMutationVariables>;
export const SignOutDocument = {"__meta__":{"hash":"39300be1f6ff47633a8c264de2a924d5b71367b646d3bf86d82d7c51c6543956"}} as unknown as TypedDocumentString<SignOutMutation, SignOutMutationVariables>;
export const SpendingDocument = {"__meta__":{"hash":"7ee35a015b758fd62e9018783c2f6110496ed601c851a7c42bea436540c0c0a0"}} as unknown as TypedDocumentString<SpendingQuery, SpendingQueryVariables>;
export const TransactionBucketsDocument = {"__meta__":{"hash":"b145798e3fca0c4fba1ace74c7aeac61968aca811657d9d2518587fde74b426a"}} as unknown as TypedDocumentString<TransactionBucketsQuery, TransactionBucketsQueryVariables>;
export const TransactionsInMonthDocument = {"__meta__":{"hash":"520255747240e5e7a7f904a8443495a51a641d659c9d8cc3c5da7ea4fa8959aa"}} as unknown as TypedDocumentString<TransactionsInMonthQuery, TransactionsInMonthQueryVariables>;
export const TransactionDocument = {"__meta__":{"hash":"8fc3773bb2d8350fa59ef3064263972440676bd98336ce0742b40dbec5deff10"}} as unknown as TypedDocumentString<TransactionQuery, TransactionQueryVariables>;
