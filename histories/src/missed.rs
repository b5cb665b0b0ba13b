//! What became of every pending transaction that the bank showed booked: found, asked about and why,
//! or not found.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::TimeDelta;
use domain::account::AccountEvent;
use domain::id::TransactionId;
use domain::observed::{ObservedTransaction, RowState};
use domain::reconcile::{Answer, Outcome};
use domain::transaction::{KnownRow, Reason, Standing, Verdict};

use crate::books::Account;
use crate::history::Read;
use crate::life::RealId;

/// Days around a purchase in which an equal one makes the evidence of both weaker.
const NEAR_DAYS: i64 = 21;

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Taken for what it is, by the rules, at once or later.
    Found,
    /// Asked about, for this reason.
    Held(&'static str),
    /// Recorded as a transaction of its own, or taken for another.
    Not(&'static str),
}

/// Every pending transaction that was shown booked, once.
#[derive(Clone, Debug, Default)]
pub struct Missed {
    due: HashSet<RealId>,
    fates: Vec<Fate>,
    /// Which of this window's rows are asked about, by their place.
    here: HashMap<usize, usize>,
    /// Which of all rows in doubt.
    doubted: HashMap<TransactionId, usize>,
}

/// A booked row of a transaction of which nothing but its announcement is known.
pub(crate) struct Due<'a> {
    pub read: &'a Read,
    pub account: &'a Account,
    /// What it goes by.
    pub label: RealId,
    /// What is known.
    pub pending: &'a KnownRow,
    /// The row's place.
    pub place: usize,
    pub answer: &'a Answer,
    /// Whether it was taken for what it is.
    pub right: bool,
}

impl Missed {
    /// Another window begins.
    pub(crate) fn window(&mut self) {
        self.here.clear();
    }

    /// Notes what a row was taken for; only the first one of each transaction counts.
    pub(crate) fn note(&mut self, due: &Due<'_>) {
        if !self.due.insert(due.label) {
            return;
        }
        let fate = match due.answer.rows.get(due.place).map(|row| &row.outcome) {
            Some(Outcome::Settled { .. }) if due.right => Fate::Found,
            Some(Outcome::Doubtful { .. }) => {
                self.here.insert(due.place, self.fates.len());
                Fate::Held(why(due))
            }
            Some(Outcome::New { .. }) if due.pending.standing == Standing::Doubted => {
                Fate::Not("new, its announcement in review")
            }
            Some(Outcome::New { .. }) => Fate::Not("new beside its announcement"),
            _ => Fate::Not("taken for another"),
        };
        self.fates.push(fate);
    }

    /// A row of this window is asked about; later its doubt may be cleared up.
    pub(crate) fn event(&mut self, account: &Account, event: &AccountEvent) {
        match event {
            AccountEvent::TransactionDoubted(done) => {
                if let Some(at) = self.here.get(&(done.evidence.row as usize)) {
                    self.doubted.insert(done.transaction_id, *at);
                }
            }
            AccountEvent::DoubtResolved(done) => {
                let Some(at) = self.doubted.remove(&done.transaction_id) else { return };
                if !done.decision.reasons.contains(&Reason::PersonSaid) {
                    self.fates[at] = match done.verdict {
                        Verdict::SameAs { transaction_id: of }
                            if account.label(of) == account.label(done.transaction_id) =>
                        {
                            Fate::Found
                        }
                        _ => Fate::Not("cleared up wrongly"),
                    };
                }
            }
            _ => {}
        }
    }

    /// The person answered.
    pub(crate) fn answered(&mut self, doubted: TransactionId) {
        self.doubted.remove(&doubted);
    }

    /// How many there were, and how many of them were found.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        let found = self.fates.iter().filter(|fate| **fate == Fate::Found).count();
        (self.fates.len() as u64, found as u64)
    }

    /// How many were not found, and why.
    #[must_use]
    pub fn causes(&self) -> BTreeMap<&'static str, u64> {
        let mut causes = BTreeMap::new();
        for fate in &self.fates {
            match fate {
                Fate::Found => {}
                Fate::Held(why) | Fate::Not(why) => *causes.entry(*why).or_default() += 1,
            }
        }
        causes
    }
}

/// What speaks against deciding it, the weightiest first.
fn why(due: &Due<'_>) -> &'static str {
    let (row, before) = (&due.read.rows[due.place].observed, &due.pending.observed);
    let real = due.read.rows[due.place].real;
    let beside = due
        .read
        .rows
        .iter()
        .any(|other| other.real == real && other.observed.state == RowState::Pending);
    let near = TimeDelta::days(NEAR_DAYS);
    let again = due.account.rows.rows().iter().any(|other| {
        let apart = other.observed.booking_date.signed_duration_since(before.booking_date).abs();
        other.transaction_id != due.pending.transaction_id
            && [row.amount, before.amount].contains(&other.observed.amount)
            && apart <= near
    });
    let says = |row: &ObservedTransaction| (row.text.clone(), row.counterparty.clone());
    match (again, row.booking_date != before.booking_date) {
        _ if due.pending.standing == Standing::Doubted => "asked, its announcement in review",
        _ if due.pending.edited => "asked, a person wrote on it",
        (true, _) if beside => "asked, still announced and bought again",
        (true, _) if !due.read.whole => "asked, in part of a window and bought again",
        (true, true) => "asked, another day and bought again",
        (true, false) => "asked, bought again",
        _ if row.amount != before.amount => "asked, another amount",
        _ if beside => "asked, still announced",
        _ if !due.read.whole => "asked, in part of a window",
        (false, true) => "asked, another day",
        _ if says(row) != says(before) => "asked, other words",
        _ => "asked, for something else",
    }
}
