//! The certain stages: rows that say the same as known ones.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::CERTAIN;
use super::absence::gone;
use super::key::{identifier, reference};
use super::trust::{Group, Trust};
use super::work::{Found, Work};
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::{Reason, Standing};

/// Days by which a correction moves a row that a mere reading of it shows.
const CORRECTED_DAYS: i64 = 2;
/// Most readings of readings that are followed.
const MOST_READINGS: usize = 8;

/// Joins what is left of a group wherever both sides have the same key, in the group's order.
fn join_by<'a, K: Hash + Eq>(
    work: &mut Work<'a>,
    group: &Group,
    key: impl Fn(&'a ObservedTransaction) -> Option<K>,
    reason: Option<Reason>,
) {
    join_paid(work, group, &key, &key, reason);
}

/// Joins those paid on the same day, then those of which one side does not say when.
fn join_paid<'a, K: Hash + Eq>(
    work: &mut Work<'a>,
    group: &Group,
    of_known: &impl Fn(&'a ObservedTransaction) -> Option<K>,
    of_row: &impl Fn(&'a ObservedTransaction) -> Option<K>,
    reason: Option<Reason>,
) {
    let said = |row: &ObservedTransaction| row.payment_date.is_some();
    let says = group.rows.iter().any(|row| said(&work.question.rows[*row]));
    let said_before = group.known.iter().any(|place| said(&work.question.known[*place].observed));
    if !says && !said_before {
        return join_where(work, group, of_known, of_row, reason);
    }
    let known = |row: &'a ObservedTransaction| of_known(row).map(|key| (key, row.payment_date));
    let shown = |row: &'a ObservedTransaction| of_row(row).map(|key| (key, row.payment_date));
    join_where(work, group, &known, &shown, reason.clone());
    let silent = |row: &'a ObservedTransaction| !said(row);
    let known = |row: &'a ObservedTransaction| of_known(row).filter(|_| silent(row));
    join_where(work, group, &known, of_row, reason.clone());
    let shown = |row: &'a ObservedTransaction| of_row(row).filter(|_| silent(row));
    join_where(work, group, of_known, &shown, reason);
}

/// The same of pending transactions and booked rows; a booked one never becomes pending again.
fn join_booked<'a, K: Hash + Eq>(
    work: &mut Work<'a>,
    group: &Group,
    key: impl Fn(&'a ObservedTransaction) -> Option<K>,
    reason: Option<Reason>,
) {
    if booked_known_is_open(work, group) {
        // A row may be that one's, under another name.
        return;
    }
    let pending = |row: &'a ObservedTransaction| {
        Some(row).filter(|row| row.state == RowState::Pending).and_then(&key)
    };
    let booked = |row: &'a ObservedTransaction| {
        Some(row).filter(|row| row.state == RowState::Booked).and_then(&key)
    };
    join_paid(work, group, &pending, &booked, reason);
}

/// Whether a booked transaction of a group that counts has no row yet.
fn booked_known_is_open(work: &Work<'_>, group: &Group) -> bool {
    group.known.iter().any(|place| {
        let known = &work.question.known[*place];
        work.shown_by[*place].is_none()
            && known.standing == Standing::Counted
            && known.observed.state == RowState::Booked
    })
}

