//! What events make of an account's known rows: the meaning of every event of reconciliation, in
//! one place. A read model keeps the same in tables.

use std::collections::HashMap;

use super::match_key;
use crate::account::AccountEvent;
use crate::id::TransactionId;
use crate::observed::{ObservedTransaction, RowState};
use crate::redecide::Redecided;
use crate::transaction::{
    Decision, DoubtResolved, KnownRow, Merged, Parted, Reason, Standing, Verdict,
};

/// The known rows of one account.
#[derive(Clone, Debug, Default)]
pub struct KnownRows {
    rows: Vec<KnownRow>,
    places: HashMap<TransactionId, usize>,
}

impl KnownRows {
    /// All rows, in the order they were recorded.
    #[must_use]
    pub fn rows(&self) -> &[KnownRow] {
        &self.rows
    }

    /// One row.
    #[must_use]
    pub fn get(&self, transaction_id: TransactionId) -> Option<&KnownRow> {
        self.places.get(&transaction_id).map(|place| &self.rows[*place])
    }

    /// Applies an event.
    pub fn apply(&mut self, event: &AccountEvent) {
        match event {
            AccountEvent::TransactionRecorded(recorded) => {
                let (id, ordinal) = (recorded.transaction_id, recorded.ordinal);
                self.record(id, &recorded.observed, ordinal, Standing::Counted);
            }
            AccountEvent::TransactionDoubted(doubted) => {
                let (id, ordinal) = (doubted.transaction_id, doubted.ordinal);
                self.record(id, &doubted.observed, ordinal, Standing::Doubted);
                let candidates = doubted.candidates.iter().map(|one| one.transaction_id);
                self.change(id, |row| row.may_be = candidates.collect());
            }
            // A settled or amended transaction is there again, if it had been taken for gone.
            AccountEvent::TransactionSettled(settled) => {
                self.change(settled.transaction_id, |row| say(row, &settled.observed));
            }
            AccountEvent::TransactionAmended(amended) => {
                self.change(amended.transaction_id, |row| say(row, &amended.observed));
            }
            AccountEvent::TransactionMissed(missed) => {
                self.change(missed.transaction_id, |row| row.missed = missed.windows);
            }
            AccountEvent::TransactionWithdrawn(withdrawn) => {
                self.change(withdrawn.transaction_id, |row| row.standing = Standing::Withdrawn);
            }
            AccountEvent::TransactionReturned(returned) => {
                self.change(returned.transaction_id, there);
            }
            AccountEvent::DoubtResolved(resolved) => self.resolve(resolved),
            AccountEvent::TransactionsMerged(merged) => self.merge(merged),
            AccountEvent::TransactionsParted(parted) => self.part(parted),
            AccountEvent::TransactionsRedecided(done) => self.redecide(done),
            AccountEvent::TransactionCategorised(done) => self.edit(done.transaction_id),
            AccountEvent::TransactionNoted(done) => self.edit(done.transaction_id),
            AccountEvent::TransactionHidden(done) => self.edit(done.transaction_id),
            AccountEvent::TransactionSplit(done) => self.edit(done.transaction_id),
            AccountEvent::Opened(_)
            | AccountEvent::Linked(_)
            | AccountEvent::Described(_)
            | AccountEvent::PutAway(_)
            | AccountEvent::BroughtBack(_)
            | AccountEvent::BalanceObserved(_)
            | AccountEvent::WindowReconciled(_)
            | AccountEvent::HistoryRedecided(_) => {}
        }
    }

    /// Every row is what the event says it is now.
    fn redecide(&mut self, done: &Redecided) {
        let person = by_person(&done.decision);
        for row in &done.rows {
            let (id, now) = (row.transaction_id, &row.now);
            if !self.places.contains_key(&id) {
                self.record(id, &now.observed, row.ordinal, now.standing);
            }
            self.change(id, |known| {
                known.observed = (*now.observed).clone();
                (known.standing, known.same_as) = (now.standing, now.same_as);
                (known.became, known.missed) = (now.became, now.missed);
                known.may_be.clone_from(&now.may_be);
                known.edited |= person;
            });
            // Who undoes a joining says that the two are two.
            if person
                && now.standing == Standing::Counted
                && let Some(other) = row.before.same_as
            {
                self.keep_apart(id, vec![other]);
                self.keep_apart(other, vec![id]);
            }
        }
    }

    /// Puts a row in the place of what is known of that transaction.
    pub(crate) fn put(&mut self, row: KnownRow) {
        match self.places.get(&row.transaction_id) {
            Some(place) => self.rows[*place] = row,
            None => {
                self.places.insert(row.transaction_id, self.rows.len());
                self.rows.push(row);
            }
        }
    }

    /// A transaction is a mere reading of another one.
    pub(crate) fn absorb(&mut self, transaction_id: TransactionId, same_as: TransactionId) {
        self.change(transaction_id, |row| {
            row.standing = Standing::Absorbed;
            row.same_as = Some(same_as);
        });
    }

