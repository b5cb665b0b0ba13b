//! Algorithms as others state them. None of them doubts; a pending row that is gone from a read is
//! dropped, as all of them replace the pending rows with each read.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::observed::{ObservedTransaction, RowState};
use domain::reconcile::{Absent, Answer, Decided, Outcome, Question, match_key};
use domain::transaction::{Decision, KnownRow, Reason, Standing};

use crate::ours::{Algorithm, Beside};

/// Days the fuzzy match looks to each side.
const FUZZY_DAYS: i64 = 3;
/// By how many parts in a hundred amounts may differ for it.
const FUZZY_PERCENT: i64 = 2;
/// Days the four tiers look to each side.
const TIER_DAYS: i64 = 7;
/// How alike two payees must be, in parts of a hundred.
const PAYEE_PERCENT: usize = 60;

/// The bank's account and transaction identifiers are the identity; a row without any is known by
/// all its fields.
#[derive(Clone, Copy, Debug)]
pub struct ExactId;

/// A hash of day, amount, payee and text is the identity.
#[derive(Clone, Copy, Debug)]
pub struct ContentHash;

/// The identifier, then amount within two percent, three days and a payee that is alike.
#[derive(Clone, Copy, Debug)]
pub struct FuzzyMatch;

/// The identifier; the identifier of the pending row; amount, seven days and payee; amount and
/// seven days.
#[derive(Clone, Copy, Debug)]
pub struct FourTiers;

type Fits = dyn Fn(&KnownRow, &ObservedTransaction) -> Option<i64>;

/// Decisions as they grow.
struct Matching<'q> {
    question: &'q Question<'q>,
    open: Vec<bool>,
    row: Vec<Option<usize>>,
}

fn id(row: &ObservedTransaction) -> Option<&str> {
    row.bank_reference.as_deref().or(row.bank_identifier.as_deref())
}

fn apart(one: NaiveDate, other: NaiveDate) -> i64 {
    one.signed_duration_since(other).num_days().abs()
}

