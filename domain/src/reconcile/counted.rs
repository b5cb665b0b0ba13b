//! Pending transactions that are booked with nothing else changed, counted: of equal rows any is as
//! good as the other, so what matters is how many are gone and how many came.

use std::collections::HashSet;

use super::CERTAIN;
use super::absence::gone;
use super::exact::{booked_known_is_open, join_booked};
use super::key::{Content, identifier, reference};
use super::settle::BOOKED_WITHIN_DAYS;
use super::trust::{Group, Trust};
use super::work::Work;
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
    if (booked.len() > 1 && work.echoes) || (stays && work.trusts.pending.stay) {
        // One of them may be another shown twice, or be what became of one that is still shown; but
        // one that is gone is booked, and of equal rows any is as good as the other.
        let steady = work.trusts.pending.steady || !stays;
        return if steady {
            book_gone(work, group, booked)
        };
    }
    let first = group.known.first().map(|place| &question.known[*place].observed);
    if first.is_some_and(|first| short_of_rows(work, first)) {
        return;
    }
    join_booked(work, group, |row| free(row).then_some(()), Some(Reason::Booked));
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
    let came = came.filter(|row| work.found[*row].is_none() || work.doubted_of(*row).is_some());
    came.count() < gone_now.len()
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
