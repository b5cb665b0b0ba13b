//! What an algorithm is judged by.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::Serialize;

/// Counts over one history or many.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Score {
    /// Histories.
    pub histories: u64,
    /// Histories in which anything was lost, doubled, left stale, or an edit lost.
    pub faulty: u64,
    /// Rows that were shown.
    pub rows: u64,
    /// Rows whose real transaction was known.
    pub known: u64,
    /// Rows taken for a known transaction.
    pub joined: u64,
    /// Of these, rightly.
    pub joined_rightly: u64,
    /// Known pending transactions that were shown booked.
    pub settled_due: u64,
    /// Of these, those the rules found, each once.
    pub settled_found: u64,
    /// The others, by why they were not found.
    pub missed: BTreeMap<&'static str, u64>,
    /// Pending transactions taken as booked.
    pub settled: u64,
    /// Of these, rightly.
    pub settled_rightly: u64,
    /// Of these, those that are rightly taken only because nothing but the day tells them from others.
    pub crossed: u64,
    /// Real transactions that were shown and at some time were in no row.
    pub lost: u64,
    /// Real transactions that at some time were counted twice.
    pub doubled: u64,
    /// Real transactions whose row at some time said something else than the bank.
    pub stale: u64,
    /// Rows that still count at the end although the bank has taken them back.
    pub kept: u64,
    /// Notes a person wrote.
    pub edits: u64,
    /// Of these, not with their transaction at the end.
    pub edits_lost: u64,
    /// Rows put to the person.
    pub doubted: u64,
    /// Rows the log would have refused as recorded already.
    pub collisions: u64,
}

impl AddAssign<&Score> for Score {
    fn add_assign(&mut self, other: &Score) {
        self.histories += other.histories;
        self.faulty += other.faulty;
        self.rows += other.rows;
        self.known += other.known;
        self.joined += other.joined;
        self.joined_rightly += other.joined_rightly;
        self.settled_due += other.settled_due;
        self.settled_found += other.settled_found;
        for (why, count) in &other.missed {
            *self.missed.entry(why).or_default() += count;
        }
        self.settled += other.settled;
        self.settled_rightly += other.settled_rightly;
        self.crossed += other.crossed;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.stale += other.stale;
        self.kept += other.kept;
        self.edits += other.edits;
        self.edits_lost += other.edits_lost;
        self.doubted += other.doubted;
        self.collisions += other.collisions;
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

impl Score {
    /// Of the rows taken for a known transaction, how many rightly.
    #[must_use]
    pub fn precision(&self) -> f64 {
        share(self.joined_rightly, self.joined)
    }

    /// Of the rows of known transactions, how many were taken for them.
    #[must_use]
    pub fn recall(&self) -> f64 {
        share(self.joined_rightly, self.known)
    }

    /// Of the pending transactions taken as booked, how many rightly.
    #[must_use]
    pub fn settled_precision(&self) -> f64 {
        share(self.settled_rightly, self.settled)
    }

    /// Of the pending transactions shown booked, how many were found.
    #[must_use]
    pub fn settled_recall(&self) -> f64 {
        share(self.settled_found, self.settled_due)
    }

    /// Whether anything went wrong.
    #[must_use]
    pub fn is_faulty(&self) -> bool {
        self.lost + self.doubled + self.stale + self.edits_lost + self.collisions > 0
    }
}
