/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** What accepting came to. */
export type AcceptStatus =
  /** Everything that was shown is so now. */
  | 'ACCEPTED'
  /** Something happened to an account since, or it was not looked at: look again. Nothing was changed. */
  | 'MOVED_ON';

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

/** Bounds of an amount without its sign, both inclusive. */
export type AmountBounds = {
  /** The least, in whole minor units as text; none for nothing. */
  least?: string | null | undefined;
  /** The most, in whole minor units as text; none for no end. */
  most?: string | null | undefined;
  /** ISO 4217. */
  currency: string;
};

/** A moment of the past: what was known then is answered, by the rules of today. It needs a session. */
export type AsOf =
  {   /** When the log ended at this position; `"0"` is before everything. */
  position: string; instant?: never; }
  |  { position?: never;   /** At this instant: when the log ended at the last event recorded then or before. */
  instant: string; };

/** Whether balances and rows agree. */
export type BalanceCheck =
  /** The bank did not give enough to tell. */
  | 'NOT_GIVEN'
  /** They agree. */
  | 'HOLDS'
  /** They do not. */
  | 'BREAKS';

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
  | 'OUTSTANDING'
  /** What was booked at the end of the last day. */
  | 'CLOSING'
  /** What was booked at the beginning of the day. */
  | 'OPENING'
  /** What is booked with what is announced. */
  | 'EXPECTED'
  /** What can be used at a later day. */
  | 'FORWARD';

/** Something a bank does that other banks do not, as its answers have shown. */
export type BankQuirk =
  /** Its references of a transaction change. */
  | 'REFERENCES_CHANGE'
  /** It gives one reference to several transactions. */
  | 'REFERENCES_REPEAT'
  /** Transactions that are not booked change their text or day when they are. */
  | 'PENDING_CHANGES'
  /** Transactions that are not booked go away without being booked. */
  | 'PENDING_VANISHES'
  /** It shows one transaction twice under different references. */
  | 'SHOWS_TWICE';

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

/** What has to hold of a row. */
export type ConditionInput =
  {   /** Its text or payee holds these words, whatever their case and marks. */
  textHolds: string; payeeIs?: never; amountWithin?: never; onAccount?: never; goes?: never; }
  |  { textHolds?: never;   /** Its payee is this one, whatever its case, marks, numbers and place. */
  payeeIs: string; amountWithin?: never; onAccount?: never; goes?: never; }
  |  { textHolds?: never; payeeIs?: never;   /** Its amount lies within these. */
  amountWithin: AmountBounds; onAccount?: never; goes?: never; }
  |  { textHolds?: never; payeeIs?: never; amountWithin?: never;   /** It is of this account. */
  onAccount: string; goes?: never; }
  |  { textHolds?: never; payeeIs?: never; amountWithin?: never; onAccount?: never;   /** The money goes this way. */
  goes: MoneyWay; };

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

/** What was decided. */
export type DecisionKind =
  /** A pending row was booked. */
  | 'SETTLED'
  /** The bank said something else than before. */
  | 'AMENDED'
  /** The bank took it back. */
  | 'WITHDRAWN'
  /** The bank shows it again. */
  | 'RETURNED'
  /** It may be a known transaction, and may not. */
  | 'DOUBTED'
  /** A doubt was settled. */
  | 'RESOLVED'
  /** Two transactions are one. */
  | 'MERGED'
  /** A joining was undone. */
  | 'PARTED'
  /** Newer rules were run over the past, and a person accepted what they say. */
  | 'REDECIDED'
  /** That was undone. */
  | 'PUT_BACK'
  /** A category was chosen. */
  | 'CATEGORISED'
  /** A note was written. */
  | 'NOTED'
  /** It was split. */
  | 'SPLIT'
  /** It was taken off the lists. */
  | 'HIDDEN'
  /** It was put back on the lists. */
  | 'SHOWN';

/** Which way money goes. */
export type Direction =
  /** To the account holder. */
  | 'IN'
  /** From the account holder. */
  | 'OUT';

/** What a decision about a transaction came to. */
export type EditStatus =
  /** It is recorded. */
  | 'DONE'
  /** It was so already. */
  | 'ALREADY_SO'
  /** There is no such transaction or decision. */
  | 'NOT_FOUND'
  /** There is no doubt about it, or it is settled. */
  | 'NOT_DOUBTED'
  /** A transaction cannot be joined with itself. */
  | 'ITSELF'
  /** Only a transaction that counts can be joined with. */
  | 'NOT_COUNTED'
  /** The two are in two currencies. */
  | 'OTHER_CURRENCY'
  /** The two were parted before. */
  | 'PARTED'
  /** It joins nothing, or something was joined or undone since. */
  | 'NOT_JOINED'
  /** There is no such category. */
  | 'UNKNOWN_CATEGORY'
  /** A note has 1 to 1,000 characters. */
  | 'NOTE_LENGTH'
  /** A split has 2 to 50 parts. */
  | 'PART_COUNT'
  /** Every part has the sign and currency of the whole, and is not zero. */
  | 'PART_AMOUNT'
  /** The parts do not add up to the whole. */
  | 'PARTS_SUM';

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

/** What asking to be erased came to. */
export type EraseMeStatus =
  /** Done; the browser is signed out. */
  | 'ERASED'
  /** It happens, but takes longer; the browser is signed out. */
  | 'UNDER_WAY'
  /** The password is wrong. */
  | 'REFUSED'
  /** Too many wrong passwords. */
  | 'TRY_LATER';

/** What came of something that was said. */
export type GuideStatus =
  /** It is recorded. */
  | 'DONE'
  /** It was so already. */
  | 'ALREADY_SO'
  /** Other rules were adopted meanwhile. */
  | 'MOVED'
  /** Something is wrong with it; `message` says what. */
  | 'INVALID'
  /** There is no such transaction. */
  | 'NOT_FOUND';

/** Whether a file's balances agree with its rows. */
export type ImportCheck =
  /** They do. */
  | 'HOLDS'
  /** The file does not give enough to tell. */
  | 'NOT_GIVEN'
  /** They do not, and it was brought all the same. */
  | 'BREAKS';

/** How a look over the past stands. */
export type LookState =
  /** Today's rules decided everything, or were run over it. */
  | 'NOTHING_OLDER'
  /** It is under way: ask again. */
  | 'UNDER_WAY'
  /** It is done. */
  | 'DONE'
  /** It came to nothing: ask again later. */
  | 'FAILED';

/** Which way money goes. */
export type MoneyWay =
  /** In. */
  | 'INCOMING'
  /** Out. */
  | 'OUTGOING';

/** What a browser sends when a passkey was made; every part is base64url. */
export type NewPasskey = {
  /** The challenge that was given. */
  challenge: string;
  /** `clientDataJSON`. */
  clientData: string;
  /** `attestationObject`. */
  attestation: string;
};

/** What decides when the next reading is. */
export type NextReadReason =
  /** It was never read. */
  | 'NEVER_READ'
  /** The rhythm of the day. */
  | 'RHYTHM'
  /** What the bank allows in a day is spent until then. */
  | 'ALLOWANCE_SPENT'
  /** The bank asked to wait until then. */
  | 'BANK_ASKS_TO_WAIT'
  /** The last reading failed. */
  | 'AFTER_FAILURE'
  /** Something is missing. */
  | 'REFILL';

/** What a notice is about. */
export type NoticeKind =
  /** An amount far from what this payee usually gets. */
  | 'UNUSUAL_AMOUNT'
  /** Perhaps charged twice. */
  | 'DOUBLE_CHARGE'
  /** A bill far above the usual one. */
  | 'HIGH_BILL'
  /** A subscription costs more. */
  | 'PRICE_RISE'
  /** The balance may run low. */
  | 'LOW_BALANCE'
  /** A subscription that nothing else speaks of. */
  | 'STILL_USED'
  /** Something that came again has stopped. */
  | 'STOPPED'
  /** A permission at a bank ends soon. */
  | 'CONSENT_ENDING';

/** Why two transactions are thought to belong together. */
export type PairReason =
  /** The amounts are the same. */
  | 'SAME_AMOUNT'
  /** One names the other's account. */
  | 'NAMES_ACCOUNT'
  /** The words are those of a transfer. */
  | 'TRANSFER_WORDS'
  /** The category is that of a transfer. */
  | 'TRANSFER_CATEGORY'
  /** They lie within days of each other. */
  | 'DAYS_BETWEEN'
  /** The payee is the same. */
  | 'SAME_PAYEE'
  /** Nothing else comes into question. */
  | 'ONLY_CANDIDATE'
  /** A part of what was paid. */
  | 'PART'
  /** The person said so. */
  | 'CONFIRMED';

/** A part of a split transaction. */
export type PartInput = {
  /** Whole minor units with the sign of the whole, as text. */
  minor: string;
  /** Its category. */
  categoryId?: string | null | undefined;
  /** Its note. */
  note?: string | null | undefined;
};

/** What a change comes to. */
export type PastChangeKind =
  /** What was counted as several is one. */
  | 'JOINED'
  /** What was taken for one is several. */
  | 'PARTED'
  /** What was counted is gone at the bank. */
  | 'GONE'
  /** A transaction that was not counted. */
  | 'NEW'
  /** It would wait for the person's verdict. */
  | 'DOUBTFUL'
  /** The bank's last word on it is another one. */
  | 'AMENDED';

/** What periods are. */
export type PeriodKind =
  /** Calendar months. */
  | 'MONTH'
  /** From pay-day to pay-day; calendar months without a salary that comes again. */
  | 'PAY_DAY';

/** How a read model is. */
export type ProjectionState =
  /** At the end of the log. */
  | 'LIVE'
  /** On its way to the end. */
  | 'CATCHING_UP'
  /** Being built anew beside the live one. */
  | 'REBUILDING'
  /** Stopped at an event it cannot take. */
  | 'FAILED';

/** Why a row was taken for what it was taken for. */
export type ReasonKind =
  /** The bank's reference is the same. */
  | 'SAME_REFERENCE'
  /** The bank's transaction identifier is the same. */
  | 'SAME_IDENTIFIER'
  /** Every field is the same. */
  | 'SAME_FIELDS'
  /** It is the one at `number` (from 0) among equal rows. */
  | 'COUNTED_AMONG_EQUALS'
  /** The amount is the same. */
  | 'SAME_AMOUNT'
  /** The amounts differ by `number` parts in a thousand. */
  | 'AMOUNT_DIFFERS'
  /** `number` days lie between the two. */
  | 'DAYS_APART'
  /** The other side is the same. */
  | 'SAME_COUNTERPARTY'
  /** The texts have `number` parts in a thousand in common. */
  | 'TEXT_ALIKE'
  /** The amount in the foreign currency is the same. */
  | 'SAME_ORIGINAL_AMOUNT'
  /** The pending row is gone from a window that would have shown it. */
  | 'PENDING_GONE'
  /** It was pending and is booked. */
  | 'BOOKED'
  /** No other row comes into question. */
  | 'ONLY_CANDIDATE'
  /**
   * Another row comes into question nearly as well; this one is better by `number` parts in a
   * thousand.
   */
  | 'CLOSE_SECOND'
  /** The two differ in nothing but the bank's reference. */
  | 'EQUAL_BUT_REFERENCE'
  /** The bank's identifiers have proved to be worth nothing. */
  | 'IDENTIFIERS_NOT_TRUSTED'
  /** It is missing from `number` whole windows in a row. */
  | 'MISSING'
  /** The bank shows both at the same time, booked, and they differ. */
  | 'BOTH_SHOWN'
  /** A person said so. */
  | 'PERSON_SAID';

