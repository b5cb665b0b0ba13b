//! Equal rows under different references: two transactions, or one shown twice. And doubts that
//! have come to their end.

use super::absence::gone;
use super::key::{name, other_identifier, recorded_as};
use super::score::{Reading, weigh};
use super::trust::{Group, Trust};
use super::work::{Found, Work, decision};
use super::{CERTAIN, Likely, Of, Resolved};
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::{Reason, Standing};

/// How likely a row is an echo of one that differs in nothing but its reference.
pub(super) const ECHO: u32 = 500;
/// Most reasons a doubt that came to nothing carries: of what it may have been, why it is not.
const MOST_REASONS: usize = 8;
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

/// Whether two equal rows under two names are two transactions at this bank.
pub(super) struct Habit {
    /// They have proved to be, so often and so clearly that it can be relied on.
    proven: bool,
    /// The bank promises a reference to every transaction, and so few rows are there twice that it
    /// seems to keep to it.
    kept_promise: bool,
}

/// A promise is not believed where one row in so many is there twice: people do not buy so.
const TWICE_ONE_IN: usize = 20;
/// Pairs that must have proved to be two transactions before two are taken for granted.
const PROVEN_PAIRS: u64 = 30;
/// One pair in so many that was one transaction shown twice is too many.
const ECHOES_ONE_IN: u64 = 200;

impl Habit {
    fn of(work: &Work<'_>, groups: &[Group]) -> Self {
        let question = work.question;
        let (mut two, mut one) = (question.habits.equal_rows_two, question.habits.equal_rows_one);
        let mut twice = 0;
        for group in groups.iter().filter(|group| group.known.len().max(group.rows.len()) > 1) {
            let (said_two, said_one) = told(work, group);
            (two, one) = (two + said_two, one + said_one);
            twice += usize::from(said_two == 0 && is_there_twice(work, group));
        }
        let rows = question.rows.len();
        Self {
            proven: two >= PROVEN_PAIRS && one.saturating_mul(ECHOES_ONE_IN) <= two,
            kept_promise: question.promised && twice * TWICE_ONE_IN <= rows,
        }
    }

    /// Whether two references are believed to be two transactions.
    pub(super) fn twins(&self, work: &Work<'_>) -> bool {
        work.trusts.reference == Trust::Proven && (self.proven || self.kept_promise)
    }
}

/// How many pairs of a group a person told apart, and how many were taken for one.
fn told(work: &Work<'_>, group: &Group) -> (u64, u64) {
    let known = || group.known.iter().map(|place| &work.question.known[*place]);
    let ids: Vec<_> = known().map(|row| row.transaction_id).collect();
    let two = known().filter(|row| row.apart_from.iter().any(|other| ids.contains(other))).count();
    let one = known().filter(|row| row.same_as.is_some_and(|other| ids.contains(&other)));
    let one = one.filter(|row| row.observed.state == RowState::Booked).count();
    // Each of a pair is apart from the other.
    (two as u64 / 2, one as u64)
}

/// Whether equal booked rows stand there under names of their own.
fn is_there_twice(work: &Work<'_>, group: &Group) -> bool {
    let named = |row: &ObservedTransaction| row.state == RowState::Booked && name(row).is_some();
    let known = group.known.iter().map(|place| &work.question.known[*place]);
    let known = known.filter(|row| row.standing != Standing::Withdrawn && named(&row.observed));
    let rows = group.rows.iter().filter(|row| named(work.question.rows[**row]));
    known.take(2).count().max(rows.take(2).count()) > 1
}

