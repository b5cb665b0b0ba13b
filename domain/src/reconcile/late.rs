//! Announcements that come after, or stay beside, what was booked of them.

use std::collections::{HashMap, HashSet};

use super::assign::doubt;
use super::graph::{classes, edges};
use super::key::{match_key, reference, same_name};
use super::matching::best;
use super::settle::{is_announcement_of, stands_beside};
use super::trust::Trust;
use super::work::{Found, Work};
use super::{CERTAIN, Likely, Of};
use crate::observed::RowState;
use crate::transaction::{Reason, Standing};

/// Pending rows that are new against the booked rows of the window: the same, the other way round.
pub(super) fn announced_late(work: &mut Work<'_>) {
    let question = work.question;
    let open = work.open_rows().into_iter().chain(work.doubted_rows());
    let open: Vec<_> = open.filter(|row| question.rows[*row].state == RowState::Pending).collect();
    if open.is_empty() {
        return;
    }
    let open = former_selves(work, open);
    let rows = (0..question.rows.len()).filter(|row| {
        let counts = match &work.found[*row] {
            Some(Found::Known { place, .. }) => {
                question.known[*place].standing == Standing::Counted
            }
            Some(_) => false,
            None => true,
        };
        question.rows[*row].state == RowState::Booked && counts
    });
    let pending = classes(open, |row| &question.rows[row]);
    let booked = classes(rows.collect(), |row| &question.rows[row]);
    let mut edges = edges(&pending, &booked);
    edges.retain(|edge| {
        let (row, other) = (pending[edge.known].members[0], booked[edge.row].members[0]);
        let usual = work.usual.besides(&question.rows[row], &question.rows[other]);
        // Where they make way, of what is usual another one was bought.
        let (row, other) = (&question.rows[row], &question.rows[other]);
        let references = work.trusts.reference != Trust::Broken;
        let named = same_name(row, other, references, false) == Some(true);
        (named || !(usual && work.trusts.pending.make_way))
            && stands_beside(work, row, other, &edge.weighed)
    });
    let scores: Vec<_> = edges.iter().map(|edge| edge.weighed.score).collect();
    let joined = best(&pending, &booked, &edges, &scores);
    let (mut next_pending, mut next_booked) = (vec![0; pending.len()], vec![0; booked.len()]);
    for (edge, count) in edges.iter().zip(joined) {
        for _ in 0..count {
            let row = pending[edge.known].members[next_pending[edge.known]];
            let other = booked[edge.row].members[next_booked[edge.row]];
            next_pending[edge.known] += 1;
            next_booked[edge.row] += 1;
            let of = match &work.found[other] {
                Some(Found::Known { place, .. }) => {
                    Of::Known(question.known[*place].transaction_id)
                }
                _ => Of::Row(other),
            };
            let likely = Likely { of, score: edge.weighed.score, reasons: edge.weighed.reasons() };
            doubt(work, row, vec![likely]);
        }
    }
}

/// Joins announcements of what is booked already, shown as they were recorded; tells what is left.
fn former_selves(work: &mut Work<'_>, open: Vec<usize>) -> Vec<usize> {
    let question = work.question;
    let named = |row: &usize| work.found[*row].is_none();
    let keys = open.iter().filter(|row| named(row)).map(|row| match_key(&question.rows[*row]));
    let wanted: HashSet<_> = keys.collect();
    let mut former: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, known) in question.known.iter().enumerate().filter(|_| !wanted.is_empty()) {
        let booked = known.observed.state == RowState::Booked
            || work.shown_by[place].is_some_and(|row| question.rows[row].state == RowState::Booked);
        if booked && wanted.contains(&known.match_key) {
            former.entry(&known.match_key).or_default().push(place);
        }
    }
    let mut left = Vec::with_capacity(open.len());
    for row in open {
        let observed = &question.rows[row];
        let key = match_key(observed);
        let told_apart = reference(observed).is_some() && work.trusts.reference != Trust::Broken;
        let fits = |place: &usize| {
            told_apart || is_announcement_of(work, &question.known[*place], row)
        };
        let place = former.get_mut(key.as_str()).filter(|_| work.found[row].is_none());
        let place = place.and_then(|places| {
            let at = places.iter().rposition(fits)?;
            Some(places.remove(at))
        });
        match place {
            Some(place) => {
                let reason =
                    if told_apart { Reason::SameReference } else { Reason::SameFields };
                work.shown_by[place].get_or_insert(row);
                work.found[row] = Some(Found::Known { place, score: CERTAIN, reasons: vec![reason] });
            }
            None => left.push(row),
        }
    }
    left
}
