//! What can become of a transaction after it was recorded, and what the ledger knows of it: the
//! facts of reconciliation, review and a person's own edits.
//!
//! They stand in the account's stream. What a person decided outranks whatever a bank says later.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::id::{FetchId, TransactionId};
use crate::money::Money;
use crate::observed::{Evidence, ObservedTransaction};

/// Why a row was taken for what it was taken for, in the form the page words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Reason {
    /// The bank's reference is the same, and this bank's references can be trusted that far.
    SameReference,
    /// The bank's transaction identifier is the same, and can be trusted that far.
    SameIdentifier,
    /// Every field that was said is the same.
    SameFields,
    /// As many equal rows were known as the window shows: this is the one at that place, from 0.
    CountedAmongEquals {
        /// The place.
        place: u32,
    },
    /// The signed amount is the same.
    SameAmount,
    /// The amounts differ by so many parts in a thousand.
    AmountDiffers {
        /// Parts in a thousand of the larger one.
        per_mille: u32,
    },
    /// So many days lie between the two.
    DaysApart {
        /// Whole days; positive if the later reading has the later day.
        days: i32,
    },
    /// The other side is the same.
    SameCounterparty,
    /// The texts have so much in common.
    TextAlike {
        /// Parts in a thousand.
        per_mille: u32,
    },
    /// The original amount in a foreign currency is the same.
    SameOriginalAmount,
    /// The pending row is gone from a window that would have shown it.
    PendingGone,
    /// It was pending and is booked.
    Booked,
    /// No other row comes into question.
    OnlyCandidate,
    /// Another row comes into question nearly as well.
    CloseSecond {
        /// How much better this one is, in parts of a thousand.
        per_mille: u32,
    },
    /// The bank shows a row twice that differs in nothing but its reference.
    EqualButReference,
    /// The bank's identifiers have proved to be worth nothing.
    IdentifiersNotTrusted,
    /// The row is missing from so many whole windows in a row.
    Missing {
        /// How many.
        windows: u32,
    },
    /// The bank shows both at the same time, booked, and they differ.
    BothShown,
    /// A person said so.
    PersonSaid,
}

/// A decision with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The version of the rules that decided.
    pub rules: u32,
    /// How sure, in parts of a thousand.
    pub score: u32,
    /// On what grounds.
    pub reasons: Vec<Reason>,
}

/// A transaction a row may be the same as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Which.
    pub transaction_id: TransactionId,
    /// How likely, in parts of a thousand.
    pub score: u32,
    /// On what grounds.
    pub reasons: Vec<Reason>,
}

/// A pending transaction was booked: the row a bank shows now stands for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// Which transaction.
    pub transaction_id: TransactionId,
    /// What the bank says now.
    pub observed: ObservedTransaction,
    /// Where it was read.
    pub evidence: Evidence,
    /// Why these two are one.
    pub decision: Decision,
}

/// A bank says something else of a transaction than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amended {
    /// Which transaction.
    pub transaction_id: TransactionId,
    /// What the bank says now.
    pub observed: ObservedTransaction,
    /// Where it was read.
    pub evidence: Evidence,
    /// Why these two are one.
    pub decision: Decision,
}

/// A whole window that would have shown a transaction did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    /// Which transaction.
    pub transaction_id: TransactionId,
    /// The run that read the window.
    pub fetch_id: FetchId,
    /// How many whole windows in a row it is missing from now.
    pub windows: u32,
}

/// A transaction is gone at the bank: shown struck through, counted no longer, never deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// Which transaction.
    pub transaction_id: TransactionId,
    /// The run that read the last window it is missing from.
    pub fetch_id: FetchId,
    /// On what grounds.
    pub decision: Decision,
}

/// A transaction that was missing or withdrawn is shown again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// Which transaction.
    pub transaction_id: TransactionId,
    /// Where it was read.
    pub evidence: Evidence,
}

/// A row that may be the same as a known one and may not: it is kept, not counted, and put to the
/// person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubted {
    /// Our identifier of the row.
    pub transaction_id: TransactionId,
    /// What the bank said.
    pub observed: ObservedTransaction,
    /// Among rows equal in every field, which one this is, from 0.
    pub ordinal: u32,
    /// Where it was read.
    pub evidence: Evidence,
    /// The transactions it may be, best first; never empty.
    pub candidates: Vec<Candidate>,
    /// The version of the rules that could not decide.
    pub rules: u32,
}

/// What a doubted row turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Verdict {
    /// A transaction of its own.
    Separate,
    /// Another reading of a known one.
    SameAs {
        /// Which.
        transaction_id: TransactionId,
    },
}

/// A doubt was settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoubtResolved {
    /// The doubted row.
    pub transaction_id: TransactionId,
    /// What it is.
    pub verdict: Verdict,
    /// On what grounds.
    pub decision: Decision,
}

/// A person, or better rules a person accepted, says that two transactions are one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// The one that stays.
    pub transaction_id: TransactionId,
    /// The one that is counted no longer.
    pub absorbed: TransactionId,
    /// On what grounds.
    pub decision: Decision,
}

/// The newest joining of a transaction was undone. The reading that was taken for it is a
/// transaction of its own again, and the two are never joined by rules any more; or, if it had been
/// in doubt, it is in doubt again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parted {
    /// The transaction that had been joined with another reading.
    pub transaction_id: TransactionId,
    /// What it is without that reading; absent if a merge or a verdict was undone, which never
    /// changed it.
    pub observed: Option<Box<ObservedTransaction>>,
    /// The transaction the reading stands for now: the doubted or absorbed one, or a new one.
    pub other: TransactionId,
    /// What the other one says.
    pub other_observed: Box<ObservedTransaction>,
    /// Among rows equal in every field, which one the other is, from 0.
    pub ordinal: u32,
    /// Where the other was read.
    pub evidence: Evidence,
    /// The log's position of the decision that is undone.
    pub undoes: u64,
    /// If a verdict on a doubt is undone: what the other one may be. It is in doubt again, as it was
    /// before, and nothing is said of whether the two are one. Empty: it counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may_be: Vec<TransactionId>,
}

