//! Which of a person's transactions are meant.

use chrono::NaiveDate;
use domain::id::{AccountId, UserId};

use super::letters;
use crate::database::{Database, Value};
use crate::search::patterns;

/// Which way money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the person.
    In,
    /// From the person.
    Out,
}

/// Something a row can be marked as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is not in the bank's books yet.
    Pending,
    /// It waits for the person's verdict.
    Doubted,
    /// The bank took it back.
    Withdrawn,
    /// The person wrote a note.
    Noted,
    /// The person split it.
    Split,
    /// The person chose its category.
    Chosen,
}

impl Mark {
    /// The condition, which is never `NULL`, so that it can be turned round.
    const fn condition(self) -> &'static str {
        match self {
            Self::Pending => "COALESCE(t.state, '') = 'pending'",
            Self::Doubted => "COALESCE(t.standing, '') = 'doubted'",
            Self::Withdrawn => "COALESCE(t.standing, '') = 'withdrawn'",
            Self::Noted => "t.note IS NOT NULL",
            Self::Split => {
                "EXISTS (SELECT 1 FROM parts p WHERE p.transaction_id = t.transaction_id)"
            }
            Self::Chosen => "t.own_category IS NOT NULL",
        }
    }
}

/// Narrows a person's transactions; what is not set narrows nothing. Another reading of a
/// transaction that is shown itself is never let through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransactionFilter {
    /// Of one account.
    pub account_id: Option<AccountId>,
    /// Of one category.
    pub category: Option<String>,
    /// Of one of these categories; none for any.
    pub categories: Vec<String>,
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
    /// Marked with all of these.
    pub marks: Vec<Mark>,
    /// Only those the person took off the lists, or only the others; none for both.
    pub hidden: Option<bool>,
    /// Let through by none of these.
    pub except: Vec<TransactionFilter>,
}

/// Conditions joined by `AND`, with their values.
#[derive(Clone, Debug)]
pub(super) struct Conditions {
    text: String,
    values: Vec<Value>,
}

impl Conditions {
    /// Rows of one person that a filter lets through, as a database finds them soonest.
    pub(super) fn of(database: &Database, user_id: UserId, filter: &TransactionFilter) -> Self {
        let mut conditions = Self { text: String::new(), values: Vec::new() };
        conditions.and("t.user_id = $", [user_id.into()]);
        conditions.and("(t.standing IS NULL OR t.standing <> 'absorbed')", []);
        conditions.narrow(user_id, filter);
        // What is excepted is no way to find anything.
        let indexed = filter.search.as_deref().filter(|_| database.indexes_letters());
        if let Some((text, values)) =
            indexed.and_then(|search| letters::condition(user_id.into(), search))
        {
            conditions.and(&text, values);
        }
        for excepted in &filter.except {
            conditions.except(user_id, excepted);
        }
        conditions
    }

    /// Rows that a filter would let through are not let through.
    fn except(&mut self, user_id: UserId, filter: &TransactionFilter) {
        let before = std::mem::take(&mut self.text);
        self.narrow(user_id, filter);
        let inner = std::mem::replace(&mut self.text, before);
        // What asks for nothing excepts nothing.
        if !inner.is_empty() {
            self.joined(&format!("NOT ({inner})"));
        }
    }

    /// Adds what a filter asks for; of no condition it is open whether it holds.
    fn narrow(&mut self, user_id: UserId, filter: &TransactionFilter) {
        if let Some(account_id) = filter.account_id {
            self.and("t.account_id = $", [account_id.into()]);
        }
        if let Some(category) = &filter.category {
            self.of_categories(user_id, std::slice::from_ref(category));
        }
        self.of_categories(user_id, &filter.categories);
        if let Some(from) = filter.from {
            self.and("t.booking_date >= $", [from.into()]);
        }
        if let Some(to) = filter.to {
            self.and("t.booking_date <= $", [to.into()]);
        }
        if let Some(minimum) = filter.minimum_minor {
            let minimum = i64::try_from(minimum).unwrap_or(i64::MAX);
            let values = [minimum.into(), (-minimum).into()];
            self.and("(t.amount_minor >= $ OR t.amount_minor <= $)", values);
        }
        if let Some(maximum) = filter.maximum_minor {
            let maximum = i64::try_from(maximum).unwrap_or(i64::MAX);
            let values = [(-maximum).into(), maximum.into()];
            self.and("t.amount_minor BETWEEN $ AND $", values);
        }
        match filter.direction {
            Some(Direction::In) => self.and("t.amount_minor > 0", []),
            Some(Direction::Out) => self.and("t.amount_minor < 0", []),
            None => {}
        }
        for mark in &filter.marks {
            self.and(mark.condition(), []);
        }
        match filter.hidden {
            Some(true) => self.and("t.hidden = 1", []),
            Some(false) => self.and("t.hidden = 0", []),
            None => {}
        }
        for pattern in filter.search.as_deref().map(patterns).unwrap_or_default() {
            self.and("t.search LIKE $ ESCAPE '\\'", [pattern.into()]);
        }
    }

    /// The row, or one of its parts, is of one of these. Rows are told by their position, which the
    /// index that is searched holds.
    fn of_categories(&mut self, user_id: UserId, categories: &[String]) {
        if categories.is_empty() {
            return;
        }
        let names: Vec<String> =
            categories.iter().map(|name| self.name(name.as_str().into())).collect();
        let user = self.name(user_id.into());
        let names = names.join(", ");
        let condition = format!(
            "(t.category IN ({names}) OR t.position IN
             (SELECT o.position FROM parts p
              JOIN transactions o ON o.transaction_id = p.transaction_id
              WHERE p.user_id = {user} AND p.category IN ({names})))"
        );
        self.joined(&condition);
    }

    /// Adds a condition that names its values itself.
    fn joined(&mut self, condition: &str) {
        if !self.text.is_empty() {
            self.text.push_str(" AND ");
        }
        self.text.push_str(condition);
    }

    /// Adds a condition in which each `$` stands for the next value.
    pub(super) fn and<const N: usize>(&mut self, condition: &str, values: [Value; N]) {
        self.joined("");
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
