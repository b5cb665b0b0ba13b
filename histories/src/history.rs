//! A history: what happened, what was read, what the person did, in the order of time.

use chrono::NaiveDate;
use domain::money::Money;

use crate::bank::{Bank, ShownRow};
use crate::life::{Real, RealId};
use crate::misbehaviour::Set;

/// Most steps of a history.
pub const MOST_STEPS: usize = 200;

/// A read of one account that was answered.
#[derive(Clone, Debug)]
pub struct Read {
    /// Which account.
    pub account: usize,
    /// What the bank calls it in this consent.
    pub account_reference: String,
    /// How often the accounts had moved to another bank.
    pub bank: u64,
    /// The first day that was asked for.
    pub from: Option<NaiveDate>,
    /// The last.
    pub to: NaiveDate,
    /// Whether the connector could read everything.
    pub whole: bool,
    /// The booked balance.
    pub balance: Option<Money>,
    /// The rows.
    pub rows: Vec<ShownRow>,
    /// The first day that was really shown.
    pub reaches: Option<NaiveDate>,
    /// Whether a person sat before it.
    pub attended: bool,
}

/// What a person can edit of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edited {
    /// The note.
    Note,
    /// The category.
    Category,
    /// The parts it is split into.
    Parts,
}

impl Edited {
    /// Everything.
    pub const ALL: [Self; 3] = [Self::Note, Self::Category, Self::Parts];
}

/// One step.
#[derive(Clone, Debug)]
pub enum Step {
    /// Something happened that an algorithm does not see.
    Happened(String),
    /// A read that was answered.
    Read(Box<Read>),
    /// The person wrote a note for a real transaction, chose its category or split it.
    Edit {
        /// For which.
        real: RealId,
        /// What was edited.
        what: Edited,
        /// What to.
        text: String,
    },
    /// The person says that two transactions are one, whatever they really are.
    Join {
        /// The one that stays.
        stays: RealId,
        /// The one that is counted no longer.
        goes: RealId,
    },
    /// The person undoes what the rules, or the person, joined to a transaction last.
    Part {
        /// Of which.
        real: RealId,
    },
    /// The person answers every doubt that waits.
    Review,
}

/// What reading cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Calls {
    /// Unattended calls.
    pub unattended: u64,
    /// Attended ones, which no quota counts.
    pub attended: u64,
    /// Unattended ones beyond the quota.
    pub over: u64,
    /// Reads that were put off because the quota was spent.
    pub put_off: u64,
    /// Days since the first consent that no whole window ever showed, summed over accounts.
    pub days_missing: u64,
}

/// A whole history.
#[derive(Clone, Debug)]
pub struct History {
    /// Its seed.
    pub seed: u64,
    /// How the bank misbehaves.
    pub set: Set,
    /// The bank.
    pub bank: Bank,
    /// How many accounts.
    pub accounts: usize,
    /// What happened.
    pub steps: Vec<(i64, Step)>,
    /// The real transactions, as they stand at the end.
    pub reals: Vec<Real>,
    /// The last minute.
    pub end: i64,
    /// What reading cost.
    pub calls: Calls,
}

impl std::ops::AddAssign<&Calls> for Calls {
    fn add_assign(&mut self, other: &Calls) {
        self.unattended += other.unattended;
        self.attended += other.attended;
        self.over += other.over;
        self.put_off += other.put_off;
        self.days_missing += other.days_missing;
    }
}
