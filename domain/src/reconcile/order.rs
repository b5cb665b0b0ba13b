//! The order in which a window is weighed: by what rows say, never by where they stood. Everything
//! after this sees known rows and rows in that order, so that no decision can hang on any other.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use super::key::{Content, identifier, reference};
use super::{Answer, Balances, Of, Outcome, Question, Window};
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::{IdentifierHabits, KnownRow};

/// A question as it is weighed.
pub(super) struct Asked<'a> {
    /// The known rows, by day and by the key they were recorded under.
    pub known: Vec<&'a KnownRow>,
    /// The rows of the window, by what they say.
    pub rows: Vec<&'a ObservedTransaction>,
    /// What each of them says apart from names.
    pub said: Vec<Content>,
    pub window: Window,
    pub habits: IdentifierHabits,
    pub balances: Balances,
    pub promised: bool,
    /// In which of the bank's answers each row stood; empty where all stood in one.
    answers: Vec<u32>,
    /// Where each row stood in the question.
    stood: Vec<usize>,
}

impl<'a> Asked<'a> {
    pub(super) fn of(question: &Question<'a>) -> Self {
        let mut known: Vec<_> = question.known.iter().collect();
        known.sort_by(|one, other| recorded(one).cmp(&recorded(other)));
        let said: Vec<_> = question.rows.iter().map(Content::of).collect();
        let by_content = |one: &usize, other: &usize| {
            let everything = || every_field(&question.rows[*one], &question.rows[*other]);
            said[*one].cmp(&said[*other]).then_with(everything)
        };
        let mut stood: Vec<_> = (0..question.rows.len()).collect();
        stood.sort_by(by_content);
        if !question.answers.is_empty() {
            let order = order_of_answers(&stood, question.answers, by_content);
            let answer = |row: &usize| question.answers.get(*row).map(|answer| order[answer]);
            stood.sort_by(|one, other| {
                by_content(one, other).then_with(|| answer(one).cmp(&answer(other)))
            });
        }
        let answers = stood.iter().filter_map(|row| question.answers.get(*row)).copied().collect();
        Self {
            known,
            rows: stood.iter().map(|row| &question.rows[*row]).collect(),
            said: stood.iter().map(|row| said[*row]).collect(),
            window: question.window,
            habits: question.habits,
            balances: question.balances,
            promised: question.promised,
            answers,
            stood,
        }
    }

    /// Whether two rows stood in one answer. A bank that shows a row again where its pages overlap
    /// does so in the next answer; twice in one are two rows to the bank.
    pub(super) fn in_one_answer(&self, one: usize, other: usize) -> bool {
        self.answers.get(one) == self.answers.get(other)
    }

    /// The oldest day of which the window shows a row.
    pub(super) fn oldest(&self) -> Option<NaiveDate> {
        self.rows.first().map(|row| row.booking_date)
    }

    /// The answer with every row where it stood.
    pub(super) fn as_asked(&self, mut answer: Answer) -> Answer {
        let put = |of: &mut Of| {
            if let Of::Row(row) = of {
                *row = self.stood[*row];
            }
        };
        for decided in &mut answer.rows {
            match &mut decided.outcome {
                Outcome::Again { row } => *row = self.stood[*row],
                Outcome::Doubtful { candidates, .. } => {
                    candidates.iter_mut().for_each(|likely| put(&mut likely.of));
                }
                _ => {}
            }
        }
        for resolved in &mut answer.resolved {
            put(&mut resolved.doubted);
            resolved.same_as.iter_mut().for_each(put);
            if let Some(says) = &mut resolved.says {
                says.place = self.stood[says.place];
            }
        }
        let mut rows: Vec<_> = self.stood.iter().zip(answer.rows).collect();
        rows.sort_unstable_by_key(|(stood, _)| **stood);
        answer.rows = rows.into_iter().map(|(_, decided)| decided).collect();
        answer
    }
}

/// What a known row was recorded as: no two have all of it in common.
fn recorded(row: &KnownRow) -> impl Ord + '_ {
    (row.observed.booking_date, row.match_key.as_str(), row.ordinal, row.transaction_id)
}

/// The order of the bank's answers: by the rows that stood in them. Those of which that is the same
/// can be exchanged.
fn order_of_answers(
    sorted: &[usize],
    answers: &[u32],
    by_content: impl Fn(&usize, &usize) -> Ordering,
) -> HashMap<u32, usize> {
    let mut shown: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    let equal = sorted.chunk_by(|one, other| by_content(one, other) == Ordering::Equal);
    for (rank, rows) in equal.enumerate() {
        for answer in rows.iter().filter_map(|row| answers.get(*row)) {
            shown.entry(*answer).or_default().push(rank);
        }
    }
    let mut shown: Vec<_> = shown.into_iter().collect();
    shown.sort_by(|(_, one), (_, other)| one.cmp(other));
    shown.into_iter().enumerate().map(|(place, (answer, _))| (answer, place)).collect()
}

/// What tells rows of equal content apart, the weightiest first.
pub(super) type Order<'r> =
    (RowState, Option<&'r str>, Option<&'r str>, [Option<NaiveDate>; 2], &'r str, Option<&'r str>);

pub(super) fn order(row: &ObservedTransaction) -> Order<'_> {
    (
        row.state,
        reference(row),
        identifier(row),
        [row.value_date, row.payment_date],
        &row.text,
        row.counterparty.as_deref(),
    )
}

/// The order of two rows of equal content; equal ones have everything in common.
fn every_field(one: &ObservedTransaction, other: &ObservedTransaction) -> Ordering {
    order(one).cmp(&order(other)).then_with(|| rest(one).cmp(&rest(other)))
}

/// What never decides, and spellings that are told apart nowhere else.
fn rest(row: &ObservedTransaction) -> impl Ord + '_ {
    let texts = [
        &row.bank_reference,
        &row.bank_identifier,
        &row.counterparty_identifier,
        &row.counterparty_servicer,
        &row.reference,
        &row.bank_type,
        &row.unmapped,
    ];
    (texts, &row.amount_text, row.original_amount)
}
