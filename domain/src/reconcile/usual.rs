//! What is bought again and again: of two purchases of one amount in few days, a reading may be the
//! one or the other, and only names or days tell.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound::{Excluded, Included};

use chrono::{NaiveDate, TimeDelta};

use super::order::Asked;
use crate::money::Money;
use crate::observed::{ObservedTransaction, RowState};
use crate::transaction::Standing;

/// Days within which two purchases of one amount can be taken for each other.
const CONFUSED_WITHIN_DAYS: i64 = 21;

/// Sums that are a multiple of so many minor units are round.
const ROUND: i64 = 100;

/// On which days each amount occurs, and how often.
pub(super) struct Usual(HashMap<Money, BTreeMap<NaiveDate, Count>>);

#[derive(Clone, Default)]
struct Count {
    /// Known transactions.
    known: usize,
    /// Booked rows of the window.
    booked: usize,
    /// Pending ones.
    pending: usize,
    /// Where the known pending ones are.
    waiting: Vec<usize>,
    /// Where the booked rows are.
    came: Vec<usize>,
}

impl Usual {
    pub(super) fn of(question: &Asked<'_>) -> Self {
        let mut days: HashMap<Money, BTreeMap<NaiveDate, Count>> = HashMap::new();
        let mut on = |row: &ObservedTransaction, add: &dyn Fn(&mut Count)| {
            add(days.entry(row.amount).or_default().entry(row.booking_date).or_default());
        };
        let known = question.known.iter().enumerate();
        for (place, known) in known.filter(|(_, row)| row.standing != Standing::Absorbed) {
            let pending = known.observed.state == RowState::Pending;
            on(&known.observed, &|count| {
                count.known += 1;
                count.waiting.extend(pending.then_some(place));
            });
        }
        for (place, row) in question.rows.iter().enumerate() {
            match row.state {
                RowState::Booked => on(row, &|count| {
                    count.booked += 1;
                    count.came.push(place);
                }),
                RowState::Pending => on(row, &|count| count.pending += 1),
            }
        }
        Self(days)
    }

    fn on(&self, amount: Money, day: NaiveDate) -> &Count {
        static NONE: Count =
            Count { known: 0, booked: 0, pending: 0, waiting: Vec::new(), came: Vec::new() };
        self.0.get(&amount).and_then(|days| days.get(&day)).unwrap_or(&NONE)
    }

    /// Known pending transactions of a row's amount and day.
    pub(super) fn pending_on(&self, row: &ObservedTransaction) -> &[usize] {
        &self.on(row.amount, row.booking_date).waiting
    }

    /// Known pending transactions of a row's amount, of its day and some days before.
    pub(super) fn pending_within(
        &self,
        row: &ObservedTransaction,
        days: i64,
    ) -> impl Iterator<Item = usize> + '_ {
        let last = row.booking_date;
        let first = last.checked_sub_signed(TimeDelta::days(days)).unwrap_or(NaiveDate::MIN);
        let of = self.0.get(&row.amount).into_iter();
        of.flat_map(move |of| of.range(first..=last))
            .flat_map(|(_, count)| count.waiting.iter().copied())
    }

    /// Booked rows of a row's amount, of its day and some days after.
    pub(super) fn booked_within(
        &self,
        row: &ObservedTransaction,
        days: i64,
    ) -> impl Iterator<Item = usize> + '_ {
        let first = row.booking_date;
        let last = first.checked_add_signed(TimeDelta::days(days)).unwrap_or(NaiveDate::MAX);
        let of = self.0.get(&row.amount).into_iter();
        of.flat_map(move |of| of.range(first..=last))
            .flat_map(|(_, count)| count.came.iter().copied())
    }

    /// Whether an amount never occurs twice on one day.
    pub(super) fn once_a_day(&self, row: &ObservedTransaction) -> bool {
        self.0.get(&row.amount).is_none_or(|days| {
            days.values().all(|count| count.known.max(count.booked).max(count.pending) <= 1)
        })
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

    /// Whether an announcement and a booked row bear an amount that nothing else bears, on any day that
    /// is known, and that is no round sum: people do not buy twice in few days to the same odd cent.
    /// `held` tells that the row is among the known ones, too.
    pub(super) fn is_peculiar(
        &self,
        known: &ObservedTransaction,
        row: &ObservedTransaction,
        held: bool,
    ) -> bool {
        let days = [known.booking_date, row.booking_date];
        let round = row.amount.minor % ROUND == 0;
        if round || known.amount != row.amount {
            return false;
        }
        let mut sum = [0; 3];
        for (day, count) in self.0.get(&row.amount).into_iter().flatten() {
            if !days.contains(day) {
                return false;
            }
            sum[0] += count.known;
            sum[1] += count.booked;
            sum[2] += count.pending;
        }
        sum[0] <= 1 + usize::from(held) && sum[1] <= 1 && sum[2] <= 1
    }

    /// Whether the amounts of a pending transaction and of a booked row occur near them besides;
    /// `held` tells that the row is among the known ones, too. As many on the later day as on the
    /// first are pairs, and one more is one that was bought since, or is shown twice.
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
        announced.known > booked.booked
            || booked.known > booked.booked * usize::from(held)
            || announced.pending + booked.pending > 0
    }

    /// Whether the amount of a row occurs several times on its day, be it known, booked or pending;
    /// `held` tells that the row is among the known ones, too.
    pub(super) fn several(&self, row: &ObservedTransaction, held: bool) -> bool {
        let count = self.on(row.amount, row.booking_date);
        count.known > 1 + usize::from(held) || count.booked > 1 || count.pending > 0
    }

    /// Whether the amount of a row is pending on its day.
    pub(super) fn is_pending(&self, row: &ObservedTransaction) -> bool {
        self.pending_shown(row) > 0
    }

    /// How many pending rows say the amount of a row on its day.
    pub(super) fn pending_shown(&self, row: &ObservedTransaction) -> usize {
        self.on(row.amount, row.booking_date).pending
    }

    /// Whether two readings are the only ones of their amounts near their days: at most one known
    /// transaction, one booked row and one pending one.
    pub(super) fn alone_with(
        &self,
        one: &ObservedTransaction,
        other: &ObservedTransaction,
    ) -> bool {
        let days = [one.booking_date, other.booking_date];
        if one.amount != other.amount || days[0] == days[1] {
            return self.alone(one) && self.alone(other);
        }
        let (first, second) = (self.on(one.amount, days[0]), self.on(one.amount, days[1]));
        let most = [
            first.known + second.known,
            first.booked + second.booked,
            first.pending + second.pending,
        ];
        most.iter().all(|count| *count <= 1) && !self.elsewhere(one.amount, days)
    }

    /// Whether a pending row says the amount of a row, on its day or some days before.
    pub(super) fn is_pending_within(&self, row: &ObservedTransaction, days: i64) -> bool {
        let last = row.booking_date;
        let first = last.checked_sub_signed(TimeDelta::days(days)).unwrap_or(NaiveDate::MIN);
        let of = self.0.get(&row.amount).into_iter();
        of.flat_map(|of| of.range(first..=last)).any(|(_, count)| count.pending > 0)
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
