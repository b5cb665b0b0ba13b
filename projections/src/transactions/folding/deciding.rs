//! Decisions about which rows are one, and what becomes of them: doubts, verdicts, joinings, partings.

use chrono::{DateTime, Utc};
use domain::id::{AccountId, TransactionId, UserId};
use domain::observed::RowState;
use domain::redecide::Redecided;
use domain::transaction::{Doubted, Merged, Parted, Standing, Verdict};

use super::saying::show_again;
use super::{Page, by_person};
use crate::database::{Statement, sql};
use crate::definition::Folded;
use crate::holders::Holder;
use crate::transactions::entry::{Entry, Kept};
use crate::transactions::guides::Judged;

impl Page {
    pub(super) fn doubt(
        &mut self,
        folded: &mut Folded,
        doubted: &Doubted,
        of: (AccountId, UserId),
        holder: Holder,
        at: (u64, DateTime<Utc>),
    ) {
        let observed = doubted.observed.clone();
        let judged = self.guides.judge(of.1, &observed, of.0, holder.1);
        let id = doubted.transaction_id;
        let mut entry = Entry::new(id, of, observed, doubted.ordinal, at, judged);
        entry.standing = Standing::Doubted;
        entry.decided_at = Some(at.0);
        self.kept.insert(doubted.transaction_id, Kept::unwritten(entry, holder));
        for candidate in &doubted.candidates {
            folded.push(may_be(doubted.transaction_id, candidate.transaction_id, of));
        }
    }

    pub(super) fn resolve(
        &mut self,
        folded: &mut Folded,
        id: TransactionId,
        verdict: Verdict,
        (person, position): (bool, u64),
    ) -> Option<()> {
        let entry = self.edit(id, position)?;
        entry.edited |= person;
        match verdict {
            Verdict::Separate => {
                entry.standing = Standing::Counted;
                if person {
                    for columns in ["transaction_id, other_id", "other_id, transaction_id"] {
                        folded.push(sql(
                            format!(
                                "INSERT INTO apart (transaction_id, other_id, account_id, user_id)
                                 SELECT {columns}, account_id, user_id FROM candidates
                                 WHERE transaction_id = $1 ON CONFLICT DO NOTHING"
                            ),
                            vec![id.into()],
                        ));
                    }
                }
            }
            Verdict::SameAs { transaction_id } => {
                entry.standing = Standing::Absorbed;
                entry.same_as = Some(transaction_id);
                self.book(transaction_id, id, position)?;
                let same = self.edit(transaction_id, position)?;
                same.edited |= person;
                if person {
                    // What was taken for gone is back with this row.
                    show_again(same);
                }
            }
        }
        if verdict == Verdict::Separate {
            folded.push(no_candidates(id));
        }
        Some(())
    }

    /// A booked reading of a pending transaction is what that became: it says what its reading says.
    fn book(&mut self, pending: TransactionId, reading: TransactionId, at: u64) -> Option<()> {
        let said = |id: &TransactionId| self.kept.get(id).map(|kept| &kept.entry.observed);
        let (before, booked) = (said(&pending)?, said(&reading)?);
        let books = before.state == RowState::Pending && booked.state == RowState::Booked;
        let booked = booked.clone();
        self.edit(reading, at)?.became = books;
        if books {
            let entry = self.edit(pending, at)?;
            entry.observed = booked;
            self.judge_again(pending)?;
        }
        Some(())
    }

    pub(super) fn merge(
        &mut self,
        folded: &mut Folded,
        merged: &Merged,
        position: u64,
    ) -> Option<()> {
        let person = by_person(&merged.decision.reasons);
        let absorbed = self.edit(merged.absorbed, position)?;
        absorbed.standing = Standing::Absorbed;
        absorbed.same_as = Some(merged.transaction_id);
        absorbed.edited |= person;
        self.book(merged.transaction_id, merged.absorbed, position)?;
        let stays = self.edit(merged.transaction_id, position)?;
        stays.edited |= person;
        folded.push(sql(
            "DELETE FROM apart WHERE (transaction_id = $1 AND other_id = $2)
             OR (transaction_id = $2 AND other_id = $1)",
            vec![merged.transaction_id.into(), merged.absorbed.into()],
        ));
        folded.push(no_candidates(merged.absorbed));
        Some(())
    }

