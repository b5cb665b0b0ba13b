//! The envelope of every answer: `Data`, `Links`, `Meta`. Rows stay text, so that one broken row does not
//! break the page.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::connectors::error::BankError;
use crate::connectors::row::Row;

/// An answer of the API.
#[derive(Debug, Deserialize)]
pub struct Envelope {
    /// What was asked for.
    #[serde(rename = "Data")]
    pub data: Option<Row>,
    /// Where to go on.
    #[serde(rename = "Links")]
    pub links: Option<Links>,
}

/// Links, all absolute.
#[derive(Debug, Default, Deserialize)]
pub struct Links {
    /// The next page; none on the last.
    #[serde(rename = "Next", default)]
    pub next: Option<String>,
}

impl Envelope {
    /// Reads an answer. A byte order mark in front of it is passed over.
    ///
    /// # Errors
    /// [`BankError::Unreadable`].
    pub fn parse(body: &[u8], what: &'static str) -> Result<Self, BankError> {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        serde_json::from_slice(body).map_err(|_| BankError::Unreadable { what })
    }

    /// The rows of a list in `Data`. A list that is not there is empty: no data is no error.
    ///
    /// # Errors
    /// [`BankError::Unreadable`] where there is no `Data`, or something else than a list in it.
    pub fn rows(&self, name: &str, what: &'static str) -> Result<Vec<Box<RawValue>>, BankError> {
        let unreadable = BankError::Unreadable { what };
        let data = self.data.as_ref().ok_or(unreadable.clone())?;
        match data.rows(name) {
            Some(rows) => Ok(rows),
            None if data.has(name) => Err(unreadable),
            None => Ok(Vec::new()),
        }
    }
}
