//! The certain stages: rows that say the same as known ones, and rows under identifiers that have
//! proved their worth.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::absence::gone;
use super::key::{Content, identifier, reference};
use super::score::{Reading, Weighed, weigh};
use super::trust::{Group, Trust};
use super::work::{Found, Work};
use super::{CERTAIN, Likely, Of};
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::{IdentifierHabits, Reason, Standing};

/// A row so many days away under the same identifier is another one, if it is not like it besides.
const REUSED_AFTER_DAYS: i64 = 45;
/// How alike a row must be to a known one of the same identifier, if that has not proved itself.
const ALIKE_ENOUGH: u32 = 600;
/// How alike its words must be, if the amount is another, even under a proven identifier.
const SAME_WORDS: u32 = 700;
/// Or so alike, if the amount is nearly the same.
const SAME_NAME: u32 = 400;
/// How little the amount may differ then, in parts of a thousand.
const CORRECTED: u32 = 100;
/// How sure a believed identifier makes at the least.
const NAMED: u32 = 900;
/// How likely a row is one that is gone, where names have never changed.
const RENAMED: u32 = 600;
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
    let pending = |row: &'a ObservedTransaction| {
        Some(row).filter(|row| row.state == RowState::Pending).and_then(&key)
    };
    let booked = |row: &'a ObservedTransaction| {
        Some(row).filter(|row| row.state == RowState::Booked).and_then(&key)
    };
    join_paid(work, group, &pending, &booked, reason);
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
        let free = places.iter().rposition(|place| !(books && work.spoken_for[*place]));
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

fn settled(work: &Work<'_>, group: &Group) -> bool {
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
    if moved || (booked > 1 && work.echoes) || (stays && work.trusts.pending.stay) {
        // One of them may be another shown twice, or be what became of one that is still shown.
        return;
    }
    join_booked(work, group, |row| free(row).then_some(()), Some(Reason::Booked));
}

/// Booked rows under the name of a known pending transaction, whether that is still shown or not.
pub(super) fn booked_under_name(work: &mut Work<'_>) {
    let question = work.question;
    if work.trusts.reference != Trust::Broken {
        by_pending_name(work, |row| reference(row), &Reason::SameReference);
    }
    if work.trusts.identifier != Trust::Broken {
        let unnamed = |row: &ObservedTransaction| reference(row).is_none();
        if question.rows.iter().all(unnamed) {
            by_pending_name(work, |row| identifier(row), &Reason::SameIdentifier);
        }
    }
}

fn by_pending_name<'a>(
    work: &mut Work<'a>,
    of: impl Fn(&'a ObservedTransaction) -> Option<&'a str>,
    reason: &Reason,
) {
    let question = work.question;
    let mut rows: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, row) in question.rows.iter().enumerate() {
        if row.state == RowState::Booked
            && let Some(name) = of(row)
        {
            rows.entry(name).or_default().push(place);
        }
    }
    for (place, known) in question.known.iter().enumerate() {
        let pending = known.observed.state == RowState::Pending;
        let shown = work.shown_by[place].map(|row| question.rows[row].state);
        let booked = shown == Some(RowState::Booked);
        if !pending || booked || known.standing == Standing::Absorbed {
            continue;
        }
        // A name that several rows bear names none of them.
        let Some([row]) = of(&known.observed).and_then(|name| rows.get(name)).map(Vec::as_slice)
        else {
            continue;
        };
        if work.found[*row].is_some() {
            continue;
        }
        let (before, now) = (Reading::of(&known.observed), Reading::of(&question.rows[*row]));
        let weighed = weigh(&before, &now);
        let fits = match work.trusts.reference {
            Trust::Proven => plausible(&weighed, Trust::Proven),
            _ => weighed.exact && weighed.days == 0 && weighed.alike >= SAME_NAME,
        };
        if fits && !weighed.other_purchase_day {
            let mut reasons = vec![reason.clone()];
            reasons.extend(weighed.reasons());
            reasons.push(Reason::Booked);
            work.join(place, *row, weighed.score.clamp(NAMED, CERTAIN), reasons);
        }
    }
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
            None => known.observed.state == RowState::Pending || !books,
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

/// The same reference or identifier with other content, where it is believed and fits.
pub(super) fn same_identifier(work: &mut Work<'_>, habits: &mut IdentifierHabits) {
    let (by_reference, by_identifier) = (work.trusts.reference, work.trusts.identifier);
    habits.reference_reused += by_name(work, reference, by_reference, &Reason::SameReference);
    habits.identifier_reused += by_name(work, identifier, by_identifier, &Reason::SameIdentifier);
}

