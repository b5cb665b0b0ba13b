//! What is bought again and again: of two purchases of one amount in few days, a reading may be the
//! one or the other, and only names or days tell.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::Question;
use crate::money::Money;
use crate::observed::ObservedTransaction;
use crate::transaction::Standing;

/// Days within which two purchases of one amount can be taken for each other.
const CONFUSED_WITHIN_DAYS: i64 = 21;

/// On which days each amount occurs.
pub(super) struct Usual(HashMap<Money, Vec<NaiveDate>>);

impl Usual {
    pub(super) fn of(question: &Question<'_>) -> Self {
        let mut days: HashMap<Money, Vec<NaiveDate>> = HashMap::new();
        let known = question.known.iter().filter(|row| row.standing != Standing::Absorbed);
        for row in known.map(|row| &row.observed).chain(question.rows) {
            days.entry(row.amount).or_default().push(row.booking_date);
        }
        for days in days.values_mut() {
            days.sort_unstable();
            days.dedup();
        }
        Self(days)
    }

    /// Whether the amount of one of two readings occurs on a day near them that is neither's.
    pub(super) fn besides(&self, one: &ObservedTransaction, other: &ObservedTransaction) -> bool {
        let both = [one.booking_date, other.booking_date];
        let near = |day: &NaiveDate| {
            let days = both.map(|other| other.signed_duration_since(*day).num_days().abs());
            days.iter().all(|days| *days > 0) && days.iter().any(|days| *days <= CONFUSED_WITHIN_DAYS)
        };
        [one.amount, other.amount]
            .iter()
            .filter_map(|amount| self.0.get(amount))
            .any(|days| days.iter().any(near))
    }
}
