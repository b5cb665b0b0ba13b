//! What a statement in a file adds to the books.
//!
//! A file is another witness of what a bank's interface may have told already, in other words and
//! with other references. It adds what is not known and books what is pending; it takes nothing
//! back, and where a bank's interface has spoken it changes nothing.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::score::{Reading, weigh};
use super::work::decision;
use super::{
    Answer, CERTAIN, Decided, Likely, MOST_CANDIDATES, Of, Outcome, Question, Window, reconcile,
};
use crate::id::TransactionId;
use crate::money::Money;
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::{IdentifierHabits, KnownRow, Reason, Standing};

/// Most days that two witnesses may put between the booking of one transaction.
pub const APART_DAYS: i64 = 3;
/// Words that make two readings of one day and amount the same, where no balance proves it.
const ALIKE: u32 = 300;

/// What is to be decided of one account's rows in a file.
#[derive(Clone, Copy, Debug)]
pub struct FileQuestion<'a> {
    /// The account's known rows, of the file's days and some before and after.
    pub known: &'a [KnownRow],
    /// What the file shows.
    pub rows: &'a [ObservedTransaction],
    /// The days it covers; whole if its opening balance and rows make its closing balance.
    pub window: Window,
    /// Whether a bank's interface shows, or showed, the account.
    pub fed_by_bank: bool,
}

/// What a file's rows mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileAnswer {
    /// The rows as they are to be recorded.
    pub rows: Vec<ObservedTransaction>,
    /// What each is.
    pub answer: Answer,
}

/// Decides every row of one account's statement.
#[must_use]
pub fn reconcile_file(question: &FileQuestion<'_>) -> FileAnswer {
    reconcile_file_by(reconcile, question)
}

/// The same with other rules for a bank's own windows, on which those for files rest.
#[must_use]
pub fn reconcile_file_by(
    rules: fn(&Question<'_>) -> Answer,
    question: &FileQuestion<'_>,
) -> FileAnswer {
    let rows = told_apart(question);
    let asked = Question {
        known: question.known,
        rows: &rows,
        window: question.window,
        habits: IdentifierHabits::default(),
        balances: super::Balances::default(),
        promised: false,
        answers: &[],
    };
    let mut answer = rules(&asked);
    // A file of last year knows nothing of what became of a transaction since, and its references
    // say nothing of those of the bank's interface. Nor does it settle a doubt: what it does not
    // show may be there in other words.
    answer.absent.clear();
    answer.resolved.clear();
    answer.habits = IdentifierHabits::default();
    let mut witness = Witness::of(question, &rows, &answer);
    if question.window.whole {
        witness.join_by_count(&mut answer);
    }
    witness.hold_back(&mut answer);
    for (row, decided) in rows.iter().zip(&mut answer.rows) {
        leave_as_it_was(question, row, decided);
    }
    FileAnswer { rows, answer }
}

/// The rows without references of the file that the bank's interface does not use: they name the
/// row to the file's maker only, and would set it apart from what is known.
fn told_apart(question: &FileQuestion<'_>) -> Vec<ObservedTransaction> {
    let known: HashSet<(&str, Money)> = (question.known.iter())
        .filter_map(|row| Some((row.observed.bank_reference.as_deref()?, row.observed.amount)))
        .collect();
    let told = |row: &ObservedTransaction| {
        let mut row = row.clone();
        let reference = row.bank_reference.as_deref().map(|reference| (reference, row.amount));
        let foreign = reference.is_some_and(|reference| !known.contains(&reference));
        if question.fed_by_bank && foreign {
            let reference = row.bank_reference.take();
            row.bank_identifier = row.bank_identifier.or(reference);
        }
        row
    };
    question.rows.iter().map(told).collect()
}

/// A bank's own words stand; and a file that only words a row otherwise is no news.
fn leave_as_it_was(question: &FileQuestion<'_>, row: &ObservedTransaction, decided: &mut Decided) {
    let Outcome::Amended { transaction_id } = decided.outcome else {
        decided.returned &= !question.fed_by_bank;
        return;
    };
    let before = question.known.iter().find(|known| known.transaction_id == transaction_id);
    let same = before.is_some_and(|known| {
        known.observed.amount == row.amount && known.observed.booking_date == row.booking_date
    });
    if question.fed_by_bank || same {
        decided.outcome = Outcome::Same { transaction_id };
        decided.returned &= !question.fed_by_bank;
    }
}

/// What is left on both sides after the rules that serve a bank's own windows.
struct Witness<'a> {
    question: &'a FileQuestion<'a>,
    rows: &'a [ObservedTransaction],
    /// Places of known booked rows that no row of the file shows.
    unshown: Vec<usize>,
}

/// A day and an amount: what two witnesses agree on, whatever they call it.
type Plain = (NaiveDate, Money);

fn plain(row: &ObservedTransaction) -> Plain {
    (row.booking_date, row.amount)
}

