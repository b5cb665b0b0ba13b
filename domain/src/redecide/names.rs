//! Under which name the ledger keeps what was read at a place.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use crate::account::AccountEvent;
use crate::id::{FetchId, TransactionId};
use crate::observed::Evidence;

/// Where a row was read.
pub(super) type Place = (FetchId, u32, u32);

pub(super) fn place(evidence: &Evidence) -> Place {
    (evidence.fetch_id, evidence.answer, evidence.row)
}

/// The names of all transactions of an account, over its whole stream. What is decided anew bears
/// the ledger's names, so that a transaction is the same one on both sides.
#[derive(Clone, Debug, Default)]
pub struct Names {
    at: HashMap<Place, (TransactionId, u32)>,
    first: HashMap<TransactionId, Evidence>,
    fetches: HashSet<FetchId>,
}

impl Names {
    /// Takes in the next event of the account.
    pub fn take(&mut self, event: &AccountEvent) {
        match event {
            AccountEvent::TransactionRecorded(new) => {
                self.name(new.transaction_id, new.ordinal, &new.evidence);
            }
            AccountEvent::TransactionDoubted(new) => {
                self.name(new.transaction_id, new.ordinal, &new.evidence);
            }
            AccountEvent::TransactionsParted(parted) => {
                self.name(parted.other, parted.ordinal, &parted.evidence);
            }
            AccountEvent::TransactionsRedecided(done) => {
                for row in done.rows.iter().filter(|row| row.new) {
                    self.name(row.transaction_id, row.ordinal, &row.evidence);
                }
            }
            AccountEvent::WindowReconciled(window) => {
                self.fetches.insert(window.fetch_id);
            }
            _ => {}
        }
    }

    /// The runs and files that windows of the account were read in.
    #[must_use]
    pub fn fetches(&self) -> &HashSet<FetchId> {
        &self.fetches
    }

    fn name(&mut self, transaction_id: TransactionId, ordinal: u32, evidence: &Evidence) {
        // The first place a transaction was read at names it.
        if let Entry::Vacant(first) = self.first.entry(transaction_id) {
            first.insert(evidence.clone());
            self.at.entry(place(evidence)).or_insert((transaction_id, ordinal));
        }
    }

    pub(super) fn at(&self, place: Place) -> Option<(TransactionId, u32)> {
        self.at.get(&place).copied()
    }

    pub(super) fn is_taken(&self, transaction_id: TransactionId) -> bool {
        self.first.contains_key(&transaction_id)
    }

    pub(super) fn first(&self, transaction_id: TransactionId) -> Option<&Evidence> {
        self.first.get(&transaction_id)
    }
}
