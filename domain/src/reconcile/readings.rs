//! Rows that show another reading of a transaction.

use std::collections::HashMap;

use super::absence::gone;
use super::key::{Content, name};
use super::likely::ECHO;
use super::trust::Trust;
use super::work::{Found, Work};
use super::{Likely, Of};
use crate::id::TransactionId;
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::{Reason, Standing};

/// Days by which a correction moves a row that a mere reading of it shows.
const CORRECTED_DAYS: i64 = 2;
/// The same of one that a person edited.
const EDITED_DAYS: i64 = 1;
/// Most readings of readings that are followed.
const MOST_READINGS: usize = 8;

/// A pending reading of another pending transaction is that one under another name: two rows at
/// once are two transactions, and the row that bears the other name is nothing yet. Nor is one
/// transaction booked by two rows, where the bank gives names anew.
fn part_renamed(work: &mut Work<'_>) {
    let question = work.question;
    let pending = |place: usize| question.known[place].observed.state == RowState::Pending;
    let renamed = question.habits.reference_changed > 0 && work.trusts.reference == Trust::Unknown;
    // Names that had been believed when the reading was taken for one.
    let lapsed = work.trusts.reference == Trust::Broken
        && question.habits.reference_kept > question.habits.reference_changed;
    for row in 0..work.found.len() {
        let Some(Found::Known { place, .. }) = work.found[row] else { continue };
        let known = &question.known[place];
        let other = known.same_as.filter(|_| known.standing == Standing::Absorbed);
        let Some(other) = other.and_then(|id| work.place(id)) else { continue };
        let Some(by) = work.shown_by[other].filter(|by| *by != row) else { continue };
        let booked = |row: usize| question.rows[row].state == RowState::Booked;
        let twice = pending(place) && booked(row) && booked(by);
        let new_name = name(question.rows[row]) != name(&known.observed);
        // What a person joined unasked stays joined, whatever it is called.
        let joined = known.edited && known.may_be.is_empty();
        let renamed = !joined && (renamed || (lapsed && new_name));
        if twice || (pending(place) && pending(other)) || (renamed && booked(row) && booked(by)) {
            work.found[row] = None;
            work.shown_by[place] = None;
        }
    }
}

/// Rows that show a transaction that had been taken for gone, while an equal one that counts has no
/// row: either may be back, or still there.
pub(super) fn returned(work: &mut Work<'_>) {
    let question = work.question;
    let mut open: HashMap<Content, Vec<usize>> = HashMap::new();
    for place in work.open_known() {
        if matches!(question.known[place].standing, Standing::Counted | Standing::Doubted) {
            open.entry(Content::of(&question.known[place].observed)).or_default().push(place);
        }
    }
    for row in 0..work.found.len() {
        let Some(Found::Known { place, .. }) = work.found[row] else { continue };
        let known = &question.known[place];
        if known.standing != Standing::Withdrawn || known.edited {
            continue;
        }
        let observed = &question.rows[row];
        if let Some(of) = announced(work, place, row) {
            let reasons = vec![Reason::SameFields];
            let of = [of, known.transaction_id].into_iter().map(|id| Likely {
                of: Of::Known(id),
                score: ECHO,
                reasons: reasons.clone(),
            });
            work.shown_by[place] = None;
            work.found[row] = Some(Found::Doubtful(of.collect()));
            continue;
        }
        let Some(places) = open.get(&question.said[row]) else { continue };
        let equal = places.iter().copied();
        let equal = equal.filter(|other| question.known[*other].observed.state == observed.state);
        let equal: Vec<_> = equal.chain([place]).take(super::MOST_CANDIDATES).collect();
        if equal.len() > 1 {
            let reasons = || vec![Reason::SameFields, Reason::EqualButReference];
            let likely = equal.into_iter().map(|other| Likely {
                of: Of::Known(question.known[other].transaction_id),
                score: ECHO,
                reasons: reasons(),
            });
            work.shown_by[place] = None;
            work.found[row] = Some(Found::Doubtful(likely.collect()));
        }
    }
}