/** What came of a word that a connection may go on. */
export type ReconfirmStatus =
  /** It goes on. */
  | 'CONFIRMED'
  /** The bank asks for it itself: renew the connection. */
  | 'NOT_HERE'
  /** There is no such connection that stands. */
  | 'NOT_FOUND';

/** How what comes again stands. */
export type RecurringState =
  /** It began lately. */
  | 'NEW'
  /** It goes on. */
  | 'RUNNING'
  /** Its last beat did not come. */
  | 'STOPPED';

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

/** What removing came to. */
export type RemoveDemoStatus =
  /** It is out of sight. */
  | 'REMOVED'
  /** The bank is no sandbox: what it showed stays. */
  | 'NOT_DEMO'
  /** There is no such connection. */
  | 'NOT_FOUND';

/** How much a notice presses. */
export type RenewalSeverity =
  /** It ends within 30 days. */
  | 'INFORMATION'
  /** It ends within 7 days. */
  | 'SOON'
  /** It ends within a day, or the bank asks for a confirmation. */
  | 'URGENT'
  /** It has ended by time or by the bank. */
  | 'ENDED';

/** What a doubted row is said to be. */
export type ReviewVerdict =
  /** A transaction of its own. */
  | 'SEPARATE'
  /** Another reading of the transaction named by `sameAs`. */
  | 'SAME_AS';

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

/** How often something comes. */
export type Rhythm =
  /** Every seven days. */
  | 'WEEKLY'
  /** Every fourteen days. */
  | 'TWO_WEEKLY'
  /** Every twenty-eight days. */
  | 'FOUR_WEEKLY'
  /** On about the same day of each month. */
  | 'MONTHLY'
  /** Every two months. */
  | 'TWO_MONTHLY'
  /** Every three months. */
  | 'QUARTERLY'
  /** Every six months. */
  | 'HALF_YEARLY'
  /** Every year. */
  | 'YEARLY';

/** What a role lets somebody do. */
export type RoleKind =
  /** Reads histories, proofs and every call to a bank, and changes nothing. */
  | 'AUDITOR'
  /** Reads amounts, days and categories under pseudonyms, and no identity. */
  | 'ANALYST'
  /** Runs the service, and reads nobody's data. */
  | 'OPERATOR';

/** A role that is to be given. */
export type RoleToGive = {
  /** To whom, by identifier. */
  holder: string;
  /** Which role. */
  role: RoleKind;
  /** Whose data it covers; everybody's without this. */
  people?: Array<string> | null | undefined;
  /** Only what was recorded from this instant on. */
  factsFrom?: string | null | undefined;
  /** Only what was recorded until this instant. */
  factsTo?: string | null | undefined;
  /** When it ends by itself. */
  endsAt: string;
  /** Why, as a code. */
  reason: string;
};

/** How far a row has come at the bank. */
export type RowState =
  /** It is announced or reserved, and may yet change or vanish. */
  | 'PENDING'
  /** It is in the books. */
  | 'BOOKED';

/** How a rule changed from one version to the next. */
export type RuleChangeKind =
  /** It is new. */
  | 'ADDED'
  /** It is gone. */
  | 'REMOVED'
  /** It asks for, or says, something else. */
  | 'CHANGED'
  /** The rules that stayed are asked in another order. */
  | 'REORDERED';

/** A rule as a person writes it. */
export type RuleInput = {
  /** What they call it. */
  name: string;
  /** What has to hold: all of it. */
  conditions: Array<ConditionInput>;
  /** The category. */
  categoryId: string;
  /** Whether no later rule is asked where this one fits. */
  stops: boolean;
};

/** What a change of how a person signs in came to. */
export type SecurityStatus =
  /** Done. */
  | 'DONE'
  /** The code or the device's answer is not right. */
  | 'REFUSED'
  /** Too many guesses. */
  | 'TRY_LATER'
  /** It is so already, or there are too many. */
  | 'ALREADY_SO';

/** What signing in came to. */
export type SignInStatus =
  /** Done. */
  | 'SIGNED_IN'
  /** Address, password or code is wrong; which, is not said. */
  | 'REFUSED'
  /** The password is right; `secondFactor` takes the ticket and a code. */
  | 'CODE_NEEDED'
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

/** Whether a transaction counts. */
export type Standing =
  /** It does. */
  | 'COUNTED'
  /** It waits for the person's verdict. */
  | 'DOUBTED'
  /** The bank took it back. */
  | 'WITHDRAWN'
  /** It is another reading of one that counts. */
  | 'ABSORBED';

/** A payment to try out. */
export type SupposedPayment = {
  /** The day. */
  day: string;
  /** Whole minor units as text, signed: money out is negative. */
  minor: string;
  /** ISO 4217. */
  currency: string;
  /** What it is. */
  label: string;
};

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

/** What a program may do by a token. */
export type TokenScope =
  /** Events by who, kind and person, headers only. */
  | 'TIMELINE'
  /** Stories of registrations, consents and roles. */
  | 'STORIES'
  /** Records with their proofs. */
  | 'PROOFS'
  /** By whose leave a fact was fetched, what could be read, and calls that should not have been made. */
  | 'LAWFULNESS'
  /** Days, amounts and categories under pseudonyms. */
  | 'ANALYSIS'
  /** Queries in the program's own words. */
  | 'DOCUMENTS';

/** A token that is to be issued. */
export type TokenToIssue = {
  /** The giving of a role it hangs on. */
  roleId: string;
  /** What it opens. */
  scopes: Array<TokenScope>;
  /** When it ends by itself: at most 90 days from now, and not after its role. */
  endsAt: string;
  /** What it is for, as a code. */
  reason: string;
};

/** What is to become of one transaction. What is left out stays; null takes the person's own back. */
export type TransactionChangeInput = {
  /** Which. */
  transactionId: string;
  /** Its category. */
  categoryId?: string | null | undefined;
  /** Its note. */
  note?: string | null | undefined;
  /** Whether it is off the lists; it counts all the same. */
  hidden?: boolean | null | undefined;
};

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
  /** In one of these categories; at most 50. */
  categoryIds?: Array<string> | null | undefined;
  /** Marked with all of these. */
  marks?: Array<TransactionMark> | null | undefined;
  /** Only those taken off the lists, or only the others; none for both. */
  hidden?: boolean | null | undefined;
  /** Let through by none of these; at most 8, which except nothing themselves. */
  except?: Array<TransactionFilter> | null | undefined;
};

/** Something a transaction can be marked as. */
export type TransactionMark =
  /** It is not in the bank's books yet. */
  | 'PENDING'
  /** It waits for the person's verdict. */
  | 'DOUBTED'
  /** The bank took it back. */
  | 'WITHDRAWN'
  /** It has a note. */
  | 'NOTED'
  /** It is split. */
  | 'SPLIT'
  /** Its category was chosen by the person. */
  | 'CHOSEN';

/** What a browser sends when a passkey was used; every part is base64url. */
export type UsedPasskey = {
  /** The challenge that was given. */
  challenge: string;
  /** The passkey's identifier. */
  id: string;
  /** `clientDataJSON`. */
  clientData: string;
  /** `authenticatorData`. */
  authenticatorData: string;
  /** `signature`. */
  signature: string;
};

export type AccountPartsFragment = { id: string, connectionId: string, kind: AccountKind, name: string, identifier: string, currency: string, owner: string | null, balanceAt: string | null, transactionCount: number, lastReadAt: string | null, live: boolean, bank: { id: string, name: string, country: string, demo: boolean }, booked: { minor: string, currency: string } | null, available: { minor: string, currency: string } | null, beyondOwn: { minor: string, currency: string } | null, reading: { nextAt: string | null, nextWhy: NextReadReason | null, byHandFrom: string, running: boolean, problem: SyncProblem | null } | null };

export type ReadingPartsFragment = { nextAt: string | null, nextWhy: NextReadReason | null, byHandFrom: string, running: boolean, problem: SyncProblem | null };

export type AccountsQueryVariables = Exact<{
  atLeast?: string | null | undefined;
}>;


export type AccountsQuery = { accounts: Array<{ id: string, connectionId: string, kind: AccountKind, name: string, identifier: string, currency: string, owner: string | null, balanceAt: string | null, transactionCount: number, lastReadAt: string | null, live: boolean, bank: { id: string, name: string, country: string, demo: boolean }, booked: { minor: string, currency: string } | null, available: { minor: string, currency: string } | null, beyondOwn: { minor: string, currency: string } | null, reading: { nextAt: string | null, nextWhy: NextReadReason | null, byHandFrom: string, running: boolean, problem: SyncProblem | null } | null }> };

export type AccountQueryVariables = Exact<{
  id: string;
  atLeast?: string | null | undefined;
}>;


export type AccountQuery = { account: { id: string, connectionId: string, kind: AccountKind, name: string, identifier: string, currency: string, owner: string | null, balanceAt: string | null, transactionCount: number, lastReadAt: string | null, live: boolean, balances: Array<{ kind: BalanceKind, observedAt: string, amount: { minor: string, currency: string } }>, bank: { id: string, name: string, country: string, demo: boolean }, booked: { minor: string, currency: string } | null, available: { minor: string, currency: string } | null, beyondOwn: { minor: string, currency: string } | null, reading: { nextAt: string | null, nextWhy: NextReadReason | null, byHandFrom: string, running: boolean, problem: SyncProblem | null } | null } | null };

export type DayRangePartsFragment = { from: string | null, to: string };

export type CoverageQueryVariables = Exact<{
  accountId: string;
  windows: number;
  atLeast?: string | null | undefined;
}>;


export type CoverageQuery = { coverage: { lastGoodAt: string | null, lastGoodDay: string | null, balance: BalanceCheck, breakingDay: string | null, days: Array<{ from: string | null, to: string }>, gaps: Array<{ from: string | null, to: string }>, difference: { minor: string, currency: string } | null, windows: Array<{ position: string, from: string | null, to: string, whole: boolean, rows: number, new: number, balance: BalanceCheck, readAt: string }> } | null };

export type ConvertedTotalQueryVariables = Exact<{
  currency: string;
}>;


export type ConvertedTotalQuery = { convertedTotal: { amount: { minor: string, currency: string } | null, rates: Array<{ currency: string, base: string, rate: string, day: string, source: string }>, unconverted: Array<{ minor: string, currency: string }> } };

export type MyRolesQueryVariables = Exact<{
  atLeast?: string | null | undefined;
}>;


export type MyRolesQuery = { myRoles: Array<{ id: string, role: RoleKind, people: Array<string> | null, factsFrom: string | null, factsTo: string | null, endsAt: string, stands: boolean }> };

export type ReadingsOfMeQueryVariables = Exact<{ [key: string]: never; }>;


export type ReadingsOfMeQuery = { readingsOfMe: Array<{ position: string, what: string, at: string }> };

export type AuditScopeQueryVariables = Exact<{
  roleId: string;
}>;


export type AuditScopeQuery = { auditScope: { after: string, to: string, recordedAt: string | null, people: Array<string> | null } };

export type AuditTimelineQueryVariables = Exact<{
  roleId: string;
  filter: string;
  asOf?: string | null | undefined;
  after?: string | null | undefined;
}>;


export type AuditTimelineQuery = { auditTimeline: { reached: string, more: boolean, events: Array<{ position: string, recordedAt: string, eventType: string, stream: string, actor: string, correlation: string, person: string | null }> } };

