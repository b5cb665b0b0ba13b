//! Which of a person's transactions are meant.

use chrono::NaiveDate;
use domain::id::{AccountId, UserId};

use crate::database::Value;
use crate::search::patterns;

/// Which way money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the person.
    In,
    /// From the person.
    Out,
}

/// Narrows a person's transactions; what is not set narrows nothing. Another reading of a
/// transaction that is shown itself is never let through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransactionFilter {
    /// Of one account.
    pub account_id: Option<AccountId>,
    /// Of one category.
    pub category: Option<String>,
    /// With all these words in counterparty, text or reference.
    pub search: Option<String>,
    /// Booked on this day or later.
    pub from: Option<NaiveDate>,
    /// Booked on this day or earlier.
    pub to: Option<NaiveDate>,
    /// Of at least so many minor units, whichever way.
    pub minimum_minor: Option<u64>,
    /// Of at most so many minor units, whichever way.
    pub maximum_minor: Option<u64>,
    /// Which way.
    pub direction: Option<Direction>,
}

/// Conditions joined by `AND`, with their values.
#[derive(Clone, Debug)]
pub(super) struct Conditions {
    text: String,
    values: Vec<Value>,
}

impl Conditions {
    /// Rows of one person that a filter lets through.
    pub(super) fn of(user_id: UserId, filter: &TransactionFilter) -> Self {
        let mut conditions = Self { text: String::new(), values: Vec::new() };
        conditions.and("t.user_id = $", [user_id.into()]);
        if let Some(account_id) = filter.account_id {
            conditions.and("t.account_id = $", [account_id.into()]);
        }
        conditions.and("(t.standing IS NULL OR t.standing <> 'absorbed')", []);
        if let Some(category) = &filter.category {
            // Or one of its parts is.
            let values = [category.as_str().into(), user_id.into(), category.as_str().into()];
            conditions.and(
                "(t.category = $ OR t.transaction_id IN
                 (SELECT p.transaction_id FROM parts p WHERE p.user_id = $ AND p.category = $))",
                values,
            );
        }
        if let Some(from) = filter.from {
            conditions.and("t.booking_date >= $", [from.into()]);
        }
        if let Some(to) = filter.to {
            conditions.and("t.booking_date <= $", [to.into()]);
        }
        if let Some(minimum) = filter.minimum_minor {
            let minimum = i64::try_from(minimum).unwrap_or(i64::MAX);
            let values = [minimum.into(), (-minimum).into()];
            conditions.and("(t.amount_minor >= $ OR t.amount_minor <= $)", values);
        }
        if let Some(maximum) = filter.maximum_minor {
            let maximum = i64::try_from(maximum).unwrap_or(i64::MAX);
            let values = [(-maximum).into(), maximum.into()];
            conditions.and("t.amount_minor BETWEEN $ AND $", values);
        }
        match filter.direction {
            Some(Direction::In) => conditions.and("t.amount_minor > 0", []),
            Some(Direction::Out) => conditions.and("t.amount_minor < 0", []),
            None => {}
        }
        for pattern in filter.search.as_deref().map(patterns).unwrap_or_default() {
            conditions.and("t.search LIKE $ ESCAPE '\\'", [pattern.into()]);
        }
        conditions
    }

    /// Adds a condition in which each `$` stands for the next value.
    pub(super) fn and<const N: usize>(&mut self, condition: &str, values: [Value; N]) {
        if !self.text.is_empty() {
            self.text.push_str(" AND ");
        }
        let mut parts = condition.split('$');
        self.text.push_str(parts.next().unwrap_or_default());
        for (value, rest) in values.into_iter().zip(parts) {
            let name = self.name(value);
            self.text.push_str(&name);
            self.text.push_str(rest);
        }
    }

    /// Names a value that is used after the conditions.
    pub(super) fn name(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn into_values(self) -> Vec<Value> {
        self.values
    }
}
