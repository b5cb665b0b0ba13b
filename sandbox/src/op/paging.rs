//! Pages of a list: an unforgeable continuation token and the links around it.

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use crate::api_error::ApiError;
use crate::bank::Bank;
use crate::chance::hex;

/// Rows of one page.
pub(super) const PAGE_ROWS: usize = 50;

/// Which list is read, by whom: a token of one list is refused by another.
pub(super) struct List<'a> {
    pub(super) authorization_id: &'a str,
    /// Path of the list on this host, with the base path.
    pub(super) path: String,
}

impl List<'_> {
    /// First row of the page a token asks for; no token is the first page.
    pub(super) fn start(&self, bank: &Bank, token: Option<&str>) -> Result<usize, ApiError> {
        let Some(token) = token else { return Ok(0) };
        let start = token
            .get(..8)
            .and_then(|number| u32::from_str_radix(number, 16).ok())
            .and_then(|number| usize::try_from(number).ok());
        match start {
            Some(start) if self.token(bank, start) == token => Ok(start),
            _ => Err(ApiError::violation(
                "InvalidValue",
                "continuationToken",
                "continuationToken is not valid",
            )),
        }
    }

    /// The page of rows that begins at `start`, with its links and, unless it is the last one, the
    /// token of the next page.
    pub(super) fn page(&self, bank: &Bank, rows: Vec<Value>, start: usize, total: usize) -> Value {
        let next = start + rows.len();
        let own_query = match start {
            0 => String::new(),
            _ => format!("?continuationToken={}", self.token(bank, start)),
        };
        let mut links = json!({ "self": { "href": format!("{}{own_query}", self.path) } });
        let mut page = json!({ "transactions": rows });
        if next < total {
            let token = self.token(bank, next);
            let href = format!("{}?continuationToken={token}", self.path);
            links["next"] = json!({ "href": href });
            page["continuationToken"] = token.into();
        }
        page["_links"] = links.clone();
        page["links"] = links;
        page
    }

    /// Eight hexadecimal digits of position and 28 of a MAC over list and position.
    fn token(&self, bank: &Bank, start: usize) -> String {
        let position = format!("{start:08x}");
        let key = hmac::Key::new(hmac::HMAC_SHA256, &bank.paging_secret);
        let text = format!("{}\n{}\n{position}", self.authorization_id, self.path);
        let mac = hmac::sign(&key, text.as_bytes());
        format!("{position}{}", hex(&mac.as_ref()[..14]))
    }
}