export type AuditStoryQueryVariables = Exact<{
  roleId: string;
  stream: string;
  asOf?: string | null | undefined;
}>;


export type AuditStoryQuery = { auditStory: { about: string, until: string, more: boolean, steps: Array<{ position: string, recordedAt: string, eventType: string, actor: string, approvedBy: string | null, erased: boolean, facts: Array<{ name: string, value: string }>, changed: Array<{ field: string, before: string | null, after: string | null }> }> } };

export type AuditWhyQueryVariables = Exact<{
  roleId: string;
  position: string;
}>;


export type AuditWhyQuery = { auditWhy: { stood: boolean, leave: { consentId: string, bankId: string, purpose: string, status: string, grantedAt: string | null, expiresAt: string | null }, call: { position: string, purpose: string, endpoint: string, attended: boolean, requestId: string, status: number | null, certificateFingerprint: string | null, bodyDigest: string | null, sentAt: string } } };

export type AuditProofQueryVariables = Exact<{
  roleId: string;
  position: string;
}>;


export type AuditProofQuery = { auditProof: { position: string, record: string, leafHash: string, path: Array<string>, checkpoint: string, key: string, successions: Array<string>, file: string } };

export type AuditDifferenceQueryVariables = Exact<{
  roleId: string;
  from: string;
  to: string;
}>;


export type AuditDifferenceQuery = { auditDifference: { events: number, streams: number, more: boolean, types: Array<{ eventType: string, count: number }> } };

export type AuditExceptionsQueryVariables = Exact<{
  roleId: string;
}>;


export type AuditExceptionsQuery = { auditExceptions: Array<{ position: string, kind: string, consentId: string, endpoint: string, sentAt: string }> };

export type BankPartsFragment = { id: string, name: string, country: string, demo: boolean, bic: string | null, standard: string, status: BankStatus, longestConsentDays: number, longestHistoryDays: number };

export type SyncPartsFragment = { state: SyncState, startedAt: string | null, finishedAt: string | null, accountsDone: number, accountsTotal: number, transactionsRead: number, transactionsNew: number, accountsLeftOut: number, problem: SyncProblem | null };

export type ConnectionPartsFragment = { id: string, status: ConnectionStatus, requestedAt: string, grantedAt: string | null, expiresAt: string | null, reconfirmBy: string | null, rests: boolean, endedAt: string | null, endedReason: EndedReason | null, historyFrom: string | null, bankTold: boolean, bank: { id: string, name: string, country: string, demo: boolean, bic: string | null, standard: string, status: BankStatus, longestConsentDays: number, longestHistoryDays: number }, accounts: Array<{ id: string, name: string, identifier: string, kind: AccountKind, currency: string, lastReadAt: string | null, live: boolean, reading: { nextAt: string | null, nextWhy: NextReadReason | null, byHandFrom: string, running: boolean, problem: SyncProblem | null } | null }>, sync: { state: SyncState, startedAt: string | null, finishedAt: string | null, accountsDone: number, accountsTotal: number, transactionsRead: number, transactionsNew: number, accountsLeftOut: number, problem: SyncProblem | null }, reading: { nextAt: string | null, nextWhy: NextReadReason | null, byHandFrom: string, running: boolean, problem: SyncProblem | null } | null };

export type BanksQueryVariables = Exact<{ [key: string]: never; }>;


export type BanksQuery = { banks: Array<{ through: string | null, cards: boolean, id: string, name: string, country: string, demo: boolean, bic: string | null, standard: string, status: BankStatus, longestConsentDays: number, longestHistoryDays: number, health: { calls: number, failed: number, medianMilliseconds: number | null, answeredAt: string | null, quirks: Array<BankQuirk> } | null }> };

export type ConnectionsQueryVariables = Exact<{
  atLeast?: string | null | undefined;
}>;


export type ConnectionsQuery = { connections: Array<{ id: string, status: ConnectionStatus, requestedAt: string, grantedAt: string | null, expiresAt: string | null, reconfirmBy: string | null, rests: boolean, endedAt: string | null, endedReason: EndedReason | null, historyFrom: string | null, bankTold: boolean, bank: { id: string, name: string, country: string, demo: boolean, bic: string | null, standard: string, status: BankStatus, longestConsentDays: number, longestHistoryDays: number }, accounts: Array<{ id: string, name: string, identifier: string, kind: AccountKind, currency: string, lastReadAt: string | null, live: boolean, reading: { nextAt: string | null, nextWhy: NextReadReason | null, byHandFrom: string, running: boolean, problem: SyncProblem | null } | null }>, sync: { state: SyncState, startedAt: string | null, finishedAt: string | null, accountsDone: number, accountsTotal: number, transactionsRead: number, transactionsNew: number, accountsLeftOut: number, problem: SyncProblem | null }, reading: { nextAt: string | null, nextWhy: NextReadReason | null, byHandFrom: string, running: boolean, problem: SyncProblem | null } | null }> };

export type ConnectionQueryVariables = Exact<{
  id: string;
  atLeast?: string | null | undefined;
}>;


export type ConnectionQuery = { connection: { id: string, status: ConnectionStatus, requestedAt: string, grantedAt: string | null, expiresAt: string | null, reconfirmBy: string | null, rests: boolean, endedAt: string | null, endedReason: EndedReason | null, historyFrom: string | null, bankTold: boolean, bank: { id: string, name: string, country: string, demo: boolean, bic: string | null, standard: string, status: BankStatus, longestConsentDays: number, longestHistoryDays: number }, accounts: Array<{ id: string, name: string, identifier: string, kind: AccountKind, currency: string, lastReadAt: string | null, live: boolean, reading: { nextAt: string | null, nextWhy: NextReadReason | null, byHandFrom: string, running: boolean, problem: SyncProblem | null } | null }>, sync: { state: SyncState, startedAt: string | null, finishedAt: string | null, accountsDone: number, accountsTotal: number, transactionsRead: number, transactionsNew: number, accountsLeftOut: number, problem: SyncProblem | null }, reading: { nextAt: string | null, nextWhy: NextReadReason | null, byHandFrom: string, running: boolean, problem: SyncProblem | null } | null } | null };

export type ConnectBankMutationVariables = Exact<{
  bankId: string;
  consentDays: number;
  historyDays: number;
}>;


export type ConnectBankMutation = { connectBank: { status: ConnectBankStatus, connectionId: string | null, authorizeUrl: string | null, instruction: string | null, position: string | null } };

export type RefreshConnectionMutationVariables = Exact<{
  connectionId: string;
}>;


export type RefreshConnectionMutation = { refreshConnection: { status: RefreshStatus, position: string | null } };

export type RevokeConnectionMutationVariables = Exact<{
  connectionId: string;
}>;


export type RevokeConnectionMutation = { revokeConnection: { status: RevokeStatus, position: string | null } };

export type RemoveDemoMutationVariables = Exact<{
  connectionId: string;
}>;


export type RemoveDemoMutation = { removeDemo: { status: RemoveDemoStatus, position: string | null } };

export type EraseMeMutationVariables = Exact<{
  password: string;
}>;


export type EraseMeMutation = { eraseMe: { status: EraseMeStatus, retryAt: string | null, receipt: { personId: string, position: string, leafHash: string, keyId: string, keyDestroyedAt: string, consentsEnded: number, banksNotTold: number } | null } };

export type PreviewPartsFragment = { rows: number, of: number, isWhole: boolean, moves: Array<{ rows: number, from: { id: string }, to: { id: string } }>, examples: Array<{ reason: string, transaction: { id: string, bookingDate: string, counterparty: string | null, text: string, amount: { minor: string, currency: string }, category: { id: string } } | null, to: { id: string } }> };

export type RulePartsFragment = { name: string, stops: boolean, conditions: Array<{ textHolds: string | null, payeeIs: string | null, onAccount: string | null, goes: MoneyWay | null, least: { minor: string, currency: string } | null, most: { minor: string, currency: string } | null }>, category: { id: string } };

export type RulesQueryVariables = Exact<{
  atLeast?: string | null | undefined;
  asOf?: AsOf | null | undefined;
}>;


export type RulesQuery = { rules: { version: number, adoptedAt: string | null, knownAt: { position: string, recordedAt: string | null }, rules: Array<{ name: string, stops: boolean, conditions: Array<{ textHolds: string | null, payeeIs: string | null, onAccount: string | null, goes: MoneyWay | null, least: { minor: string, currency: string } | null, most: { minor: string, currency: string } | null }>, category: { id: string } }> } };

export type RuleVersionsQueryVariables = Exact<{
  first: number;
  before?: number | null | undefined;
  atLeast?: string | null | undefined;
  asOf?: AsOf | null | undefined;
}>;


export type RuleVersionsQuery = { ruleVersions: { more: boolean, versions: Array<{ version: number, adoptedAt: string, position: string, overPast: boolean, rowsMoved: number, changes: Array<{ kind: RuleChangeKind, name: string | null }>, rules: Array<{ name: string, stops: boolean, conditions: Array<{ textHolds: string | null, payeeIs: string | null, onAccount: string | null, goes: MoneyWay | null, least: { minor: string, currency: string } | null, most: { minor: string, currency: string } | null }>, category: { id: string } }> }> } };

export type OwnModelQueryVariables = Exact<{
  atLeast?: string | null | undefined;
  asOf?: AsOf | null | undefined;
}>;


export type OwnModelQuery = { ownModel: { corrections: number, mostCorrections: number, payees: number, newest: number, foretold: number, rows: number, sure: number, baseVersion: number, listsVersion: number } };

export type RulesPreviewQueryVariables = Exact<{
  rules?: Array<RuleInput> | RuleInput | null | undefined;
}>;


export type RulesPreviewQuery = { rulesPreview: { rows: number, of: number, isWhole: boolean, moves: Array<{ rows: number, from: { id: string }, to: { id: string } }>, examples: Array<{ reason: string, transaction: { id: string, bookingDate: string, counterparty: string | null, text: string, amount: { minor: string, currency: string }, category: { id: string } } | null, to: { id: string } }> } };

export type PayeePreviewQueryVariables = Exact<{
  transactionId: string;
  categoryId: string;
}>;


export type PayeePreviewQuery = { payeePreview: { rows: number, of: number, isWhole: boolean, moves: Array<{ rows: number, from: { id: string }, to: { id: string } }>, examples: Array<{ reason: string, transaction: { id: string, bookingDate: string, counterparty: string | null, text: string, amount: { minor: string, currency: string }, category: { id: string } } | null, to: { id: string } }> } };

export type PayeeQuestionsQueryVariables = Exact<{
  atLeast?: string | null | undefined;
  asOf?: AsOf | null | undefined;
}>;


export type PayeeQuestionsQuery = { payeeQuestions: Array<{ payee: string, label: string, rows: number, transactionId: string, confidencePerMille: number | null, amount: { minor: string, currency: string }, guess: { id: string } | null }> };

export type AdoptRulesMutationVariables = Exact<{
  fromVersion: number;
  rules: Array<RuleInput> | RuleInput;
  overPast: boolean;
}>;


export type AdoptRulesMutation = { adoptRules: { status: GuideStatus, position: string | null } };

export type NamePayeeMutationVariables = Exact<{
  transactionId: string;
  categoryId?: string | null | undefined;
  overPast: boolean;
}>;


export type NamePayeeMutation = { namePayee: { status: GuideStatus, position: string | null } };

