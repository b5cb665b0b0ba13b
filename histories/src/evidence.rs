//! What can be seen of a booked row and the announcement it may be, in kinds few enough to count.

use chrono::TimeDelta;
use domain::id::TransactionId;
use domain::money::Money;
use domain::observed::{ObservedTransaction, RowState};
use domain::reconcile::{Answer, Outcome, Question};
use domain::transaction::{KnownRow, Standing};

/// Days in which an equal announcement or row may be the other's.
const RIVAL_DAYS: i64 = 14;
/// Parts in a thousand by which amounts differ: below the first they may be a rate, and so on.
const DRIFTS: [i64; 4] = [20, 100, 170, 600];
/// Days between an announcement and what was booked of it, in steps.
const DAYS: [i64; 5] = [0, 1, 3, 6, 8];

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Evidence {
    coarse: Coarse,
    /// Whether both name the day of payment, and the same one.
    paid: Option<bool>,
    /// Whether both bear a name, and the same one.
    named: Option<bool>,
    /// How far names last from announcement to booking: kept and changed.
    names: [u8; 2],
    /// Equal announcements that have no booked row: of the day, of other days, and those still shown.
    waiting: [u8; 3],
    /// Equal booked rows that are nothing yet: of the day and of other days.
    came: [u8; 2],
    /// Equal booked transactions of the day.
    equal: u8,
    /// How often announcements stayed beside, were moved, went.
    habits: [u8; 3],
    /// Whether rows were shown twice.
    echoes: bool,
    /// Whether a person wrote on it.
    edited: bool,
}

/// What weighs most of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Coarse {
    /// What the rules say.
    decided: u8,
    drift: usize,
    days: usize,
    same_words: bool,
    whole: bool,
    /// How the announcement stands.
    standing: u8,
    /// Whether it is still shown, gone, or neither.
    there: Option<bool>,
    /// Whether another row or announcement of the amount is open.
    alone: bool,
    round: bool,
}

fn step(number: i64, steps: &[i64]) -> usize {
    steps.iter().filter(|step| number > **step).count()
}

/// None, one, some, most.
fn share(part: u64, whole: u64) -> u8 {
    match part {
        0 => u8::from(whole > 7),
        1 => 2,
        _ if part * 4 < whole => 3,
        _ => 4,
    }
}

fn few(count: usize) -> u8 {
    u8::try_from(count.min(2)).unwrap_or(2)
}

fn same(one: Option<&String>, other: Option<&String>) -> Option<bool> {
    one.zip(other).map(|(one, other)| one == other)
}

impl Evidence {
    /// What can be seen of a row and a pending transaction.
    #[must_use]
    pub fn of(
        question: &Question<'_>,
        answer: &Answer,
        place: usize,
        pending: &KnownRow,
        doubted: Option<TransactionId>,
    ) -> Self {
        let (row, before) = (&question.rows[place], &pending.observed);
        let near = Near::of(question, answer, place, pending, doubted);
        let by_reference = same(before.bank_reference.as_ref(), row.bank_reference.as_ref());
        let by_identifier = same(before.bank_identifier.as_ref(), row.bank_identifier.as_ref());
        let habits = &question.habits;
        let booked = habits.pending_day_kept + habits.pending_day_moved;
        let named = habits.pending_name_kept + habits.pending_name_changed;
        Self {
            coarse: Coarse::of(question, answer, place, pending, &near),
            paid: before.payment_date.zip(row.payment_date).map(|(one, other)| one == other),
            named: by_reference.or(by_identifier),
            names: [
                share(habits.pending_name_kept, named),
                share(habits.pending_name_changed, named),
            ],
            waiting: near.waiting.map(few),
            came: near.came.map(few),
            equal: few(near.equal),
            habits: [
                share(habits.pending_stayed, booked),
                share(habits.pending_day_moved, booked),
                share(habits.pending_vanished, booked),
            ],
            echoes: habits.equal_rows_one > 0,
            edited: pending.edited,
        }
    }

    /// What weighs most of it.
    #[must_use]
    pub fn coarse(&self) -> &Coarse {
        &self.coarse
    }
}

