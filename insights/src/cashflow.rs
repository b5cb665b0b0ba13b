//! Money in and out by period, what is left of budgets, and net worth over time.

use std::collections::{BTreeMap, HashSet};

use chrono::{Datelike, Days, Months, NaiveDate};
use domain::categorisation::CategoryKind;
use domain::id::TransactionId;
use domain::money::Currency;

use crate::movement::{Movement, median, portion};
use crate::recurring::{State, Stream};

/// Most periods that are given.
pub const MOST_PERIODS: usize = 120;
/// Months that a usual month is taken from.
const USUAL_MONTHS: u32 = 6;

/// From a day up to and without another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    /// The first day.
    pub from: NaiveDate,
    /// The first day after it.
    pub until: NaiveDate,
}

impl Period {
    /// Whether a day lies in it.
    #[must_use]
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.from <= day && day < self.until
    }

    /// How many days it has.
    #[must_use]
    pub fn days(&self) -> i64 {
        (self.until - self.from).num_days()
    }
}

/// The first day of a day's month.
#[must_use]
pub fn month_of(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

/// The calendar months from that of one day to that of another, the newest [`MOST_PERIODS`].
#[must_use]
pub fn months(from: NaiveDate, to: NaiveDate) -> Vec<Period> {
    newest_months(from, to, MOST_PERIODS)
}

/// The same, the newest `most`.
#[must_use]
pub fn newest_months(from: NaiveDate, to: NaiveDate, most: usize) -> Vec<Period> {
    let mut periods = Vec::new();
    let mut first = month_of(to);
    while first >= month_of(from) && periods.len() < most {
        let until = first.checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX);
        periods.push(Period { from: first, until });
        let Some(before) = first.checked_sub_months(Months::new(1)) else { break };
        first = before;
    }
    periods.reverse();
    periods
}

/// Periods from pay-day to pay-day, by the largest income that comes again; none if there is none.
#[must_use]
pub fn pay_periods(streams: &[Stream], from: NaiveDate, to: NaiveDate) -> Option<Vec<Period>> {
    let salary = streams
        .iter()
        .filter(|stream| stream.incoming() && stream.category == "income" && stream.hits.len() >= 3)
        .max_by_key(|stream| (stream.yearly(), stream.payee.clone()))?;
    let mut begins: Vec<NaiveDate> =
        salary.hits.iter().map(|hit| hit.day).filter(|day| *day >= from && *day <= to).collect();
    begins.dedup();
    let end = salary.next.max(to.checked_add_days(Days::new(1))?);
    begins.push(end);
    let mut periods: Vec<Period> =
        begins.windows(2).map(|pair| Period { from: pair[0], until: pair[1] }).collect();
    let extra = periods.len().saturating_sub(MOST_PERIODS);
    periods.drain(..extra);
    Some(periods)
}

/// What a period came to, in one currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Money earned.
    pub income: i64,
    /// Money spent, less what was given back.
    pub spent: i64,
    /// Put aside, less what was taken from there.
    pub saved: i64,
    /// Spent by category.
    pub categories: BTreeMap<String, i64>,
}

impl Flow {
    /// What is left of the income, in parts of a thousand of it; none without income.
    #[must_use]
    pub fn savings_rate(&self) -> Option<i64> {
        (self.income > 0)
            .then(|| portion(self.income.saturating_sub(self.spent), 1000, self.income))
    }

    fn add(&mut self, movement: &Movement) {
        match movement.kind() {
            CategoryKind::Income => self.income = self.income.saturating_add(movement.minor),
            CategoryKind::Spending => {
                self.spent = self.spent.saturating_sub(movement.minor);
                let sum = self.categories.entry(movement.category.clone()).or_default();
                *sum = sum.saturating_sub(movement.minor);
            }
            CategoryKind::Transfer => {
                if movement.category == "savings_investment" {
                    self.saved = self.saved.saturating_sub(movement.minor);
                }
            }
        }
    }
}

/// Sums by period and currency. Rows in `between_own` move money between own accounts and count for
/// nothing.
#[must_use]
pub fn flows(
    movements: &[Movement],
    periods: &[Period],
    between_own: &HashSet<TransactionId>,
) -> Vec<(Period, BTreeMap<Currency, Flow>)> {
    let mut flows: Vec<(Period, BTreeMap<Currency, Flow>)> =
        periods.iter().map(|period| (*period, BTreeMap::new())).collect();
    for movement in movements.iter().filter(|movement| !between_own.contains(&movement.id)) {
        let place = periods.partition_point(|period| period.until <= movement.day);
        if let Some((period, sums)) = flows.get_mut(place)
            && period.holds(movement.day)
        {
            sums.entry(movement.currency).or_default().add(movement);
        }
    }
    flows
}