export type SetBudgetMutationVariables = Exact<{
  categoryId: string;
  currency: string;
  limitMinor?: string | null | undefined;
}>;


export type SetBudgetMutation = { setBudget: { status: GuideStatus, position: string | null } };

export type MuteNoticeMutationVariables = Exact<{
  key: string;
  muted: boolean;
}>;


export type MuteNoticeMutation = { muteNotice: { status: GuideStatus, position: string | null } };

export type JudgeRefundMutationVariables = Exact<{
  outId: string;
  backId: string;
  belongs?: boolean | null | undefined;
}>;


export type JudgeRefundMutation = { judgeRefund: { status: GuideStatus, position: string | null } };

export type KeepForecastMutationVariables = Exact<{
  currency: string;
}>;


export type KeepForecastMutation = { keepForecast: { status: GuideStatus, position: string | null } };

export type BalanceLinesQueryVariables = Exact<{
  accountId?: string | null | undefined;
  from?: string | null | undefined;
  atLeast?: string | null | undefined;
}>;


export type BalanceLinesQuery = { balanceLines: Array<{ currency: string, points: Array<{ day: string, amount: { minor: string, currency: string } }> }> };

export type InclusionProofQueryVariables = Exact<{
  position: string;
}>;


export type InclusionProofQuery = { inclusionProof: { position: string, record: string, path: Array<string>, checkpoint: string, key: string, successions: Array<string>, file: string } | null };

export type ImportsQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  atLeast?: string | null | undefined;
}>;


export type ImportsQuery = { imports: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, fileName: string | null, format: string, receivedAt: string, completedAt: string | null, broughtBy: string | null, accounts: Array<{ id: string, name: string | null, rows: number, new: number, same: number, settled: number, doubtful: number, check: ImportCheck, difference: { minor: string, currency: string } | null }> }> } };

export type MoneyPartsFragment = { minor: string, currency: string };

export type KnownPartsFragment = { position: string, recordedAt: string | null };

export type ForecastDayPartsFragment = { day: string, known: { minor: string, currency: string }, low: { minor: string, currency: string } | null, high: { minor: string, currency: string } | null, point: { minor: string, currency: string } | null };

export type RecurringQueryVariables = Exact<{
  atLeast?: string | null | undefined;
  asOf?: AsOf | null | undefined;
}>;


export type RecurringQuery = { recurring: Array<{ label: string, payee: string, rhythm: Rhythm, state: RecurringState, fixed: boolean, nextDay: string, hitCount: number, knownAt: { position: string, recordedAt: string | null }, category: { id: string, kind: CategoryKind }, expected: { minor: string, currency: string }, yearly: { minor: string, currency: string }, priceChange: { day: string, from: { minor: string, currency: string }, to: { minor: string, currency: string } } | null, hits: Array<{ transactionId: string, day: string, amount: { minor: string, currency: string } }> }> };

export type ForecastsQueryVariables = Exact<{
  supposed?: Array<SupposedPayment> | SupposedPayment | null | undefined;
  atLeast?: string | null | undefined;
  asOf?: AsOf | null | undefined;
}>;


export type ForecastsQuery = { forecasts: Array<{ tried: number | null, errorPerMille: number | null, knownAt: { position: string, recordedAt: string | null }, balance: { minor: string, currency: string }, days: Array<{ day: string, known: { minor: string, currency: string }, low: { minor: string, currency: string } | null, high: { minor: string, currency: string } | null, point: { minor: string, currency: string } | null }>, lowest: { day: string, known: { minor: string, currency: string }, low: { minor: string, currency: string } | null, high: { minor: string, currency: string } | null, point: { minor: string, currency: string } | null } | null, expected: Array<{ day: string, label: string, rhythm: Rhythm | null, amount: { minor: string, currency: string } }> }> };

export type ForecastScoresQueryVariables = Exact<{
  currency: string;
  atLeast?: string | null | undefined;
  asOf?: AsOf | null | undefined;
}>;


export type ForecastScoresQuery = { forecastScores: Array<{ madeOn: string, due: number, held: number, meanError: { minor: string, currency: string } }> };

export type BudgetsQueryVariables = Exact<{
  atLeast?: string | null | undefined;
  asOf?: AsOf | null | undefined;
}>;


export type BudgetsQuery = { budgets: Array<{ knownAt: { position: string, recordedAt: string | null }, category: { id: string }, limit: { minor: string, currency: string }, spent: { minor: string, currency: string }, left: { minor: string, currency: string }, even: { minor: string, currency: string }, likely: { minor: string, currency: string }, usual: { minor: string, currency: string } }> };

export type NoticesQueryVariables = Exact<{
  withMuted: boolean;
  atLeast?: string | null | undefined;
  asOf?: AsOf | null | undefined;
}>;


export type NoticesQuery = { notices: Array<{ key: string, kind: NoticeKind, label: string, day: string, restsOn: Array<string>, muted: boolean, knownAt: { position: string, recordedAt: string | null }, amount: { minor: string, currency: string } | null, compared: { minor: string, currency: string } | null }> };

export type CashFlowQueryVariables = Exact<{
  by: PeriodKind;
  from: string;
  to: string;
  atLeast?: string | null | undefined;
  asOf?: AsOf | null | undefined;
}>;


export type CashFlowQuery = { cashFlow: Array<{ from: string, to: string, savingsRatePerMille: number | null, knownAt: { position: string, recordedAt: string | null }, income: { minor: string, currency: string }, spent: { minor: string, currency: string }, saved: { minor: string, currency: string } }> };

export type InsightReachQueryVariables = Exact<{
  atLeast?: string | null | undefined;
  asOf?: AsOf | null | undefined;
}>;


export type InsightReachQuery = { insightReach: { from: string, isCut: boolean, mostRows: number } };

export type NetWorthQueryVariables = Exact<{
  from: string;
  to: string;
  atLeast?: string | null | undefined;
  asOf?: AsOf | null | undefined;
}>;


export type NetWorthQuery = { netWorth: Array<{ day: string, amounts: Array<{ minor: string, currency: string }> }> };

export type PayeeSpendingQueryVariables = Exact<{
  categoryId: string;
  from: string;
  to: string;
  atLeast?: string | null | undefined;
  asOf?: AsOf | null | undefined;
}>;


export type PayeeSpendingQuery = { payeeSpending: Array<{ payee: string, label: string, count: number, amount: { minor: string, currency: string } }> };

export type OwnTransfersQueryVariables = Exact<{
  atLeast?: string | null | undefined;
  asOf?: AsOf | null | undefined;
}>;


export type OwnTransfersQuery = { ownTransfers: Array<{ certain: boolean, reasons: Array<PairReason>, out: { id: string, bookingDate: string, counterparty: string | null, text: string, accountId: string, accountName: string, amount: { minor: string, currency: string } } | null, back: { id: string, bookingDate: string, counterparty: string | null, text: string, accountId: string, accountName: string, amount: { minor: string, currency: string } } | null }>, refunds: Array<{ certain: boolean, reasons: Array<PairReason>, out: { id: string, bookingDate: string, counterparty: string | null, text: string, accountId: string, accountName: string, amount: { minor: string, currency: string } } | null, back: { id: string, bookingDate: string, counterparty: string | null, text: string, accountId: string, accountName: string, amount: { minor: string, currency: string } } | null }> };

export type PairPartsFragment = { certain: boolean, reasons: Array<PairReason>, out: { id: string, bookingDate: string, counterparty: string | null, text: string, accountId: string, accountName: string, amount: { minor: string, currency: string } } | null, back: { id: string, bookingDate: string, counterparty: string | null, text: string, accountId: string, accountName: string, amount: { minor: string, currency: string } } | null };

export type PairedPartsFragment = { id: string, bookingDate: string, counterparty: string | null, text: string, accountId: string, accountName: string, amount: { minor: string, currency: string } };

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


export type SignInMutation = { signIn: { status: SignInStatus, retryAt: string | null, ticket: string | null, me: { id: string, email: string, signedUpAt: string } | null } };

export type SignOutMutationVariables = Exact<{ [key: string]: never; }>;


export type SignOutMutation = { signOut: boolean };

export type SecondFactorMutationVariables = Exact<{
  ticket: string;
  code: string;
}>;


export type SecondFactorMutation = { secondFactor: { status: SignInStatus, retryAt: string | null, me: { id: string, email: string, signedUpAt: string } | null } };

export type BeginSignInMutationVariables = Exact<{ [key: string]: never; }>;


export type BeginSignInMutation = { beginSignIn: { challenge: string, service: string } };

export type SignInByPasskeyMutationVariables = Exact<{
  passkey: UsedPasskey;
}>;


export type SignInByPasskeyMutation = { signInByPasskey: { status: SignInStatus, me: { id: string, email: string, signedUpAt: string } | null } };

export type SecurityQueryVariables = Exact<{ [key: string]: never; }>;


export type SecurityQuery = { security: { codes: boolean, passkeys: Array<{ id: string, createdAt: string, usedAt: string | null }> } };

export type BeginPasskeyMutationVariables = Exact<{ [key: string]: never; }>;


export type BeginPasskeyMutation = { beginPasskey: { challenge: string, service: string, holder: string | null, known: Array<string> } };

export type AddPasskeyMutationVariables = Exact<{
  passkey: NewPasskey;
}>;


export type AddPasskeyMutation = { addPasskey: { status: SecurityStatus } };

export type RemovePasskeyMutationVariables = Exact<{
  id: string;
}>;


export type RemovePasskeyMutation = { removePasskey: { status: SecurityStatus } };

export type BeginCodesMutationVariables = Exact<{ [key: string]: never; }>;


export type BeginCodesMutation = { beginCodes: { secret: string, address: string } | null };

export type ConfirmCodesMutationVariables = Exact<{
  code: string;
}>;


export type ConfirmCodesMutation = { confirmCodes: { status: SecurityStatus, recoveryCodes: Array<string> | null } };

export type RemoveCodesMutationVariables = Exact<{
  code: string;
}>;


export type RemoveCodesMutation = { removeCodes: { status: SecurityStatus } };

export type RenewalNoticesQueryVariables = Exact<{
  atLeast?: string | null | undefined;
}>;


export type RenewalNoticesQuery = { renewalNotices: Array<{ daysLeft: number, severity: RenewalSeverity, confirmHere: boolean, connection: { id: string, status: ConnectionStatus, expiresAt: string | null, endedReason: EndedReason | null, bank: { id: string, name: string }, lastGoodReads: Array<{ lastGoodRead: string | null, account: { id: string, name: string } }> } }> };

export type RenewConnectionMutationVariables = Exact<{
  connectionId: string;
  consentDays: number;
  historyDays: number;
}>;


export type RenewConnectionMutation = { renewConnection: { status: ConnectBankStatus, authorizeUrl: string | null, instruction: string | null, position: string | null } };

export type ReconfirmConnectionMutationVariables = Exact<{
  connectionId: string;
}>;


export type ReconfirmConnectionMutation = { reconfirmConnection: { status: ReconfirmStatus, position: string | null } };

export type HasCalendarQueryVariables = Exact<{ [key: string]: never; }>;


export type HasCalendarQuery = { hasCalendar: boolean };

export type MakeCalendarMutationVariables = Exact<{ [key: string]: never; }>;


export type MakeCalendarMutation = { makeCalendar: string };

export type RevokeCalendarMutationVariables = Exact<{ [key: string]: never; }>;


export type RevokeCalendarMutation = { revokeCalendar: boolean };

