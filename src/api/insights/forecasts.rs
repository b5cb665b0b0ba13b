//! What is coming, and how what was said of it came true.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::{ComplexObject, Context, InputObject, Object, Result, SimpleObject};
use chrono::{Days, NaiveDate};
use domain::money::{Currency, Money as Amount};
use domain::observed::{AccountKind, BalanceKind};
use insights::forecast::Expected;

use super::balances::balances;
use super::recurring::Rhythm;
use super::{answered, picture};
use crate::api::as_of::{AsOf, At, KnownAt, moment, names_its_place};
use crate::api::scalars::{Date, Money, Position};
use crate::api::visit::{internal, person, refuse};

/// Days back to the oldest kept forecast that is scored.
const SCORED_DAYS: u64 = 400;
/// Most payments that may be supposed in one forecast.
const MOST_SUPPOSED: usize = 20;

/// A payment a forecast counts on.
#[derive(SimpleObject)]
pub struct ExpectedPayment {
    /// The day.
    day: Date,
    /// How much, signed.
    amount: Money,
    /// Whom it is with.
    label: String,
    /// How often it comes; none for what was supposed.
    rhythm: Option<Rhythm>,
}

/// One day of a forecast.
#[derive(SimpleObject)]
pub struct ForecastDay {
    /// The day.
    day: Date,
    /// Today's balance and what is known to come.
    known: Money,
    /// The lower end of the band that held four times out of five in the person's own past.
    low: Option<Money>,
    /// The upper end.
    high: Option<Money>,
    /// The likeliest balance; only where such a point was nearer than "the balance stays".
    point: Option<Money>,
}

/// The balance of the everyday accounts over the coming ninety days.
pub struct Forecast(insights::forecast::Forecast, At);

fn forecast_day(day: &insights::forecast::Day, currency: Currency) -> ForecastDay {
    let money = |minor| Money::from(Amount::new(minor, currency));
    ForecastDay {
        day: Date(day.day),
        known: money(day.known),
        low: day.low.map(money),
        high: day.high.map(money),
        point: day.point.map(money),
    }
}

#[Object]
impl Forecast {
    /// The place of the log this stands for.
    async fn known_at(&self, context: &Context<'_>) -> Result<KnownAt> {
        self.1.known_at(context).await
    }
    /// What it begins with.
    async fn balance(&self) -> Money {
        Amount::new(self.0.balance, self.0.currency).into()
    }
    /// Its days, from tomorrow.
    async fn days(&self) -> Vec<ForecastDay> {
        self.0.days.iter().map(|day| forecast_day(day, self.0.currency)).collect()
    }
    /// The day with the lowest end of the band, or of what is known.
    async fn lowest(&self) -> Option<ForecastDay> {
        self.0.lowest().map(|day| forecast_day(day, self.0.currency))
    }
    /// The payments it counts on: what is assumed.
    async fn expected(&self) -> Vec<ExpectedPayment> {
        let of = |one: &Expected| ExpectedPayment {
            day: Date(one.day),
            amount: Amount::new(one.minor, self.0.currency).into(),
            label: one.label.clone(),
            rhythm: one.rhythm.map(Into::into),
        };
        self.0.expected.iter().map(of).collect()
    }
    /// Points of the past at which the same method was tried; none without enough history.
    async fn tried(&self) -> Option<i32> {
        self.0.tried.map(|tried| i32::try_from(tried.origins).unwrap_or(i32::MAX))
    }
    /// Its error there after thirty days, in parts of a thousand of that of "the balance stays".
    async fn error_per_mille(&self) -> Option<i32> {
        self.0.tried.map(|tried| i32::try_from(tried.error_per_mille).unwrap_or(i32::MAX))
    }
}

/// A payment to try out.
#[derive(InputObject)]
pub struct SupposedPayment {
    /// The day.
    day: Date,
    /// Whole minor units as text, signed: money out is negative.
    minor: String,
    /// ISO 4217.
    currency: String,
    /// What it is.
    label: String,
}