fn echoes(work: &mut Work<'_>, group: &Group, state: RowState, habit: &Habit) {
    let question = work.question;
    let ours = group.rows.iter().copied().filter(|row| question.rows[*row].state == state);
    let named: Vec<_> = ours.filter(|row| name(question.rows[*row]).is_some()).collect();
    let mut last: Option<usize> = None;
    let mut first = first_that_counts(work, group, state, &named);
    for (at, row) in named.iter().copied().enumerate() {
        // Rows of a group are ordered by their reference: equal ones follow each other.
        let repeats = last.filter(|last| name(question.rows[*last]) == name(question.rows[row]));
        last = Some(row);
        if let Some(doubted) = work.doubted_of(row) {
            // Beside its like in one answer it is still what it was doubted for.
            let shown_twice = (repeats.is_some() && work.twins_in_an_answer)
                || repeats.is_some_and(|other| question.in_one_answer(other, row))
                || named.get(at + 1).is_some_and(|next| {
                    name(question.rows[*next]) == name(question.rows[row])
                        && (work.twins_in_an_answer || question.in_one_answer(*next, row))
                });
            let counted = counted_under(work, group, question.rows[row]);
            match counted {
                Some(other)
                    if !shown_twice
                        && !question.known[doubted].edited
                        && work.trusts.unique
                        && work.trusts.of_name(question.rows[row]) == Some(Trust::Proven) =>
                {
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
                _ if first.is_some() && !habit.twins(work) => {
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
            (None, Some(of)) => echo(work, of, row),
            (None, None) => None,
        };
        if found.is_none() {
            first = first.or(Some(Of::Row(row)));
        }
        work.found[row] = found;
    }
}

/// The first reading of a group that counts, of which the others may be echoes: a known one, or one that
/// this window books, by a new row or by one that was in doubt.
fn first_that_counts(
    work: &Work<'_>,
    group: &Group,
    state: RowState,
    named: &[usize],
) -> Option<Of> {
    let question = work.question;
    let counted = group.known.iter().copied().filter(|place| {
        let known = &question.known[*place];
        let there = work.shown_by[*place].is_some() || !gone(question, known);
        known.standing == Standing::Counted && known.observed.state == state && there
    });
    let counted =
        counted.into_iter().find(|place| name(&question.known[*place].observed).is_some());
    let booked = || {
        named.iter().find_map(|row| match &work.found[*row] {
            Some(Found::Known { place, .. }) => {
                let known = &question.known[*place];
                let counts = known.standing == Standing::Counted;
                let known = counts.then_some(Of::Known(known.transaction_id));
                known.or_else(|| work.cleared_up(*place))
            }
            _ => None,
        })
    };
    counted.map(|place| Of::Known(question.known[place].transaction_id)).or_else(booked)
}

/// The transaction of a group that counts under a reference.
fn counted_under(work: &Work<'_>, group: &Group, row: &ObservedTransaction) -> Option<usize> {
    let known = |place: &usize| &work.question.known[*place];
    let called = name(row)?;
    group.known.iter().copied().find(|place| {
        known(place).standing == Standing::Counted
            && name(&known(place).observed) == Some(called)
            // A reference can be a place in a list: the bank's identifier says that it is another.
            && !other_identifier(&known(place).observed, row)
    })
}

/// The same reference and the same content twice: pages that overlap, where references name one
/// row each. Within one page it may be two purchases that nothing tells apart, and is not dropped;
/// nor is one that a page's end parts from its like, where other pages show such pairs.
fn repeated(work: &Work<'_>, other: usize) -> Option<Found> {
    if !work.trusts.unique {
        return None;
    }
    match work.trusts.reference {
        Trust::Proven if !work.twins_in_an_answer => Some(Found::Again(other)),
        Trust::Proven | Trust::Unknown => {
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

/// Where names have proved themselves, two of them are two pending transactions.
fn echo(work: &Work<'_>, of: Of, row: usize) -> Option<Found> {
    let row = &work.question.rows[row];
    let may_be = match work.trusts.of_name(row) {
        Some(Trust::Proven | Trust::Broken) => row.state == RowState::Booked,
        _ => true,
    };
    may_be.then(|| {
        let reasons = vec![Reason::SameFields, Reason::EqualButReference];
        Found::Doubtful(vec![Likely { of, score: ECHO, reasons }])
    })
}

/// Doubted transactions that are shown again and that nothing speaks against any more: whatever they
/// may have been is gone, or is shown by rows of its own.
pub(super) fn resolve(work: &mut Work<'_>) {
    let question = work.question;
    for row in work.doubted_rows() {
        let Some(doubted) = work.doubted_of(row) else { continue };
        let one = &question.known[doubted];
        let mut reasons = Vec::new();
        let free = one.may_be.iter().all(|other| {
            let Some(place) = work.place(*other) else { return false };
            let other = &question.known[place];
            match other.standing {
                Standing::Withdrawn if !other.edited => {
                    let windows = other.missed.max(super::absence::WITHDRAWN_AFTER);
                    reasons.push(Reason::Missing { windows });
                    true
                }
                Standing::Counted if stands_apart(work, (doubted, row), place) => {
                    let (before, now) =
                        (Reading::of(&other.observed), Reading::of(question.rows[row]));
                    reasons.push(Reason::BothShown);
                    reasons.extend(weigh(&before, &now).reasons());
                    true
                }
                _ => false,
            }
        });
        work.still_doubted(doubted);
        if free && !one.may_be.is_empty() && !one.edited {
            reasons.dedup();
            reasons.truncate(MOST_REASONS);
            work.resolved.push(Resolved {
                doubted: Of::Known(one.transaction_id),
                same_as: None,
                says: None,
                decision: decision(CERTAIN, reasons),
            });
        }
    }
}

/// Whether a doubted transaction and another are both shown, booked, and differ in what they say:
/// neither is an echo, an announcement or a correction of the other.
fn stands_apart(work: &Work<'_>, (doubted, row): (usize, usize), other: usize) -> bool {
    let question = work.question;
    let Some(by) = work.shown_by[other].filter(|by| *by != row) else { return false };
    let (one, by) = (&question.rows[row], &question.rows[by]);
    let booked = |row: &ObservedTransaction| row.state == RowState::Booked;
    let content = question.said[row];
    // An echo is one of whichever equal row it echoes.
    let mut echoes = (0..question.rows.len()).filter(|other| *other != row);
    let alone =
        !echoes.any(|other| booked(question.rows[other]) && question.said[other] == content);
    // A row that said the same when it was recorded stays in doubt, whatever is corrected since.
    let (known, other) = (&question.known[doubted], &question.known[other]);
    let twins = recorded_as(&known.match_key) == recorded_as(&other.match_key);
    booked(one) && booked(by) && alone && !twins && booked(&known.observed)
}
