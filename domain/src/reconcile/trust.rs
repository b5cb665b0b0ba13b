//! How far a bank's identifiers are believed: learnt from windows, never assumed.

use std::collections::HashMap;

use super::key::{Content, identifier, reference};
use super::work::Work;
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::IdentifierHabits;

/// Rows that must have come again under the same identifier before it proves anything.
const PROVEN_KEPT: u64 = 5;
/// One change in so many is the most a proven identifier may show.
const PROVEN_ONE_IN: u64 = 100;
/// From one change in so many on, an identifier is worth nothing.
const BROKEN_ONE_IN: u64 = 20;
/// In one window alone, from one change in so many on.
const BROKEN_HERE_ONE_IN: u64 = 10;

/// What an identifier of a bank is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// Two of them are two transactions, one of them is one.
    Proven,
    /// Nothing is known yet: it counts beside other evidence.
    Unknown,
    /// It changes, so it says nothing.
    Broken,
}

/// What both identifiers of a bank are worth in one window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trusts {
    pub reference: Trust,
    pub identifier: Trust,
    /// Whether no two different rows of this window share a reference.
    pub unique: bool,
}

fn trust(before: (u64, u64), here: (u64, u64)) -> Trust {
    let (kept_here, changed_here) = here;
    if changed_here > 0 && changed_here * BROKEN_HERE_ONE_IN > kept_here {
        return Trust::Broken;
    }
    let kept = before.0.saturating_add(kept_here);
    let changed = before.1.saturating_add(changed_here);
    if changed.saturating_mul(BROKEN_ONE_IN) > kept && changed > 1 {
        Trust::Broken
    } else if kept >= PROVEN_KEPT && changed.saturating_mul(PROVEN_ONE_IN) <= kept {
        Trust::Proven
    } else {
        Trust::Unknown
    }
}

impl Trusts {
    pub(super) fn unknown() -> Self {
        Self { reference: Trust::Unknown, identifier: Trust::Unknown, unique: false }
    }

    pub(super) fn of(work: &Work<'_>, here: &IdentifierHabits) -> Self {
        let before = &work.question.habits;
        Self {
            unique: unique(work),
            reference: trust(
                (before.reference_kept, before.reference_changed),
                (here.reference_kept, here.reference_changed),
            ),
            identifier: trust(
                (before.identifier_kept, before.identifier_changed),
                (here.identifier_kept, here.identifier_changed),
            ),
        }
    }
}

fn unique(work: &Work<'_>) -> bool {
    let mut bearers = HashMap::new();
    work.groups().iter().enumerate().all(|(at, group)| {
        group.rows.iter().all(|row| {
            reference(&work.question.rows[*row])
                .is_none_or(|name| *bearers.entry(name).or_insert(at) == at)
        })
    })
}

/// What a window shows of the identifiers: booked rows known by every other field, compared.
pub(super) fn observe(work: &Work<'_>) -> IdentifierHabits {
    let mut habits = IdentifierHabits::default();
    for group in work.groups() {
        let booked = |state: RowState| state == RowState::Booked;
        let known: Vec<_> = (group.known.iter())
            .map(|place| &work.question.known[*place].observed)
            .filter(|row| booked(row.state))
            .collect();
        let rows: Vec<_> = (group.rows.iter())
            .map(|place| &work.question.rows[*place])
            .filter(|row| booked(row.state))
            .collect();
        // Unequal counts do not tell which row is which.
        if known.is_empty() || known.len() != rows.len() {
            continue;
        }
        let (kept, changed) = compare(&known, &rows, reference);
        habits.reference_kept += kept;
        habits.reference_changed += changed;
        let (kept, changed) = compare(&known, &rows, identifier);
        habits.identifier_kept += kept;
        habits.identifier_changed += changed;
    }
    habits
}

/// Of rows that are the same ones as before: how many bear the same identifier, and how many
/// another. Rows without one say nothing.
fn compare(
    known: &[&ObservedTransaction],
    rows: &[&ObservedTransaction],
    of: impl for<'r> Fn(&'r ObservedTransaction) -> Option<&'r str>,
) -> (u64, u64) {
    let mut before: HashMap<&str, u64> = HashMap::new();
    for row in known {
        let Some(text) = of(row) else { return (0, 0) };
        *before.entry(text).or_default() += 1;
    }
    let (mut kept, mut changed) = (0, 0);
    for row in rows {
        match of(row).map(|text| before.get_mut(text)) {
            None => return (0, 0),
            Some(Some(left)) if *left > 0 => {
                *left -= 1;
                kept += 1;
            }
            Some(_) => changed += 1,
        }
    }
    (kept, changed)
}

/// Groups rows of both sides by content.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// Places among the known rows.
    pub known: Vec<usize>,
    /// Places in the window.
    pub rows: Vec<usize>,
}

/// All groups, in the order of their content so that nothing depends on the order of rows.
pub(super) fn group(known: &[Content], rows: &[Content]) -> Vec<Group> {
    let mut places: HashMap<Content, usize> = HashMap::with_capacity(known.len());
    let mut groups: Vec<(Content, Group)> = Vec::with_capacity(known.len());
    let mut place_of = |content: Content, groups: &mut Vec<(Content, Group)>| {
        *places.entry(content).or_insert_with(|| {
            groups.push((content, Group::default()));
            groups.len() - 1
        })
    };
    for (place, content) in known.iter().enumerate() {
        let at = place_of(*content, &mut groups);
        groups[at].1.known.push(place);
    }
    for (place, content) in rows.iter().enumerate() {
        let at = place_of(*content, &mut groups);
        groups[at].1.rows.push(place);
    }
    groups.sort_unstable_by_key(|(content, _)| *content);
    groups.into_iter().map(|(_, group)| group).collect()
}

impl IdentifierHabits {
    /// Adds what another window showed.
    pub fn add(&mut self, window: &Self) {
        let sums = [
            (&mut self.reference_kept, window.reference_kept),
            (&mut self.reference_changed, window.reference_changed),
            (&mut self.reference_reused, window.reference_reused),
            (&mut self.identifier_kept, window.identifier_kept),
            (&mut self.identifier_changed, window.identifier_changed),
            (&mut self.identifier_reused, window.identifier_reused),
        ];
        for (sum, count) in sums {
            *sum = sum.saturating_add(count);
        }
    }
}
