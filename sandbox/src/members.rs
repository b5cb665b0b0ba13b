//! JSON bodies of requests, member by member, so that every mistake becomes a violation.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};

use crate::api_error::{ApiError, Violation};

/// A JSON object with the violations found so far.
pub(crate) struct Members<'a> {
    map: &'a Map<String, Value>,
    prefix: String,
    pub(crate) violations: Vec<Violation>,
}

/// Reads a body as a JSON object, whatever its content type says; an empty body is an empty object.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    serde_json::from_slice(body)
        .map_err(|_| ApiError::violation("TypeMismatch", "", "The body is not a JSON object"))
}

impl<'a> Members<'a> {
    /// Looks at an object; members outside `known` are violations.
    pub(crate) fn new(map: &'a Map<String, Value>, prefix: &str, known: &[&str]) -> Self {
        let mut members = Self { map, prefix: prefix.to_owned(), violations: Vec::new() };
        for name in map.keys().filter(|name| !known.contains(&name.as_str())) {
            let path = members.path(name);
            let message = format!("{path} is not a known property");
            members.violations.push(Violation::new("UnrecognizedProperty", &path, message));
        }
        members
    }

    /// A member as it is; `null` counts as missing.
    pub(crate) fn value(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    /// A text member; another JSON type is a violation.
    pub(crate) fn text(&mut self, name: &str) -> Option<&'a str> {
        let value = self.value(name)?;
        let text = value.as_str();
        if text.is_none() {
            self.mismatch(name, "a string");
        }
        text
    }

    /// A text member that must be there and hold something.
    pub(crate) fn required_text(&mut self, name: &str) -> Option<&'a str> {
        if self.value(name).is_none_or(|value| value == "") {
            let path = self.path(name);
            self.violations.push(Violation::required(&path));
            return None;
        }
        self.text(name)
    }

    /// An object member.
    pub(crate) fn object(&mut self, name: &str) -> Option<&'a Map<String, Value>> {
        let value = self.value(name)?;
        let object = value.as_object();
        if object.is_none() {
            self.mismatch(name, "an object");
        }
        object
    }

    /// A moment with an offset.
    pub(crate) fn moment(&mut self, name: &str) -> Option<DateTime<Utc>> {
        let moment = DateTime::parse_from_rfc3339(self.text(name)?);
        if moment.is_err() {
            self.mismatch(name, "a date and time with an offset");
        }
        moment.ok().map(|moment| moment.with_timezone(&Utc))
    }

    /// A day, `YYYY-MM-DD`.
    pub(crate) fn day(&mut self, name: &str) -> Option<NaiveDate> {
        let day = NaiveDate::parse_from_str(self.text(name)?, "%Y-%m-%d");
        if day.is_err() {
            self.mismatch(name, "a date, YYYY-MM-DD");
        }
        day.ok()
    }

    /// Adds a violation of a member.
    pub(crate) fn wrong(&mut self, kind: &'static str, name: &str, message: &str) {
        let path = self.path(name);
        self.violations.push(Violation::new(kind, &path, format!("{path} {message}")));
    }

    fn mismatch(&mut self, name: &str, wanted: &str) {
        self.wrong("TypeMismatch", name, &format!("must be {wanted}"));
    }

    fn path(&self, name: &str) -> String {
        match self.prefix.as_str() {
            "" => name.to_owned(),
            prefix => format!("{prefix}.{name}"),
        }
    }

    /// The violations as an error, or nothing.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        if self.violations.is_empty() { Ok(()) } else { Err(ApiError::Invalid(self.violations)) }
    }
}

/// A decimal amount above zero with at most two decimals, in cents: `1`, `1.5`, `1.50`.
pub(crate) fn positive_cents(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str, longest: usize| {
        (1..=longest).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !digits(whole, 12) || !digits(fraction, 2) {
        return None;
    }
    let cents: i64 = format!("{fraction:0<2}").parse().ok()?;
    let total = whole.parse::<i64>().ok()? * 100 + cents;
    (total > 0).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_in_cents() {
        let table = [
            ("1", Some(100)),
            ("1.5", Some(150)),
            ("12.05", Some(1205)),
            ("0.00", None),
            ("12,50", None),
            ("-1", None),
            ("1.234", None),
            ("", None),
            (".5", None),
        ];
        for (text, cents) in table {
            assert_eq!(positive_cents(text), cents, "{text}");
        }
    }
}
