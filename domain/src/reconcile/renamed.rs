//! Rows that say the same under another name: numbered anew, or named anew against the bank's habit.

use std::collections::HashMap;

use super::absence::gone;
use super::exact::settled;
use super::key::{Content, reference};
use super::late_names::is_amended;
use super::names::{NAMED, REUSED_AFTER_DAYS};
use super::trust::Trust;
use super::work::{Found, Work};
use super::{Likely, Of};
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::Reason;

/// How likely a row is one that is gone, where names have never changed.
const RENAMED: u32 = 600;

/// The same content under another reference, where one of the two references has gone over to
/// other content: rows were numbered anew, if only some of them.
pub(super) fn renumbered(work: &mut Work<'_>) {
    let question = work.question;
    if work.trusts.reference == Trust::Proven {
        return;
    }
    let now = bearers(question.rows.iter().copied());
    let before = bearers(question.known.iter().map(|known| &known.observed));
    let gone_over = |row: &ObservedTransaction, to: &Bearers<'_>| {
        let Some(bearers) = reference(row).and_then(|name| to.get(name)) else { return false };
        let said = Content::of(row);
        let near = |other: &Content| {
            let days = other.day.signed_duration_since(said.day).num_days();
            days.abs() <= REUSED_AFTER_DAYS
        };
        !bearers.contains(&said) && bearers.iter().any(near)
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
                let amended = is_amended(work, question.known[*place]);
                let known = &question.known[*place].observed;
                !amended
                    && known.state == question.rows[*row].state
                    && !other_payment(known, question.rows[*row])
                    && (gone_over(known, &now) || gone_over(question.rows[*row], &before))
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

/// What the bearers of each reference say.
type Bearers<'r> = HashMap<&'r str, Vec<Content>>;

fn bearers<'r>(rows: impl Iterator<Item = &'r ObservedTransaction>) -> Bearers<'r> {
    let mut bearers = Bearers::new();
    for row in rows {
        if let Some(name) = reference(row) {
            bearers.entry(name).or_default().push(Content::of(row));
        }
    }
    bearers
}

/// Whether both name the day of payment, and not the same one.
pub(super) fn other_payment(one: &ObservedTransaction, other: &ObservedTransaction) -> bool {
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
            work.shown_by[*place].is_none() && gone(question, question.known[*place])
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
                let (one, other) = (&question.known[place].observed, &question.rows[*row]);
                let risk = question.known[place].edited
                    && one.state == RowState::Pending
                    && reference(one)
                        .zip(reference(other))
                        .is_some_and(|(one, other)| one != other);
                if risk || work.trusts.of_name(question.rows[*row]) == Some(Trust::Proven) {
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
