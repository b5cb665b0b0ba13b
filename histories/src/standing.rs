//! Who stands for whom, where nothing that was ever shown tells.
//!
//! A row may stand for any transaction that the bank ever showed saying what the row says, by its
//! name too where the bank's names last. The ledger is at fault only if no assignment of its rows
//! to what really is leaves nothing lost and nothing doubled: an observer sees rows, and cannot do
//! better than have as many of each as there are. Each row stands for one transaction, so a row too
//! few or too many is a fault whatever goes by whose name.

use std::collections::{HashMap, HashSet, VecDeque};

use domain::id::TransactionId;
use domain::observed::{ObservedTransaction, RowState};
use domain::transaction::{KnownRow, Standing};

use crate::books::Books;
use crate::history::{Edited, Read};
use crate::life::RealId;
use crate::said::content;

/// What the bank ever showed of each real transaction.
#[derive(Clone, Debug, Default)]
pub struct EverShown {
    said: HashMap<RealId, HashSet<u64>>,
    names: HashMap<RealId, HashSet<String>>,
}

fn names(row: &ObservedTransaction) -> impl Iterator<Item = &String> {
    row.bank_reference.iter().chain(&row.bank_identifier)
}

impl EverShown {
    /// Remembers what a window shows.
    pub fn add(&mut self, read: &Read) {
        for row in &read.rows {
            self.said.entry(row.real).or_default().insert(content(&row.observed));
            let named = self.names.entry(row.real).or_default();
            named.extend(names(&row.observed).cloned());
        }
    }

    /// Whether a row that says this may stand for a real transaction.
    fn fits(&self, row: &ObservedTransaction, said: u64, real: RealId, names_tell: bool) -> bool {
        let says = self.said.get(&real).is_some_and(|of| of.contains(&said));
        let named = |name: &String| self.names.get(&real).is_some_and(|of| of.contains(name));
        says && (!names_tell || names(row).all(named))
    }
}

/// A row that goes by another name.
#[derive(Clone, Copy)]
struct Move {
    id: TransactionId,
    from: RealId,
    to: RealId,
}

/// The rows of one account and what they may stand for.
pub struct Stand<'a> {
    /// The ledger and what its rows go by.
    pub books: &'a mut Books,
    /// Which account.
    pub account: usize,
    /// Whether names tell equal booked rows apart.
    pub names_tell: bool,
    /// Whether names tell which of equal pending rows is booked as what.
    pub names_pending: bool,
    /// Whether a transaction is gone at the bank, so that it needs no row.
    pub gone: &'a dyn Fn(RealId) -> bool,
}

