//! Equal rows under different references: two transactions, or one shown twice. And doubts that
//! have come to their end.

use std::collections::{HashMap, HashSet};

use super::absence::gone;
use super::key::reference;
use super::trust::{Group, Trust};
use super::work::{Found, Work, decision};
use super::{CERTAIN, Likely, Of, Resolved};
use crate::money::Currency;
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::{Reason, Standing};

/// How likely a row is an echo of one that differs in nothing but its reference.
const ECHO: u32 = 500;
/// How likely a row repeats one of the same reference.
const REPEATED: u32 = 800;

/// Rows that are left and equal others but for their reference.
pub(super) fn twins_and_echoes(work: &mut Work<'_>) {
    let groups = work.take_groups();
    let habit = Habit::of(work, &groups);
    for group in groups.iter().filter(|group| group.rows.len() > 1 || !group.known.is_empty()) {
        for state in [RowState::Booked, RowState::Pending] {
            echoes(work, group, state, &habit);
        }
    }
    super::likely_balance::decide(work, &groups, &habit);
    work.give_groups(groups);
}

/// What is usual in this account. Two equal purchases are usual where the same is bought on other
/// days, too; where a bank shows unusual rows twice, it shows any row twice.
pub(super) struct Habit {
    /// What occurs on several days.
    usual: HashSet<(i64, Currency, (u64, u64))>,
    /// Whether rows that are not usual are there twice, under two references.
    shown_twice: bool,
    /// Whether the bank promises a reference to every transaction, and so few rows are there twice
    /// that it seems to keep to it.
    kept_promise: bool,
}

/// A promise is not believed where one row in so many is there twice: people do not buy so.
const TWICE_ONE_IN: usize = 20;

impl Habit {
    fn of(work: &Work<'_>, groups: &[Group]) -> Self {
        let mut days = HashMap::new();
        let mut usual = HashSet::new();
        for content in groups.iter().filter_map(|group| work.content_of(group)) {
            let first = *days.entry(content.on_any_day()).or_insert(content.day);
            if first != content.day {
                usual.insert(content.on_any_day());
            }
        }
        let mut habit = Self { usual, shown_twice: false, kept_promise: false };
        let twice = groups.iter().filter(|group| habit.is_shown_twice(work, group)).count();
        habit.shown_twice = twice > 0;
        let rows = work.question.rows.len();
        habit.kept_promise = work.question.promised && twice * TWICE_ONE_IN <= rows;
        habit
    }

    fn is_unusual(&self, work: &Work<'_>, group: &Group) -> bool {
        let content = work.content_of(group);
        content.is_some_and(|content| !self.usual.contains(&content.on_any_day()))
    }

    /// Whether something unusual stands there twice, under references, and no person has looked.
    fn is_shown_twice(&self, work: &Work<'_>, group: &Group) -> bool {
        let known = group.known.iter().map(|place| &work.question.known[*place]);
        let told = known.clone().any(|row| row.edited && row.standing == Standing::Counted);
        let known = known.filter(|row| row.standing != Standing::Withdrawn);
        let named =
            |row: &ObservedTransaction| row.state == RowState::Booked && reference(row).is_some();
        let known = known.filter(|row| named(&row.observed)).take(2).count();
        let rows = group.rows.iter().map(|row| &work.question.rows[*row]);
        let rows = rows.filter(|row| named(row)).take(2).count();
        known.max(rows) > 1 && !told && self.is_unusual(work, group)
    }

    /// Whether two references are believed to be two transactions.
    pub(super) fn twins(&self, work: &Work<'_>, group: &Group) -> bool {
        let usual = !self.shown_twice && !self.is_unusual(work, group);
        work.trusts.reference == Trust::Proven && (usual || self.kept_promise)
    }
}

