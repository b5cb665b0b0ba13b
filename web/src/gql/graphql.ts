/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** What kind of account it is. */
export type AccountKind =
  /** An everyday payment account. */
  | 'CURRENT'
  /** A savings account. */
  | 'SAVINGS'
  /** A payment card with transactions of its own. */
  | 'CARD'
  /** Anything else. */
  | 'OTHER';

/** Which balance it is. */
export type BalanceKind =
  /** The sum of what is booked; for a card what is owed, as a negative amount. */
  | 'BOOKED'
  /** What can be used now, by the bank's own reckoning. */
  | 'AVAILABLE'
  /** A counter balance. */
  | 'COUNTER'
  /** What is reserved and not yet booked. */
  | 'RESERVED'
  /** Authorised card purchases that are not on a statement yet. */
  | 'OUTSTANDING';

/** Whether a bank can be connected. */
export type BankStatus =
  /** Registered: can be connected. */
  | 'READY'
  /** This platform has not registered with the bank yet. */
  | 'NOT_REGISTERED';

/** What money of a category is. */
export type CategoryKind =
  /** Money spent. */
  | 'SPENDING'
  /** Money earned. */
  | 'INCOME'
  /** Money moved between places of one's own. */
  | 'TRANSFER';

/** What asking for a connection came to. */
export type ConnectBankStatus =
  /** Send the browser to `authorizeUrl`. */
  | 'REDIRECT'
  /**
   * The person agrees on a device of their own, as `instruction` says; the connection then changes by
   * itself.
   */
  | 'CONFIRM_ELSEWHERE'
  /** There is no such bank. */
  | 'BANK_UNKNOWN'
  /** This platform has not registered with it. */
  | 'BANK_NOT_REGISTERED'
  /** The bank does not answer. */
  | 'BANK_UNREACHABLE'
  /** The bank said no. */
  | 'BANK_REFUSED'
  /** The bank asks to wait. */
  | 'TRY_LATER'
  /** There is no such connection to renew, or the person ended it. */
  | 'NOT_RENEWABLE';

/** Where a connection stands. */
export type ConnectionStatus =
  /** Waiting for the person to confirm at the bank. */
  | 'PENDING'
  /** It stands. */
  | 'ACTIVE'
  /** Refused at the bank. */
  | 'REFUSED'
  /** Withdrawn. */
  | 'REVOKED'
  /** Its time ran out. */
  | 'EXPIRED'
  /** It never came to stand. */
  | 'FAILED'
  /** The bank wants the person to confirm again. */
  | 'NEEDS_CONFIRMATION';

/** Which way money goes. */
export type Direction =
  /** To the account holder. */
  | 'IN'
  /** From the account holder. */
  | 'OUT';

/** Why a connection ended or was refused. */
export type EndedReason =
  /** The person said no at the bank. */
  | 'REFUSED_AT_BANK'
  /** The person stopped sharing here. */
  | 'REVOKED_BY_PERSON'
  /** The bank, or the person there, ended it. */
  | 'REVOKED_BY_BANK'
  /** Its time ran out. */
  | 'EXPIRED'
  /** The person never came back from the bank. */
  | 'ABANDONED'
  /** The bank's answer failed a check. */
  | 'ANSWER_NOT_TRUSTED'
  /** The bank failed. */
  | 'BANK_ERROR'
  /** A new consent took its place. */
  | 'SUPERSEDED';

/** What asking for a reading came to. */
export type RefreshStatus =
  /** It runs. */
  | 'STARTED'
  /** It was running already. */
  | 'ALREADY_RUNNING'
  /** The connection does not stand. */
  | 'NOT_ACTIVE'
  /** There is no such connection. */
  | 'NOT_FOUND';

/** What a withdrawal came to. */
export type RevokeStatus =
  /** Stopped here and at the bank. */
  | 'REVOKED'
  /** Stopped here; the bank could not be told yet and will be. */
  | 'REVOKED_BANK_NOT_TOLD'
  /** It had ended already. */
  | 'ALREADY_ENDED'
  /** There is no such connection. */
  | 'NOT_FOUND';

/** What signing in came to. */
export type SignInStatus =
  /** Done. */
  | 'SIGNED_IN'
  /** Address or password is wrong; which, is not said. */
  | 'REFUSED'
  /** Too many wrong passwords. */
  | 'TRY_LATER';

/** What signing up came to. */
export type SignUpStatus =
  /** Done; the browser is signed in. */
  | 'SIGNED_UP'
  /** This cannot be an e-mail address. */
  | 'EMAIL_INVALID'
  /** Somebody signed up with it already. */
  | 'EMAIL_TAKEN'
  /** Fewer than 12 characters. */
  | 'PASSWORD_TOO_SHORT'
  /** More than 256 characters. */
  | 'PASSWORD_TOO_LONG'
  /** Too much at once. */
  | 'TRY_LATER';

/** What went wrong with the last run. */
export type SyncProblem =
  /** No connection to the bank. */
  | 'BANK_UNREACHABLE'
  /** The bank answered with an error. */
  | 'BANK_ERROR'
  /** The bank asks to wait. */
  | 'BANK_BUSY'
  /** The bank no longer honours the consent. */
  | 'CONSENT_ENDED'
  /** The bank's answer cannot be read. */
  | 'ANSWER_UNREADABLE'
  /** Something of ours. */
  | 'STORAGE';

/** How far reading a connection is. */
export type SyncState =
  /** Never read. */
  | 'NEVER'
  /** Being read. */
  | 'RUNNING'
  /** Read to the end. */
  | 'DONE'
  /** The last run gave up. */
  | 'FAILED';

/** Which rows. */
export type TransactionFilter = {
  /** Of this account. */
  accountId?: string | null | undefined;
  /** In this category. */
  categoryId?: string | null | undefined;
  /** Words looked for in counterparty and text. */
  search?: string | null | undefined;
  /** Booked on this day or later. */
  from?: string | null | undefined;
  /** Booked on this day or earlier. */
  to?: string | null | undefined;
  /** Smallest absolute amount in minor units. */
  minimumMinor?: string | null | undefined;
  /** Largest absolute amount in minor units. */
  maximumMinor?: string | null | undefined;
  /** Money in or out. */
  direction?: Direction | null | undefined;
};

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