/// A person's own category; none takes it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Categorised {
    /// Which transaction.
    pub transaction_id: TransactionId,
    /// The category, of the taxonomy.
    pub category: Option<String>,
}

/// A person's own note; none takes it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// Which transaction.
    pub transaction_id: TransactionId,
    /// The note.
    pub note: Option<String>,
}

/// A person took a transaction off the lists, or put it back. It counts as before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden {
    /// Which transaction.
    pub transaction_id: TransactionId,
    /// Whether it is off the lists.
    pub hidden: bool,
}

/// A part of a split transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitPart {
    /// How much, with the sign of the whole.
    pub amount: Money,
    /// The category, of the taxonomy.
    pub category: Option<String>,
    /// The part's own note.
    pub note: Option<String>,
}

/// A person split a transaction; no parts takes it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Which transaction.
    pub transaction_id: TransactionId,
    /// The parts, which together are the whole.
    pub parts: Vec<SplitPart>,
}

/// What a bank does with its identifiers, its pending rows and its equal rows: how often, in one
/// window or over all its windows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IdentifierHabits {
    /// A row known by every other field came again under the same reference.
    pub reference_kept: u64,
    /// A row known by every other field came again under another reference.
    pub reference_changed: u64,
    /// A reference came again with a row that is certainly another one.
    pub reference_reused: u64,
    /// As above, of transaction identifiers.
    pub identifier_kept: u64,
    /// As above, of transaction identifiers.
    pub identifier_changed: u64,
    /// As above, of transaction identifiers.
    pub identifier_reused: u64,
    /// A pending row was booked under the name it had.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub pending_name_kept: u64,
    /// A pending row was booked under another name.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub pending_name_changed: u64,
    /// A pending row was booked on the day it bore.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub pending_day_kept: u64,
    /// A pending row was booked on another day.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub pending_day_moved: u64,
    /// A pending row was still shown beside what was booked of it.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub pending_stayed: u64,
    /// A pending row went without being booked.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub pending_vanished: u64,
    /// Equal rows under different names proved to be so many transactions.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub equal_rows_two: u64,
    /// Equal rows under different names proved to be one transaction shown twice.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub equal_rows_one: u64,
    /// The booked balance changed by what was booked.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub balance_held: u64,
    /// The booked balance did not change by what was booked: it was old, or is another one.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub balance_broke: u64,
}

/// What windows of before did not count is not written.
fn is_none_yet(count: &u64) -> bool {
    *count == 0
}

/// Opening balance and rows against closing balance, as far as the bank gave enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum BalanceProof {
    /// The bank did not give enough to tell.
    NotGiven,
    /// The sums agree.
    Holds,
    /// They do not.
    Breaks {
        /// The first day whose sum cannot be right, as far as it can be told.
        first_day: Option<NaiveDate>,
        /// By how much the rows fall short of the balance.
        difference: Money,
    },
}

/// A window of an account was read and decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowReconciled {
    /// The run that read it.
    pub fetch_id: FetchId,
    /// The first day that was asked for; none for as far back as the bank goes.
    pub from: Option<NaiveDate>,
    /// The last day it covers.
    pub to: NaiveDate,
    /// Whether the bank's pages came to their end and every row could be read.
    pub whole: bool,
    /// Rows the bank showed.
    pub rows: u32,
    /// Of these: new ones.
    pub new: u32,
    /// Pending ones that were booked.
    pub settled: u32,
    /// Ones the bank says something else of.
    pub amended: u32,
    /// Ones put to the person.
    pub doubtful: u32,
    /// Known ones that are missing.
    pub missing: u32,
    /// The version of the rules that decided.
    pub rules: u32,
    /// What the window showed of the bank's identifiers.
    pub habits: IdentifierHabits,
    /// Whether the balances agree.
    pub balance: BalanceProof,
    /// Whether a file showed it and not a bank's interface.
    #[serde(default, skip_serializing_if = "is_false")]
    pub from_file: bool,
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// How a known transaction stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It counts.
    #[default]
    Counted,
    /// It waits for the person's verdict, and does not count.
    Doubted,
    /// The bank took it back, and it does not count.
    Withdrawn,
    /// It is another reading of one that counts.
    Absorbed,
}

/// A transaction of the ledger, as far as reconciliation needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRow {
    /// Which one.
    pub transaction_id: TransactionId,
    /// What the bank said last. Of the fields that never decide (`amount_text`,
    /// `counterparty_servicer`, `unmapped`) nothing need be here.
    pub observed: ObservedTransaction,
    /// The [`crate::reconcile::match_key`] it was recorded under.
    pub match_key: String,
    /// Which one it is among rows recorded under the same key, from 0.
    pub ordinal: u32,
    /// How it stands.
    pub standing: Standing,
    /// From how many whole windows in a row it is missing.
    pub missed: u32,
    /// Transactions that a person said are not this one.
    pub apart_from: Vec<TransactionId>,
    /// Of an absorbed one: which transaction it is another reading of.
    pub same_as: Option<TransactionId>,
    /// Of an absorbed one: whether it is what that transaction became when it was booked, so that
    /// the bank shows one row for both.
    pub became: bool,
    /// Of a doubted one: which transactions it may be; of an absorbed one that had been in doubt:
    /// which it might have been.
    pub may_be: Vec<TransactionId>,
    /// Whether a person edited it (category, note, split, merge, verdict).
    pub edited: bool,
}
