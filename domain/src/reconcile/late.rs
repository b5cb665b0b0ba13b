//! Announcements that come after, or stay beside, what was booked of them.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::assign::doubt;
use super::graph::{classes, edges};
use super::key::{Content, identifier, match_key, other_identifier, recorded_as, reference};
use super::matching::best;
use super::names::announces;
use super::settle::{is_announcement_of, stands_beside};
use super::trust::Trust;
use super::work::{Found, Work};
use super::{CERTAIN, Likely, Of};
use crate::observed::RowState;
use crate::transaction::{Reason, Standing};

/// How likely an announcement is that of an equal booked transaction that is not shown.
const UNSHOWN: u32 = 700;

/// Pending rows that are new against the booked rows of the window: the same, the other way round.
pub(super) fn announced_late(work: &mut Work<'_>) {
    let question = work.question;
    let open = work.open_rows().into_iter().chain(work.doubted_rows());
    let open: Vec<_> = open.filter(|row| question.rows[*row].state == RowState::Pending).collect();
    if open.is_empty() {
        return;
    }
    let open = of_one_name(work, open);
    let open = of_former_name(work, open);
    let open = former_selves(work, open);
    let open = of_unshown(work, open);
    let rows = (0..question.rows.len()).filter(|row| {
        let counts = match &work.found[*row] {
            Some(Found::Known { place, .. }) => match question.known[*place].standing {
                Standing::Counted => true,
                Standing::Doubted => true,
                Standing::Withdrawn | Standing::Absorbed => false,
            },
            Some(Found::Doubtful(_)) => true,
            Some(Found::Again(_)) => false,
            None => true,
        };
        question.rows[*row].state == RowState::Booked && counts
    });
    let pending = classes(open, |row| question.rows[row]);
    let booked = classes(rows.collect(), |row| question.rows[row]);
    let mut edges = edges(&pending, &booked);
    edges.retain(|edge| {
        let (row, other) = (pending[edge.known].members[0], booked[edge.row].members[0]);
        let usual = work.usual.besides(question.rows[row], question.rows[other], false);
        // Where they make way, of what is usual another one was bought.
        let (row, other) = (&question.rows[row], &question.rows[other]);
        !(usual && work.trusts.pending.make_way) && stands_beside(work, row, other, &edge.weighed)
    });
    // Of two that one of can be, both are held.
    let scores: Vec<_> = edges.iter().map(|edge| edge.weighed.score).collect();
    let joined = best(&pending, &booked, &edges, &scores);
    let mut order: Vec<_> = (0..edges.len()).collect();
    order.sort_by_key(|at| (joined[*at] == 0, Reverse(scores[*at])));
    for at in order {
        let edge = &edges[at];
        let other = booked[edge.row].members[0];
        let of = match &work.found[other] {
            Some(Found::Known { place, .. }) => Of::Known(question.known[*place].transaction_id),
            _ => Of::Row(other),
        };
        for row in &pending[edge.known].members {
            if matches!(work.found[*row], Some(Found::Doubtful(_))) {
                continue;
            }
            let likely = Likely { of, score: edge.weighed.score, reasons: edge.weighed.reasons() };
            doubt(work, *row, vec![likely]);
        }
    }
}

/// Joins announcements that bear the name of a booked row; tells what is left.
fn of_one_name(work: &mut Work<'_>, open: Vec<usize>) -> Vec<usize> {
    let question = work.question;
    let names = |row| [(0, reference(row)), (1, identifier(row))];
    let names = |row| names(row).into_iter().filter_map(|(kind, name)| Some((kind, name?)));
    let mut booked: HashMap<(u8, &str), Vec<usize>> = HashMap::new();
    for (place, row) in question.rows.iter().enumerate() {
        for name in names(row).filter(|_| row.state == RowState::Booked) {
            booked.entry(name).or_default().push(place);
        }
    }
    let mut left = Vec::with_capacity(open.len());
    for row in open {
        let observed = &question.rows[row];
        // Two rows of one answer that share a name are one transaction, however little the name
        // lasts; one that several booked rows bear names none of them.
        let bearer = names(observed).filter_map(|name| booked.get(&name)).find_map(|bearers| {
            let [bearer] = bearers.as_slice() else { return None };
            let equal = announces(observed, question.rows[*bearer]);
            equal.then_some(*bearer)
        });
        let Some(bearer) = bearer else {
            left.push(row);
            continue;
        };
        match &work.found[bearer] {
            _ if work.found[row].is_some() => left.push(row),
            None => work.found[row] = Some(Found::Again(bearer)),
            Some(Found::Known { place, .. }) => {
                let (place, reasons) = (*place, vec![Reason::SameReference, Reason::SameFields]);
                work.found[row] = Some(Found::Known { place, score: CERTAIN, reasons });
            }
            Some(_) => left.push(row),
        }
    }
    left
}

