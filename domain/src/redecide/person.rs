//! What a person decided stands as it is: both sides say the same of it.

use super::names::place;
use super::replay::{AGAIN, Replay};
use super::{Kept, Stand};
use crate::account::AccountEvent;
use crate::id::TransactionId;
use crate::transaction::{Decision, Reason, Verdict};

fn by_person(decision: &Decision) -> bool {
    decision.reasons.contains(&Reason::PersonSaid)
}

/// The transactions that a person decided about: how they stand, and not what is noted of them.
pub(super) fn spoken_of(event: &AccountEvent) -> Vec<TransactionId> {
    match event {
        AccountEvent::DoubtResolved(done) if by_person(&done.decision) => match done.verdict {
            Verdict::Separate => vec![done.transaction_id],
            Verdict::SameAs { transaction_id } => vec![done.transaction_id, transaction_id],
        },
        AccountEvent::TransactionsMerged(done) if by_person(&done.decision) => {
            vec![done.transaction_id, done.absorbed]
        }
        AccountEvent::TransactionsParted(done) => vec![done.transaction_id, done.other],
        AccountEvent::TransactionsRedecided(done) if by_person(&done.decision) => {
            done.rows.iter().map(|row| row.transaction_id).collect()
        }
        _ => Vec::new(),
    }
}

impl Replay<'_> {
    /// A person edits a transaction. Unless these rules have it in another way, they have it edited too.
    pub(super) fn edit(&mut self, event: &AccountEvent, id: TransactionId) {
        let alike = self.ledger.get(id).zip(self.again.get(id)).is_some_and(|(ledger, again)| {
            let split = matches!(event, AccountEvent::TransactionSplit(_));
            ledger.standing == again.standing
                && ledger.same_as == again.same_as
                && (!split || ledger.observed.amount == again.observed.amount)
        });
        if alike {
            self.again.apply(event);
        } else {
            self.kept.extend(self.unlike(id));
            self.pin(&[id]);
        }
    }

    /// What a person decided stands on both sides, with all that it is about.
    pub(super) fn pin(&mut self, about: &[TransactionId]) {
        let mut pinned = about.to_vec();
        let places = about.iter().filter_map(|id| self.names.first(*id)).map(place);
        let others: Vec<_> = places.filter_map(|at| self.taken[AGAIN].get(&at).copied()).collect();
        pinned.extend(others);
        let same = pinned.clone();
        let same = same.iter().filter_map(|id| self.again.get(*id)?.same_as);
        pinned.extend(same.collect::<Vec<_>>());
        pinned.sort_unstable();
        pinned.dedup();
        for id in pinned {
            match self.ledger.get(id).cloned() {
                Some(row) => {
                    if let Some(evidence) = self.names.first(id) {
                        self.taken[AGAIN].insert(place(evidence), id);
                    }
                    self.again.put(row);
                }
                // Only these rules had it: it is a reading of what the person spoke of.
                None => self.again.absorb(id, about[0]),
            }
        }
    }

    /// What these rules would have said of a transaction that the ledger has in another way.
    pub(super) fn unlike(&self, id: TransactionId) -> Option<Kept> {
        let ledger = self.ledger.get(id)?;
        let rules_say = self.again.get(id).map(Stand::of);
        let alike = rules_say.as_ref().is_some_and(|stand| stand.is_of(ledger));
        (!alike).then_some(Kept { transaction_id: id, rules_say })
    }

    /// Those that a person kept apart are kept apart on both sides.
    pub(super) fn keep_apart(&mut self, ids: &[TransactionId]) {
        for id in ids {
            if let Some(apart) = self.ledger.get(*id).map(|row| row.apart_from.clone()) {
                self.again.keep_apart(*id, apart);
            }
        }
    }

    /// Transactions that only the ledger knows are known from here on.
    pub(super) fn admit(&mut self, ids: &[TransactionId]) {
        for id in ids {
            if self.again.get(*id).is_none()
                && let Some(row) = self.ledger.get(*id).cloned()
            {
                self.again.put(row);
            }
        }
    }
}
