//! Pages of a list: an unforgeable token of the next page and the links around it.

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use crate::api_error::ApiError;
use crate::bank::Bank;
use crate::chance::hex;
use crate::form::Form;
use crate::misbehaviour::{Entry, Misbehaviour, Shown, StatusFilter, View};

/// Rows of one page.
pub(crate) const PAGE_ROWS: usize = 50;

/// Which list is read, by whom: a token of one list is refused by another.
pub(crate) struct List<'a> {
    pub(crate) view: View,
    pub(crate) authorization_id: &'a str,
    /// Path of the list on this host, with the base path.
    pub(crate) path: String,
    /// What was asked for, as a query without the page; the links repeat it.
    pub(crate) query: Option<String>,
    /// The parameter that holds the token.
    pub(crate) parameter: &'static str,
}

/// The parameter of OP's lists that holds the token.
const OP_TOKEN: &str = "continuationToken";

impl<'a> List<'a> {
    /// OP's list at a path as a query asks for it: which rows, and from which on.
    pub(crate) fn of_op(
        bank: &Bank,
        view: View,
        authorization_id: &'a str,
        path: String,
        query: &Form,
    ) -> Result<(Self, StatusFilter, usize), ApiError> {
        let filter = StatusFilter::parse(&view, query.get("status"))?;
        let query_of_rows = filter.word().map(|word| format!("status={word}"));
        let list = Self { view, authorization_id, path, query: query_of_rows, parameter: OP_TOKEN };
        let start = list.start(bank, query.all(OP_TOKEN).next())?;
        Ok((list, filter, start))
    }

    /// First row of the page a token asks for; no token is the first page. With `refused-cursor` the
    /// second page cannot be had.
    pub(crate) fn start(&self, bank: &Bank, token: Option<&str>) -> Result<usize, ApiError> {
        let Some(token) = token else { return Ok(0) };
        let start = token
            .get(..8)
            .and_then(|number| u32::from_str_radix(number, 16).ok())
            .and_then(|number| usize::try_from(number).ok())
            .filter(|start| self.token(bank, *start) == token)
            .filter(|start| *start != PAGE_ROWS || !self.view.on.has(Misbehaviour::RefusedCursor));
        start.ok_or_else(|| {
            let name = self.parameter;
            ApiError::violation("InvalidValue", name, format!("{name} is not valid"))
        })
    }

    /// OP's page of all `rows` that begins at `start`, with its links and, unless it is the last one, the
    /// token of the next page. What is shown of an account or card `number` is remembered for the truth.
    pub(crate) fn page(
        &self,
        bank: &Bank,
        number: &str,
        rows: Vec<Entry<'_>>,
        start: usize,
    ) -> Value {
        let total = rows.len();
        let page = rows.into_iter().skip(start).take(PAGE_ROWS);
        let shown: Vec<Shown> = page.map(|row| self.view.show(row)).collect();
        let next = start + shown.len();
        bank.shown.remember(number, &shown, bank.options.clock.now());
        let own = self.address((start > 0).then(|| self.token(bank, start)).as_deref());
        let rows: Vec<Value> = shown.into_iter().map(|row| row.value).collect();
        let mut page = json!({ "transactions": rows });
        let mut links = json!({ "self": { "href": own } });
        if let Some(next) = self.next(start, next, total) {
            let token = self.token(bank, next);
            let href = match self.view.on.has(Misbehaviour::SelfLink) {
                true => own,
                false => self.address(Some(&token)),
            };
            links["next"] = json!({ "href": href });
            page["continuationToken"] = token.into();
        }
        page["_links"] = links.clone();
        page["links"] = links;
        page
    }

    /// Where the next page begins, if there is one; `repeating-cursor` goes from the last page back to
    /// the second.
    pub(crate) fn next(&self, start: usize, next: usize, total: usize) -> Option<usize> {
        let last = next >= total;
        let back = last && start > 0 && self.view.on.has(Misbehaviour::RepeatingCursor);
        if back { Some(PAGE_ROWS) } else { (!last).then_some(next) }
    }

    /// Path and query of a page.
    pub(crate) fn address(&self, token: Option<&str>) -> String {
        let token = token.map(|token| format!("{}={token}", self.parameter));
        let query: Vec<String> = self.query.iter().cloned().chain(token).collect();
        match query.is_empty() {
            true => self.path.clone(),
            false => format!("{}?{}", self.path, query.join("&")),
        }
    }

    /// Eight hexadecimal digits of position and 28 of a MAC over list and position.
    pub(crate) fn token(&self, bank: &Bank, start: usize) -> String {
        let position = format!("{start:08x}");
        let key = hmac::Key::new(hmac::HMAC_SHA256, &bank.paging_secret);
        let text = format!("{}\n{}\n{position}", self.authorization_id, self.address(None));
        let mac = hmac::sign(&key, text.as_bytes());
        format!("{position}{}", hex(&mac.as_ref()[..14]))
    }
}
