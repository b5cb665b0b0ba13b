//! Pending transactions that are booked with nothing else changed, counted: of equal rows any is as
//! good as the other, so what matters is how many are gone and how many came.

use std::collections::HashSet;

use super::CERTAIN;
use super::absence::gone;
use super::against::note_at_risk;
use super::assign::SAME_WORDS;
use super::exact::{booked_known_is_open, join_booked};
use super::key::{Content, identifier, reference};
use super::score::{Reading, weigh};
use super::settle::BOOKED_WITHIN_DAYS;
use super::trust::{Group, Trust};
use super::work::{Found, Work};
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::{Reason, Standing};

/// What was pending is shown booked with nothing else changed.
pub(super) fn booked_of_pending(work: &mut Work<'_>, group: &Group) {
    // A row that bears the reference of another pending one is that one's, and still shown beside.
    let question = work.question;
    let believed = work.trusts.reference != Trust::Broken;
    let names = group.known.iter().map(|place| &question.known[*place].observed);
    let names: HashSet<_> = names
        .filter(|row| believed && row.state == RowState::Pending)
        .filter_map(reference)
        .collect();
    let keep_name = work.trusts.pending.keep_name;
    let free = |row: &ObservedTransaction| {
        let name = reference(row).or_else(|| identifier(row));
        match (row.state, name) {
            // Where names last, another name is another transaction.
            (_, Some(_)) if keep_name => false,
            (RowState::Booked, Some(name)) => !names.contains(name),
            _ => true,
        }
    };
    let stays = group.rows.iter().any(|row| question.rows[*row].state == RowState::Pending);
    let pending = group.known.iter().map(|place| &question.known[*place].observed);
    let mut pending = pending.filter(|row| row.state == RowState::Pending);
    let moved = work.trusts.pending.move_day
        && pending.clone().all(|row| row.payment_date.is_none())
        && pending.next().is_some_and(|row| work.usual.besides(row, row, false));
    if moved {
        return;
    }
    let booked = group.rows.iter().copied().filter(|row| {
        let observed = &question.rows[*row];
        observed.state == RowState::Booked && work.found[*row].is_none() && free(observed)
    });
    let booked: Vec<_> = booked.collect();
    let note_at_risk = booked.first().is_some_and(|row| note_at_risk(work, question.rows[*row]));
    // One of them may be another that is booked by its name, shown twice.
    let named = |row: &usize| match &work.found[*row] {
        Some(Found::Known { place, .. }) => {
            work.books_by_name(&question.known[*place].observed, question.rows[*row])
        }
        _ => false,
    };
    let echoes = group.rows.iter().any(named);
    if more_rows_paid(work, &booked) || note_at_risk || echoes {
        return;
    }
    if (booked.len() > 1 && work.echoes) || (stays && work.trusts.pending.stay) {
        // One of them may be another shown twice, or be what became of one that is still shown; but
        // one that is gone is booked, and of equal rows any is as good as the other.
        let steady = work.trusts.pending.steady || !stays;
        return if steady {
            book_gone(work, group, booked)
        };
    }
    let waited_for = |place: &usize| work.may_be_booked[*place] || work.spoken_for[*place];
    if group.known.iter().any(waited_for) {
        return book_gone(work, group, booked);
    }
    if perhaps_waiting(work, group, &booked) {
        return;
    }
    let first = group.known.first().map(|place| &question.known[*place].observed);
    if first.is_some_and(|first| short_of_rows(work, first) || is_near_another(work, first)) {
        return;
    }
    join_booked(work, group, |row| free(row).then_some(()), Some(Reason::Booked));
}

/// Whether rows of other days say the same day of payment, where pending rows are booked on other
/// days: any of them may be what was pending, and those of one day may be one shown twice.
fn more_rows_paid(work: &Work<'_>, booked: &[usize]) -> bool {
    let question = work.question;
    let Some(first) = booked.first() else { return false };
    let first = &question.rows[*first];
    let fits = |row: &usize| {
        let other = &question.rows[*row];
        work.found[*row].is_none()
            && other.booking_date != first.booking_date
            && other.payment_date.is_some()
            && other.payment_date == first.payment_date
    };
    work.trusts.pending.move_day
        && work.usual.booked_within(first, BOOKED_WITHIN_DAYS).any(|row| fits(&row))
}