export type ReviewRowPartsFragment = { id: string, accountId: string, accountName: string, bookingDate: string, valueDate: string | null, counterparty: string | null, text: string, reference: string | null, bankType: string | null, archiveId: string | null, state: RowState, standing: Standing, recordedAt: string, amount: { minor: string, currency: string }, originalAmount: { minor: string, currency: string } | null };

export type ReasonPartsFragment = { kind: ReasonKind, number: number | null };

export type ReviewPartsFragment = { doubtedAt: string, position: string, verdict: ReviewVerdict | null, byPerson: boolean, resolvedAt: string | null, resolvedPosition: string | null, transaction: { id: string, accountId: string, accountName: string, bookingDate: string, valueDate: string | null, counterparty: string | null, text: string, reference: string | null, bankType: string | null, archiveId: string | null, state: RowState, standing: Standing, recordedAt: string, amount: { minor: string, currency: string }, originalAmount: { minor: string, currency: string } | null } | null, candidates: Array<{ score: number, reasons: Array<{ kind: ReasonKind, number: number | null }>, transaction: { id: string, accountId: string, accountName: string, bookingDate: string, valueDate: string | null, counterparty: string | null, text: string, reference: string | null, bankType: string | null, archiveId: string | null, state: RowState, standing: Standing, recordedAt: string, amount: { minor: string, currency: string }, originalAmount: { minor: string, currency: string } | null } }> };

export type ReviewCountQueryVariables = Exact<{
  atLeast?: string | null | undefined;
}>;


export type ReviewCountQuery = { reviews: { totalCount: number } };

export type ReviewsQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  atLeast?: string | null | undefined;
}>;


export type ReviewsQuery = { reviews: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ doubtedAt: string, position: string, verdict: ReviewVerdict | null, byPerson: boolean, resolvedAt: string | null, resolvedPosition: string | null, transaction: { id: string, accountId: string, accountName: string, bookingDate: string, valueDate: string | null, counterparty: string | null, text: string, reference: string | null, bankType: string | null, archiveId: string | null, state: RowState, standing: Standing, recordedAt: string, amount: { minor: string, currency: string }, originalAmount: { minor: string, currency: string } | null } | null, candidates: Array<{ score: number, reasons: Array<{ kind: ReasonKind, number: number | null }>, transaction: { id: string, accountId: string, accountName: string, bookingDate: string, valueDate: string | null, counterparty: string | null, text: string, reference: string | null, bankType: string | null, archiveId: string | null, state: RowState, standing: Standing, recordedAt: string, amount: { minor: string, currency: string }, originalAmount: { minor: string, currency: string } | null } }> }> } };

export type ResolvedReviewsQueryVariables = Exact<{
  first: number;
  atLeast?: string | null | undefined;
}>;


export type ResolvedReviewsQuery = { resolvedReviews: Array<{ doubtedAt: string, position: string, verdict: ReviewVerdict | null, byPerson: boolean, resolvedAt: string | null, resolvedPosition: string | null, transaction: { id: string, accountId: string, accountName: string, bookingDate: string, valueDate: string | null, counterparty: string | null, text: string, reference: string | null, bankType: string | null, archiveId: string | null, state: RowState, standing: Standing, recordedAt: string, amount: { minor: string, currency: string }, originalAmount: { minor: string, currency: string } | null } | null, candidates: Array<{ score: number, reasons: Array<{ kind: ReasonKind, number: number | null }>, transaction: { id: string, accountId: string, accountName: string, bookingDate: string, valueDate: string | null, counterparty: string | null, text: string, reference: string | null, bankType: string | null, archiveId: string | null, state: RowState, standing: Standing, recordedAt: string, amount: { minor: string, currency: string }, originalAmount: { minor: string, currency: string } | null } }> }> };

export type DecideReviewMutationVariables = Exact<{
  transactionId: string;
  verdict: ReviewVerdict;
  sameAs?: string | null | undefined;
}>;


export type DecideReviewMutation = { decideReview: { status: EditStatus, position: string | null } };

export type UndoDecisionMutationVariables = Exact<{
  position: string;
}>;


export type UndoDecisionMutation = { undoDecision: { status: EditStatus, position: string | null } };

export type MergeTransactionsMutationVariables = Exact<{
  transactionId: string;
  absorbedId: string;
}>;


export type MergeTransactionsMutation = { mergeTransactions: { status: EditStatus, position: string | null } };

export type CategoriseTransactionMutationVariables = Exact<{
  transactionId: string;
  categoryId?: string | null | undefined;
}>;


export type CategoriseTransactionMutation = { categoriseTransaction: { status: EditStatus, position: string | null } };

export type NoteTransactionMutationVariables = Exact<{
  transactionId: string;
  note?: string | null | undefined;
}>;


export type NoteTransactionMutation = { noteTransaction: { status: EditStatus, position: string | null } };

export type SplitTransactionMutationVariables = Exact<{
  transactionId: string;
  parts: Array<PartInput> | PartInput;
}>;


export type SplitTransactionMutation = { splitTransaction: { status: EditStatus, position: string | null } };

export type PastStandPartsFragment = { standing: Standing, state: RowState, bookingDate: string, counterparty: string | null, text: string, amount: { minor: string, currency: string } };

export type NewerRulesQueryVariables = Exact<{
  atLeast?: string | null | undefined;
}>;


export type NewerRulesQuery = { newerRules: { state: LookState, rulesVersion: number, accounts: number, accountsDone: number, totalCount: number, keptCount: number, unreadWindows: number, digest: string | null, changes: Array<{ kind: PastChangeKind, score: number, reasons: Array<{ kind: ReasonKind, number: number | null }>, rows: Array<{ edited: boolean, transaction: { id: string } | null, before: { standing: Standing, state: RowState, bookingDate: string, counterparty: string | null, text: string, amount: { minor: string, currency: string } }, now: { standing: Standing, state: RowState, bookingDate: string, counterparty: string | null, text: string, amount: { minor: string, currency: string } } }> }> } };

export type AcceptNewerRulesMutationVariables = Exact<{
  digest: string;
}>;


export type AcceptNewerRulesMutation = { acceptNewerRules: { status: AcceptStatus, changes: number, position: string | null } };

export type RunningQueryVariables = Exact<{ [key: string]: never; }>;


export type RunningQuery = { running: { at: string, unlawfulCalls: number, passwordWave: boolean, requestsInFlight: number, requestsShed: number, residentMebibytes: number | null, log: { head: string, projections: Array<{ name: string, position: string, state: ProjectionState, lagEvents: number, error: string | null }> }, signing: { size: string, unsigned: number, contradicted: boolean, witnesses: number, witnessesKnown: number, quorumMet: boolean }, waiting: Array<{ what: string, count: number }>, banks: Array<{ bankId: string, ready: boolean, certificatesEndAt: string | null, preparedCertificatesEndAt: string | null, certificateRevokedAt: string | null, bankCertificate: string | null, secretEndsAt: string | null, failedStep: string | null, heldBack: Array<string> }>, ending: Array<{ what: string, name: string, endsAt: string }> } };

export type GivenRolesQueryVariables = Exact<{ [key: string]: never; }>;


export type GivenRolesQuery = { roles: Array<{ id: string, holder: string, role: RoleKind, people: Array<string> | null, endsAt: string, withdrawnAt: string | null, reason: string, uses: number, stands: boolean }> };

export type GrantRoleMutationVariables = Exact<{
  role: RoleToGive;
}>;


export type GrantRoleMutation = { grantRole: { id: string, position: string } };

export type WithdrawRoleMutationVariables = Exact<{
  id: string;
  reason: string;
}>;


export type WithdrawRoleMutation = { withdrawRole: { position: string } };

export type MyTokensQueryVariables = Exact<{
  atLeast?: string | null | undefined;
}>;


export type MyTokensQuery = { myTokens: Array<{ id: string, roleId: string, scopes: Array<TokenScope>, reason: string, endsAt: string, revokedAt: string | null, uses: number, usedAt: string | null, stands: boolean }> };

export type IssueTokenMutationVariables = Exact<{
  token: TokenToIssue;
}>;


export type IssueTokenMutation = { issueToken: { id: string, refreshToken: string, position: string } };

export type RevokeTokenMutationVariables = Exact<{
  id: string;
  reason: string;
}>;


export type RevokeTokenMutation = { revokeToken: { position: string } };

export type AnalysisQueryVariables = Exact<{
  roleId: string;
  month: string;
}>;


export type AnalysisQuery = { analysis: { people: number, more: boolean, rows: Array<{ person: string, account: string, day: string, category: string, amount: { minor: string, currency: string } }> } };

export type SharingsQueryVariables = Exact<{
  atLeast?: string | null | undefined;
  month: string;
}>;


export type SharingsQuery = { mySharings: Array<{ accountId: string, with: string, until: string | null }>, sharedWithMe: Array<{ id: string, until: string | null, account: { name: string, identifier: string, booked: { minor: string, currency: string } | null } | null, transactions: Array<{ day: string, counterparty: string | null, text: string, amount: { minor: string, currency: string } }> }> };

export type ShareAccountMutationVariables = Exact<{
  accountId: string;
  with: string;
  until?: string | null | undefined;
}>;


export type ShareAccountMutation = { shareAccount: { position: string } };

export type UnshareAccountMutationVariables = Exact<{
  accountId: string;
  with: string;
}>;


export type UnshareAccountMutation = { unshareAccount: { position: string } };

export type SpendingQueryVariables = Exact<{
  from: string;
  to: string;
  accountId?: string | null | undefined;
  atLeast?: string | null | undefined;
  asOf?: AsOf | null | undefined;
}>;


export type SpendingQuery = { spending: Array<{ month: string, count: number, category: { id: string, kind: CategoryKind }, amount: { minor: string, currency: string } }> };

export type StatementQueryVariables = Exact<{
  accountId: string;
  month: string;
  atLeast?: string | null | undefined;
}>;


export type StatementQuery = { statement: { from: string, to: string, account: { id: string, name: string, identifier: string, owner: string | null, bank: { name: string, demo: boolean } }, opening: { minor: string, currency: string } | null, closing: { minor: string, currency: string } | null, knownAt: { position: string, recordedAt: string | null } } | null, signedState: { origin: string, size: string, root: string } | null };

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


export type TransactionsInMonthQuery = { transactionsInMonth: Array<{ id: string, accountId: string, accountName: string, bookingDate: string, counterparty: string | null, text: string, state: RowState, standing: Standing, note: string | null, hidden: boolean, amount: { minor: string, currency: string }, category: { id: string, kind: CategoryKind } }> };

export type TransactionQueryVariables = Exact<{
  id: string;
  atLeast?: string | null | undefined;
}>;


export type TransactionQuery = { transaction: { id: string, accountId: string, accountName: string, bookingDate: string, valueDate: string | null, counterparty: string | null, counterpartyIdentifier: string | null, text: string, reference: string | null, bankType: string | null, archiveId: string | null, categoryReason: string, position: string, recordedAt: string, state: RowState, standing: Standing, missedWindows: number, note: string | null, hidden: boolean, sameAs: string | null, amount: { minor: string, currency: string }, originalAmount: { minor: string, currency: string } | null, category: { id: string, kind: CategoryKind }, ownCategory: { id: string } | null, parts: Array<{ note: string | null, amount: { minor: string, currency: string }, category: { id: string } | null }>, decisions: Array<{ position: string, kind: DecisionKind, otherId: string | null, byPerson: boolean, score: number | null, rulesVersion: number | null, decidedAt: string, undoneAt: string | null, undoable: boolean, reasons: Array<{ kind: ReasonKind, number: number | null }>, evidence: { fetchId: string, answer: number | null, row: number | null } | null }>, otherReadings: Array<{ id: string, bookingDate: string, counterparty: string | null, text: string, archiveId: string | null, position: string, recordedAt: string, amount: { minor: string, currency: string } }> } | null };

