//! What is bought again and again: of two purchases of one amount in few days, a reading may be the
//! one or the other, and only names or days tell.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::Question;
use crate::money::Money;
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::Standing;

/// Days within which two purchases of one amount can be taken for each other.
const CONFUSED_WITHIN_DAYS: i64 = 21;

/// On which days each amount occurs.
pub(super) struct Usual(HashMap<Money, Days>);

#[derive(Default)]
struct Days {
    /// Of known transactions, each as often as it is there.
    known: Vec<NaiveDate>,
    /// Of booked rows of the window.
    booked: Vec<NaiveDate>,
    /// Of pending ones.
    pending: Vec<NaiveDate>,
}

impl Usual {
    pub(super) fn of(question: &Question<'_>) -> Self {
        let mut days: HashMap<Money, Days> = HashMap::new();
        let known = question.known.iter().filter(|row| row.standing != Standing::Absorbed);
        for row in known.map(|row| &row.observed) {
            days.entry(row.amount).or_default().known.push(row.booking_date);
        }
        for row in question.rows {
            let days = days.entry(row.amount).or_default();
            match row.state {
                RowState::Booked => days.booked.push(row.booking_date),
                RowState::Pending => days.pending.push(row.booking_date),
            }
        }
        Self(days)
    }

    /// Whether the amount of a pending transaction and of a booked row on another day occurs near
    /// them besides; `held` tells that the row is among the known ones, too.
    pub(super) fn besides(
        &self,
        known: &ObservedTransaction,
        row: &ObservedTransaction,
        held: bool,
    ) -> bool {
        let both = [known.booking_date, row.booking_date];
        let near = |day: &&NaiveDate| {
            let days = both.map(|other| apart(**day, other));
            let other_day = both[0] != both[1] || days[0] > 0;
            other_day && days.iter().any(|days| *days <= CONFUSED_WITHIN_DAYS)
        };
        let count = |days: &Vec<NaiveDate>| days.iter().filter(near).count();
        let counts = |amount| {
            self.0.get(&amount).map_or([0; 3], |days| {
                [count(&days.known), count(&days.booked), count(&days.pending)]
            })
        };
        let [of_known, booked, pending] = counts(known.amount);
        if known.amount != row.amount {
            let [other_known, other_booked, other_pending] = counts(row.amount);
            let own_day = usize::from(both[0] != both[1]);
            return of_known + booked + pending > own_day
                || other_known + other_booked + other_pending > own_day * (1 + usize::from(held));
        }
        if both[0] == both[1] {
            return of_known + booked + pending > 0;
        }
        of_known > 1 + usize::from(held) || booked > 1 || pending > 0
    }

    /// Whether the amount of a row occurs several times on its day, be it known, booked or pending;
    /// `held` tells that the row is among the known ones, too.
    pub(super) fn several(&self, row: &ObservedTransaction, held: bool) -> bool {
        let count =
            |days: &Vec<NaiveDate>| days.iter().filter(|day| **day == row.booking_date).count();
        self.0.get(&row.amount).is_some_and(|days| {
            count(&days.known) > 1 + usize::from(held)
                || count(&days.booked) > 1
                || count(&days.pending) > 0
        })
    }

    /// Whether an announcement and what was booked of it are the only ones of their amount: at most
    /// one known transaction, one booked row and one pending one are near.
    pub(super) fn alone(&self, row: &ObservedTransaction) -> bool {
        let few = |days: &Vec<NaiveDate>| {
            let near = |day: &&NaiveDate| apart(**day, row.booking_date) <= CONFUSED_WITHIN_DAYS;
            days.iter().filter(near).take(2).count() < 2
        };
        self.0.get(&row.amount).is_none_or(|days| {
            few(&days.known) && few(&days.booked) && few(&days.pending)
        })
    }
}

fn apart(one: NaiveDate, other: NaiveDate) -> i64 {
    one.signed_duration_since(other).num_days().abs()
}
