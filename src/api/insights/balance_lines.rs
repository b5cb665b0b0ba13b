//! Balances over time, from the first transaction on: of one account, or of all that are shared now.

use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use chrono::NaiveDate;
use domain::id::AccountId;
use domain::money::{Currency, Money as Amount};
use insights::cashflow::newest_months;
use projections::accounts::AccountRow;

use super::balances::balances;
use crate::api::as_of::{AsOf, At, KnownAt, moment, names_its_place};
use crate::api::scalars::{Date, Money, Position};
use crate::api::visit::{internal, person};

/// Longest time that is told day by day, in days; what is longer is told by month.
const MOST_DAYS: i64 = 400;
/// Most points of a line: those of the newest months.
const MOST_POINTS: usize = 400;

/// A balance at the end of a day.
#[derive(SimpleObject)]
pub struct BalancePoint {
    /// The day.
    day: Date,
    /// The balance at its end.
    amount: Money,
}

/// Balances over time, in one currency.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct BalanceLine {
    #[graphql(skip)]
    at: At,
    /// ISO 4217.
    currency: String,
    /// In rising order, the last one of the day it stands for: at the end of every day, or of every month
    /// where the time is longer than 400 days. At most 400.
    points: Vec<BalancePoint>,
}

names_its_place!(BalanceLine);

/// Reading balances over time.
#[derive(Default)]
pub struct BalanceQueries;

/// The days that are told: all of them, or the last of each month.
fn days(from: NaiveDate, today: NaiveDate) -> Vec<NaiveDate> {
    if (today - from).num_days() <= MOST_DAYS {
        return from.iter_days().take_while(|day| *day <= today).collect();
    }
    let months = newest_months(from, today, MOST_POINTS);
    let ends = months.into_iter().filter_map(|month| month.until.pred_opt());
    ends.map(|day| day.min(today)).collect()
}

#[Object]
impl BalanceQueries {
    /// The booked balance over time, one line a currency: of an account, or of all accounts that are
    /// shared now. It is worked out from the balance the bank states now and the rows since, begins with
    /// the first transaction, or at `from`, and is empty without a balance or without rows.
    #[graphql(complexity = "20 + child_complexity")]
    async fn balance_lines(
        &self,
        context: &Context<'_>,
        account_id: Option<ID>,
        from: Option<Date>,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<BalanceLine>> {
        let user_id = person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let failed = |error| internal(context, error);
        let (rows, transactions) = (at.view().accounts(), at.view().transactions());
        let chosen: Option<AccountId> = match &account_id {
            Some(id) => match id.parse() {
                Ok(id) => Some(id),
                Err(_) => return Ok(Vec::new()),
            },
            None => None,
        };
        let accounts: Vec<AccountRow> = match chosen {
            Some(id) => rows.one(user_id, id).await.map_err(failed)?.into_iter().collect(),
            None => {
                let all = rows.list(user_id).await.map_err(failed)?;
                all.into_iter().filter(|account| account.live).collect()
            }
        };
        let first = transactions.first_day(user_id, chosen).await.map_err(failed)?;
        let Some(first) = first else { return Ok(Vec::new()) };
        let today = at.now().date_naive();
        let from = from.map_or(first, |Date(day)| day.max(first)).min(today);
        let days = days(from, today);
        let lines = balances(context, &at, user_id, &accounts, &days).await?;
        let of = |(currency, line): (Currency, Vec<i64>)| BalanceLine {
            at: at.clone(),
            currency: currency.code().to_owned(),
            points: days
                .iter()
                .zip(line)
                .map(|(day, minor)| BalancePoint {
                    day: Date(*day),
                    amount: Amount::new(minor, currency).into(),
                })
                .collect(),
        };
        Ok(lines.into_iter().map(of).collect())
    }
}

#[cfg(test)]
mod tests {
    use chrono::Months;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn a_short_time_is_told_by_day_and_a_long_one_by_month() {
        let today = day("2026-11-27");
        let told = days(day("2026-10-27"), today);
        assert_eq!(told.len(), 32, "{told:?}");
        assert_eq!((told[0], told[31]), (day("2026-10-27"), today));
        let told = days(day("2016-03-14"), today);
        assert_eq!(told.len(), 129);
        assert_eq!(told[..2], [day("2016-03-31"), day("2016-04-30")]);
        assert_eq!(told[127..], [day("2026-10-31"), today]);
        let told = days(today - Months::new(12 * 60), today);
        assert_eq!((told.len(), told.last()), (MOST_POINTS, Some(&today)));
    }
}
