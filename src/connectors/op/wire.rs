//! OP's JSON as it comes.

use serde_json::value::RawValue;

use crate::connectors::row::text_of;
pub use crate::connectors::row::{LONGEST_UNMAPPED, Row};

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
