//! What speaks against a joining that would be clear by itself.

use std::collections::HashSet;

use super::absence::gone;
use super::assign::SAME_WORDS;
use super::graph::Class;
use super::key::{Content, name};
use super::score::{Reading, weigh};
use super::work::{Found, Work};
use crate::id::TransactionId;
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::{KnownRow, Standing};

/// Most days by which a correction moves a booked row.
const MOVED_DAYS: i64 = 3;
/// Most that a correction makes of an amount, in parts of a thousand.
const CORRECTED: u32 = 100;

/// A parted pair is never joined by rules again: while the other one of the pair is not seen, the
/// row may be that one.
pub(super) fn may_join(work: &Work<'_>, known: &KnownRow) -> bool {
    known.apart_from.iter().all(|other| work.is_shown(*other))
}

/// Whether another row, one in doubt, may be the booking of this pending transaction.
pub(super) fn is_waited_for(work: &Work<'_>, rows: &Class<'_>, place: usize) -> bool {
    let may_be = |row: &usize| {
        let doubted = work.doubted_of(*row).map(|doubted| &work.question.known[doubted]);
        let id = work.question.known[place].transaction_id;
        doubted.is_some_and(|doubted| doubted.may_be.contains(&id))
    };
    work.may_be_booked[place] && !rows.members.iter().any(may_be)
}

/// Whether a row is in doubt for another transaction that has no row of its own yet.
pub(super) fn waits_for_another(work: &Work<'_>, rows: &Class<'_>, place: usize) -> bool {
    let question = work.question;
    let id = question.known[place].transaction_id;
    rows.members.iter().filter_map(|row| work.doubted_of(*row)).any(|doubted| {
        let may_be = &question.known[doubted].may_be;
        let open = |other: &TransactionId| {
            work.place(*other).is_some_and(|other| {
                question.known[other].standing == Standing::Counted
                    && work.shown_by[other].is_none()
            })
        };
        !may_be.contains(&id) && may_be.iter().any(open)
    })
}

/// What named booked rows of known booked transactions say: another row that says the same may be one of
/// them shown twice.
pub(super) fn explained(work: &Work<'_>) -> HashSet<Content> {
    let question = work.question;
    let rows = question.rows.iter().zip(&work.found);
    let explained = rows.filter(|(row, found)| {
        let known = match found {
            Some(Found::Known { place, .. }) => &question.known[*place],
            _ => return false,
        };
        let by_name = || work.books_by_name(&known.observed, row);
        row.state == RowState::Booked
            && (known.observed.state == RowState::Booked || by_name())
            && known.standing == Standing::Counted
            && name(row).is_some()
    });
    explained.map(|(row, _)| Content::of(row)).collect()
}

/// Whether a row is in doubt because a booked transaction says the same: it may be that one shown
/// twice, whatever else waits to be booked.
pub(super) fn may_be_an_echo(work: &Work<'_>, rows: &Class<'_>) -> bool {
    let known = &work.question.known;
    rows.members.iter().filter_map(|row| work.doubted_of(*row)).any(|doubted| {
        let content = Content::of(&known[doubted].observed);
        let booked = |other: &KnownRow| {
            other.observed.state == RowState::Booked && Content::of(&other.observed) == content
        };
        let may_be = known[doubted].may_be.iter();
        may_be.filter_map(|id| work.place(*id)).any(|place| booked(known[place]))
    })
}

/// Whether a booked row may be a correction of what was booked on its day already and has no row.
pub(super) fn may_correct(work: &Work<'_>, row: &ObservedTransaction) -> bool {
    corrects(work, row, |other| other.observed.booking_date == row.booking_date)
}

/// Whether a booked row may be a correction of what was booked near its day and is gone.
pub(super) fn corrects_gone(work: &Work<'_>, row: &ObservedTransaction) -> bool {
    corrects(work, row, |other| {
        let days = (row.booking_date - other.observed.booking_date).num_days().abs();
        days <= MOVED_DAYS && gone(work.question, other)
    })
}

fn corrects(work: &Work<'_>, row: &ObservedTransaction, near: impl Fn(&KnownRow) -> bool) -> bool {
    let booked = work.open_known().map(|place| &work.question.known[place]);
    let mut booked = booked.filter(|other| {
        other.standing == Standing::Counted
            && other.observed.state == RowState::Booked
            && near(other)
    });
    booked.any(|other| {
        let weighed = weigh(&Reading::of(&other.observed), &Reading::of(row));
        weighed.same_direction && weighed.drift <= CORRECTED && weighed.alike >= SAME_WORDS
    })
}

/// Whether a person wrote on one of several equal pending transactions of which fewer were booked than
/// there are, at a bank whose names do not tell which: what was written is not put at risk.
pub(super) fn note_at_risk(work: &Work<'_>, row: &ObservedTransaction) -> bool {
    if work.trusts.pending.keep_name {
        return false;
    }
    let question = work.question;
    let said = Content::of(row);
    let waits = work.usual.pending_on(row).iter().copied().filter(|place| {
        let known = &question.known[*place];
        let by = work.shown_by[*place].map(|row| question.rows[row].state);
        known.standing == Standing::Counted
            && by != Some(RowState::Booked)
            && Content::of(&known.observed) == said
    });
    let waits: Vec<_> = waits.collect();
    if waits.len() < 2 || !waits.iter().any(|place| question.known[*place].edited) {
        return false;
    }
    let came = work
        .usual
        .booked_within(row, 0)
        .filter(|row| question.said[*row] == said && work.is_open(*row));
    came.count() < waits.len()
}
