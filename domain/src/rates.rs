//! Exchange rates as somebody published them: by day, with their source. A rate is never guessed:
//! where there is none, nothing is converted.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{NaiveDate, TimeDelta};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use crate::event::events;
use crate::money::{Currency, Money};

/// Most days of one command.
pub const MOST_DAYS: usize = 500;
/// Most currencies of one day.
pub const MOST_CURRENCIES: usize = 200;
/// Longest text of a rate, in characters.
pub const LONGEST_RATE: usize = 20;
/// Days after which a rate is too old to convert by: longer than any row of holidays.
pub const LONGEST_AGE_DAYS: i64 = 10;
/// Most decimals of a rate.
const MOST_DECIMALS: usize = 10;

events! {
    /// What can happen to the rates of a source.
    RatesEvent {
        /// The rates of a day are known.
        Published(RatesPublished) = "rates.published" 1,
    }
}

/// How much of a currency one unit of the base was worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencyRate {
    /// Which currency.
    pub currency: Currency,
    /// How much of it, as published.
    pub rate: String,
}

/// The rates of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RatesPublished {
    /// Who published them, as a short name such as `ecb`.
    pub source: String,
    /// The day they stand for.
    pub day: NaiveDate,
    /// The currency they are rates of one unit of.
    pub base: Currency,
    /// The rates.
    pub rates: Vec<CurrencyRate>,
}

/// A positive decimal number, exactly as published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    units: u64,
    decimals: u32,
}

impl Rate {
    /// One unit for one unit: the rate of the base itself.
    pub const ONE: Self = Self { units: 1, decimals: 0 };

    /// Reads digits with at most one point; none for zero and for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let fits = text.len() <= LONGEST_RATE && fraction.len() <= MOST_DECIMALS;
        if !fits || whole.is_empty() || text.ends_with('.') || !digits(whole) || !digits(fraction) {
            return None;
        }
        let units: u64 = format!("{whole}{fraction}").parse().ok()?;
        let decimals = u32::try_from(fraction.len()).ok()?;
        (units > 0).then_some(Self { units, decimals })
    }
}

/// Writes it as it was published.
impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (width, digits) = (self.decimals as usize, self.units.to_string());
        if width == 0 {
            return formatter.write_str(&digits);
        }
        let digits = format!("{digits:0>least$}", least = width + 1);
        let (whole, fraction) = digits.split_at(digits.len() - width);
        write!(formatter, "{whole}.{fraction}")
    }
}

/// An amount in another currency, by what one unit of a base is worth in both; rounded once, half
/// away from zero. None if it does not fit.
#[must_use]
pub fn convert(money: Money, from: Rate, to: Rate, currency: Currency) -> Option<Money> {
    let power = |exponent: u32| 10_i128.checked_pow(exponent);
    let numerator = i128::from(money.minor)
        .checked_mul(i128::from(to.units))?
        .checked_mul(power(from.decimals + currency.decimals())?)?;
    let denominator =
        i128::from(from.units).checked_mul(power(to.decimals + money.currency.decimals())?)?;
    let half = denominator / 2;
    let rounded =
        if numerator < 0 { numerator.checked_sub(half)? } else { numerator.checked_add(half)? };
    i64::try_from(rounded / denominator).ok().map(|minor| Money::new(minor, currency))
}

/// What can be asked of the rates of a source.
#[derive(Clone, Debug)]
pub enum RatesCommand {
    /// Note the rates of days; a day that is known stays as it is.
    Publish(Vec<RatesPublished>),
}

/// Why a command was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RatesRefusal {
    /// A day was published with other rates.
    #[error("the rates of {0} are known already, and are others; published rates do not change")]
    Differs(NaiveDate),
    /// Too much at once.
    #[error("at most {MOST_DAYS} days of {MOST_CURRENCIES} currencies are taken at a time")]
    TooMany,
    /// A rate that is none.
    #[error("a rate of {0} is not a positive decimal number")]
    NoRate(NaiveDate),
}

/// The rates of a day, as numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayRates {
    /// The currency they are rates of one unit of.
    pub base: Currency,
    /// By currency, in their order.
    pub rates: Vec<(Currency, Rate)>,
}

impl DayRates {
    fn of(published: &RatesPublished) -> Option<Self> {
        let read = |rate: &CurrencyRate| Some((rate.currency, Rate::parse(&rate.rate)?));
        let mut rates = published.rates.iter().map(read).collect::<Option<Vec<_>>>()?;
        rates.sort_unstable_by_key(|(currency, _)| *currency);
        Some(Self { base: published.base, rates })
    }

    /// The rate of a currency; of the base itself, one.
    #[must_use]
    pub fn rate(&self, currency: Currency) -> Option<Rate> {
        if currency == self.base {
            return Some(Rate::ONE);
        }
        let at = self.rates.binary_search_by_key(&currency, |(known, _)| *known).ok()?;
        self.rates.get(at).map(|(_, rate)| *rate)
    }
}

/// What is known of a source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// Its days.
    pub days: BTreeMap<NaiveDate, DayRates>,
}

