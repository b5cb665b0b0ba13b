//! What is bought again and again: of two purchases of one amount in few days, a reading may be the
//! one or the other, and only names or days tell.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound::{Excluded, Included};

use chrono::{NaiveDate, TimeDelta};

use super::Question;
use crate::money::Money;
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::Standing;

/// Days within which two purchases of one amount can be taken for each other.
const CONFUSED_WITHIN_DAYS: i64 = 21;

/// On which days each amount occurs, and how often.
pub(super) struct Usual(HashMap<Money, BTreeMap<NaiveDate, Count>>);

#[derive(Clone, Copy, Default)]
struct Count {
    /// Known transactions.
    known: usize,
    /// Booked rows of the window.
    booked: usize,
    /// Pending ones.
    pending: usize,
}

impl Usual {
    pub(super) fn of(question: &Question<'_>) -> Self {
        let mut days: HashMap<Money, BTreeMap<NaiveDate, Count>> = HashMap::new();
        let mut count = |row: &ObservedTransaction, add: fn(&mut Count)| {
            add(days.entry(row.amount).or_default().entry(row.booking_date).or_default());
        };
        for known in question.known.iter().filter(|row| row.standing != Standing::Absorbed) {
            count(&known.observed, |count| count.known += 1);
        }
        for row in question.rows {
            match row.state {
                RowState::Booked => count(row, |count| count.booked += 1),
                RowState::Pending => count(row, |count| count.pending += 1),
            }
        }
        Self(days)
    }

    fn on(&self, amount: Money, day: NaiveDate) -> Count {
        let count = self.0.get(&amount).and_then(|days| days.get(&day));
        count.copied().unwrap_or_default()
    }

    /// Whether an amount occurs on a day near two others that is neither.
    fn elsewhere(&self, amount: Money, days: [NaiveDate; 2]) -> bool {
        let (first, last) = (days[0].min(days[1]), days[0].max(days[1]));
        let near = TimeDelta::days(CONFUSED_WITHIN_DAYS);
        let from = first.checked_sub_signed(near).unwrap_or(NaiveDate::MIN);
        let to = last.checked_add_signed(near).unwrap_or(NaiveDate::MAX);
        self.0.get(&amount).is_some_and(|of| {
            let mut outside = of.range((Included(from), Excluded(first)));
            let mut between = of.range((Included(first), Included(to)));
            outside.next().is_some() || between.any(|(day, _)| !days.contains(day))
        })
    }

    /// Whether the amounts of a pending transaction and of a booked row occur near them besides;
    /// `held` tells that the row is among the known ones, too. As many on the one day as on the
    /// other are pairs.
    pub(super) fn besides(
        &self,
        known: &ObservedTransaction,
        row: &ObservedTransaction,
        held: bool,
    ) -> bool {
        let days = [known.booking_date, row.booking_date];
        if self.elsewhere(known.amount, days) || self.elsewhere(row.amount, days) {
            return true;
        }
        if days[0] == days[1] || known.amount != row.amount {
            return false;
        }
        let (announced, booked) = (self.on(row.amount, days[0]), self.on(row.amount, days[1]));
        announced.known != booked.booked
            || booked.known > booked.booked * usize::from(held)
            || announced.pending + booked.pending > 0
    }

    /// Whether the amount of a row occurs several times on its day, be it known, booked or pending;
    /// `held` tells that the row is among the known ones, too.
    pub(super) fn several(&self, row: &ObservedTransaction, held: bool) -> bool {
        let count = self.on(row.amount, row.booking_date);
        count.known > 1 + usize::from(held) || count.booked > 1 || count.pending > 0
    }

    /// Whether an announcement and what was booked of it are the only ones of their amount: at most
    /// one known transaction, one booked row and one pending one are near.
    pub(super) fn alone(&self, row: &ObservedTransaction) -> bool {
        let day = row.booking_date;
        let count = self.on(row.amount, day);
        count.known.max(count.booked).max(count.pending) <= 1
            && !self.elsewhere(row.amount, [day, day])
    }
}
