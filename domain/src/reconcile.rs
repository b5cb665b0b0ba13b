//! Decides what a window of rows from a bank means, given the rows already known.
//!
//! The whole window is weighed at once, in stages from certain to likely; the order of its rows is
//! nothing to go by. Rows are counted, not merged: a bank that shows two equal rows means two
//! transactions, and showing both again means the same two. A bank's identifiers are evidence, and
//! how far they are believed is learnt from every window. Whatever is close but not clear is held
//! back as doubtful with its candidates: it is neither silently joined nor silently doubled.

use chrono::NaiveDate;

use crate::id::TransactionId;
use crate::money::Money;
use crate::observed::ObservedTransaction;
use crate::transaction::{Decision, IdentifierHabits, Reason};

mod absence;
mod again;
mod against;
mod assign;
mod balance;
mod beforehand;
mod correct;
mod counted;
mod events;
mod exact;
pub mod file;
mod graph;
mod key;
mod known;
mod late;
mod late_names;
mod likelihood;
mod likely;
mod likely_balance;
mod matching;
mod names;
mod order;
mod outcome;
mod pending;
mod readings;
mod renamed;
pub mod review;
mod score;
mod settle;
mod surplus;
#[cfg(test)]
pub(crate) mod tests;
mod trust;
mod usual;
mod work;

pub use balance::{Booked, booked, prove};
pub use events::Sighted;
pub use key::match_key;
pub use known::KnownRows;

/// Raised with every change to the rules, so that a decision can name them.
pub const RULES_VERSION: u32 = 9;
/// How sure a decision can be, in parts of a thousand.
pub const CERTAIN: u32 = 1_000;
/// Most candidates named for a doubtful row.
pub const MOST_CANDIDATES: usize = 5;

/// What was asked of the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first day that was asked for; none for as far back as the bank goes.
    pub from: Option<NaiveDate>,
    /// The last day it covers.
    pub to: NaiveDate,
    /// Whether the bank's pages came to their end and every row could be read.
    pub whole: bool,
}

/// The booked balance at the end of the last whole window and now, where the bank gave both. They
/// can tell a row shown twice from two transactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balances {
    /// At the end of the last whole window.
    pub before: Option<Money>,
    /// Together with this window.
    pub now: Option<Money>,
}

/// What is to be decided.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The account's known rows, of the window's days and some time before; in any order.
    pub known: &'a [crate::transaction::KnownRow],
    /// What the bank showed; in any order.
    pub rows: &'a [ObservedTransaction],
    /// What it was asked.
    pub window: Window,
    /// What all earlier windows of this bank showed of its identifiers.
    pub habits: IdentifierHabits,
    /// The booked balances, if known.
    pub balances: Balances,
    /// Whether the bank promises a reference of its own to every transaction.
    pub promised: bool,
    /// In which of the bank's answers each row stood; empty where all stood in one.
    pub answers: &'a [u32],
}

/// What a candidate of a doubtful row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Of {
    /// A known transaction.
    Known(TransactionId),
    /// Another row of this window, by its place.
    Row(usize),
}

/// What a doubtful row may be another reading of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Likely {
    /// What.
    pub of: Of,
    /// How likely, in parts of a thousand.
    pub score: u32,
    /// On what grounds.
    pub reasons: Vec<Reason>,
}

/// What a row turns out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A transaction that was not known: the `ordinal`-th recorded under its [`match_key`].
    New {
        /// From 0.
        ordinal: u32,
    },
    /// A known one of which nothing new is said.
    Same {
        /// Which.
        transaction_id: TransactionId,
    },
    /// A known pending one that is booked now.
    Settled {
        /// Which.
        transaction_id: TransactionId,
    },
    /// A known one of which the bank says something else.
    Amended {
        /// Which.
        transaction_id: TransactionId,
    },
    /// The same row once more, as pages that overlap show it: nothing happens.
    Again {
        /// The place of the row it repeats.
        row: usize,
    },
    /// It may be a known one and may not: it is held, not counted.
    Doubtful {
        /// As of a new one.
        ordinal: u32,
        /// What it may be, best first; never empty.
        candidates: Vec<Likely>,
    },
}

/// A row's outcome and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// What the row is.
    pub outcome: Outcome,
    /// Whether the known transaction had been missing, and is shown again.
    pub returned: bool,
    /// On what grounds.
    pub decision: Decision,
}

/// A known transaction that the window should have shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// Which.
    pub transaction_id: TransactionId,
    /// From how many whole windows in a row it is missing now.
    pub windows: u32,
    /// Whether that is enough to take it as gone at the bank.
    pub withdrawn: bool,
    /// On what grounds.
    pub decision: Decision,
}

/// A row that says what a known transaction is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Says {
    /// The row's place in the window.
    pub place: usize,
    /// Whether a pending transaction is booked by it.
    pub books: bool,
}

/// A doubt, of an earlier window or of this one, that this window settles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The doubted row.
    pub doubted: Of,
    /// What it is another reading of; none if it is a transaction of its own.
    pub same_as: Option<Of>,
    /// What says now what the known transaction is, if that changes it.
    pub says: Option<Says>,
    /// On what grounds.
    pub decision: Decision,
}

/// What a window means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// One for each row, in the order given.
    pub rows: Vec<Decided>,
    /// Known transactions that are missing.
    pub absent: Vec<Absent>,
    /// Doubts that are settled.
    pub resolved: Vec<Resolved>,
    /// What this window alone showed of the bank's identifiers.
    pub habits: IdentifierHabits,
}

/// Decides every row of one account's window, and what is missing from it.
#[must_use]
pub fn reconcile(question: &Question<'_>) -> Answer {
    let asked = order::Asked::of(question);
    asked.as_asked(weigh(&asked))
}

fn weigh(asked: &order::Asked<'_>) -> Answer {
    let mut work = work::Work::new(asked);
    let mut habits = trust::observe(&work);
    work.trusts = trust::Trusts::of(&work, &habits);
    if work.trusts.renamed {
        // One change of all names is one case of it.
        habits.reference_changed = habits.reference_changed.min(1);
        habits.identifier_changed = habits.identifier_changed.min(1);
    }
    exact::same_identifier_and_content(&mut work);
    late_names::late_names(&mut work);
    names::booked_under_name(&mut work);
    exact::same_content(&mut work);
    renamed::renumbered(&mut work);
    names::same_identifier(&mut work, &mut habits);
    renamed::changed_identifier(&mut work);
    names::beside_under_name(&mut work);
    readings::returned(&mut work);
    readings::readings(&mut work);
    settle::settle(&mut work);
    settle::settle_doubted(&mut work);
    correct::correct(&mut work);
    settle::settle_gone(&mut work);
    settle::beside(&mut work);
    late::announced_late(&mut work);
    likely::twins_and_echoes(&mut work);
    surplus::surplus(&mut work);
    likely::resolve(&mut work);
    let absent = absence::missing(&work);
    pending::observe(&work, &absent, &mut habits);
    work.answer(absent, habits)
}

/// The key of a recorded row, as the read model keeps it until it keeps whole rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRow {
    /// Which one.
    pub transaction_id: TransactionId,
    /// Its [`match_key`].
    pub match_key: String,
    /// Which one it is among rows with the same key, from 0.
    pub ordinal: u32,
}
