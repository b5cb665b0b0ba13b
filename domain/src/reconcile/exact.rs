//! The certain stages: rows that say the same as known ones.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::CERTAIN;
use super::against::note_at_risk;
use super::counted::booked_of_pending;
use super::key::{identifier, reference};
use super::late_names::is_amended;
use super::order::Asked;
use super::renamed::other_payment;
use super::trust::{Group, Trust};
use super::work::Work;
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::{Reason, Standing};

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
    let says = group.rows.iter().any(|row| said(work.question.rows[*row]));
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
pub(super) fn join_booked<'a, K: Hash + Eq>(
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
pub(super) fn booked_known_is_open(work: &Work<'_>, group: &Group) -> bool {
    group.known.iter().any(|place| {
        let known = &work.question.known[*place];
        work.shown_by[*place].is_none()
            && known.standing == Standing::Counted
            && known.observed.state == RowState::Booked
            && !is_amended(work, known)
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
        let Some(places) = of_row(question.rows[*row]).and_then(|key| open.get_mut(&key)) else {
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
    let proven = work.trusts.identifier == Trust::Proven;
    let waiting = still_pending(work.question);
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
        let same_too = || Some(Reason::SameIdentifier);
        if proven {
            // An identifier names one transaction; a reference may be a place in a list.
            join_by(work, group, |row| identifier(row).map(|text| (row.state, text)), same_too());
            join_booked(work, group, identifier, same_too());
        }
        join_by(work, group, |row| reference(row).map(|text| (row.state, text)), same());
        let known_by = |row: &ObservedTransaction| changes || reference(row).is_none();
        keep_pending(work, group);
        join_by(
            work,
            group,
            |row| identifier(row).filter(|_| known_by(row)).map(|text| (row.state, text)),
            same_too(),
        );
        // A reference that is worth nothing does not tell what a booked row was.
        if !changes && !places_in_a_list(work, group) {
            let called = |row| reference(row).map(|name| (name, shown_pending(&waiting, row)));
            join_booked(work, group, called, same());
        }
        join_booked(work, group, |row| identifier(row).filter(|_| known_by(row)), same_too());
    }
    work.give_groups(groups);
}

/// Where pending rows change their names now and then, one that says what a known one said is that
/// one still, before any booked row is.
fn keep_pending(work: &mut Work<'_>, group: &Group) {
    if work.trusts.pending.change_name && !work.trusts.pending.stay {
        // What a person wrote is not put at risk.
        let edited = group.known.iter().any(|place| {
            let known = &work.question.known[*place];
            known.edited && known.observed.state == RowState::Pending
        });
        if edited && work.trusts.reference == Trust::Proven {
            return;
        }
        let pending = |row: &ObservedTransaction| {
            (row.state == RowState::Pending).then_some(RowState::Pending)
        };
        join_by(work, group, pending, None);
    }
}

/// Whether references may be places in a list, and a person wrote on one of several equal pending
/// transactions of a group: which of its booked rows is whose is not told by them.
fn places_in_a_list(work: &Work<'_>, group: &Group) -> bool {
    let of_group = group.rows.first().map(|row| &work.question.rows[*row]);
    work.trusts.reference != Trust::Proven && of_group.is_some_and(|row| note_at_risk(work, row))
}

/// Identifiers under which this window shows pending rows.
pub(super) fn still_pending<'a>(question: &Asked<'a>) -> HashSet<&'a str> {
    let rows = question.rows.iter().copied();
    let pending = rows.filter(|row| row.state == RowState::Pending);
    pending.filter_map(identifier).collect()
}

/// The identifier of a row, if a pending row of this window bears it: a booked row that shares
/// nothing but a place in a list with that one is another.
pub(super) fn shown_pending<'a>(
    waiting: &HashSet<&'a str>,
    row: &'a ObservedTransaction,
) -> Option<&'a str> {
    identifier(row).filter(|name| waiting.contains(name))
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
        let edited = group.known.iter().any(|place| {
            let known = &work.question.known[*place];
            known.edited
                && known.observed.state == RowState::Pending
                && work.shown_by[*place].is_none()
        });
        let counted = |row: &ObservedTransaction| {
            let counted = match (trusts.of_name(row), row.state) {
                (None | Some(Trust::Broken), _) => true,
                (Some(Trust::Unknown), RowState::Pending) => !edited,
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
            let paid_then = open
                .last()
                .is_none_or(|place| !other_payment(&question.known[*place].observed, observed));
            if fits
                && last_fits
                && paid_then
                && let Some(place) = open.pop()
            {
                work.join(place, *row, CERTAIN, vec![Reason::SameFields]);
            }
        }
    }
}