/// A limit a person set for what a category may come to in a calendar month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The category.
    pub category: String,
    /// The currency.
    pub currency: Currency,
    /// The limit, in minor units.
    pub limit: i64,
}

/// How a budget stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Spent so far this month.
    pub spent: i64,
    /// What is left; below nought if it is overdrawn.
    pub left: i64,
    /// Where an even pace would be by now.
    pub even: i64,
    /// What the month will probably come to: spent, what is known to come, and the usual rest.
    pub likely: i64,
    /// A usual month: the middle of the last six whole ones.
    pub usual: i64,
}

/// How a budget stands on a day.
#[must_use]
pub fn standing(
    budget: &Budget,
    movements: &[Movement],
    streams: &[Stream],
    today: NaiveDate,
) -> Standing {
    let month = month_of(today);
    let until = month.checked_add_months(Months::new(1)).unwrap_or(today);
    let of_budget = |movement: &&Movement| {
        movement.category == budget.category && movement.currency == budget.currency
    };
    let spent_in = |period: &Period| -> i64 {
        let rows = movements.iter().filter(of_budget).filter(|row| period.holds(row.day));
        rows.map(|row| -row.minor).sum()
    };
    let spent = spent_in(&Period { from: month, until });
    let usual = usual_month(&spent_in, month);
    let days = (until - month).num_days();
    let gone = (today - month).num_days() + 1;
    let known: i64 = streams
        .iter()
        .filter(|stream| {
            stream.category == budget.category
                && stream.currency == budget.currency
                && stream.state != State::Stopped
        })
        .map(|stream| {
            let last = until.pred_opt().unwrap_or(today);
            let beats = i64::try_from(stream.days(today, last).count()).unwrap_or(0);
            -stream.expected * beats
        })
        .sum();
    let monthly: i64 = streams
        .iter()
        .filter(|stream| stream.category == budget.category && stream.state != State::Stopped)
        .map(|stream| -stream.yearly() / 12)
        .sum();
    let rest = portion((usual - monthly).max(0), days - gone, days);
    Standing {
        spent,
        left: budget.limit - spent,
        even: portion(budget.limit, gone, days),
        likely: spent + known + rest,
        usual,
    }
}

/// The middle of the last whole months.
fn usual_month(spent_in: &impl Fn(&Period) -> i64, month: NaiveDate) -> i64 {
    let sums: Vec<i64> = (1..=USUAL_MONTHS)
        .filter_map(|back| {
            let from = month.checked_sub_months(Months::new(back))?;
            let until = from.checked_add_months(Months::new(1))?;
            Some(spent_in(&Period { from, until }))
        })
        .collect();
    median(&sums)
}

/// Balances at the end of days in rising order, walked back from the one that stands now: what was booked
/// after a day, in whatever order, is not in its balance yet.
#[must_use]
pub fn walked_back(stated: i64, booked: &[(NaiveDate, i64)], days: &[NaiveDate]) -> Vec<i64> {
    let mut booked: Vec<(NaiveDate, i64)> = booked.to_vec();
    booked.sort_unstable_by_key(|(day, _)| *day);
    let mut balance = stated;
    let mut balances: Vec<i64> = Vec::with_capacity(days.len());
    for day in days.iter().rev() {
        while let Some((_, minor)) = booked.pop_if(|(of, _)| *of > *day) {
            balance = balance.saturating_sub(minor);
        }
        balances.push(balance);
    }
    balances.reverse();
    balances
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_balance_is_walked_back_over_what_was_booked_since() {
        let day = |text: &str| -> NaiveDate { text.parse().expect("a day") };
        let booked = [
            (day("2026-11-20"), -500),
            (day("2026-10-31"), 2_000),
            (day("2026-11-20"), -25),
            // Booked ahead: it is in what stands now.
            (day("2026-11-30"), -10),
        ];
        let days = ["2026-10-30", "2026-10-31", "2026-11-19", "2026-11-20", "2026-11-30"];
        let walked = walked_back(10_000, &booked, &days.map(day));
        assert_eq!(walked, [8_535, 10_535, 10_535, 10_010, 10_000]);
        assert_eq!(walked_back(7, &[], &[day("2026-01-01")]), [7]);
        assert_eq!(walked_back(7, &booked, &[]), Vec::<i64>::new());
    }
}