export type TransactionRulesQueryVariables = Exact<{
  id: string;
  atLeast?: string | null | undefined;
}>;


export type TransactionRulesQuery = { transaction: { rulesVersion: number | null } | null };

export type MergeCandidatesQueryVariables = Exact<{
  filter: TransactionFilter;
  first: number;
  atLeast?: string | null | undefined;
}>;


export type MergeCandidatesQuery = { transactions: { edges: Array<{ node: { id: string, bookingDate: string, counterparty: string | null, text: string, state: RowState, standing: Standing, amount: { minor: string, currency: string } } }> } };

export type EditTransactionsMutationVariables = Exact<{
  changes: Array<TransactionChangeInput> | TransactionChangeInput;
}>;


export type EditTransactionsMutation = { editTransactions: { position: string | null, leftAlone: Array<{ transactionId: string, status: EditStatus }>, former: Array<{ transactionId: string, categoryChanged: boolean, categoryId: string | null, noteChanged: boolean, note: string | null, hidden: boolean | null }> } };

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
export const ReadingPartsFragmentDoc = new TypedDocumentString(`
    fragment ReadingParts on Reading {
  nextAt
  nextWhy
  byHandFrom
  running
  problem
}
    `, {"fragmentName":"ReadingParts"}) as unknown as TypedDocumentString<ReadingPartsFragment, unknown>;
export const AccountPartsFragmentDoc = new TypedDocumentString(`
    fragment AccountParts on Account {
  id
  bank {
    id
    name
    country
    demo
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
  beyondOwn {
    minor
    currency
  }
  balanceAt
  transactionCount
  lastReadAt
  live
  reading {
    ...ReadingParts
  }
}
    fragment ReadingParts on Reading {
  nextAt
  nextWhy
  byHandFrom
  running
  problem
}`, {"fragmentName":"AccountParts"}) as unknown as TypedDocumentString<AccountPartsFragment, unknown>;
export const DayRangePartsFragmentDoc = new TypedDocumentString(`
    fragment DayRangeParts on DayRange {
  from
  to
}
    `, {"fragmentName":"DayRangeParts"}) as unknown as TypedDocumentString<DayRangePartsFragment, unknown>;
export const BankPartsFragmentDoc = new TypedDocumentString(`
    fragment BankParts on Bank {
  id
  name
  country
  demo
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
  accountsLeftOut
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
  reconfirmBy
  rests
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
    reading {
      ...ReadingParts
    }
  }
  sync {
    ...SyncParts
  }
  reading {
    ...ReadingParts
  }
}
    fragment ReadingParts on Reading {
  nextAt
  nextWhy
  byHandFrom
  running
  problem
}
fragment BankParts on Bank {
  id
  name
  country
  demo
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
  accountsLeftOut
  problem
}`, {"fragmentName":"ConnectionParts"}) as unknown as TypedDocumentString<ConnectionPartsFragment, unknown>;
export const MoneyPartsFragmentDoc = new TypedDocumentString(`
    fragment MoneyParts on Money {
  minor
  currency
}
    `, {"fragmentName":"MoneyParts"}) as unknown as TypedDocumentString<MoneyPartsFragment, unknown>;
export const PreviewPartsFragmentDoc = new TypedDocumentString(`
    fragment PreviewParts on RulesPreview {
  rows
  of
  isWhole
  moves {
    from {
      id
    }
    to {
      id
    }
    rows
  }
  examples {
    transaction {
      id
      bookingDate
      counterparty
      text
      amount {
        ...MoneyParts
      }
      category {
        id
      }
    }
    to {
      id
    }
    reason
  }
}
    fragment MoneyParts on Money {
  minor
  currency
}`, {"fragmentName":"PreviewParts"}) as unknown as TypedDocumentString<PreviewPartsFragment, unknown>;
export const RulePartsFragmentDoc = new TypedDocumentString(`
    fragment RuleParts on Rule {
  name
  conditions {
    textHolds
    payeeIs
    least {
      ...MoneyParts
    }
    most {
      ...MoneyParts
    }
    onAccount
    goes
  }
  category {
    id
  }
  stops
}
    fragment MoneyParts on Money {
  minor
  currency
}`, {"fragmentName":"RuleParts"}) as unknown as TypedDocumentString<RulePartsFragment, unknown>;
export const KnownPartsFragmentDoc = new TypedDocumentString(`
    fragment KnownParts on KnownAt {
  position
  recordedAt
}
    `, {"fragmentName":"KnownParts"}) as unknown as TypedDocumentString<KnownPartsFragment, unknown>;
export const ForecastDayPartsFragmentDoc = new TypedDocumentString(`
    fragment ForecastDayParts on ForecastDay {
  day
  known {
    ...MoneyParts
  }
  low {
    ...MoneyParts
  }
  high {
    ...MoneyParts
  }
  point {
    ...MoneyParts
  }
}
    fragment MoneyParts on Money {
  minor
  currency
}`, {"fragmentName":"ForecastDayParts"}) as unknown as TypedDocumentString<ForecastDayPartsFragment, unknown>;
export const PairedPartsFragmentDoc = new TypedDocumentString(`
    fragment PairedParts on Transaction {
  id
  bookingDate
  amount {
    ...MoneyParts
  }
  counterparty
  text
  accountId
  accountName
}
    fragment MoneyParts on Money {
  minor
  currency
}`, {"fragmentName":"PairedParts"}) as unknown as TypedDocumentString<PairedPartsFragment, unknown>;
export const PairPartsFragmentDoc = new TypedDocumentString(`
    fragment PairParts on TransactionPair {
  out {
    ...PairedParts
  }
  back {
    ...PairedParts
  }
  certain
  reasons
}
    fragment MoneyParts on Money {
  minor
  currency
}
fragment PairedParts on Transaction {
  id
  bookingDate
  amount {
    ...MoneyParts
  }
  counterparty
  text
  accountId
  accountName
}`, {"fragmentName":"PairParts"}) as unknown as TypedDocumentString<PairPartsFragment, unknown>;
export const ReviewRowPartsFragmentDoc = new TypedDocumentString(`
    fragment ReviewRowParts on Transaction {
  id
  accountId
  accountName
  bookingDate
  valueDate
  amount {
    minor
    currency
  }
  originalAmount {
    minor
    currency
  }
  counterparty
  text
  reference
  bankType
  archiveId
  state
  standing
  recordedAt
}
    `, {"fragmentName":"ReviewRowParts"}) as unknown as TypedDocumentString<ReviewRowPartsFragment, unknown>;
export const ReasonPartsFragmentDoc = new TypedDocumentString(`
    fragment ReasonParts on Reason {
  kind
  number
}
    `, {"fragmentName":"ReasonParts"}) as unknown as TypedDocumentString<ReasonPartsFragment, unknown>;
export const ReviewPartsFragmentDoc = new TypedDocumentString(`
    fragment ReviewParts on Review {
  doubtedAt
  position
  verdict
  byPerson
  resolvedAt
  resolvedPosition
  transaction {
    ...ReviewRowParts
  }
  candidates {
    score
    reasons {
      ...ReasonParts
    }
    transaction {
      ...ReviewRowParts
    }
  }
}
    fragment ReviewRowParts on Transaction {
  id
  accountId
  accountName
  bookingDate
  valueDate
  amount {
    minor
    currency
  }
  originalAmount {
    minor
    currency
  }
  counterparty
  text
  reference
  bankType
  archiveId
  state
  standing
  recordedAt
}
fragment ReasonParts on Reason {
  kind
  number
}`, {"fragmentName":"ReviewParts"}) as unknown as TypedDocumentString<ReviewPartsFragment, unknown>;
export const PastStandPartsFragmentDoc = new TypedDocumentString(`
    fragment PastStandParts on PastStand {
  standing
  state
  bookingDate
  amount {
    minor
    currency
  }
  counterparty
  text
}
    `, {"fragmentName":"PastStandParts"}) as unknown as TypedDocumentString<PastStandPartsFragment, unknown>;
