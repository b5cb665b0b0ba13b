//! Money in and out, net worth, and what is paid to whom.

use std::collections::BTreeMap;

use async_graphql::{ComplexObject, Context, Enum, Object, Result, SimpleObject};
use chrono::{Days, NaiveDate};
use domain::money::{Currency, Money as Amount};
use insights::cashflow::{self, Flow, Period};

use super::balances::balances;
use super::{answered, picture};
use crate::api::as_of::{AsOf, At, KnownAt, moment, names_its_place};
use crate::api::scalars::{Date, Money, Position};
use crate::api::transactions::Category;
use crate::api::visit::{internal, person, refuse};

/// Most days of a series of net worth.
const MOST_DAYS: i64 = 1_200;

/// What periods are.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum PeriodKind {
    /// Calendar months.
    Month,
    /// From pay-day to pay-day; calendar months without a salary that comes again.
    PayDay,
}

/// A category's part of a period.
#[derive(SimpleObject)]
pub struct CategoryFlow {
    /// The category.
    category: Category,
    /// Spent, less what was given back.
    spent: Money,
}

/// What a period came to, in one currency.
pub struct CashFlow {
    at: At,
    is_whole: bool,
    period: Period,
    currency: Currency,
    flow: Flow,
}

#[Object]
impl CashFlow {
    /// The place of the log this stands for.
    async fn known_at(&self, context: &Context<'_>) -> Result<KnownAt> {
        self.at.known_at(context).await
    }
    /// The first day.
    async fn from(&self) -> Date {
        Date(self.period.from)
    }
    /// The last day.
    async fn to(&self) -> Date {
        Date(self.period.until.pred_opt().unwrap_or(self.period.until))
    }
    /// Whether every transaction of the period was looked at; see `insightReach`.
    async fn is_whole(&self) -> bool {
        self.is_whole
    }
    /// Money earned.
    async fn income(&self) -> Money {
        Amount::new(self.flow.income, self.currency).into()
    }
    /// Money spent, less what was given back.
    async fn spent(&self) -> Money {
        Amount::new(self.flow.spent, self.currency).into()
    }
    /// Put aside, less what was taken from there.
    async fn saved(&self) -> Money {
        Amount::new(self.flow.saved, self.currency).into()
    }
    /// What is left of the income, in parts of a thousand of it; none without income.
    async fn savings_rate_per_mille(&self) -> Option<i32> {
        let rate = self.flow.savings_rate()?;
        Some(i32::try_from(rate).unwrap_or(if rate < 0 { i32::MIN } else { i32::MAX }))
    }
    /// Spent by category, the most first.
    async fn categories(&self) -> Vec<CategoryFlow> {
        let mut sums: Vec<(&String, &i64)> = self.flow.categories.iter().collect();
        sums.sort_by_key(|(category, minor)| (-**minor, (*category).clone()));
        let of = |(category, minor): (&String, &i64)| CategoryFlow {
            category: Category::of(category),
            spent: Amount::new(*minor, self.currency).into(),
        };
        sums.into_iter().map(of).collect()
    }
}

/// Everything owned less everything owed.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct NetWorth {
    #[graphql(skip)]
    at: At,
    /// At the end of which day.
    day: Date,
    /// One amount a currency.
    amounts: Vec<Money>,
}

/// What is paid to one payee.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct PayeeSpending {
    #[graphql(skip)]
    at: At,
    /// The payee, as it is compared.
    payee: String,
    /// The payee as the bank wrote it last.
    label: String,
    /// Money out, less what was given back.
    amount: Money,
    /// Rows.
    count: i32,
}

names_its_place!(NetWorth, PayeeSpending);

/// Reading money in and out.
#[derive(Default)]
pub struct FlowQueries;

