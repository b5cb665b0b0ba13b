//! What can become of a transaction after it was recorded, and what the ledger knows of it: the
//! facts of reconciliation, review and a person's own edits.
//!
//! They stand in the account's stream. What a person decided outranks whatever a bank says later.

use serde::{Deserialize, Serialize};

use crate::id::{FetchId, TransactionId};
use crate::money::Money;
use crate::observed::{Evidence, ObservedTransaction};

mod window;

pub use window::{BalanceProof, IdentifierHabits, WindowReconciled};

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
