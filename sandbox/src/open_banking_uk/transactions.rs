//! The transactions of an account, newest first, in pages with absolute links.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::{Extension, Json};
use chrono::{NaiveDate, NaiveDateTime};
use serde_json::{Value, json};

use super::access::{consent_with, has};
use super::refusal::Refusal;
use super::version::Version;
use super::wire::{self, Rows};
use crate::api_error::ApiError;
use crate::bank::Bank;
use crate::budget;
use crate::exchange::PeerCertificate;
use crate::form::{Form, encode};
use crate::misbehaviour::{Entry, Listed, Misbehaviour, Shown, Standing, StatusFilter};
use crate::paging::{List, PAGE_ROWS};
use crate::shared_accounts::find;
use crate::state::Authorization;

const PERMISSIONS: [&str; 2] = ["ReadTransactionsBasic", "ReadTransactionsDetail"];
const DETAIL: &str = "ReadTransactionsDetail";
const FROM: &str = "fromBookingDateTime";
const TO: &str = "toBookingDateTime";

/// `GET /accounts/{AccountId}/transactions`. Further pages belong to the access of the first one. Days
/// that are out of range make the answer smaller and are no error.
pub(super) async fn list(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    Extension(version): Extension<Version>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Refusal> {
    let consent = consent_with(&bank, &headers, &peer, &PERMISSIONS)?;
    let household = bank.household();
    let view = bank.view(household.today);
    let account = find(&view, &household, &consent, &id)?;
    let query = Form::parse(query.as_deref().unwrap_or_default());
    let days = Days::of(&query, view.on.has(Misbehaviour::DateFilterIgnored))?;
    let list = List {
        view,
        authorization_id: &consent.id,
        path: format!("{}{}/accounts/{id}/transactions", bank.addresses.mtls, version.base()),
        query: days.query.clone(),
        parameter: "page",
    };
    let start = list.start(&bank, query.all("page").next())?;
    if start == 0 {
        budget::spend(&bank, &headers, &consent, &format!("transactions {}", account.account_id))?;
    }
    let window = bank.window(&consent, view.today);
    let mut entries = view.account_rows(account, window, StatusFilter::All);
    entries.retain(|entry| match entry {
        Entry::Whole(listed) => days.hold(listed) && permitted(&consent, listed),
        Entry::Broken(..) => true,
    });
    let rows = Rows { bank: &bank, view, account, id: &id, detail: has(&consent, DETAIL), version };
    Ok(Json(page(&bank, &list, &rows, entries, start)))
}

fn page(
    bank: &Bank,
    list: &List<'_>,
    rows: &Rows<'_>,
    entries: Vec<Entry<'_>>,
    start: usize,
) -> Value {
    let total = entries.len();
    let shown: Vec<Shown> = entries
        .into_iter()
        .skip(start)
        .take(PAGE_ROWS)
        .map(|entry| match entry {
            Entry::Whole(listed) => rows.show(*listed),
            Entry::Broken(_, number) => Shown { identity: None, value: rows.broken(number) },
        })
        .collect();
    bank.shown.remember(&rows.account.iban, &shown, bank.options.clock.now());
    let end = start + shown.len();
    let own = list.address((start > 0).then(|| list.token(bank, start)).as_deref());
    let next =
        list.next(start, end, total).map(|next| match rows.view.on.has(Misbehaviour::SelfLink) {
            true => own.clone(),
            false => list.address(Some(&list.token(bank, next))),
        });
    let values: Vec<Value> = shown.into_iter().map(|row| row.value).collect();
    let mut answer = wire::envelope(json!({ "Transaction": values }), &own, next);
    answer["Meta"]["TotalPages"] = total.div_ceil(PAGE_ROWS).into();
    answer
}

/// The permission for one direction shows rows of that direction only.
fn permitted(consent: &Authorization, listed: &Listed<'_>) -> bool {
    let permission = match listed.cents < 0 {
        true => "ReadTransactionsDebits",
        false => "ReadTransactionsCredits",
    };
    has(consent, permission)
}

/// The booking days asked for. Moments in a query have no zone: one that is given is ignored.
struct Days {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    query: Option<String>,
}

impl Days {
    fn of(query: &Form, ignored: bool) -> Result<Self, Refusal> {
        let (from, to) = (query.get(FROM), query.get(TO));
        let parts: Vec<String> = [(FROM, from), (TO, to)]
            .into_iter()
            .filter_map(|(name, text)| Some(format!("{name}={}", encode(text?))))
            .collect();
        let days = [(FROM, from), (TO, to)].map(|(name, text)| {
            let Some(text) = text else { return Ok(None) };
            let day = text
                .get(..19)
                .and_then(|text| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").ok());
            day.map(|moment| Some(moment.date()))
                .ok_or_else(|| ApiError::violation("Date", name, format!("{name} is no moment")))
        });
        let [from, to] = days;
        let (from, to) = (from?, to?);
        let query = (!parts.is_empty()).then(|| parts.join("&"));
        match ignored {
            true => Ok(Self { from: None, to: None, query }),
            false => Ok(Self { from, to, query }),
        }
    }

    /// Pending rows have no booking day yet: they are listed whenever today is.
    fn hold(&self, listed: &Listed<'_>) -> bool {
        let day = match listed.standing {
            Standing::Booked => listed.booked,
            Standing::Pending => listed.made,
        };
        self.from.is_none_or(|from| day >= from) && self.to.is_none_or(|to| day <= to)
    }
}
