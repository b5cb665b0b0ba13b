//! Exchange rates: brought as a file of their publisher, and asked for by what is converted.

use chrono::{NaiveDate, TimeDelta};
use domain::money::{Currency, Money};
use domain::rates::{MOST_DAYS, Rate, Rates, RatesCommand, RatesRefusal, convert};
use domain::stream::{Category, StreamId};
use formats::Broken;
use uuid::Uuid;

use crate::app::App;
use crate::ledger::{Actor, Cause, CommandError, LedgerError, Owner};

/// The European Central Bank, whose reference rates are read.
pub const ECB: &str = "ecb";
/// The invented rates of a world of sandbox banks. They stand in where no published ones are known, and a
/// service that nobody demonstrates with never has any.
pub const SANDBOX: &str = "sandbox";
/// Days before the newest of a file that are taken of it, if nobody asks for more: two years.
const DAYS_TAKEN: i64 = 731;

/// Why rates cannot be taken or told.
#[derive(Debug, thiserror::Error)]
pub enum RatesError {
    /// The file cannot be read.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// The rates were refused.
    #[error(transparent)]
    Refused(#[from] RatesRefusal),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// What a file of rates came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RatesTaken {
    /// Days that were not known.
    pub new: usize,
    /// Days that were known.
    pub known: usize,
    /// The newest day.
    pub newest: NaiveDate,
}

fn stream(source: &str) -> StreamId {
    StreamId::new(Category::Rates, Uuid::new_v5(&Uuid::NAMESPACE_OID, source.as_bytes()))
}

/// Takes a file of the European Central Bank's reference rates.
///
/// # Errors
/// [`RatesError`]; days before the one that is refused may have been taken.
pub async fn take(app: &App, bytes: &[u8], correlation: Uuid) -> Result<RatesTaken, RatesError> {
    take_from(app, ECB, bytes, correlation).await
}

/// Takes invented rates, as a file of the same form. What is converted by them says so.
///
/// # Errors
/// See [`take`].
pub async fn take_invented(
    app: &App,
    bytes: &[u8],
    correlation: Uuid,
) -> Result<RatesTaken, RatesError> {
    take_from(app, SANDBOX, bytes, correlation).await
}

async fn take_from(
    app: &App,
    source: &str,
    bytes: &[u8],
    correlation: Uuid,
) -> Result<RatesTaken, RatesError> {
    let mut days = formats::rates::read(bytes, source)?;
    days.sort_unstable_by_key(|day| day.day);
    let newest = days.last().map_or(NaiveDate::MIN, |day| day.day);
    let oldest = newest.checked_sub_signed(TimeDelta::days(DAYS_TAKEN)).unwrap_or(newest);
    days.retain(|day| day.day >= oldest);
    let mut taken = RatesTaken { new: 0, known: 0, newest };
    for chunk in days.chunks(MOST_DAYS) {
        let command = RatesCommand::Publish(chunk.to_vec());
        let cause = Cause::new(Actor::Operator, correlation);
        let done =
            app.ledger.execute::<Rates>(stream(source), Owner::Platform, cause, command).await;
        let done = done.map_err(|error| match error {
            CommandError::Refused(refusal) => RatesError::Refused(refusal),
            CommandError::Ledger(error) => RatesError::Ledger(error),
        })?;
        taken.new += done.events.len();
        taken.known += chunk.len() - done.events.len();
    }
    Ok(taken)
}

/// A rate that was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedRate {
    /// Of which currency.
    pub currency: Currency,
    /// The currency that one unit of was worth so much.
    pub base: Currency,
    /// What one unit of the base was worth.
    pub rate: Rate,
    /// The day it was published for.
    pub day: NaiveDate,
    /// By whom.
    pub source: &'static str,
}

/// A sum in one currency, as far as there are rates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    /// The sum, of what was in this currency and of what could be converted.
    pub total: Option<Money>,
    /// The rates it rests on.
    pub rates: Vec<UsedRate>,
    /// What could not be converted.
    pub unconverted: Vec<Money>,
}

/// Adds amounts up in one currency by the newest rates up to a day. What has no rate is left as it is.
///
/// # Errors
/// [`LedgerError`] if the rates cannot be read.
pub async fn total(
    app: &App,
    amounts: &[Money],
    currency: Currency,
    day: NaiveDate,
) -> Result<Converted, LedgerError> {
    let published = app.ledger.load::<Rates>(stream(ECB)).await?.aggregate;
    if published.latest(day).is_some() {
        return Ok(total_by((ECB, &published), amounts, currency, day));
    }
    let invented = app.ledger.load::<Rates>(stream(SANDBOX)).await?.aggregate;
    Ok(total_by((SANDBOX, &invented), amounts, currency, day))
}

fn total_by(
    (source, known): (&'static str, &Rates),
    amounts: &[Money],
    currency: Currency,
    day: NaiveDate,
) -> Converted {
    let latest = known.latest(day);
    let mut converted = Converted { total: None, rates: Vec::new(), unconverted: Vec::new() };
    let mut sum = Some(Money::new(0, currency));
    for amount in amounts {
        let own = amount.currency == currency;
        let by = || {
            let (day, rates) = latest?;
            let (from, to) = (rates.rate(amount.currency)?, rates.rate(currency)?);
            let money = convert(*amount, from, to, currency)?;
            Some((money, [(amount.currency, from), (currency, to)], rates.base, day))
        };
        let (money, used) = match own {
            true => (Some(*amount), None),
            false => by().map_or((None, None), |(money, rates, base, day)| {
                (Some(money), Some((rates, base, day)))
            }),
        };
        let Some(money) = money else {
            converted.unconverted.push(*amount);
            continue;
        };
        sum = sum.and_then(|sum| sum.plus(money).ok());
        let Some((rates, base, day)) = used else { continue };
        for (currency, rate) in rates.into_iter().filter(|(currency, _)| *currency != base) {
            let used = UsedRate { currency, base, rate, day, source };
            if !converted.rates.contains(&used) {
                converted.rates.push(used);
            }
        }
    }
    converted.total = sum.filter(|_| converted.unconverted.len() < amounts.len());
    converted
}

#[cfg(test)]
mod tests {
    use cqrs_es::Aggregate as _;
    use domain::rates::RatesEvent;

    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).expect("a currency")
    }

    #[test]
    fn what_has_no_rate_is_left_and_told() {
        let mut known = Rates::default();
        let file = b"Date,USD,SEK\n2026-01-05,1.0500,11.2340\n";
        for published in formats::rates::read(file, ECB).expect("rates") {
            known.apply(RatesEvent::Published(published));
        }
        let day: NaiveDate = "2026-01-07".parse().expect("a day");
        let amounts = [
            Money::new(10_000, Currency::EUR),
            Money::new(112_340, currency("SEK")),
            Money::new(500, currency("THB")),
        ];
        let converted = total_by((ECB, &known), &amounts, Currency::EUR, day);
        assert_eq!(converted.total, Some(Money::new(20_000, Currency::EUR)));
        assert_eq!(converted.unconverted, [amounts[2]]);
        assert_eq!(converted.rates.len(), 1);
        assert_eq!(converted.rates[0].rate.to_string(), "11.2340");
        let crossed = total_by((ECB, &known), &amounts[1..2], currency("USD"), day);
        assert_eq!(crossed.total, Some(Money::new(10_500, currency("USD"))));
        assert_eq!(crossed.rates.len(), 2, "both rates of a cross are told");
        let nothing = total_by((ECB, &Rates::default()), &amounts[1..], Currency::EUR, day);
        assert_eq!((nothing.total, nothing.unconverted.len()), (None, 2));
    }
}
