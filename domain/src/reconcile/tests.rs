//! Histories: what a bank shows, window after window, and what becomes of it.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::*;
use crate::account::AccountEvent;
use crate::id::FetchId;
use crate::money::Currency;
use crate::observed::{Evidence, RowState};
use crate::transaction::{KnownRow, Standing};

mod again;
mod counts;
mod evidence;
mod files;
mod likelihood;
mod order;
mod properties;
mod remembered;
mod settling;
mod windows;

/// A day of January 2026, and on from there.
pub(crate) fn day(day: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day") + chrono::TimeDelta::days(day - 1)
}

pub(crate) fn row(reference: Option<&str>, on: i64, minor: i64, text: &str) -> ObservedTransaction {
    let amount = Money::new(minor, Currency::EUR);
    ObservedTransaction {
        bank_reference: reference.map(str::to_owned),
        bank_identifier: None,
        state: RowState::Booked,
        booking_date: day(on),
        value_date: None,
        payment_date: None,
        amount,
        amount_text: amount.to_string(),
        original_amount: None,
        counterparty: None,
        counterparty_identifier: None,
        counterparty_servicer: None,
        text: text.to_owned(),
        reference: None,
        bank_type: None,
        unmapped: None,
    }
}

pub(crate) fn pending(on: i64, minor: i64, text: &str) -> ObservedTransaction {
    ObservedTransaction { state: RowState::Pending, ..row(None, on, minor, text) }
}

/// One account as windows come in.
#[derive(Clone, Default)]
pub(super) struct History {
    pub known: KnownRows,
    pub habits: IdentifierHabits,
    pub balances: Balances,
    pub promised: bool,
    pub answers: Vec<u32>,
    windows: u128,
}

/// The name a key and ordinal stand for.
pub(super) fn identify(key: &str, ordinal: u32) -> TransactionId {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (key, ordinal).hash(&mut hasher);
    TransactionId(Uuid::from_u128(u128::from(hasher.finish())))
}

impl History {
    /// Reads a window and applies what it comes to.
    pub(super) fn read(
        &mut self,
        from: i64,
        to: i64,
        whole: bool,
        rows: &[ObservedTransaction],
    ) -> Vec<AccountEvent> {
        self.windows += 1;
        let window = Window { from: Some(day(from)), to: day(to), whole };
        let (habits, balances) = (self.habits, self.balances);
        let question = Question {
            known: self.known.rows(),
            rows,
            window,
            habits,
            balances,
            promised: self.promised,
            answers: &self.answers,
        };
        let answer = reconcile(&question);
        assert_eq!(answer.rows.len(), rows.len());
        let fetch_id = FetchId(Uuid::from_u128(self.windows));
        let evidence =
            Evidence { fetch_id, answer: 0, row: 0, received_at: DateTime::<Utc>::UNIX_EPOCH };
        let rows: Vec<_> =
            rows.iter().map(|observed| Sighted { observed, evidence: &evidence }).collect();
        let events = answer.events(&rows, fetch_id, identify);
        for event in &events {
            self.known.apply(event);
        }
        self.habits.add(&answer.habits);
        events
    }

    pub(super) fn whole(&mut self, rows: &[ObservedTransaction]) -> Vec<AccountEvent> {
        self.read(1, 90, true, rows)
    }

    pub(super) fn standing(&self, standing: Standing) -> Vec<&KnownRow> {
        self.known.rows().iter().filter(|row| row.standing == standing).collect()
    }

    pub(super) fn counted(&self) -> usize {
        self.standing(Standing::Counted).len()
    }

    pub(super) fn sum(&self) -> i64 {
        self.standing(Standing::Counted).iter().map(|row| row.observed.amount.minor).sum()
    }
}

/// The kinds of events, shortened.
pub(super) fn kinds(events: &[AccountEvent]) -> Vec<&'static str> {
    events.iter().map(|event| event.name().rsplit('_').next().unwrap_or_default()).collect()
}