/// How a kept forecast came true.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ForecastScore {
    #[graphql(skip)]
    at: At,
    /// The day it was made on.
    made_on: Date,
    /// Its points whose day has come.
    due: i32,
    /// Of these, how many the band held.
    held: i32,
    /// The mean distance of what was known from what came.
    mean_error: Money,
}

names_its_place!(ForecastScore);

/// Reading what is coming.
#[derive(Default)]
pub struct ForecastQueries;

#[Object]
impl ForecastQueries {
    /// The balance of the everyday accounts over the coming ninety days, one forecast a currency;
    /// `supposed` payments are added to it.
    async fn forecasts(
        &self,
        context: &Context<'_>,
        supposed: Option<Vec<SupposedPayment>>,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<Forecast>> {
        person(context)?;
        let supposed = supposed.unwrap_or_default();
        if supposed.len() > MOST_SUPPOSED {
            return Err(refuse(context, "SUPPOSED_TOO_MANY", "Suppose at most 20 payments."));
        }
        let mut read = Vec::with_capacity(supposed.len());
        for one in supposed {
            let parsed = one.minor.parse().ok().zip(Currency::parse(&one.currency).ok());
            let Some((minor, currency)) = parsed else {
                let message = "An amount is whole minor units as text, with its currency.";
                return Err(refuse(context, "AMOUNT_INVALID", message));
            };
            let (label, payee) = (one.label, String::new());
            read.push((currency, Expected { day: one.day.0, minor, label, payee, rhythm: None }));
        }
        let at = moment(context, as_of, at_least).await?;
        let picture = picture(context, &at).await?;
        let forecasts = answered(context, &picture, move |picture| picture.forecasts(&read));
        Ok(forecasts.await?.into_iter().map(|forecast| Forecast(forecast, at.clone())).collect())
    }

    /// How forecasts that were kept came true, newest first.
    async fn forecast_scores(
        &self,
        context: &Context<'_>,
        currency: String,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<Vec<ForecastScore>> {
        let user_id = person(context)?;
        let Ok(currency) = Currency::parse(&currency) else {
            return Err(refuse(context, "CURRENCY_INVALID", "A currency is three letters."));
        };
        let at = moment(context, as_of, at_least).await?;
        let failed = |error| internal(context, error);
        let today = at.now().date_naive();
        let from = today.checked_sub_days(Days::new(SCORED_DAYS)).unwrap_or(today);
        let made = at.view().guidances().forecasts(user_id, currency, from).await;
        let made = made.map_err(failed)?;
        let points = || made.iter().flat_map(|made| &made.points);
        let days: BTreeSet<NaiveDate> =
            points().map(|point| point.day).filter(|day| *day <= today).collect();
        let days: Vec<NaiveDate> = days.into_iter().collect();
        let mut accounts = at.view().accounts().list(user_id).await.map_err(failed)?;
        accounts.retain(|account| {
            let stated = account.balance(BalanceKind::Booked);
            account.kind == AccountKind::Current
                && stated.is_some_and(|stated| stated.amount.currency == currency)
        });
        let came = balances(context, &at, user_id, &accounts, &days).await?;
        let came = came.get(&currency).map_or(&[][..], Vec::as_slice);
        let came: BTreeMap<NaiveDate, i64> = days.into_iter().zip(came.iter().copied()).collect();
        let score = |made: &domain::guidance::ForecastMade| {
            let due: Vec<_> = made
                .points
                .iter()
                .filter_map(|point| Some((point, came.get(&point.day)?)))
                .collect();
            let (mut held, mut error) = (0, 0_i64);
            for (point, came) in &due {
                let within = point.low_minor.is_some_and(|low| **came >= low)
                    && point.high_minor.is_some_and(|high| **came <= high);
                held += i32::from(within);
                error = error.saturating_add((*came - point.known_minor).saturating_abs());
            }
            let count = i64::try_from(due.len()).unwrap_or(i64::MAX);
            ForecastScore {
                at: at.clone(),
                made_on: Date(made.made_on),
                due: i32::try_from(count).unwrap_or(i32::MAX),
                held,
                mean_error: Amount::new(error / count.max(1), currency).into(),
            }
        };
        Ok(made.iter().map(score).collect())
    }
}