impl<'a> Witness<'a> {
    fn of(
        question: &'a FileQuestion<'a>,
        rows: &'a [ObservedTransaction],
        answer: &Answer,
    ) -> Self {
        let shown: HashSet<TransactionId> = answer.rows.iter().filter_map(shows).collect();
        let free = |known: &KnownRow| {
            known.standing == Standing::Counted
                && known.observed.state == RowState::Booked
                && known.apart_from.is_empty()
                && !shown.contains(&known.transaction_id)
        };
        let places = question.known.iter().enumerate();
        let unshown = places.filter(|(_, known)| free(known)).map(|(place, _)| place).collect();
        Self { question, rows, unshown }
    }

    /// Whether a row waits for somebody to say what it is.
    fn open(&self, place: usize, decided: &Decided) -> bool {
        let waits = matches!(decided.outcome, Outcome::New { .. } | Outcome::Doubtful { .. });
        waits && self.rows[place].state == RowState::Booked
    }

    /// In a statement whose balances agree nothing is missing: as many transactions of a day and
    /// amount as are known are among its rows of that day and amount, the likest ones. Rows that
    /// differ in nothing but their references are as many transactions as there are rows.
    fn join_by_count(&mut self, answer: &mut Answer) {
        let mut open: HashMap<Plain, Vec<usize>> = HashMap::new();
        for (place, decided) in answer.rows.iter().enumerate() {
            if self.open(place, decided) {
                open.entry(plain(&self.rows[place])).or_default().push(place);
            }
        }
        let mut left = Vec::new();
        for known in std::mem::take(&mut self.unshown) {
            let observed = &self.question.known[known].observed;
            let before = Reading::of(observed);
            let rows = open.get_mut(&plain(observed)).filter(|rows| !rows.is_empty());
            let Some(rows) = rows else {
                left.push(known);
                continue;
            };
            let alike = |at: &usize| weigh(&before, &Reading::of(&self.rows[rows[*at]])).alike;
            // The first of equals, so that the answer does not hang on chance.
            let best = (0..rows.len()).rev().max_by_key(alike).unwrap_or_default();
            let row = rows.remove(best);
            self.join(answer, known, row);
        }
        self.unshown = left;
        for place in open.into_values().flatten() {
            let twins = match &answer.rows[place].outcome {
                Outcome::Doubtful { ordinal, candidates } => {
                    let rows = candidates.iter().all(|one| matches!(one.of, Of::Row(_)));
                    Some(*ordinal).filter(|_| rows)
                }
                _ => None,
            };
            if let Some(ordinal) = twins {
                answer.rows[place].outcome = Outcome::New { ordinal };
            }
        }
    }

    fn join(&self, answer: &mut Answer, known: usize, row: usize) {
        let known = &self.question.known[known];
        let weighed = weigh(&Reading::of(&known.observed), &Reading::of(&self.rows[row]));
        let transaction_id = known.transaction_id;
        answer.rows[row] = Decided {
            outcome: Outcome::Same { transaction_id },
            returned: false,
            decision: decision(weighed.score.min(CERTAIN), weighed.reasons()),
        };
    }

    /// A row of the amount of a known one that the file does not show, at most some days away, may
    /// be that one: it is joined if day and words say so too, and put to the person if not.
    fn hold_back(&mut self, answer: &mut Answer) {
        for place in 0..self.rows.len() {
            let decided = &answer.rows[place];
            let (Outcome::New { ordinal } | Outcome::Doubtful { ordinal, .. }) = decided.outcome
            else {
                continue;
            };
            if !self.open(place, decided) {
                continue;
            }
            let after = Reading::of(&self.rows[place]);
            let mut near: Vec<_> = (self.unshown.iter())
                .map(|known| (*known, &self.question.known[*known].observed))
                .filter(|(_, known)| known.amount == self.rows[place].amount)
                .map(|(known, observed)| (known, weigh(&Reading::of(observed), &after)))
                .filter(|(_, weighed)| weighed.days.abs() <= APART_DAYS)
                .collect();
            near.sort_by_key(|(_, weighed)| (std::cmp::Reverse(weighed.score), weighed.days.abs()));
            let Some((best, weighed)) = near.first() else { continue };
            let clear = weighed.days == 0 && weighed.alike >= ALIKE;
            if clear && near.iter().skip(1).all(|(_, other)| other.days != 0) {
                let best = *best;
                self.join(answer, best, place);
                self.unshown.retain(|known| *known != best);
                continue;
            }
            let candidates: Vec<Likely> = (near.iter().take(MOST_CANDIDATES))
                .map(|(known, weighed)| Likely {
                    of: Of::Known(self.question.known[*known].transaction_id),
                    score: weighed.score.min(CERTAIN),
                    reasons: weighed.reasons(),
                })
                .collect();
            let score = candidates.first().map_or(0, |best| best.score);
            answer.rows[place] = Decided {
                outcome: Outcome::Doubtful { ordinal, candidates },
                returned: false,
                decision: decision(score, Vec::<Reason>::new()),
            };
        }
    }
}

/// The known transaction a row shows.
fn shows(decided: &Decided) -> Option<TransactionId> {
    match decided.outcome {
        Outcome::Same { transaction_id }
        | Outcome::Settled { transaction_id }
        | Outcome::Amended { transaction_id } => Some(transaction_id),
        Outcome::New { .. } | Outcome::Again { .. } | Outcome::Doubtful { .. } => None,
    }
}