/// Whether a pending transaction may be there still, out of the window's sight, and a booked row
/// bears another name than it.
fn perhaps_waiting(work: &Work<'_>, group: &Group, booked: &[usize]) -> bool {
    let question = work.question;
    group.known.iter().filter(|place| work.shown_by[**place].is_none()).any(|place| {
        let known = &question.known[*place];
        known.observed.state == RowState::Pending
            && known.standing == Standing::Counted
            && !gone(question, known)
            && booked.iter().any(|row| {
                let row = &question.rows[*row];
                let named = work.same_name(&known.observed, row);
                named == Some(false) && work.trusts.pending.mostly_keep_name
            })
    })
}

/// Whether more pending transactions of a day and an amount are gone, not all worded alike, than
/// booked rows came: some have no row, and which of them is not certain.
pub(super) fn short_of_rows(work: &Work<'_>, one: &ObservedTransaction) -> bool {
    let question = work.question;
    let gone_now = work.usual.pending_on(one).iter().map(|place| (*place, &question.known[*place]));
    let gone_now = gone_now.filter(|(place, known)| {
        work.shown_by[*place].is_none()
            && known.standing == Standing::Counted
            && gone(question, known)
    });
    let gone_now: Vec<_> = gone_now.map(|(_, known)| Content::of(&known.observed)).collect();
    if gone_now.windows(2).all(|pair| pair[0] == pair[1]) {
        return false;
    }
    let most_days = if work.trusts.pending.steady { 0 } else { BOOKED_WITHIN_DAYS };
    let came = work.usual.booked_within(one, most_days);
    let came = came.filter(|row| work.is_open(*row));
    came.count() < gone_now.len()
}

/// Most by which a correction changes an amount, in parts of a thousand.
const CORRECTED: u32 = 100;

/// Whether a booked row of the same day that nothing explains says nearly what equal pending
/// transactions said: it may be one of them, corrected, and one of the equal rows another.
pub(super) fn is_near_another(work: &Work<'_>, pending: &ObservedTransaction) -> bool {
    let question = work.question;
    let said = Reading::of(pending);
    question.rows.iter().zip(&work.found).any(|(row, found)| {
        found.is_none()
            && row.state == RowState::Booked
            && row.booking_date == pending.booking_date
            && row.amount != pending.amount
            && work.usual.pending_on(row).is_empty()
            && {
                let weighed = weigh(&said, &Reading::of(row));
                weighed.same_direction && weighed.drift <= CORRECTED && weighed.alike >= SAME_WORDS
            }
    })
}

/// Counts: where pending rows do not go otherwise, each one that is gone from a whole window is one
/// of its booked rows.
fn book_gone(work: &mut Work<'_>, group: &Group, booked: Vec<usize>) {
    if work.trusts.pending.vanish || booked_known_is_open(work, group) {
        return;
    }
    let question = work.question;
    let gone_now = |place: &usize| {
        let known = &question.known[*place];
        work.shown_by[*place].is_none()
            && known.standing == Standing::Counted
            && known.observed.state == RowState::Pending
            && !work.spoken_for[*place]
            && !work.may_be_booked[*place]
            && gone(question, known)
    };
    let mut open: Vec<_> = group.known.iter().copied().filter(gone_now).collect();
    // A row that shows another reading of one of them books that one.
    let readings = group.rows.iter().filter_map(|row| match &work.found[*row] {
        Some(Found::Known { place, .. }) if question.rows[*row].state == RowState::Booked => {
            question.known[*place].same_as.and_then(|of| work.place(of))
        }
        _ => None,
    });
    let read: HashSet<_> = readings.collect();
    open.retain(|place| !read.contains(place));
    // Under a name that was given anew one of them may be pending still.
    let renamed = group.rows.iter().filter(|row| {
        question.rows[**row].state == RowState::Pending && work.found[**row].is_none()
    });
    if work.trusts.pending.change_name {
        open.truncate(open.len().saturating_sub(renamed.count()));
    }
    for row in booked {
        let paid = question.rows[row].payment_date;
        let fits = |place: &usize| {
            let then = question.known[*place].observed.payment_date;
            then.zip(paid).is_none_or(|(one, other)| one == other)
        };
        if let Some(at) = open.iter().position(fits) {
            let reasons = vec![Reason::SameFields, Reason::PendingGone, Reason::Booked];
            work.join(open.remove(at), row, CERTAIN, reasons);
        }
    }
}