fn by_name<'a>(
    work: &mut Work<'a>,
    of: impl Fn(&'a ObservedTransaction) -> Option<&'a str>,
    trust: Trust,
    reason: &Reason,
) -> u64 {
    if trust == Trust::Broken {
        return 0;
    }
    let question = work.question;
    let mut named: HashMap<&str, (Vec<usize>, Vec<usize>)> = HashMap::new();
    for row in work.open_rows() {
        if let Some(name) = of(&question.rows[row]) {
            named.entry(name).or_default().1.push(row);
        }
    }
    if named.is_empty() {
        return 0;
    }
    for place in work.open_known() {
        if let Some(name) = of(&question.known[place].observed)
            && let Some((known, _)) = named.get_mut(name)
        {
            known.push(place);
        }
    }
    let mut reused = 0;
    for (known, rows) in named.into_values() {
        // A name that several open rows bear names none of them.
        let ([place], [row]) = (known.as_slice(), rows.as_slice()) else { continue };
        let (before, now) = (question.known[*place].observed.state, question.rows[*row].state);
        if (before, now) == (RowState::Booked, RowState::Pending) {
            continue;
        }
        let known = Reading::of(&question.known[*place].observed);
        let weighed = weigh(&known, &Reading::of(&question.rows[*row]));
        if plausible(&weighed, trust) {
            let mut reasons = vec![reason.clone()];
            reasons.extend(weighed.reasons());
            work.join(*place, *row, weighed.score.clamp(NAMED, CERTAIN), reasons);
        } else if weighed.days.abs() > REUSED_AFTER_DAYS {
            reused += 1;
        }
    }
    reused
}

fn plausible(weighed: &Weighed, trust: Trust) -> bool {
    let near = weighed.days.abs() <= REUSED_AFTER_DAYS;
    match trust {
        Trust::Proven => {
            // A place in a list looks like a lasting name for a while, and names whatever is there.
            let alike = weighed.alike >= SAME_WORDS
                || (weighed.alike >= SAME_NAME && weighed.drift <= CORRECTED);
            let like = weighed.exact || alike;
            near && weighed.same_direction && like
        }
        Trust::Unknown => near && weighed.score >= ALIKE_ENOUGH,
        Trust::Broken => false,
    }
}

/// The same content under another reference, where one of the two references has gone over to
/// other content: rows were numbered anew, if only some of them.
pub(super) fn renumbered(work: &mut Work<'_>) {
    let question = work.question;
    let mut bearers: HashMap<&str, (Option<Content>, Option<Content>)> = HashMap::new();
    for row in question.rows {
        if let Some(name) = reference(row) {
            bearers.entry(name).or_default().0 = Some(Content::of(row));
        }
    }
    for known in question.known {
        if let Some(bearer) = reference(&known.observed).and_then(|name| bearers.get_mut(name)) {
            bearer.1 = Some(Content::of(&known.observed));
        }
    }
    let gone_over = |row: &ObservedTransaction| {
        let bearer = reference(row).and_then(|name| bearers.get(name));
        bearer.is_some_and(|(shown, known)| {
            let near = |one: &Content, other: &Content| {
                let days = one.day.signed_duration_since(other.day).num_days();
                days.abs() <= REUSED_AFTER_DAYS
            };
            shown.zip(*known).is_some_and(|(one, other)| one != other && near(&one, &other))
        })
    };
    let groups = work.take_groups();
    for group in groups.iter().filter(|group| !group.known.is_empty() && !group.rows.is_empty()) {
        if settled(work, group) {
            continue;
        }
        let mut open: Vec<_> = group.known.iter().copied().rev().collect();
        open.retain(|place| work.shown_by[*place].is_none());
        for row in &group.rows {
            let fits = |place: &usize| {
                let known = &question.known[*place].observed;
                known.state == question.rows[*row].state
                    && !other_payment(known, &question.rows[*row])
                    && (gone_over(known) || gone_over(&question.rows[*row]))
            };
            if work.found[*row].is_none()
                && open.last().is_some_and(fits)
                && let Some(place) = open.pop()
            {
                let reasons = vec![Reason::SameFields, Reason::IdentifiersNotTrusted];
                work.join(place, *row, NAMED, reasons);
            }
        }
    }
    work.give_groups(groups);
}

/// Whether both name the day of payment, and not the same one.
fn other_payment(one: &ObservedTransaction, other: &ObservedTransaction) -> bool {
    one.payment_date.zip(other.payment_date).is_some_and(|(one, other)| one != other)
}

/// The same content under another reference, where the known row is gone from a window that would
/// have shown it: the reference changed, against the bank's habit.
pub(super) fn changed_identifier(work: &mut Work<'_>) {
    let groups = work.take_groups();
    for group in groups.iter().filter(|group| !group.known.is_empty() && !group.rows.is_empty()) {
        if settled(work, group) {
            continue;
        }
        let question = work.question;
        let open = group.known.iter().copied().filter(|place| {
            work.shown_by[*place].is_none() && gone(question, &question.known[*place])
        });
        let mut open: Vec<_> = open.collect();
        open.reverse();
        for row in &group.rows {
            let fits = |place: &usize| {
                let (one, other) = (&question.known[*place].observed, &question.rows[*row]);
                one.state == other.state && !other_payment(one, other)
            };
            if work.found[*row].is_none()
                && let Some(at) = open.iter().rposition(fits)
            {
                let place = open.remove(at);
                let reasons = vec![Reason::SameFields, Reason::OnlyCandidate];
                if work.trusts.of_name(&question.rows[*row]) == Some(Trust::Proven) {
                    // Names that never change: rather another one of the same.
                    let of = Of::Known(question.known[place].transaction_id);
                    let reasons = vec![Reason::SameFields, Reason::EqualButReference];
                    let likely = Likely { of, score: RENAMED, reasons };
                    work.found[*row] = Some(Found::Doubtful(vec![likely]));
                } else {
                    work.join(place, *row, NAMED, reasons);
                }
            }
        }
    }
    work.give_groups(groups);
}
