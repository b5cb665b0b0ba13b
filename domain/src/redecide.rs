//! New rules over all history: what the rules of this program make of everything that banks ever
//! said of an account, beside what the ledger says, and the difference.
//!
//! The answers of the bank are decided anew, window after window, each with what was known at its
//! time. What a person decided stands as it is: from that place on both sides say the same of the
//! transactions it is about. The difference is told before anything is stored; once it is accepted,
//! an event says of each thing that changes what it was and what it is, and so can be undone.

use serde::{Deserialize, Serialize};

use crate::id::TransactionId;
use crate::observed::{Evidence, ObservedTransaction};
use crate::transaction::{Decision, KnownRow, Standing};

mod difference;
mod names;
mod person;
mod replay;
#[cfg(test)]
mod tests;

pub use difference::{Difference, Item, Kept};
pub use names::Names;
pub use replay::{BankThen, Replay, Rules, Seen, first_known};

/// Most transactions of one event; what hangs together over more is told in several.
pub const MOST_RESTATED: usize = 200;
/// Days before a window from which known rows are compared with it: as far as an identifier that is
/// believed may move a row, and some.
pub const LOOK_BACK_DAYS: i64 = 60;

/// How a transaction stands, with all that belongs to that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stand {
    /// What the bank said last.
    pub observed: Box<ObservedTransaction>,
    /// How it stands.
    pub standing: Standing,
    /// Of another reading: which transaction it is a reading of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<TransactionId>,
    /// Of another reading: whether it is what that one became when it was booked.
    #[serde(default)]
    pub became: bool,
    /// From how many whole windows in a row it is missing.
    #[serde(default)]
    pub missed: u32,
    /// Of a doubted one: what it may be. Of another reading that had been in doubt: what it might have
    /// been; events of rules before version 9 do not say that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may_be: Vec<TransactionId>,
}

impl Stand {
    /// How a known row stands.
    #[must_use]
    pub fn of(row: &KnownRow) -> Self {
        Self {
            observed: Box::new(row.observed.clone()),
            standing: row.standing,
            same_as: row.same_as.filter(|_| row.standing == Standing::Absorbed),
            became: row.became,
            missed: row.missed,
            may_be: match row.standing {
                // What was asked is remembered.
                Standing::Doubted | Standing::Absorbed => row.may_be.clone(),
                Standing::Counted | Standing::Withdrawn => Vec::new(),
            },
        }
    }

    /// Whether a row still stands so, as far as it counts.
    #[must_use]
    pub fn is_of(&self, row: &KnownRow) -> bool {
        let says = |row: &ObservedTransaction| crate::reconcile::match_key(row);
        self.standing == row.standing
            && (self.standing != Standing::Absorbed || self.same_as == row.same_as)
            && says(&self.observed) == says(&row.observed)
            && self.observed.state == row.observed.state
    }
}

/// One transaction of a difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restated {
    /// Which.
    pub transaction_id: TransactionId,
    /// Among rows equal in every field, which one it is, from 0.
    pub ordinal: u32,
    /// Where it was read first.
    pub evidence: Evidence,
    /// How it stood; of one that was not known, how its row was taken.
    pub before: Stand,
    /// How it stands.
    pub now: Stand,
    /// Whether it was not known before.
    #[serde(default)]
    pub new: bool,
}

/// What a difference comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// What was counted as several is one.
    Joined,
    /// What was taken for one is several.
    Parted,
    /// What was counted is gone at the bank.
    Gone,
    /// A transaction that was not counted.
    New,
    /// It waits for a person's verdict now.
    Doubtful,
    /// The bank's last word on it is another one.
    Amended,
}

/// Rules said something else of the past, and a person accepted it; or that was undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redecided {
    /// What it comes to.
    pub change: Change,
    /// Every transaction it changes.
    pub rows: Vec<Restated>,
    /// On what grounds.
    pub decision: Decision,
    /// If it undoes one: the log's position of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<u64>,
}

/// The whole past of an account is as a version of the rules decides it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRedecided {
    /// The version.
    pub rules: u32,
    /// Up to which event of the account's stream was looked at.
    pub through: u64,
    /// How much was changed.
    pub changes: u32,
    /// SHA-256 (hex) of what was shown of this account before it was accepted.
    pub digest: String,
    /// SHA-256 (hex) of all that was shown and accepted together.
    pub accepted: String,
}