    /// A transaction is none of these, by a person's word.
    pub(crate) fn keep_apart(&mut self, transaction_id: TransactionId, others: Vec<TransactionId>) {
        self.change(transaction_id, |row| {
            for other in others {
                if !row.apart_from.contains(&other) {
                    row.apart_from.push(other);
                }
            }
        });
    }

    fn record(
        &mut self,
        transaction_id: TransactionId,
        observed: &ObservedTransaction,
        ordinal: u32,
        standing: Standing,
    ) {
        self.places.insert(transaction_id, self.rows.len());
        self.rows.push(KnownRow {
            transaction_id,
            match_key: match_key(observed),
            observed: observed.clone(),
            ordinal,
            standing,
            missed: 0,
            apart_from: Vec::new(),
            same_as: None,
            became: false,
            may_be: Vec::new(),
            edited: false,
        });
    }

    fn change(&mut self, transaction_id: TransactionId, change: impl FnOnce(&mut KnownRow)) {
        if let Some(place) = self.places.get(&transaction_id) {
            change(&mut self.rows[*place]);
        }
    }

    fn edit(&mut self, transaction_id: TransactionId) {
        self.change(transaction_id, |row| row.edited = true);
    }

    /// A person's verdict is kept: the two are one, or are never joined by rules.
    fn resolve(&mut self, resolved: &DoubtResolved) {
        let (doubted, person) = (resolved.transaction_id, by_person(&resolved.decision));
        let mut candidates = Vec::new();
        let became = match resolved.verdict {
            Verdict::SameAs { transaction_id } => self.book(transaction_id, doubted),
            Verdict::Separate => false,
        };
        self.change(doubted, |row| {
            row.edited |= person;
            row.became = became;
            (row.standing, row.same_as) = match resolved.verdict {
                Verdict::Separate => {
                    candidates = std::mem::take(&mut row.may_be);
                    (Standing::Counted, None)
                }
                // What was asked is remembered.
                Verdict::SameAs { transaction_id } => (Standing::Absorbed, Some(transaction_id)),
            };
        });
        match resolved.verdict {
            _ if !person => {}
            Verdict::SameAs { transaction_id } => self.change(transaction_id, |row| {
                row.edited = true;
                there(row);
            }),
            Verdict::Separate => {
                for other in candidates {
                    self.change(doubted, |row| row.apart_from.push(other));
                    self.change(other, |row| row.apart_from.push(doubted));
                }
            }
        }
    }

    /// A booked reading of a pending transaction is what that became: from here on it says what
    /// its reading says. Tells whether that is so.
    fn book(&mut self, pending: TransactionId, reading: TransactionId) -> bool {
        let said = |id, state| self.get(id).filter(|row| row.observed.state == state);
        let books = said(pending, RowState::Pending).zip(said(reading, RowState::Booked));
        let Some(observed) = books.map(|(_, reading)| reading.observed.clone()) else {
            return false;
        };
        self.change(pending, |row| row.observed = observed);
        true
    }

    fn merge(&mut self, merged: &Merged) {
        let person = by_person(&merged.decision);
        let became = self.book(merged.transaction_id, merged.absorbed);
        self.change(merged.transaction_id, |row| {
            row.edited |= person;
            row.apart_from.retain(|apart| *apart != merged.absorbed);
        });
        self.change(merged.absorbed, |row| {
            row.edited |= person;
            row.apart_from.retain(|apart| *apart != merged.transaction_id);
            row.standing = Standing::Absorbed;
            row.same_as = Some(merged.transaction_id);
            row.became = became;
            row.may_be.clear();
        });
    }

    fn part(&mut self, parted: &Parted) {
        let in_doubt = !parted.may_be.is_empty();
        self.change(parted.transaction_id, |row| {
            if let Some(observed) = &parted.observed {
                row.observed = (**observed).clone();
            }
            if !in_doubt {
                row.apart_from.push(parted.other);
            }
            row.edited = true;
        });
        if !self.places.contains_key(&parted.other) {
            let observed = &parted.other_observed;
            self.record(parted.other, observed, parted.ordinal, Standing::Counted);
        }
        self.change(parted.other, |row| {
            row.observed = (*parted.other_observed).clone();
            row.standing = if in_doubt { Standing::Doubted } else { Standing::Counted };
            row.same_as = None;
            row.became = false;
            row.may_be.clone_from(&parted.may_be);
            if !in_doubt {
                row.apart_from.push(parted.transaction_id);
            }
            row.edited = true;
        });
    }
}

fn by_person(decision: &Decision) -> bool {
    decision.reasons.contains(&Reason::PersonSaid)
}

fn there(row: &mut KnownRow) {
    row.missed = 0;
    if row.standing == Standing::Withdrawn {
        row.standing = Standing::Counted;
    }
}

fn say(row: &mut KnownRow, observed: &ObservedTransaction) {
    row.observed = observed.clone();
    there(row);
}
