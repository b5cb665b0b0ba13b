//! A bank's JSON object as it comes. It is kept member by member with the bank's own text of each value,
//! so that an amount is never a float and an unknown member is never lost.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use domain::money::Currency;
use domain::observed::QuarantinedRow;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Most characters of an identifier that becomes part of an address.
pub const LONGEST_IDENTIFIER: usize = 256;
/// Why a row is set apart, in plain words without its content.
pub type Rejection = String;

/// What is said of a row that cannot be taken apart at all.
pub(super) fn broken_row() -> Rejection {
    "the row is no object, or a member is there twice".to_owned()
}

/// A row that is set apart, by its place in the list.
pub(super) fn apart(index: usize, reason: Rejection) -> QuarantinedRow {
    QuarantinedRow { index: u32::try_from(index).unwrap_or(u32::MAX), reason }
}

/// Most characters of the unmapped rest of one row.
pub const LONGEST_UNMAPPED: usize = 64 * 1024;

/// A JSON object whose values are still text. A repeated member is an error.
#[derive(Clone, Debug, Default)]
pub struct Row(BTreeMap<String, Box<RawValue>>);

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Row;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member is there twice"));
                    }
                }
                Ok(Row(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

impl Row {
    /// Reads an object.
    #[must_use]
    pub fn parse(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// Takes a text. Missing, `null` and `""` are alike; a number is taken as the digits the bank
    /// wrote. A value of another kind stays where it is and is `None` too.
    pub fn take_text(&mut self, name: &str) -> Option<String> {
        let text = text_of(self.0.get(name)?.get())?;
        self.0.remove(name);
        Some(text).filter(|text| !text.is_empty())
    }

    /// Takes an object out, or an empty one where there is none. A value of another kind stays.
    pub fn take_row(&mut self, name: &str) -> Self {
        let found = self.0.get(name).and_then(|value| Self::parse(value.get()));
        if found.is_some() {
            self.0.remove(name);
        }
        found.unwrap_or_default()
    }

    /// Takes a day written as `YYYY-MM-DD`. Missing is fine.
    ///
    /// # Errors
    /// Anything else says why.
    pub fn take_date(&mut self, name: &str) -> Result<Option<NaiveDate>, Rejection> {
        let Some(text) = self.take_text(name) else {
            return if self.has(name) { Err(format!("{name} is no date")) } else { Ok(None) };
        };
        let shape = text.len() == 10 && text.is_ascii();
        let date = shape.then(|| NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok()).flatten();
        date.map(Some).ok_or_else(|| format!("{name} is no date"))
    }

    /// Takes a list of texts. A list with anything else in it stays where it is.
    pub fn take_texts(&mut self, name: &str) -> Vec<String> {
        let texts = self.0.get(name).and_then(|value| serde_json::from_str(value.get()).ok());
        if texts.is_some() {
            self.0.remove(name);
        }
        texts.unwrap_or_default()
    }

    /// Takes a truth value. A value of another kind stays where it is and is `None` too.
    pub fn take_truth(&mut self, name: &str) -> Option<bool> {
        let truth = self.0.get(name).and_then(|value| serde_json::from_str(value.get()).ok());
        if truth.is_some() {
            self.0.remove(name);
        }
        truth
    }

    /// The rows of a list; none where the member is missing or no list.
    #[must_use]
    pub fn rows(&self, name: &str) -> Option<Vec<Box<RawValue>>> {
        serde_json::from_str(self.0.get(name)?.get()).ok()
    }

    /// The names of the members there are.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Takes a currency (ISO 4217).
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn take_currency(&mut self, name: &str) -> Result<Currency, Rejection> {
        let code = self.take_text(name).ok_or_else(|| format!("{name} is missing"))?;
        Currency::parse(&code).map_err(|problem| problem.to_string())
    }

    /// Takes an identifier that can be part of an address.
    ///
    /// # Errors
    /// That there is none.
    pub fn take_identifier(&mut self, name: &str) -> Result<String, Rejection> {
        let found = self.take_text(name).filter(|id| is_identifier(id));
        found.ok_or_else(|| format!("{name} is missing or cannot be part of an address"))
    }

    /// Takes a moment (RFC 3339), if it is one.
    pub fn take_moment(&mut self, name: &str) -> Option<DateTime<Utc>> {
        let text = self.take_text(name)?;
        DateTime::parse_from_rfc3339(&text).ok().map(|moment| moment.with_timezone(&Utc))
    }

    /// What [`Row::rest`] gives, of a length that is kept.
    ///
    /// # Errors
    /// That it is too long.
    pub fn unmapped(&self) -> Result<Option<String>, Rejection> {
        let rest = self.rest();
        if rest.as_ref().is_some_and(|text| text.len() > LONGEST_UNMAPPED) {
            return Err("the unmapped rest of the row is too long".to_owned());
        }
        Ok(rest)
    }

    /// Puts what is left of an object back under its name.
    pub fn put_back(&mut self, name: &str, rest: &Self) {
        if let Some(raw) = rest.rest().and_then(|text| RawValue::from_string(text).ok()) {
            self.0.insert(name.to_owned(), raw);
        }
    }

    /// Puts a text back under its name.
    pub fn put_text_back(&mut self, name: &str, text: &str) {
        if let Ok(raw) = serde_json::value::to_raw_value(text) {
            self.0.insert(name.to_owned(), raw);
        }
    }

    /// Whether the member is there and says something.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !is_blank(value.get()))
    }

    /// The members that nobody took, as JSON in the bank's own text; `None` when none of them
    /// says anything.
    #[must_use]
    pub fn rest(&self) -> Option<String> {
        let mut json = String::from("{");
        for (name, value) in self.0.iter().filter(|(_, value)| !is_blank(value.get())) {
            if json.len() > 1 {
                json.push(',');
            }
            json.push_str(&serde_json::to_string(name).ok()?);
            json.push(':');
            json.push_str(value.get());
        }
        json.push('}');
        (json.len() > 2).then_some(json)
    }
}

/// Not endless, and nothing that acts as a path of its own or cannot be shown.
#[must_use]
pub fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST_IDENTIFIER
        && !matches!(text, "." | "..")
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The text of a JSON string, or the digits of a number as they were written; `null` is empty.
pub(super) fn text_of(raw: &str) -> Option<String> {
    match raw.as_bytes().first()? {
        b'"' => serde_json::from_str(raw).ok(),
        b'-' | b'0'..=b'9' => Some(raw.to_owned()),
        b'n' => Some(String::new()),
        _ => None,
    }
}

fn is_blank(raw: &str) -> bool {
    matches!(raw, "null" | "\"\"" | "[]" | "{}")
}