impl Rates {
    fn decide(&self, days: Vec<RatesPublished>) -> Result<Vec<RatesEvent>, RatesRefusal> {
        if days.len() > MOST_DAYS || days.iter().any(|day| day.rates.len() > MOST_CURRENCIES) {
            return Err(RatesRefusal::TooMany);
        }
        let mut seen: BTreeMap<NaiveDate, DayRates> = BTreeMap::new();
        let mut events = Vec::new();
        for published in days {
            let day = published.day;
            let told = DayRates::of(&published).ok_or(RatesRefusal::NoRate(day))?;
            match self.days.get(&day).or(seen.get(&day)) {
                None => {
                    seen.insert(day, told);
                    events.push(RatesEvent::Published(published));
                }
                Some(known) if *known == told => {}
                Some(_) => return Err(RatesRefusal::Differs(day)),
            }
        }
        Ok(events)
    }

    /// The newest rates up to and with a day, if they are not older than [`LONGEST_AGE_DAYS`].
    #[must_use]
    pub fn latest(&self, until: NaiveDate) -> Option<(NaiveDate, &DayRates)> {
        let oldest = until.checked_sub_signed(TimeDelta::days(LONGEST_AGE_DAYS))?;
        self.days.range(oldest..=until).next_back().map(|(day, rates)| (*day, rates))
    }
}

impl Aggregate for Rates {
    const TYPE: &'static str = "rates";
    type Command = RatesCommand;
    type Event = RatesEvent;
    type Error = RatesRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: RatesCommand,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), RatesRefusal> {
        let RatesCommand::Publish(days) = command;
        for event in self.decide(days)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: RatesEvent) {
        let RatesEvent::Published(published) = event;
        if let Some(rates) = DayRates::of(&published) {
            self.days.insert(published.day, rates);
        }
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).expect("a currency")
    }

    fn published(day: &str, rate: &str) -> RatesPublished {
        let rates = vec![CurrencyRate { currency: currency("SEK"), rate: rate.to_owned() }];
        let day = day.parse().expect("a day");
        RatesPublished { source: "ecb".to_owned(), day, base: Currency::EUR, rates }
    }

    #[test]
    fn a_day_is_published_once_and_does_not_change() {
        let given = || vec![RatesEvent::Published(published("2026-01-05", "11.2340"))];
        TestFramework::<Rates>::with(())
            .given(given())
            .when(RatesCommand::Publish(vec![
                published("2026-01-05", "11.2340"),
                published("2026-01-06", "11.2500"),
            ]))
            .then_expect_events(vec![RatesEvent::Published(published("2026-01-06", "11.2500"))]);
        let differs = RatesRefusal::Differs(published("2026-01-05", "1").day);
        TestFramework::<Rates>::with(())
            .given(given())
            .when(RatesCommand::Publish(vec![published("2026-01-05", "11.2341")]))
            .then_expect_error(differs);
        TestFramework::<Rates>::with(())
            .given_no_previous_events()
            .when(RatesCommand::Publish(vec![published("2026-01-05", "N/A")]))
            .then_expect_error(RatesRefusal::NoRate(published("2026-01-05", "1").day));
    }

    #[test]
    fn conversion_is_exact_but_for_one_rounding() {
        let rate = |text| Rate::parse(text).expect("a rate");
        let table = [
            (10_000, "EUR", "1", "11.2340", "SEK", 112_340),
            (112_340, "SEK", "11.2340", "1", "EUR", 10_000),
            (-1, "SEK", "11.2340", "1", "EUR", 0),
            (-6, "SEK", "11.2340", "1", "EUR", -1),
            (1_000, "EUR", "1", "171.55", "JPY", 1_716),
            (1_716, "JPY", "171.55", "11.2340", "SEK", 11_237),
        ];
        for (minor, from, one, other, to, expected) in table {
            let money = Money::new(minor, currency(from));
            let converted = convert(money, rate(one), rate(other), currency(to));
            assert_eq!(converted, Some(Money::new(expected, currency(to))), "{minor} {from}");
        }
        assert_eq!(rate("0.0123").to_string(), "0.0123");
        assert_eq!(rate("171.50").to_string(), "171.50");
        for text in ["", "0", "0.00", "1.", ".5", "-1", "1e3", "N/A", "1.12345678901"] {
            assert_eq!(Rate::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_old_rate_is_no_rate() {
        let mut rates = Rates::default();
        rates.apply(RatesEvent::Published(published("2026-01-05", "11.2340")));
        let latest = |day: &str| rates.latest(day.parse().expect("a day")).map(|(day, _)| day);
        assert_eq!(latest("2026-01-04"), None);
        assert!(latest("2026-01-05").is_some() && latest("2026-01-15").is_some());
        assert_eq!(latest("2026-01-16"), None);
    }

    proptest! {
        #[test]
        fn there_and_back_differs_by_no_more_than_the_rounding(
            minor in -1_000_000_000_i64..1_000_000_000,
            units in 1_u64..1_000_000,
        ) {
            let rate = Rate { units: units + 10_000, decimals: 4 };
            let money = Money::new(minor, Currency::EUR);
            let there = convert(money, Rate::ONE, rate, currency("SEK")).expect("fits");
            let back = convert(there, rate, Rate::ONE, Currency::EUR).expect("fits");
            prop_assert!((back.minor - minor).abs() <= 1, "{minor} {back:?}");
        }

        #[test]
        fn nothing_makes_it_panic(minor: i64, a in "[0-9.]{0,22}", b in "[0-9.]{0,22}") {
            if let (Some(a), Some(b)) = (Rate::parse(&a), Rate::parse(&b)) {
                let _ = convert(Money::new(minor, Currency::EUR), a, b, currency("JPY"));
            }
        }
    }
}