impl Stand<'_> {
    fn rows(&self, label: RealId, waiting: bool) -> Vec<&KnownRow> {
        let holders = self.books.accounts[self.account].holders(label);
        let counts = |row: &&KnownRow| match row.standing {
            Standing::Counted => true,
            Standing::Doubted => waiting,
            Standing::Withdrawn | Standing::Absorbed => false,
        };
        holders.filter(counts).collect()
    }

    fn fits(&self, row: &KnownRow, label: RealId) -> bool {
        self.fits_saying(row, content(&row.observed), label)
    }

    fn fits_saying(&self, row: &KnownRow, said: u64, label: RealId) -> bool {
        let real = self.books.labels.real(label);
        let names_tell = match row.observed.state {
            RowState::Booked => self.names_tell,
            RowState::Pending => self.names_tell && self.names_pending,
        };
        self.books.accounts[self.account].ever.fits(&row.observed, said, real, names_tell)
    }

    /// Labels of the account that no person has ruled on.
    fn labels(&self) -> Vec<RealId> {
        let account = &self.books.accounts[self.account];
        let mut labels: Vec<_> = account.holders.keys().copied().collect();
        labels.retain(|label| !self.books.ruled.contains(label));
        labels.sort_unstable();
        labels
    }

    /// Finds a row of its own for every transaction that shares the rows of `doubled`: the row too
    /// many goes by the name of one that no row counts for. Tells whether there was one.
    pub fn spread(&mut self, doubled: RealId) -> bool {
        let labels = self.every_label();
        let mut before: HashMap<RealId, (RealId, TransactionId)> = HashMap::new();
        let mut next = VecDeque::from([doubled]);
        while let Some(label) = next.pop_front() {
            let rows: Vec<_> = self.rows(label, false).into_iter().cloned().collect();
            for row in rows {
                let said = content(&row.observed);
                for other in labels.iter().copied() {
                    let met = other == doubled || before.contains_key(&other);
                    if met || !self.fits_saying(&row, said, other) {
                        continue;
                    }
                    before.insert(other, (label, row.transaction_id));
                    if self.rows(other, false).is_empty() {
                        let (mut moves, mut at) = (Vec::new(), other);
                        while at != doubled {
                            let (from, id) = before[&at];
                            moves.push(Move { id, from, to: at });
                            at = from;
                        }
                        self.go_by(&moves);
                        return true;
                    }
                    next.push_back(other);
                }
            }
        }
        false
    }

    /// Finds a row for a transaction that has none: one that another can spare, because it has a
    /// second one or is gone. Tells whether there was one.
    pub fn cover(&mut self, lost: RealId) -> bool {
        let labels = self.labels();
        // From which label each gets a row, and which row.
        let mut from: HashMap<RealId, (RealId, TransactionId)> = HashMap::new();
        let mut next = VecDeque::from([lost]);
        while let Some(label) = next.pop_front() {
            for other in labels.iter().copied() {
                if other == lost || from.contains_key(&other) {
                    continue;
                }
                let rows = self.rows(other, true);
                let Some(row) = rows.iter().rev().find(|row| self.fits(row, label)) else {
                    continue;
                };
                let id = row.transaction_id;
                let is_gone = (self.gone)(self.books.stands_for(other));
                let spares = rows.len() > 1 || is_gone;
                from.insert(other, (label, id));
                if spares {
                    let (mut moves, mut at) = (Vec::new(), other);
                    while at != lost {
                        let (to, id) = from[&at];
                        moves.push(Move { id, from: at, to });
                        at = to;
                    }
                    // What is gone goes by the name of the one that is gone.
                    let gone = self.books.accounts[self.account].holders(lost);
                    let gone = gone.filter(|row| row.standing == Standing::Withdrawn);
                    let gone: Vec<_> = gone.map(|row| row.transaction_id).collect();
                    let gone = gone.into_iter().map(|id| Move { id, from: lost, to: other });
                    moves.extend(gone.filter(|_| is_gone));
                    self.go_by(&moves);
                    return true;
                }
                next.push_back(other);
            }
        }
        false
    }

    /// Two transactions exchange their rows, if the other one's row says what the bank says of the
    /// first now. Tells whether there was one.
    pub fn exchange(&mut self, stale: RealId, says: &dyn Fn(&ObservedTransaction) -> bool) -> bool {
        let Some(own) = self.rows(stale, false).first().map(|row| (*row).clone()) else {
            return false;
        };
        for other in self.labels() {
            let rows = self.rows(other, false);
            let [row] = rows.as_slice() else { continue };
            // What is gone stands for nothing any more, and any row may be its.
            let is_gone = (self.gone)(self.books.stands_for(other));
            let back = is_gone || self.fits(&own, other);
            let fits = says(&row.observed) && self.fits(row, stale) && back;
            if other != stale && fits {
                let one = Move { id: row.transaction_id, from: other, to: stale };
                let back = Move { id: own.transaction_id, from: stale, to: other };
                self.go_by(&[one, back]);
                return true;
            }
        }
        false
    }

    /// Labels of everything of the account that was ever shown, with a row or without.
    fn every_label(&self) -> Vec<RealId> {
        let shown = self.books.accounts[self.account]
            .ever
            .said
            .keys()
            .map(|real| self.books.labels.of(*real));
        let mut labels: Vec<_> = shown.chain(self.labels()).collect();
        labels.retain(|label| !self.books.ruled.contains(label));
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    /// From here on rows, with their other readings and what a person wrote on them, go by other
    /// names.
    fn go_by(&mut self, moves: &[Move]) {
        let account = &mut self.books.accounts[self.account];
        let mut edits = Vec::new();
        for Move { id, from, to } in moves.iter().copied() {
            let readings = account.rows.rows().iter().filter(|row| row.same_as == Some(id));
            let readings: Vec<_> = readings.map(|row| row.transaction_id).collect();
            for one in readings.into_iter().chain([id]) {
                if account.label(one) == Some(from) {
                    account.stand(one, to);
                }
            }
            for what in Edited::ALL {
                let wrote = account.edits.get(&(id, what));
                if wrote.is_some()
                    && self.books.edited.get(&(from, what)) == wrote
                    && let Some(text) = self.books.edited.remove(&(from, what))
                {
                    edits.push(((to, what), text));
                }
            }
        }
        self.books.edited.extend(edits);
    }
}