fn join_where<'a, K: Hash + Eq>(
    work: &mut Work<'a>,
    group: &Group,
    of_known: &impl Fn(&'a ObservedTransaction) -> Option<K>,
    of_row: &impl Fn(&'a ObservedTransaction) -> Option<K>,
    reason: Option<Reason>,
) {
    let question = work.question;
    let mut open: HashMap<K, Vec<usize>> = HashMap::new();
    // Backwards, so that the first is taken first.
    for place in group.known.iter().rev().filter(|place| work.shown_by[**place].is_none()) {
        if let Some(key) = of_known(&question.known[*place].observed) {
            open.entry(key).or_default().push(*place);
        }
    }
    if open.is_empty() {
        return;
    }
    let mut place_among = 0;
    for row in &group.rows {
        if work.found[*row].is_some() {
            continue;
        }
        let Some(places) = of_row(&question.rows[*row]).and_then(|key| open.get_mut(&key)) else {
            continue;
        };
        let books = question.rows[*row].state == RowState::Booked;
        // What another row in doubt may be is not silently given to this one.
        let taken = |place: usize| {
            let pending = question.known[place].observed.state == RowState::Pending;
            books && pending && (work.spoken_for[place] || work.may_be_booked[place])
        };
        let free = places.iter().rposition(|place| !taken(*place));
        let Some(place) = free.map(|at| places.remove(at)) else { continue };
        let mut reasons = vec![Reason::SameFields];
        reasons.extend(reason.clone());
        if reason.is_none() && group.rows.len() > 1 {
            reasons.push(Reason::CountedAmongEquals { place: place_among });
        }
        place_among += 1;
        work.join(place, *row, CERTAIN, reasons);
    }
}

/// The same content under the same reference or identifier.
pub(super) fn same_identifier_and_content(work: &mut Work<'_>) {
    let groups = work.take_groups();
    let changes = work.trusts.reference == Trust::Broken;
    for group in groups.iter().filter(|group| !group.known.is_empty() && !group.rows.is_empty()) {
        join_by(
            work,
            group,
            |row| Some((row.state, reference(row), identifier(row))),
            reference_reason(work, group),
        );
        if settled(work, group) {
            continue;
        }
        let same = || Some(Reason::SameReference);
        join_by(work, group, |row| reference(row).map(|text| (row.state, text)), same());
        let known_by = |row: &ObservedTransaction| changes || reference(row).is_none();
        let same_too = || Some(Reason::SameIdentifier);
        join_by(
            work,
            group,
            |row| identifier(row).filter(|_| known_by(row)).map(|text| (row.state, text)),
            same_too(),
        );
        // A reference that is worth nothing does not tell what a booked row was.
        if !changes {
            join_booked(work, group, reference, same());
        }
        join_booked(work, group, |row| identifier(row).filter(|_| known_by(row)), same_too());
    }
    work.give_groups(groups);
}

fn reference_reason(work: &Work<'_>, group: &Group) -> Option<Reason> {
    let first = group.rows.first().map(|row| &work.question.rows[*row])?;
    reference(first).map(|_| Reason::SameReference)
}

pub(super) fn settled(work: &Work<'_>, group: &Group) -> bool {
    group.rows.iter().all(|row| work.found[*row].is_some())
}

/// The same content, counted, where identifiers do not speak against it.
pub(super) fn same_content(work: &mut Work<'_>) {
    let groups = work.take_groups();
    let trusts = work.trusts;
    let believed = trusts.reference != Trust::Broken;
    for group in groups.iter().filter(|group| !group.known.is_empty() && !group.rows.is_empty()) {
        if settled(work, group) {
            continue;
        }
        // Until a name has proved itself, pending rows are counted whatever they are called.
        let counted = |row: &ObservedTransaction| {
            let counted = match (trusts.of_name(row), row.state) {
                (None | Some(Trust::Broken), _) => true,
                (Some(Trust::Unknown), RowState::Pending) => true,
                (Some(_), _) => false,
            };
            counted.then_some(row.state)
        };
        join_by(work, group, counted, None);
        if believed {
            unnamed(work, group);
        }
        booked_of_pending(work, group);
    }
    work.give_groups(groups);
}

/// Rows where one side bears no reference: it may come late, or be left out.
fn unnamed(work: &mut Work<'_>, group: &Group) {
    let question = work.question;
    let named_known = |place: &usize| reference(&question.known[*place].observed).is_some();
    for late in [true, false] {
        let open = group.known.iter().copied().filter(|place| work.shown_by[*place].is_none());
        let mut open: Vec<_> = open.filter(|place| named_known(place) != late).collect();
        open.reverse();
        for row in &group.rows {
            let observed = &question.rows[*row];
            let fits = work.found[*row].is_none()
                && reference(observed).is_some() == late
                && observed.state == RowState::Booked;
            let last_fits = open
                .last()
                .is_some_and(|place| question.known[*place].observed.state == RowState::Booked);
            if fits
                && last_fits
                && let Some(place) = open.pop()
            {
                work.join(place, *row, CERTAIN, vec![Reason::SameFields]);
            }
        }
    }
}

/// What was pending is shown booked with nothing else changed.
fn booked_of_pending(work: &mut Work<'_>, group: &Group) {
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
    let rows = group.rows.iter().map(|row| &question.rows[*row]);
    let booked = rows.filter(|row| row.state == RowState::Booked && free(row)).count();
    let stays = group.rows.iter().any(|row| question.rows[*row].state == RowState::Pending);
    let pending = group.known.iter().map(|place| &question.known[*place].observed);
    let mut pending = pending.filter(|row| row.state == RowState::Pending);
    let moved = work.trusts.pending.move_day
        && pending.clone().all(|row| row.payment_date.is_none())
        && pending.next().is_some_and(|row| work.usual.besides(row, row, false));
    // Where as many are gone as are booked, none of these need stand beside one that is shown.
    let gone = group.known.iter().filter(|place| {
        let known = &question.known[**place];
        work.shown_by[**place].is_none()
            && known.standing == Standing::Counted
            && known.observed.state == RowState::Pending
            && gone(question, known)
    });
    let explained = booked <= gone.count() && !work.trusts.pending.vanish;
    let beside = stays && work.trusts.pending.stay && !explained;
    if moved || (booked > 1 && work.echoes) || beside {
        // One of them may be another shown twice, or be what became of one that is still shown.
        return;
    }
    join_booked(work, group, |row| free(row).then_some(()), Some(Reason::Booked));
}

/// Rows that show another reading of a transaction show that transaction, if nothing else does, or
/// book it.
pub(super) fn readings(work: &mut Work<'_>) {
    let question = work.question;
    let places: HashMap<_, _> = (question.known.iter().enumerate())
        .map(|(place, row)| (row.transaction_id, place))
        .collect();
    for row in 0..work.found.len() {
        if !work.is_reading(row) {
            continue;
        }
        let Some(Found::Known { place: mut at, score, reasons }) = work.found[row].clone() else {
            continue;
        };
        for _ in 0..MOST_READINGS {
            let other = question.known[at].same_as.and_then(|id| places.get(&id));
            let Some(other) = other else { break };
            at = *other;
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
                known.observed.state == RowState::Pending
                    || days.num_days().abs() <= CORRECTED_DAYS
                    || gone(question, known)
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
