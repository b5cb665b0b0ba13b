//! What is said of one transaction alone, and what a person says of all of theirs.

use std::borrow::Cow;

use domain::account::AccountEvent;
use domain::guidance::GuidanceEvent;
use domain::id::{TransactionId, UserId};
use domain::observed::ObservedTransaction;
use domain::transaction::Standing;

use super::Page;
use crate::definition::{Folded, Topic};
use crate::transactions::entry::{CHOSEN, Entry};
use crate::transactions::guides::write_moved;

impl Page {
    /// Takes in what a person says of how their rows are to be read.
    pub(in super::super) fn guide(
        &mut self,
        folded: &mut Folded,
        user_id: UserId,
        event: &GuidanceEvent,
    ) {
        if !self.guides.take(folded, user_id, event) {
            return;
        }
        folded.changed(Topic::Transactions, user_id);
        let mut moved = 0_u64;
        let Self { kept, guides, .. } = self;
        for kept in kept.values_mut().filter(|kept| kept.entry.user_id == user_id) {
            let entry = &mut kept.entry;
            // What the person said of the row itself is never overwritten.
            if entry.own_category.is_some() {
                continue;
            }
            let judged = guides.judge(user_id, &entry.observed, entry.account_id, kept.kind);
            if judged != entry.judged {
                let counts = entry.standing == Standing::Counted;
                moved += u64::from(counts && judged.0 != entry.judged.0);
                entry.judged = judged;
                kept.changed = true;
            }
        }
        if let GuidanceEvent::RulesAdopted(adopted) = event {
            folded.push(write_moved(user_id, adopted.set.version, moved));
        }
    }

    /// The category of what a transaction says now, unless the person gave it one.
    pub(super) fn judge_again(&mut self, id: TransactionId) -> Option<()> {
        let Self { kept, guides, .. } = self;
        let kept = kept.get_mut(&id)?;
        let entry = &mut kept.entry;
        entry.judged = match &entry.own_category {
            Some(own) => (Cow::Owned(own.clone()), CHOSEN.to_owned()),
            None => guides.judge(entry.user_id, &entry.observed, entry.account_id, kept.kind),
        };
        Some(())
    }

    pub(super) fn edit(&mut self, id: TransactionId, position: u64) -> Option<&mut Entry> {
        let kept = self.kept.get_mut(&id)?;
        kept.changed = true;
        kept.entry.decided_at = Some(position);
        Some(&mut kept.entry)
    }

    /// What is said of one transaction alone.
    pub(super) fn change(
        &mut self,
        folded: &mut Folded,
        event: &AccountEvent,
        position: u64,
    ) -> Option<()> {
        match event {
            AccountEvent::TransactionSettled(settled) => {
                self.say_again(settled.transaction_id, &settled.observed, position)
            }
            AccountEvent::TransactionAmended(amended) => {
                self.say_again(amended.transaction_id, &amended.observed, position)
            }
            AccountEvent::TransactionMissed(missed) => {
                // Nothing is decided yet.
                let kept = self.kept.get_mut(&missed.transaction_id)?;
                kept.changed = true;
                kept.entry.missed = missed.windows;
                Some(())
            }
            AccountEvent::TransactionWithdrawn(withdrawn) => {
                self.edit(withdrawn.transaction_id, position)?.standing = Standing::Withdrawn;
                Some(())
            }
            AccountEvent::TransactionReturned(returned) => {
                let kept = self.kept.get_mut(&returned.transaction_id)?;
                if kept.entry.standing == Standing::Withdrawn {
                    kept.entry.decided_at = Some(position);
                }
                kept.changed = true;
                show_again(&mut kept.entry);
                Some(())
            }
            AccountEvent::TransactionCategorised(chosen) => {
                let entry = self.edit(chosen.transaction_id, position)?;
                entry.edited = true;
                entry.own_category.clone_from(&chosen.category);
                let (user_id, observed) = (entry.user_id, entry.observed.clone());
                let row = (chosen.transaction_id, entry.account_id);
                let of = (user_id, position);
                self.guides.learn(folded, of, row, &observed, chosen.category.as_deref());
                self.judge_again(chosen.transaction_id)
            }
            AccountEvent::TransactionNoted(noted) => {
                let entry = self.edit(noted.transaction_id, position)?;
                entry.edited = true;
                entry.note.clone_from(&noted.note);
                Some(())
            }
            AccountEvent::TransactionHidden(done) => {
                let entry = self.edit(done.transaction_id, position)?;
                entry.edited = true;
                entry.hidden = done.hidden;
                Some(())
            }
            AccountEvent::TransactionSplit(split) => {
                let entry = self.edit(split.transaction_id, position)?;
                entry.edited = true;
                entry.parts.clone_from(&split.parts);
                self.kept.get_mut(&split.transaction_id)?.split = true;
                Some(())
            }
            _ => Some(()),
        }
    }

    /// The bank says something else; the person's own words stay.
    pub(super) fn say_again(
        &mut self,
        id: TransactionId,
        observed: &ObservedTransaction,
        position: u64,
    ) -> Option<()> {
        let entry = self.edit(id, position)?;
        entry.observed = observed.clone();
        show_again(entry);
        self.judge_again(id)
    }
}

/// The bank shows it.
pub(super) fn show_again(entry: &mut Entry) {
    entry.missed = 0;
    if entry.standing == Standing::Withdrawn {
        entry.standing = Standing::Counted;
    }
}