impl Coarse {
    fn of(
        question: &Question<'_>,
        answer: &Answer,
        place: usize,
        pending: &KnownRow,
        near: &Near,
    ) -> Self {
        let (row, before) = (&question.rows[place], &pending.observed);
        let larger = i128::from(row.amount.minor.abs().max(before.amount.minor.abs()).max(1));
        let apart = i128::from(row.amount.minor.abs_diff(before.amount.minor));
        let drift = i64::try_from(apart * 1_000 / larger).unwrap_or(i64::MAX);
        let drift = if apart == 0 { 0 } else { 1 + step(drift, &DRIFTS) };
        let days = (row.booking_date - before.booking_date).num_days();
        let words = |row: &ObservedTransaction| (row.counterparty.clone(), row.text.clone());
        Self {
            decided: match &answer.rows[place].outcome {
                Outcome::Settled { .. } => 0,
                Outcome::Doubtful { .. } => 1,
                Outcome::New { .. } => 2,
                _ => 3,
            },
            drift,
            days: if days < 0 { DAYS.len() + 1 } else { step(days, &DAYS) },
            same_words: words(row) == words(before),
            whole: question.window.whole,
            standing: match pending.standing {
                Standing::Counted => 0,
                Standing::Doubted => 1,
                Standing::Withdrawn => 2,
                Standing::Absorbed => 3,
            },
            there: near.there,
            alone: near.waiting[0] + near.waiting[1] + near.came[0] + near.came[1] == 0,
            round: before.amount.minor % 100 == 0,
        }
    }
}

/// What else bears the amount.
struct Near {
    there: Option<bool>,
    waiting: [usize; 3],
    came: [usize; 2],
    equal: usize,
}

impl Near {
    fn of(
        question: &Question<'_>,
        answer: &Answer,
        place: usize,
        pending: &KnownRow,
        doubted: Option<TransactionId>,
    ) -> Self {
        let row = &question.rows[place];
        let equal = |amount: Money| [row.amount, pending.observed.amount].contains(&amount);
        let near = |one: &ObservedTransaction| {
            let days = one.booking_date.signed_duration_since(row.booking_date).abs();
            equal(one.amount) && days <= TimeDelta::days(RIVAL_DAYS)
        };
        let oldest = question.rows.iter().map(|row| row.booking_date).min();
        let reached = question.window.from.max(oldest) <= Some(pending.observed.booking_date)
            && pending.observed.booking_date <= question.window.to;
        let shown = |id| {
            let by = answer.rows.iter().position(|row| taken(&row.outcome) == Some(id));
            by.map(|by| question.rows[by].state)
        };
        let there = match shown(pending.transaction_id) {
            Some(RowState::Pending) => Some(true),
            _ if question.window.whole && reached => Some(false),
            _ => None,
        };
        let mut found = Self { there, waiting: [0; 3], came: [0; 2], equal: 0 };
        for other in question.known.iter().filter(|other| near(&other.observed)) {
            let id = other.transaction_id;
            let counts = matches!(other.standing, Standing::Counted | Standing::Doubted);
            if id == pending.transaction_id || Some(id) == doubted || !counts {
                continue;
            }
            let same_day = other.observed.booking_date == pending.observed.booking_date;
            match (other.observed.state, shown(id)) {
                (RowState::Booked, _) => {
                    found.equal += usize::from(other.observed.booking_date == row.booking_date);
                }
                (RowState::Pending, Some(RowState::Pending)) => found.waiting[2] += 1,
                (RowState::Pending, None) => found.waiting[usize::from(!same_day)] += 1,
                (RowState::Pending, Some(RowState::Booked)) => {}
            }
        }
        let doubted = |id: TransactionId| {
            let known = question.known.iter().find(|known| known.transaction_id == id);
            known.is_some_and(|known| known.standing == Standing::Doubted)
        };
        for (other, decided) in answer.rows.iter().enumerate().filter(|(other, _)| *other != place)
        {
            let observed = &question.rows[other];
            let open = match &decided.outcome {
                Outcome::New { .. } | Outcome::Doubtful { .. } => true,
                outcome => taken(outcome).is_some_and(doubted),
            };
            if open && observed.state == RowState::Booked && near(observed) {
                let same_day = observed.booking_date == row.booking_date;
                found.came[usize::from(!same_day)] += 1;
            }
        }
        found
    }
}

fn taken(outcome: &Outcome) -> Option<TransactionId> {
    match outcome {
        Outcome::Same { transaction_id }
        | Outcome::Settled { transaction_id }
        | Outcome::Amended { transaction_id } => Some(*transaction_id),
        _ => None,
    }
}