/// Joins announcements that say what a transaction said before this window books it, under the
/// bank's identifier of it; a reference may be a place in a list. Tells what is left.
fn of_former_name(work: &mut Work<'_>, open: Vec<usize>) -> Vec<usize> {
    let question = work.question;
    let mut former: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, known) in question.known.iter().enumerate() {
        let by = work.shown_by[place].map(|row| question.rows[row].state);
        let books = by == Some(RowState::Booked) && known.observed.state == RowState::Pending;
        if let Some(name) = identifier(&known.observed).filter(|_| books) {
            former.entry(name).or_default().push(place);
        }
    }
    let mut left = Vec::with_capacity(open.len());
    for row in open {
        let observed = &question.rows[row];
        let places = identifier(observed).and_then(|name| former.get(name));
        let place = places.and_then(|places| match places.as_slice() {
            [place] => Some(*place),
            _ => None,
        });
        let place = place.filter(|place| {
            let before = &question.known[*place].observed;
            work.found[row].is_none() && Content::of(before) == question.said[row]
        });
        let Some(place) = place else {
            left.push(row);
            continue;
        };
        let reasons = vec![Reason::SameIdentifier, Reason::SameFields];
        work.found[row] = Some(Found::Known { place, score: CERTAIN, reasons });
    }
    left
}

/// Holds announcements that say what a booked transaction says which this window does not show: its
/// row may be on a page that could not be read. Tells what is left.
fn of_unshown(work: &mut Work<'_>, open: Vec<usize>) -> Vec<usize> {
    let question = work.question;
    let mut unshown: HashMap<Content, Vec<usize>> = HashMap::new();
    // Or what it was announced as, which may have been another day.
    let mut announced: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for place in work.open_known() {
        let known = &question.known[place];
        if known.standing == Standing::Counted && known.observed.state == RowState::Booked {
            unshown.entry(Content::of(&known.observed)).or_default().push(place);
            if let Some(as_recorded) = recorded_as(&known.match_key) {
                announced.entry(as_recorded).or_default().push(place);
            }
        }
    }
    let mut left = Vec::with_capacity(open.len());
    for row in open {
        let key = match_key(question.rows[row]);
        let former = || recorded_as(&key).and_then(|said| announced.get(&said));
        let places = unshown.get(&question.said[row]).or_else(former);
        let Some(places) = places.filter(|_| work.found[row].is_none()) else {
            left.push(row);
            continue;
        };
        let likely = places.iter().take(super::MOST_CANDIDATES).map(|place| Likely {
            of: Of::Known(question.known[*place].transaction_id),
            score: UNSHOWN,
            reasons: vec![Reason::SameFields],
        });
        let likely = likely.collect();
        doubt(work, row, likely);
    }
    left
}

/// Joins announcements of what is booked already, shown as they were recorded; tells what is left.
fn former_selves(work: &mut Work<'_>, open: Vec<usize>) -> Vec<usize> {
    let question = work.question;
    // Under names of one call, day and amount are what is left of what was recorded.
    let nameless = work.trusts.reference == Trust::Broken;
    let recorded = |key: &str| match recorded_as(key).filter(|_| nameless) {
        Some((day, amount)) => format!("{day} {amount}"),
        None => key.to_owned(),
    };
    let named = |row: &usize| work.found[*row].is_none();
    let key = |row: usize| recorded(&match_key(question.rows[row]));
    let wanted: HashSet<_> = open.iter().filter(|row| named(row)).map(|row| key(*row)).collect();
    let mut former: HashMap<String, Vec<usize>> = HashMap::new();
    let known = question.known.iter().enumerate();
    let known = known.filter(|(place, _)| !wanted.is_empty() && !work.is_hidden(*place));
    for (place, known) in known {
        let booked = known.observed.state == RowState::Booked
            || work.shown_by[place].is_some_and(|row| question.rows[row].state == RowState::Booked);
        if booked {
            let key = recorded(&known.match_key);
            if wanted.contains(&key) {
                former.entry(key).or_default().push(place);
            }
        }
    }
    let mut left = Vec::with_capacity(open.len());
    for row in open {
        let observed = &question.rows[row];
        let key = key(row);
        let told_apart = reference(observed).is_some() && work.trusts.reference != Trust::Broken;
        let fits = |place: &usize| {
            let known = &question.known[*place];
            (told_apart && !other_identifier(&known.observed, observed))
                || is_announcement_of(work, known, row)
        };
        let place = former.get_mut(key.as_str()).filter(|_| work.found[row].is_none());
        let place = place.and_then(|places| {
            let at = places.iter().rposition(fits)?;
            Some(places.remove(at))
        });
        match place {
            // Where announcements make way, what is shown again was not what was booked.
            Some(place) if !work.trusts.pending.stay && was_booked(work, place) => {
                let of = Of::Known(question.known[place].transaction_id);
                let reasons = vec![Reason::SameFields];
                doubt(work, row, vec![Likely { of, score: UNSHOWN, reasons }]);
            }
            Some(place) => {
                let reason = if told_apart { Reason::SameReference } else { Reason::SameFields };
                work.shown_by[place].get_or_insert(row);
                work.found[row] =
                    Some(Found::Known { place, score: CERTAIN, reasons: vec![reason] });
            }
            None => left.push(row),
        }
    }
    left
}

/// Whether an earlier window booked a transaction, and a row shows it booked now.
fn was_booked(work: &Work<'_>, place: usize) -> bool {
    let booked = |row: usize| work.question.rows[row].state == RowState::Booked;
    work.question.known[place].observed.state == RowState::Booked
        && work.shown_by[place].is_some_and(booked)
}