export const AccountsDocument = {"__meta__":{"hash":"a0f9a8071ecfedc62e706eeebeeb7e745140eedff68c70f45201d1a1b6ab9256"}} as unknown as TypedDocumentString<AccountsQuery, AccountsQueryVariables>;
export const AccountDocument = {"__meta__":{"hash":"137c5162bc39d7c659b53e3f969a1b997848faddedaf451f4e8fac3cde660800"}} as unknown as TypedDocumentString<AccountQuery, AccountQueryVariables>;
export const CoverageDocument = {"__meta__":{"hash":"34280c9c84b6a423e91f86165e987110283c4d1f54ff4e888211567d1d1fa6f3"}} as unknown as TypedDocumentString<CoverageQuery, CoverageQueryVariables>;
export const ConvertedTotalDocument = {"__meta__":{"hash":"c30d1cd8c5a32ebc534e36ccce7a3900db0560c24517d88c66c164addc07992e"}} as unknown as TypedDocumentString<ConvertedTotalQuery, ConvertedTotalQueryVariables>;
export const MyRolesDocument = {"__meta__":{"hash":"7751be69f497f6f325833e7cc22d88f2c8c6aa75ba9ad31fd2d4b79f6a1b71ab"}} as unknown as TypedDocumentString<MyRolesQuery, MyRolesQueryVariables>;
export const ReadingsOfMeDocument = {"__meta__":{"hash":"c0de0aa0ab09d4afda202df356f58404d57066bcef654740ef1f4d4ad730feea"}} as unknown as TypedDocumentString<ReadingsOfMeQuery, ReadingsOfMeQueryVariables>;
export const AuditScopeDocument = {"__meta__":{"hash":"3d28156765aac22f36c0aca43c7986aed7cd57acf7567097f5298f3a5401e3e2"}} as unknown as TypedDocumentString<AuditScopeQuery, AuditScopeQueryVariables>;
export const AuditTimelineDocument = {"__meta__":{"hash":"9b9037f999f9806b9a8d15a5e6bb14cc497876b0b2e4681f6344137e6f0f84f9"}} as unknown as TypedDocumentString<AuditTimelineQuery, AuditTimelineQueryVariables>;
export const AuditStoryDocument = {"__meta__":{"hash":"312239d90b36c65b528ad0a969d92e0027202c2739253f5a727236bb9263603b"}} as unknown as TypedDocumentString<AuditStoryQuery, AuditStoryQueryVariables>;
export const AuditWhyDocument = {"__meta__":{"hash":"8a47bffc7a0c4b4b7081b5f0efe2c33ac1d68b1c359eeef44f4d88204c3a59a8"}} as unknown as TypedDocumentString<AuditWhyQuery, AuditWhyQueryVariables>;
export const AuditProofDocument = {"__meta__":{"hash":"1a25aa79a7c7c3bbab69217bfe30475997c3a6d3904b915d8a64a69eb2551381"}} as unknown as TypedDocumentString<AuditProofQuery, AuditProofQueryVariables>;
export const AuditDifferenceDocument = {"__meta__":{"hash":"ae1c65edbbd12e8a9f30791b090e85a74057e73cae44eb5f98582d2633fa1855"}} as unknown as TypedDocumentString<AuditDifferenceQuery, AuditDifferenceQueryVariables>;
export const AuditExceptionsDocument = {"__meta__":{"hash":"39a97582e52251261ac088aa7aeaf51af869c3b4593ea2772258b498713f3299"}} as unknown as TypedDocumentString<AuditExceptionsQuery, AuditExceptionsQueryVariables>;
export const BanksDocument = {"__meta__":{"hash":"f288885d31f06bd79497f8b16f6e7a343e8f4694250f423116bc12f5dbf21da5"}} as unknown as TypedDocumentString<BanksQuery, BanksQueryVariables>;
export const ConnectionsDocument = {"__meta__":{"hash":"e18cfa30a3e62f191edf21859d81f4e4bba0fbfe8771c20ef4dc17aa007f6e63"}} as unknown as TypedDocumentString<ConnectionsQuery, ConnectionsQueryVariables>;
export const ConnectionDocument = {"__meta__":{"hash":"6f18e03c79112d8e06eead887641d46e4aa3b4280174e95427e6fe0bbc751f51"}} as unknown as TypedDocumentString<ConnectionQuery, ConnectionQueryVariables>;
export const ConnectBankDocument = {"__meta__":{"hash":"0aaecb00e356974291addcf9846778bd8f74f2c21ceb481011d32d77d9ebd1c7"}} as unknown as TypedDocumentString<ConnectBankMutation, ConnectBankMutationVariables>;
export const RefreshConnectionDocument = {"__meta__":{"hash":"73ea1d233e81123e91f8b2919f4e87b9df1611588383291d9d100e7ccc37b21b"}} as unknown as TypedDocumentString<RefreshConnectionMutation, RefreshConnectionMutationVariables>;
export const RevokeConnectionDocument = {"__meta__":{"hash":"8d19fb471b6b245122846279b52b0836f3d2324d548c14ea4393314e1241473d"}} as unknown as TypedDocumentString<RevokeConnectionMutation, RevokeConnectionMutationVariables>;
export const RemoveDemoDocument = {"__meta__":{"hash":"e67547baaba93a7d36c311e4d3a823c78ab454672b4006b4c39bc68ae1bcb4ec"}} as unknown as TypedDocumentString<RemoveDemoMutation, RemoveDemoMutationVariables>;
export const EraseMeDocument = {"__meta__":{"hash":"c7663a9084416e43ca01ff9104292871d66410b81ac6e390dfe660b6e63e6a48"}} as unknown as TypedDocumentString<EraseMeMutation, EraseMeMutationVariables>;
export const RulesDocument = {"__meta__":{"hash":"92f39ce04ac9280720e4808be72d0615f5e7678b41e436c0e1deea24e0c5541a"}} as unknown as TypedDocumentString<RulesQuery, RulesQueryVariables>;
export const RuleVersionsDocument = {"__meta__":{"hash":"184c81b10e9d969f40a302aed9309c1a2f45afaaf9b5a0498e20d01304513244"}} as unknown as TypedDocumentString<RuleVersionsQuery, RuleVersionsQueryVariables>;
export const OwnModelDocument = {"__meta__":{"hash":"6aeac1b0256ec5498e3f5b56b55b4d36ef0f20be905b6002c7def62c0a7bb012"}} as unknown as TypedDocumentString<OwnModelQuery, OwnModelQueryVariables>;
export const RulesPreviewDocument = {"__meta__":{"hash":"a081fa44a4236be90a13cab01ebb578f76544fc8a3fd3225fa6a1e32012f9a62"}} as unknown as TypedDocumentString<RulesPreviewQuery, RulesPreviewQueryVariables>;
export const PayeePreviewDocument = {"__meta__":{"hash":"9c0a1ab9de54139e6fefedaa890413c15f4f402b42d57969eb25ec4edc4c62fd"}} as unknown as TypedDocumentString<PayeePreviewQuery, PayeePreviewQueryVariables>;
export const PayeeQuestionsDocument = {"__meta__":{"hash":"2b46606cc47c681f9ac17052e27aa7b1edb545d2f9342bcf603ae0406e5c5931"}} as unknown as TypedDocumentString<PayeeQuestionsQuery, PayeeQuestionsQueryVariables>;
export const AdoptRulesDocument = {"__meta__":{"hash":"c8400ac56b86596b62ce5a609b8ad2ea532cae7a22a178f8ed592c8b6dcb2528"}} as unknown as TypedDocumentString<AdoptRulesMutation, AdoptRulesMutationVariables>;
export const NamePayeeDocument = {"__meta__":{"hash":"abdc69c9d55dedecc359bf370cbd2eeec1796facce2cb2dcfb3baa0c096d361a"}} as unknown as TypedDocumentString<NamePayeeMutation, NamePayeeMutationVariables>;
export const SetBudgetDocument = {"__meta__":{"hash":"069dcde386043214dde90267dab31bcc812220728f2866a73bd1417d8168936e"}} as unknown as TypedDocumentString<SetBudgetMutation, SetBudgetMutationVariables>;
export const MuteNoticeDocument = {"__meta__":{"hash":"2a176f61a545850a89d342dd53fdbb850fac1d95ee9b3a46475aad9430875f5f"}} as unknown as TypedDocumentString<MuteNoticeMutation, MuteNoticeMutationVariables>;
export const JudgeRefundDocument = {"__meta__":{"hash":"07ceab79aa7a1ffcb698cc69c32e3bcf035ed34c7db267819a2294303e92b8bf"}} as unknown as TypedDocumentString<JudgeRefundMutation, JudgeRefundMutationVariables>;
export const KeepForecastDocument = {"__meta__":{"hash":"61e8dc8f95e124a5a806c7433639abd8f93ba31ad6bf8b3bb06f8e7fe2d2ee3d"}} as unknown as TypedDocumentString<KeepForecastMutation, KeepForecastMutationVariables>;
export const BalanceLinesDocument = {"__meta__":{"hash":"0d0ea3676a2f8abf9f7d5349b3002974dcfff8923485e0a99eec29f27e8ddf09"}} as unknown as TypedDocumentString<BalanceLinesQuery, BalanceLinesQueryVariables>;
export const InclusionProofDocument = {"__meta__":{"hash":"f8d190d2693166698fd209e0bec1f67645082d224838d0c87d12a29130c98b4f"}} as unknown as TypedDocumentString<InclusionProofQuery, InclusionProofQueryVariables>;
export const ImportsDocument = {"__meta__":{"hash":"e377c90917cf6c84c5e3d1091242968099901a59454b6736720eeab52a475eff"}} as unknown as TypedDocumentString<ImportsQuery, ImportsQueryVariables>;
export const RecurringDocument = {"__meta__":{"hash":"648baf2bbafb53878908488fa066c8f0911b77dafe57c5c3ae78d5488ab6c242"}} as unknown as TypedDocumentString<RecurringQuery, RecurringQueryVariables>;
export const ForecastsDocument = {"__meta__":{"hash":"36c5a052f2442fa6fb6506459dabc41f6974764ca2d43e50a6ab9db7a3ed115e"}} as unknown as TypedDocumentString<ForecastsQuery, ForecastsQueryVariables>;
export const ForecastScoresDocument = {"__meta__":{"hash":"89bd45ecbad8cb96b2ca5ff2e2280de7695ce7f7f18d300c81ed3afd23bff552"}} as unknown as TypedDocumentString<ForecastScoresQuery, ForecastScoresQueryVariables>;
export const BudgetsDocument = {"__meta__":{"hash":"c831eb4a087604b66e28381d5fae1875e2be205fb53bd02add8ae67a45d9c467"}} as unknown as TypedDocumentString<BudgetsQuery, BudgetsQueryVariables>;
export const NoticesDocument = {"__meta__":{"hash":"8afff98d7dd3e938dbc05850c4cb1179a3e945c890cf0349d48d35f130b59f48"}} as unknown as TypedDocumentString<NoticesQuery, NoticesQueryVariables>;
export const CashFlowDocument = {"__meta__":{"hash":"21b3ed312210e640440eec710d6b58c85302ee09bba6f5ff72202661ca3b31c0"}} as unknown as TypedDocumentString<CashFlowQuery, CashFlowQueryVariables>;
export const InsightReachDocument = {"__meta__":{"hash":"986f48d6f7ee3d8ae7b33b29addc3d2f64c4064f2634cb958fe23ce49873d725"}} as unknown as TypedDocumentString<InsightReachQuery, InsightReachQueryVariables>;
export const NetWorthDocument = {"__meta__":{"hash":"2a7402973c1350e16872373a74d55c35464cbf56bf4af5df6bee427bc001296a"}} as unknown as TypedDocumentString<NetWorthQuery, NetWorthQueryVariables>;
export const PayeeSpendingDocument = {"__meta__":{"hash":"0f8a509f88f2c3485d038db409d2516076bf7333fa92116da8d6d166ea47f8ed"}} as unknown as TypedDocumentString<PayeeSpendingQuery, PayeeSpendingQueryVariables>;
export const OwnTransfersDocument = {"__meta__":{"hash":"5b320486a8b99abdb06b02508255ba211c79058cc5c1a384361a4ea8e67c5c1e"}} as unknown as TypedDocumentString<OwnTransfersQuery, OwnTransfersQueryVariables>;
export const MeDocument = {"__meta__":{"hash":"0bcd58199ccd638884d680e30402b783917aa5978cbfba18a1eb1dc9e6078624"}} as unknown as TypedDocumentString<MeQuery, MeQueryVariables>;
export const SignUpDocument = {"__meta__":{"hash":"7bcf32d986641a31bb3c94c1cdd3b9309c5d2f555bf49dc8536268974acf81c9"}} as unknown as TypedDocumentString<SignUpMutation, SignUpMutationVariables>;
export const SignInDocument = {"__meta__":{"hash":"456d5274bc03a301519cfc3048b69a8d6d83d59ed021d22095c73b5b75f0f3f6"}} as unknown as TypedDocumentString<SignInMutation, SignInMutationVariables>;
export const SignOutDocument = {"__meta__":{"hash":"39300be1f6ff47633a8c264de2a924d5b71367b646d3bf86d82d7c51c6543956"}} as unknown as TypedDocumentString<SignOutMutation, SignOutMutationVariables>;
export const SecondFactorDocument = {"__meta__":{"hash":"2fd2c98f941b26ead93cb59b8c655847c26f16323cb92da90378de1832892ae9"}} as unknown as TypedDocumentString<SecondFactorMutation, SecondFactorMutationVariables>;
export const BeginSignInDocument = {"__meta__":{"hash":"39c7246f6c9904261ff8d4a4308fca7e68f8493e9b734e38800ed7f8aba01b7c"}} as unknown as TypedDocumentString<BeginSignInMutation, BeginSignInMutationVariables>;
export const SignInByPasskeyDocument = {"__meta__":{"hash":"309933b7f2280dc2869195724c816c945e69f21935ba5c56def2a6bf34f72ce5"}} as unknown as TypedDocumentString<SignInByPasskeyMutation, SignInByPasskeyMutationVariables>;
export const SecurityDocument = {"__meta__":{"hash":"2598767b3913b72653694ea7751525b8572c9277c178b305dd04bf0e1b373675"}} as unknown as TypedDocumentString<SecurityQuery, SecurityQueryVariables>;
export const BeginPasskeyDocument = {"__meta__":{"hash":"e6d3ebd1c2fabf4e79591e4e13bf12fa7740d08e203af2d1fc01b9a7a4748166"}} as unknown as TypedDocumentString<BeginPasskeyMutation, BeginPasskeyMutationVariables>;
export const AddPasskeyDocument = {"__meta__":{"hash":"cc6a40c5fefb850cfeca0038be42f90d2fde46685dcba56acb5a8a81aec9b11c"}} as unknown as TypedDocumentString<AddPasskeyMutation, AddPasskeyMutationVariables>;
export const RemovePasskeyDocument = {"__meta__":{"hash":"e8315cb0d2c4d44f5b92abe8da0bfa5244b7b347f05832e71df25a68d9d3ddc2"}} as unknown as TypedDocumentString<RemovePasskeyMutation, RemovePasskeyMutationVariables>;
export const BeginCodesDocument = {"__meta__":{"hash":"8a96b5c146dbd6a135998b6a52046d45ecdc8f57fc8f37dd213d44dd5dc534df"}} as unknown as TypedDocumentString<BeginCodesMutation, BeginCodesMutationVariables>;
export const ConfirmCodesDocument = {"__meta__":{"hash":"8d1102c7d247b66be76b086147310ff7a3ed3b9828a2013548534ce7ed7c8963"}} as unknown as TypedDocumentString<ConfirmCodesMutation, ConfirmCodesMutationVariables>;
export const RemoveCodesDocument = {"__meta__":{"hash":"6938969b0ecc8a59e756b1e1077ec55406e30336ebb9f087224b4dd7dacc1d53"}} as unknown as TypedDocumentString<RemoveCodesMutation, RemoveCodesMutationVariables>;
export const RenewalNoticesDocument = {"__meta__":{"hash":"5298edaefaac1dbb1cbb589d51d32acddbf8f0c23cf1bb76a34734fcb2c78654"}} as unknown as TypedDocumentString<RenewalNoticesQuery, RenewalNoticesQueryVariables>;
export const RenewConnectionDocument = {"__meta__":{"hash":"66a6ba91f6097c33b1bc62173de1f67277006c65daaaef188c4aeada22dea947"}} as unknown as TypedDocumentString<RenewConnectionMutation, RenewConnectionMutationVariables>;
export const ReconfirmConnectionDocument = {"__meta__":{"hash":"7b4868f336318837bd3307a0c5a9a7bbfd2d2e1c64c2f865a61209042f508619"}} as unknown as TypedDocumentString<ReconfirmConnectionMutation, ReconfirmConnectionMutationVariables>;
export const HasCalendarDocument = {"__meta__":{"hash":"1a3eb9a08d8436d1c8da11b125ec38edde74c93200c36c8ffaef6da1498b5cc8"}} as unknown as TypedDocumentString<HasCalendarQuery, HasCalendarQueryVariables>;
export const MakeCalendarDocument = {"__meta__":{"hash":"6d661c08b11800474f9a6b978e04d89409d70fe67f2e99f606344aca014f53e7"}} as unknown as TypedDocumentString<MakeCalendarMutation, MakeCalendarMutationVariables>;
export const RevokeCalendarDocument = {"__meta__":{"hash":"d98bc114b7e3f0bf83862c8d5d81cfae2a2a11ac1a6016366e57a1036f5638bc"}} as unknown as TypedDocumentString<RevokeCalendarMutation, RevokeCalendarMutationVariables>;
export const ReviewCountDocument = {"__meta__":{"hash":"f23ba09bb48ba80238fc4f1f81ab9adb0553fc33120f202e2a147f8a77b3735c"}} as unknown as TypedDocumentString<ReviewCountQuery, ReviewCountQueryVariables>;
export const ReviewsDocument = {"__meta__":{"hash":"863ea82765100a30cea96684ef3803b0891c794e69a9db38c5444e0b8cff67a8"}} as unknown as TypedDocumentString<ReviewsQuery, ReviewsQueryVariables>;
export const ResolvedReviewsDocument = {"__meta__":{"hash":"7ec200c759e538d9d3222c1abe581036c8ac5a6a804494677f7cafe577218b57"}} as unknown as TypedDocumentString<ResolvedReviewsQuery, ResolvedReviewsQueryVariables>;
export const DecideReviewDocument = {"__meta__":{"hash":"f484bafda66971454d30ba0aa9e9299393fa358a463415f923ec2ea5d69d171d"}} as unknown as TypedDocumentString<DecideReviewMutation, DecideReviewMutationVariables>;
export const UndoDecisionDocument = {"__meta__":{"hash":"55a722545759a01ac8cc860b25bee028fbd913b8a7d6ab76d3d113f734e32b14"}} as unknown as TypedDocumentString<UndoDecisionMutation, UndoDecisionMutationVariables>;
export const MergeTransactionsDocument = {"__meta__":{"hash":"55f91cfdff05309892e2f04415b4e7e1fd94cafbb044ca2b6bf12f59349ba4c5"}} as unknown as TypedDocumentString<MergeTransactionsMutation, MergeTransactionsMutationVariables>;
export const CategoriseTransactionDocument = {"__meta__":{"hash":"82ff0b32a75b382fee6c42a439acc1f6dc67fb548bb8fed42d0a42f86b2ca9b4"}} as unknown as TypedDocumentString<CategoriseTransactionMutation, CategoriseTransactionMutationVariables>;
export const NoteTransactionDocument = {"__meta__":{"hash":"27d8352e7f716520e93692c8c5a53e149b1489992635651e52fd518aae3e4671"}} as unknown as TypedDocumentString<NoteTransactionMutation, NoteTransactionMutationVariables>;
export const SplitTransactionDocument = {"__meta__":{"hash":"bfef37ef2a0991e96df6a5332d40f7ae335ea7453530c4bfb16180ff28a37149"}} as unknown as TypedDocumentString<SplitTransactionMutation, SplitTransactionMutationVariables>;
export const NewerRulesDocument = {"__meta__":{"hash":"22dd642aa8aef9bd44557873d1523a07cf61125345562a6b4454e3c8095b078c"}} as unknown as TypedDocumentString<NewerRulesQuery, NewerRulesQueryVariables>;
export const AcceptNewerRulesDocument = {"__meta__":{"hash":"7734e85b4603f52ee215a5a5b614a0cf5cd3b14e92ad1316bf6760148de3a554"}} as unknown as TypedDocumentString<AcceptNewerRulesMutation, AcceptNewerRulesMutationVariables>;
export const RunningDocument = {"__meta__":{"hash":"f2ea44ae8c0de6cdf7e602c888a45fe1c511936a8c47952031a944afbdaa6de7"}} as unknown as TypedDocumentString<RunningQuery, RunningQueryVariables>;
export const GivenRolesDocument = {"__meta__":{"hash":"4fedc9e3a61a8ff523200eb26feea2ec5af18d59bb9e291528c8aa0810661c51"}} as unknown as TypedDocumentString<GivenRolesQuery, GivenRolesQueryVariables>;
export const GrantRoleDocument = {"__meta__":{"hash":"d2757d7393b86f40be24c8aa7b61b1139dc243094da0010381c6f78ca99f1bf7"}} as unknown as TypedDocumentString<GrantRoleMutation, GrantRoleMutationVariables>;
export const WithdrawRoleDocument = {"__meta__":{"hash":"774e5f462fd4a61cbdb12c48e02349279130ed0f7e6a8a92d68740e7bbf52f36"}} as unknown as TypedDocumentString<WithdrawRoleMutation, WithdrawRoleMutationVariables>;
export const MyTokensDocument = {"__meta__":{"hash":"03507ac681767d8514706b575fa50d2dddf5e6076debd253923549b0f4be21a0"}} as unknown as TypedDocumentString<MyTokensQuery, MyTokensQueryVariables>;
export const IssueTokenDocument = {"__meta__":{"hash":"42925f95f6662fa468e2dfaf1d011c9c69a0a9882eb39a21b243fc231805bbce"}} as unknown as TypedDocumentString<IssueTokenMutation, IssueTokenMutationVariables>;
export const RevokeTokenDocument = {"__meta__":{"hash":"8d7ec8b42e7e5580a5954f26dccb89f468c8f5fa17bb432b95475ba7427b1d5a"}} as unknown as TypedDocumentString<RevokeTokenMutation, RevokeTokenMutationVariables>;
export const AnalysisDocument = {"__meta__":{"hash":"faf950f4ae7b1e4ba3f41352812830eb9106db1c4499c664c51f0b3797b2ac1d"}} as unknown as TypedDocumentString<AnalysisQuery, AnalysisQueryVariables>;
export const SharingsDocument = {"__meta__":{"hash":"db64a775f4b8147f9bb575b6ddc3e01b730cfd329a1f96e162fa761a11034d0c"}} as unknown as TypedDocumentString<SharingsQuery, SharingsQueryVariables>;
export const ShareAccountDocument = {"__meta__":{"hash":"ef41f131061ad1fa58f43b00baa2f885dab7b936ba2de83590d1580aff15c813"}} as unknown as TypedDocumentString<ShareAccountMutation, ShareAccountMutationVariables>;
export const UnshareAccountDocument = {"__meta__":{"hash":"6cd69439f69bbb72732302ee1886dbbaae8d224c2ff26552752550418f6bc165"}} as unknown as TypedDocumentString<UnshareAccountMutation, UnshareAccountMutationVariables>;
export const SpendingDocument = {"__meta__":{"hash":"51ac22a96d9a809ce7a760def7514230389c58628b66f8a656d6ce4cf18f29df"}} as unknown as TypedDocumentString<SpendingQuery, SpendingQueryVariables>;
export const StatementDocument = {"__meta__":{"hash":"8737e7718eafaaba7d027009a633f77dda88adb6e5581f50417b6db4afc65e08"}} as unknown as TypedDocumentString<StatementQuery, StatementQueryVariables>;
export const TransactionBucketsDocument = {"__meta__":{"hash":"b145798e3fca0c4fba1ace74c7aeac61968aca811657d9d2518587fde74b426a"}} as unknown as TypedDocumentString<TransactionBucketsQuery, TransactionBucketsQueryVariables>;
export const TransactionsInMonthDocument = {"__meta__":{"hash":"4615c1ddafa14c11a05f4b0085ed9495b464a0c761bc77b3ce3c1d04eb434678"}} as unknown as TypedDocumentString<TransactionsInMonthQuery, TransactionsInMonthQueryVariables>;
export const TransactionDocument = {"__meta__":{"hash":"14709f1e4bbfca7a00e3f663ba03e007125332165f6d67327b3310897606679a"}} as unknown as TypedDocumentString<TransactionQuery, TransactionQueryVariables>;
export const TransactionRulesDocument = {"__meta__":{"hash":"a1d3e79ab86828e0581f9e8b6924b1ad4d747be27ab9a082393a325d96351994"}} as unknown as TypedDocumentString<TransactionRulesQuery, TransactionRulesQueryVariables>;
export const MergeCandidatesDocument = {"__meta__":{"hash":"598c59c837a1a8bf6dcaf5bf367a410d08e44e9eb4de282024a54d8c073756ac"}} as unknown as TypedDocumentString<MergeCandidatesQuery, MergeCandidatesQueryVariables>;
export const EditTransactionsDocument = {"__meta__":{"hash":"b8460380a818e7fc7923cf8cafaa89b9aeeeba620225c7700085deb2e45a563f"}} as unknown as TypedDocumentString<EditTransactionsMutation, EditTransactionsMutationVariables>;