    pub(super) fn part(
        &mut self,
        folded: &mut Folded,
        parted: &Parted,
        of: (AccountId, UserId),
        holder: Holder,
        at: (u64, DateTime<Utc>),
    ) -> Option<()> {
        let stays = self.edit(parted.transaction_id, at.0)?;
        stays.edited = true;
        if let Some(observed) = &parted.observed {
            stays.observed = (**observed).clone();
        }
        self.kept.entry(parted.other).or_insert_with(|| {
            let observed = (*parted.other_observed).clone();
            let (id, unjudged) = (parted.other, Judged::default());
            let entry = Entry::new(id, of, observed, parted.ordinal, at, unjudged);
            Kept::unwritten(entry, holder)
        });
        let other = self.edit(parted.other, at.0)?;
        other.observed = (*parted.other_observed).clone();
        let in_doubt = !parted.may_be.is_empty();
        other.standing = if in_doubt { Standing::Doubted } else { Standing::Counted };
        other.same_as = None;
        other.became = false;
        other.edited = true;
        self.judge_again(parted.transaction_id)?;
        self.judge_again(parted.other)?;
        folded.push(no_candidates(parted.other));
        for candidate in &parted.may_be {
            folded.push(may_be(parted.other, *candidate, of));
        }
        if in_doubt {
            return Some(());
        }
        folded.push(apart(parted.transaction_id, parted.other, of));
        folded.push(apart(parted.other, parted.transaction_id, of));
        Some(())
    }

    /// Everything is what newer rules, or who undoes them, say.
    pub(super) fn redecide(
        &mut self,
        folded: &mut Folded,
        done: &Redecided,
        of: (AccountId, UserId),
        holder: Holder,
        at: (u64, DateTime<Utc>),
    ) -> Option<()> {
        let person = by_person(&done.decision.reasons);
        for row in &done.rows {
            let (id, now) = (row.transaction_id, &row.now);
            self.kept.entry(id).or_insert_with(|| {
                let (observed, unjudged) = ((*now.observed).clone(), Judged::default());
                Kept::unwritten(Entry::new(id, of, observed, row.ordinal, at, unjudged), holder)
            });
            let entry = self.edit(id, at.0)?;
            entry.observed = (*now.observed).clone();
            (entry.standing, entry.same_as) = (now.standing, now.same_as);
            (entry.became, entry.missed) = (now.became, now.missed);
            entry.edited |= person;
            self.judge_again(id)?;
            folded.push(no_candidates(id));
            for candidate in &now.may_be {
                folded.push(may_be(id, *candidate, of));
            }
            // Who undoes a joining says that the two are two.
            if person
                && now.standing == Standing::Counted
                && let Some(other) = row.before.same_as
            {
                folded.push(apart(id, other, of));
                folded.push(apart(other, id, of));
            }
        }
        Some(())
    }
}

/// What a doubted transaction may be.
fn may_be(doubted: TransactionId, other: TransactionId, of: (AccountId, UserId)) -> Statement {
    sql(
        "INSERT INTO candidates (transaction_id, other_id, account_id, user_id)
         VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        vec![doubted.into(), other.into(), of.0.into(), of.1.into()],
    )
}

/// Nothing comes into question any more.
fn no_candidates(id: TransactionId) -> Statement {
    sql("DELETE FROM candidates WHERE transaction_id = $1", vec![id.into()])
}

/// Of whom a transaction is no other reading, by a person's word.
fn apart(one: TransactionId, other: TransactionId, of: (AccountId, UserId)) -> Statement {
    sql(
        "INSERT INTO apart (transaction_id, other_id, account_id, user_id)
         VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        vec![one.into(), other.into(), of.0.into(), of.1.into()],
    )
}