fn echoes(work: &mut Work<'_>, group: &Group, state: RowState, habit: &Habit) {
    let question = work.question;
    let ours = group.rows.iter().copied().filter(|row| question.rows[*row].state == state);
    let named: Vec<_> = ours.filter(|row| reference(&question.rows[*row]).is_some()).collect();
    let mut last: Option<usize> = None;
    // The first of those that count; the others may be its echoes.
    let counted = group.known.iter().copied().filter(|place| {
        let known = &question.known[*place];
        let there = work.shown_by[*place].is_some() || !gone(question, known);
        known.standing == Standing::Counted && known.observed.state == state && there
    });
    let counted =
        counted.into_iter().find(|place| reference(&question.known[*place].observed).is_some());
    let mut first = counted.map(|place| Of::Known(question.known[place].transaction_id));
    for row in named {
        // Rows of a group are ordered by their reference: equal ones follow each other.
        let repeats =
            last.filter(|last| reference(&question.rows[*last]) == reference(&question.rows[row]));
        last = Some(row);
        if let Some(doubted) = work.doubted_of(row) {
            match counted_under(work, group, reference(&question.rows[row])) {
                Some(other) if work.trusts.unique && work.trusts.reference == Trust::Proven => {
                    work.still_doubted(doubted);
                    work.resolved.push(Resolved {
                        doubted: Of::Known(question.known[doubted].transaction_id),
                        same_as: Some(Of::Known(question.known[other].transaction_id)),
                        says: None,
                        decision: decision(
                            CERTAIN,
                            vec![Reason::SameReference, Reason::SameFields],
                        ),
                    });
                }
                _ if first.is_some() && !habit.twins(work, group) => {
                    work.still_doubted(doubted);
                }
                _ => {}
            }
            continue;
        }
        if work.found[row].is_some() {
            continue;
        }
        let found = match (repeats, first) {
            (Some(other), _) => repeated(work, other),
            (None, Some(of)) => echo(work, of, state),
            (None, None) => None,
        };
        if found.is_none() {
            first = first.or(Some(Of::Row(row)));
        }
        work.found[row] = found;
    }
}

/// The transaction of a group that counts under a reference.
fn counted_under(work: &Work<'_>, group: &Group, name: Option<&str>) -> Option<usize> {
    let known = |place: &usize| &work.question.known[*place];
    group.known.iter().copied().find(|place| {
        known(place).standing == Standing::Counted && reference(&known(place).observed) == name
    })
}

/// The same reference and the same content twice: pages that overlap, where references name one
/// row each.
fn repeated(work: &Work<'_>, other: usize) -> Option<Found> {
    if !work.trusts.unique {
        return None;
    }
    match work.trusts.reference {
        Trust::Proven => Some(Found::Again(other)),
        Trust::Unknown => {
            let reasons = vec![Reason::SameReference, Reason::SameFields];
            let of = match &work.found[other] {
                Some(Found::Known { place, .. }) => {
                    Of::Known(work.question.known[*place].transaction_id)
                }
                _ => Of::Row(other),
            };
            Some(Found::Doubtful(vec![Likely { of, score: REPEATED, reasons }]))
        }
        Trust::Broken => None,
    }
}

/// Where references are worth nothing, rows are counted as those of banks without any. Where they
/// have proved themselves, two of them are two transactions, unless the balances say otherwise.
fn echo(work: &Work<'_>, of: Of, state: RowState) -> Option<Found> {
    let may_be = match work.trusts.reference {
        Trust::Proven | Trust::Broken => state == RowState::Booked,
        Trust::Unknown => true,
    };
    may_be.then(|| {
        let reasons = vec![Reason::SameFields, Reason::EqualButReference];
        Found::Doubtful(vec![Likely { of, score: ECHO, reasons }])
    })
}

/// Doubted transactions that are shown again and that nothing speaks against any more.
pub(super) fn resolve(work: &mut Work<'_>) {
    for row in work.doubted_rows() {
        if let Some(doubted) = work.doubted_of(row) {
            work.still_doubted(doubted);
            work.resolved.push(Resolved {
                doubted: Of::Known(work.question.known[doubted].transaction_id),
                same_as: None,
                says: None,
                decision: decision(CERTAIN, Vec::new()),
            });
        }
    }
}