fn payee(row: &ObservedTransaction) -> String {
    let name = row.counterparty.as_deref().unwrap_or(&row.text);
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether two payees have enough pairs of letters in common (Dice).
fn alike(one: &ObservedTransaction, other: &ObservedTransaction) -> bool {
    let (one, other) = (payee(one), payee(other));
    let pairs =
        |text: &str| -> Vec<(char, char)> { text.chars().zip(text.chars().skip(1)).collect() };
    let (left, mut right) = (pairs(&one), pairs(&other));
    let all = left.len() + right.len();
    let mut common = 0;
    for pair in left {
        if let Some(place) = right.iter().position(|other| *other == pair) {
            right.swap_remove(place);
            common += 1;
        }
    }
    one == other || 200 * common >= PAYEE_PERCENT * all
}

impl<'q> Matching<'q> {
    fn new(question: &'q Question<'q>) -> Self {
        let open = question.known.iter().map(|row| row.standing == Standing::Counted).collect();
        Self { question, open, row: vec![None; question.rows.len()] }
    }

    /// Joins each row with the best open known one that fits; less is better.
    fn tier(&mut self, fits: &Fits) {
        for place in 0..self.row.len() {
            if self.row[place].is_some() {
                continue;
            }
            let observed = &self.question.rows[place];
            let best = (0..self.open.len())
                .filter(|known| self.open[*known])
                .filter_map(|known| Some((fits(&self.question.known[known], observed)?, known)))
                .min();
            if let Some((_, known)) = best {
                self.open[known] = false;
                self.row[place] = Some(known);
            }
        }
    }

    fn answer(self) -> Answer {
        let mut next: HashMap<String, u32> = HashMap::new();
        for row in self.question.known {
            let free = next.entry(row.match_key.clone()).or_default();
            *free = (*free).max(row.ordinal + 1);
        }
        let rows = self.row.iter().zip(self.question.rows).map(|(known, observed)| {
            let outcome = match known {
                Some(place) => outcome(&self.question.known[*place], observed),
                None => {
                    let free = next.entry(match_key(observed)).or_default();
                    *free += 1;
                    Outcome::New { ordinal: *free - 1 }
                }
            };
            Decided { outcome, returned: false, decision: decision(Vec::new()) }
        });
        let rows = rows.collect();
        Answer { rows, absent: self.absent(), ..Answer::default() }
    }

    fn absent(&self) -> Vec<Absent> {
        let from = self.question.window.from;
        let gone = |place: &usize| {
            let known = &self.question.known[*place].observed;
            self.question.window.whole
                && self.open[*place]
                && known.state == RowState::Pending
                && from.is_none_or(|day| known.booking_date >= day)
        };
        (0..self.open.len())
            .filter(gone)
            .map(|place| Absent {
                transaction_id: self.question.known[place].transaction_id,
                windows: 1,
                withdrawn: true,
                decision: decision(vec![Reason::Missing { windows: 1 }]),
            })
            .collect()
    }
}

fn decision(reasons: Vec<Reason>) -> Decision {
    Decision { rules: 0, score: 1_000, reasons }
}

fn outcome(known: &KnownRow, observed: &ObservedTransaction) -> Outcome {
    let transaction_id = known.transaction_id;
    let before = &known.observed;
    match (before.state, observed.state) {
        (RowState::Pending, RowState::Booked) => Outcome::Settled { transaction_id },
        (RowState::Booked, RowState::Pending) => Outcome::Same { transaction_id },
        _ if before == observed => Outcome::Same { transaction_id },
        _ => Outcome::Amended { transaction_id },
    }
}

fn same_id(known: &KnownRow, row: &ObservedTransaction) -> Option<i64> {
    let same = id(row).is_some() && id(row) == id(&known.observed);
    // Where one row is shown pending and booked at once, each goes to its like first.
    same.then_some(i64::from(known.observed.state != row.state))
}

/// One row per key: whatever has a key that was met before is the same again.
fn by_key(
    question: &Question<'_>,
    usable: &[bool],
    key: impl Fn(&ObservedTransaction) -> String,
) -> Answer {
    let mut matching = Matching::new(question);
    let mut places: HashMap<String, usize> = HashMap::new();
    for (place, known) in question.known.iter().enumerate() {
        if matching.open[place] && usable[place] {
            places.insert(key(&known.observed), place);
        }
    }
    let mut first: HashMap<String, usize> = HashMap::new();
    let mut again = Vec::new();
    for (place, observed) in question.rows.iter().enumerate() {
        let key = key(observed);
        if let Some(known) = places.get(&key) {
            matching.row[place] = Some(*known);
            matching.open[*known] = false;
        } else if let Some(row) = first.get(&key) {
            again.push((place, *row));
        } else {
            first.insert(key, place);
        }
    }
    let mut answer = matching.answer();
    for (place, row) in again {
        answer.rows[place].outcome = Outcome::Again { row };
    }
    answer
}

fn fields(row: &ObservedTransaction) -> String {
    let payee = row.counterparty.as_deref().unwrap_or_default();
    format!("{}|{}|{}|{payee}|{}", row.booking_date, row.amount, row.amount.currency, row.text)
}

impl Algorithm for ExactId {
    fn name(&self) -> &'static str {
        "exact bank id"
    }

    fn decide(&self, question: &Question<'_>, beside: &Beside<'_>) -> Answer {
        by_key(question, beside.same_account, |row| match id(row) {
            Some(id) => id.to_owned(),
            None => fields(row),
        })
    }
}

impl Algorithm for ContentHash {
    fn name(&self) -> &'static str {
        "hash of content"
    }

    fn decide(&self, question: &Question<'_>, _beside: &Beside<'_>) -> Answer {
        by_key(question, &vec![true; question.known.len()], fields)
    }
}

impl Algorithm for FuzzyMatch {
    fn name(&self) -> &'static str {
        "id, then fuzzy"
    }

    fn decide(&self, question: &Question<'_>, _beside: &Beside<'_>) -> Answer {
        let mut matching = Matching::new(question);
        matching.tier(&same_id);
        matching.tier(&|known, row| {
            let (one, other) = (known.observed.amount.minor, row.amount.minor);
            let most = one.abs().max(other.abs()) * FUZZY_PERCENT / 100;
            let days = apart(known.observed.booking_date, row.booking_date);
            let fits = (one - other).abs() <= most
                && one.signum() == other.signum()
                && days <= FUZZY_DAYS
                && alike(&known.observed, row);
            fits.then_some(days * 1_000_000 + (one - other).abs())
        });
        matching.answer()
    }
}

impl Algorithm for FourTiers {
    fn name(&self) -> &'static str {
        "four tiers"
    }

    fn decide(&self, question: &Question<'_>, _beside: &Beside<'_>) -> Answer {
        let mut matching = Matching::new(question);
        matching.tier(&|known, row| same_id(known, row).filter(|rank| *rank == 0));
        matching.tier(&same_id);
        let near = |known: &KnownRow, row: &ObservedTransaction| {
            let days = apart(known.observed.booking_date, row.booking_date);
            (known.observed.amount == row.amount && days <= TIER_DAYS).then_some(days)
        };
        matching.tier(&move |known, row| near(known, row).filter(|_| alike(&known.observed, row)));
        matching.tier(&near);
        matching.answer()
    }
}
