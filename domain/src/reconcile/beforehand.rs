//! What known rows and a window tell before anything is decided.

use std::collections::{HashMap, HashSet};

use super::key::{Content, name, reference};
use super::order::Asked;
use super::trust::Group;
use crate::id::TransactionId;
use crate::observed::RowState;
use crate::transaction::{KnownRow, Standing};

/// Rows of a group say the same and are ordered by their reference: those of one name follow each other.
pub(super) fn twins_in_an_answer(question: &Asked<'_>, groups: &[Group]) -> bool {
    groups.iter().flat_map(|group| group.rows.windows(2)).any(|pair| {
        let [one, other] = [pair[0], pair[1]];
        let called = name(question.rows[one]);
        called.is_some()
            && called == name(question.rows[other])
            && question.in_one_answer(one, other)
    })
}

/// Transactions of which the window shows another reading that says something else: of equal known
/// ones, these need no row of their own.
pub(super) fn read_otherwise(question: &Asked<'_>, known: &[Content]) -> HashSet<TransactionId> {
    let readings = question.known.iter().zip(known);
    let readings = readings.filter(|(row, _)| row.standing == Standing::Absorbed);
    let mut readings = readings.filter_map(|(row, said)| Some((row.same_as?, said))).peekable();
    if readings.peek().is_none() {
        return HashSet::new();
    }
    let shown: HashSet<_> = question.said.iter().collect();
    let now: HashSet<_> =
        question.known.iter().zip(known).map(|(row, said)| (row.transaction_id, said)).collect();
    // One that says the same needs the row like any other.
    let otherwise = |(of, said): &(TransactionId, _)| !now.contains(&(*of, *said));
    let readings = readings.filter(|(_, said)| shown.contains(said)).filter(otherwise);
    readings.map(|(of, _)| of).collect()
}

/// Counted ones first, then those waiting, then mere readings, then those gone.
pub(super) fn rank(known: &KnownRow) -> u8 {
    match known.standing {
        Standing::Counted => 0,
        Standing::Doubted => 1,
        Standing::Absorbed => 2,
        Standing::Withdrawn => 3,
    }
}

/// Readings that are what their transaction became: it is booked now, and one row shows both.
pub(super) fn hidden(known: &[&KnownRow]) -> Vec<bool> {
    let became = |row: &KnownRow| row.standing == Standing::Absorbed && row.became;
    let wanted: HashSet<_> =
        known.iter().filter(|row| became(row)).filter_map(|row| row.same_as).collect();
    let booked = known.iter().filter(|row| {
        row.observed.state == RowState::Booked && wanted.contains(&row.transaction_id)
    });
    let booked: HashSet<_> = booked.map(|row| row.transaction_id).collect();
    let shown = |row: &KnownRow| row.same_as.is_some_and(|id| booked.contains(&id));
    known.iter().map(|row| became(row) && shown(row)).collect()
}

pub(super) fn spoken_for(question: &Asked<'_>) -> Vec<bool> {
    let readings = question
        .known
        .iter()
        .filter(|row| row.standing == Standing::Absorbed && row.observed.state == RowState::Booked);
    let booked: HashSet<_> = readings.filter_map(|row| row.same_as).collect();
    let known = question.known.iter();
    known
        .map(|row| row.observed.state == RowState::Pending && booked.contains(&row.transaction_id))
        .collect()
}

pub(super) fn may_be_booked(question: &Asked<'_>) -> Vec<bool> {
    let doubted = question
        .known
        .iter()
        .filter(|row| row.standing == Standing::Doubted && row.observed.state == RowState::Booked);
    let waited: HashSet<_> = doubted.flat_map(|row| &row.may_be).collect();
    let known = question.known.iter();
    known
        .map(|row| row.observed.state == RowState::Pending && waited.contains(&row.transaction_id))
        .collect()
}

/// Whether equal booked rows are known of which one does not count, and no person has told them
/// apart.
pub(super) fn echoes(question: &Asked<'_>, groups: &[Group]) -> bool {
    groups.iter().filter(|group| group.known.len() > 1).any(|group| {
        let known = || group.known.iter().map(|place| question.known[*place]);
        let booked = |row: &&KnownRow| row.observed.state == RowState::Booked;
        let uncounted =
            |row: &KnownRow| matches!(row.standing, Standing::Doubted | Standing::Absorbed);
        known().filter(booked).take(2).count() > 1 && known().filter(booked).any(uncounted)
    })
}

pub(super) fn called<'a>(question: &Asked<'a>) -> HashMap<&'a str, Vec<usize>> {
    let mut called: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, row) in question.rows.iter().enumerate() {
        if let Some(name) = reference(row) {
            called.entry(name).or_default().push(place);
        }
    }
    called
}
