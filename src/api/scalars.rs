//! Values with a form of their own on the wire.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, SimpleObject, Value};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// A calendar day, `YYYY-MM-DD`, in the bank's own time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(pub NaiveDate);

#[Scalar(name = "Date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let day = text(&value).and_then(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok());
        day.map(Self).ok_or_else(|| InputValueError::custom("a day is written YYYY-MM-DD"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// An instant in UTC (RFC 3339), as exact as the log keeps it: to the microsecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instant(pub DateTime<Utc>);

#[Scalar(name = "Instant")]
impl ScalarType for Instant {
    fn parse(value: Value) -> InputValueResult<Self> {
        let at = text(&value).and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        at.map(|at| Self(at.with_timezone(&Utc)))
            .ok_or_else(|| InputValueError::custom("an instant is written as RFC 3339 says"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

/// A position in the event log: a decimal number as text, because it may pass 2^53.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position(pub u64);

#[Scalar(name = "Position")]
impl ScalarType for Position {
    fn parse(value: Value) -> InputValueResult<Self> {
        let position = text(&value).and_then(|text| text.parse().ok());
        position
            .map(Self)
            .ok_or_else(|| InputValueError::custom("a position is a decimal number as text"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// An exact amount.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct Money {
    /// Whole minor units, signed, as text.
    pub minor: String,
    /// ISO 4217.
    pub currency: String,
}

impl From<domain::money::Money> for Money {
    fn from(money: domain::money::Money) -> Self {
        Self { minor: money.minor.to_string(), currency: money.currency.code().to_owned() }
    }
}