#[Object]
impl FlowQueries {
    /// Money in and out by period, oldest first, from the period of one day to that of another.
    async fn cash_flow(
        &self,
        context: &Context<'_>,
        by: PeriodKind,
        from: Date,
        to: Date,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<CashFlow>> {
        person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let picture = picture(context, &at).await?;
        let whole_from = picture.whole_from;
        let flows = answered(context, &picture, move |picture| {
            let months = || cashflow::months(from.0, to.0);
            let periods = match by {
                PeriodKind::Month => months(),
                PeriodKind::PayDay => {
                    cashflow::pay_periods(picture.streams(), from.0, to.0).unwrap_or_else(months)
                }
            };
            cashflow::flows(&picture.movements, &periods, picture.between_own())
        });
        let flows = flows.await?;
        let of = |(period, sums): (Period, BTreeMap<Currency, Flow>)| {
            let at = at.clone();
            sums.into_iter().map(move |(currency, flow)| CashFlow {
                at: at.clone(),
                is_whole: period.from >= whole_from,
                period,
                currency,
                flow,
            })
        };
        Ok(flows.into_iter().flat_map(of).collect())
    }

    /// Everything owned less everything owed, at the end of each month and of the last day, without amounts
    /// where no bank states a balance. It is worked out as `balanceLines` are, from all rows there are.
    async fn net_worth(
        &self,
        context: &Context<'_>,
        from: Date,
        to: Date,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<NetWorth>> {
        let user_id = person(context)?;
        if (to.0 - from.0).num_days() > MOST_DAYS {
            return Err(refuse(context, "PERIOD_TOO_LONG", "Ask for at most three years."));
        }
        let at = moment(context, as_of, at_least).await?;
        let last = to.0.min(at.now().date_naive());
        let ends = cashflow::months(from.0, last);
        let mut days: Vec<NaiveDate> = ends
            .iter()
            .filter_map(|month| month.until.checked_sub_days(Days::new(1)))
            .map(|day| day.min(last))
            .collect();
        days.dedup();
        let accounts = at.view().accounts().list(user_id).await;
        let accounts = accounts.map_err(|error| internal(context, error))?;
        let sums = balances(context, &at, user_id, &accounts, &days).await?;
        let worth = |(place, day): (usize, NaiveDate)| {
            let money = |(currency, line): (&Currency, &Vec<i64>)| {
                Some(Money::from(Amount::new(*line.get(place)?, *currency)))
            };
            let amounts: Vec<Money> = sums.iter().filter_map(money).collect();
            NetWorth { at: at.clone(), day: Date(day), amounts }
        };
        Ok(days.into_iter().enumerate().map(worth).collect())
    }
}

/// Reading what is paid to whom.
#[derive(Default)]
pub struct PayeeQueries;

#[Object]
impl PayeeQueries {
    /// What was paid to each payee of a category, the most first, from a day to a day; at most 100.
    async fn payee_spending(
        &self,
        context: &Context<'_>,
        category_id: String,
        from: Date,
        to: Date,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<PayeeSpending>> {
        person(context)?;
        let at = moment(context, as_of, at_least).await?;
        let picture = picture(context, &at).await?;
        let mut payees: BTreeMap<(&str, Currency), (i64, i32, &str)> = BTreeMap::new();
        let within = |day: NaiveDate| day >= from.0 && day <= to.0;
        for movement in picture.movements.iter().filter(|movement| within(movement.day)) {
            if movement.category == category_id {
                let key = (movement.payee.as_str(), movement.currency);
                let sum = payees.entry(key).or_insert((0, 0, &movement.label));
                sum.0 = sum.0.saturating_sub(movement.minor);
                sum.1 += 1;
            }
        }
        let mut rows: Vec<PayeeSpendingSum> = payees.into_iter().collect();
        rows.sort_by_key(|((payee, _), (minor, _, _))| (-minor, *payee));
        let of = |((payee, currency), (minor, count, label)): PayeeSpendingSum| PayeeSpending {
            at: at.clone(),
            payee: payee.to_owned(),
            label: label.to_owned(),
            amount: Amount::new(minor, currency).into(),
            count,
        };
        Ok(rows.into_iter().take(100).map(of).collect())
    }
}

/// A payee and currency, and what was paid, how often and under what name.
type PayeeSpendingSum<'a> = ((&'a str, Currency), (i64, i32, &'a str));
