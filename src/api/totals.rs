//! Totals over accounts in several currencies.

use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};
use domain::money::Currency;
use domain::observed::BalanceKind;

use super::as_of::{AsOf, At, KnownAt, moment, names_its_place};
use super::scalars::{Date, Money, Position};
use super::visit::{app, internal, person, refuse};
use crate::rates::{self, Converted};

/// A rate that a converted sum rests on.
#[derive(SimpleObject)]
pub struct UsedRate {
    /// Of which currency (ISO 4217).
    currency: String,
    /// The currency that one unit of was worth so much.
    base: String,
    /// How much, as published.
    rate: String,
    /// The day it was published for.
    day: Date,
    /// By whom, as a short name.
    source: String,
}

/// What all accounts that are shared now hold, in one currency.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ConvertedTotal {
    /// About how much; none if nothing is known or can be converted.
    amount: Option<Money>,
    /// The rates it rests on; none if nothing had to be converted.
    rates: Vec<UsedRate>,
    /// Sums by currency for which no rate is known, or none that is recent; they are not in the amount.
    unconverted: Vec<Money>,
    #[graphql(skip)]
    at: At,
}

names_its_place!(ConvertedTotal);

/// Reading totals.
#[derive(Default)]
pub struct TotalQueries;

#[Object]
impl TotalQueries {
    /// The booked balances of all accounts that are shared, or fed by files, in one currency, by the
    /// newest rates that are known and not older than ten days. Nothing is guessed.
    async fn converted_total(
        &self,
        context: &Context<'_>,
        currency: String,
        at_least: Option<Position>,
        as_of: Option<AsOf>,
    ) -> Result<ConvertedTotal> {
        let user_id = person(context)?;
        let Ok(currency) = Currency::parse(&currency) else {
            let message = "A currency is a three-letter code of ISO 4217.";
            return Err(refuse(context, "CURRENCY_INVALID", message));
        };
        let at = moment(context, as_of, at_least).await?;
        let rows = at.view().accounts().list(user_id).await;
        let rows = rows.map_err(|error| internal(context, error))?;
        let balances = rows.iter().filter(|row| row.live);
        let mut sums: Vec<domain::money::Money> = Vec::new();
        for balance in balances.filter_map(|row| row.balance(BalanceKind::Booked)) {
            match sums.iter_mut().find(|sum| sum.currency == balance.amount.currency) {
                Some(sum) => {
                    *sum = sum.plus(balance.amount).map_err(|error| internal(context, error))?;
                }
                None => sums.push(balance.amount),
            }
        }
        let told = rates::total(app(context)?, &sums, currency, at.now().date_naive()).await;
        let Converted { total, rates, unconverted } =
            told.map_err(|error| internal(context, error))?;
        let used = |used: rates::UsedRate| UsedRate {
            currency: used.currency.to_string(),
            base: used.base.to_string(),
            rate: used.rate.to_string(),
            day: Date(used.day),
            source: used.source.to_owned(),
        };
        Ok(ConvertedTotal {
            amount: total.map(Into::into),
            rates: rates.into_iter().map(used).collect(),
            unconverted: unconverted.into_iter().map(Into::into).collect(),
            at,
        })
    }
}
