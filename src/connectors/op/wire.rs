//! OP's JSON as it comes. A row is kept member by member with the bank's own text of each value,
//! so that an amount is never a float and an unknown member is never lost.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Most characters of the unmapped rest of one row.
pub const LONGEST_UNMAPPED: usize = 64 * 1024;

/// A JSON object whose values are still text. A repeated member is an error.
#[derive(Debug, Default)]
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

/// A page of transactions. The rows stay text, so that one broken row does not break the page.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Page {
    /// The rows; missing counts as none.
    #[serde(default)]
    pub transactions: Option<Vec<Box<RawValue>>>,
    /// How to ask for the next page.
    #[serde(default, rename = "continuationToken")]
    pub continuation_token: Option<Box<RawValue>>,
    /// Links, by their name on the wire.
    #[serde(default, rename = "_links")]
    pub underscored_links: Option<Links>,
    /// Links, by their name in OP's description.
    #[serde(default)]
    pub links: Option<Links>,
}

impl Page {
    /// The continuation token, if there is one that says something.
    #[must_use]
    pub fn token(&self) -> Option<String> {
        let text = text_of(self.continuation_token.as_ref()?.get())?;
        Some(text).filter(|text| !text.is_empty())
    }

    /// Where the next page is, if a link says so.
    #[must_use]
    pub fn next_link(&self) -> Option<&str> {
        let links = [&self.underscored_links, &self.links].into_iter().flatten();
        let mut next = links.filter_map(|links| links.next.as_ref()?.href.as_deref());
        next.find(|href| !href.is_empty())
    }
}

/// The links of a page.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Links {
    /// The next page.
    #[serde(default)]
    pub next: Option<Link>,
}

/// One link.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Link {
    /// Where to.
    #[serde(default)]
    pub href: Option<String>,
}

/// The text of a JSON string, or the digits of a number as they were written; `null` is empty.
fn text_of(raw: &str) -> Option<String> {
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