/// The equal booked transaction whose announcement a pending row may be that shows one which had been
/// taken for gone, where no name tells.
fn announced(work: &Work<'_>, gone: usize, row: usize) -> Option<TransactionId> {
    let question = work.question;
    let observed = &question.rows[row];
    let named = work.same_name(&question.known[gone].observed, observed);
    if observed.state != RowState::Pending || named == Some(true) || work.trusts.pending.make_way {
        return None;
    }
    let content = question.said[row];
    let equal = question.known.iter().enumerate().filter(|(place, known)| {
        let by = work.shown_by[*place].map(|row| question.rows[row].state);
        known.standing == Standing::Counted
            && by == Some(RowState::Booked)
            && Content::of(&known.observed) == content
    });
    equal.map(|(_, known)| known.transaction_id).next()
}

/// Whether a booked row that is nothing yet says the amount of a transaction nearer its day than the
/// row of another reading of it does: the bank has corrected the day.
fn nearer(work: &Work<'_>, known: &ObservedTransaction, row: usize) -> bool {
    let question = work.question;
    let away = |row: usize| {
        let day = question.rows[row].booking_date;
        day.signed_duration_since(known.booking_date).num_days().abs()
    };
    let most = away(row).min(CORRECTED_DAYS + 1);
    let mut others = work.open_known().map(|place| &question.known[place]).filter(|other| {
        other.standing == Standing::Counted
            && other.observed.state == RowState::Booked
            && other.observed.amount == known.amount
            && (other.observed.booking_date - known.booking_date).num_days().abs() <= most
    });
    // The first is the transaction itself; beside another, the row may be that one's.
    if others.nth(1).is_some() {
        return false;
    }
    question.rows.iter().enumerate().any(|(other, observed)| {
        work.found[other].is_none()
            && observed.state == RowState::Booked
            && observed.amount == known.amount
            && away(other) < most
    })
}

/// Rows that show another reading of a transaction show that transaction, if nothing else does, or
/// book it.
pub(super) fn readings(work: &mut Work<'_>) {
    let question = work.question;
    part_renamed(work);
    for row in 0..work.found.len() {
        if !work.is_reading(row) {
            continue;
        }
        let Some(Found::Known { place: mut at, score, reasons }) = work.found[row].clone() else {
            continue;
        };
        // What had been in doubt came after it, so that it is what the bank made of it.
        let corrects = !question.known[at].may_be.is_empty();
        for _ in 0..MOST_READINGS {
            let other = question.known[at].same_as.and_then(|id| work.place(id));
            let Some(other) = other else { break };
            at = other;
        }
        let known = &question.known[at];
        if known.standing == Standing::Absorbed {
            continue;
        }
        let books = known.observed.state == RowState::Pending
            && question.rows[row].state == RowState::Booked;
        let shown = work.shown_by[at].map(|row| question.rows[row].state);
        let takes = match shown {
            // A transaction that the window does not reach is not what its reading says.
            None => {
                let days = question.rows[row].booking_date - known.observed.booking_date;
                // What a person wrote on or joined may be two purchases of two days.
                let equal = question.rows[row].amount == known.observed.amount;
                let most_days = if known.edited && equal { EDITED_DAYS } else { CORRECTED_DAYS };
                known.observed.state == RowState::Pending
                    || !nearer(work, &known.observed, row)
                        && (corrects || days.num_days().abs() <= most_days || gone(question, known))
            }
            Some(state) => books && state == RowState::Pending,
        };
        // A booked transaction does not become what an old announcement of it says.
        let old = known.observed.state == RowState::Booked
            && question.rows[row].state == RowState::Pending;
        if takes && !old {
            work.join(at, row, score, reasons);
        }
    }
}
