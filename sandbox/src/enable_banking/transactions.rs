//! The transactions of an account, newest first, in pages with a key. A key is good with the parameters of its
//! first page only, and a page may be empty and yet not the last.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use chrono::{Days as Many, NaiveDate};
use serde_json::{Value, json};

use super::accounts::account;
use super::cards;
use super::failure::Failure;
use super::wire;
use crate::bank::Bank;
use crate::budget;
use crate::form::{Form, encode};
use crate::misbehaviour::{Entry, Listed, Misbehaviour, Shown, Standing, StatusFilter};
use crate::paging::{List, PAGE_ROWS};

/// A period longer than this is answered by an empty page first, while the aggregator asks the bank.
const AT_ONCE_DAYS: u64 = 365;
const KEY: &str = "continuation_key";

/// `GET /accounts/{uid}/transactions`. Further pages belong to the access of the first one.
pub(super) async fn list(
    State(bank): State<Arc<Bank>>,
    headers: HeaderMap,
    Path(named): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Failure> {
    let household = bank.household();
    let view = bank.view(household.today);
    let card = cards::find(&bank, &household, &named)?;
    let (session, number, held) = match &card {
        Some((session, card)) => (session.clone(), card.card_number.to_owned(), &card.card_id),
        None => {
            let (session, account) = account(&bank, &view, &household, &named)?;
            (session, account.iban.clone(), &account.account_id)
        }
    };
    let query = Form::parse(query.as_deref().unwrap_or_default());
    let days = Days::of(&query, view.today, view.on.has(Misbehaviour::DateFilterIgnored))?;
    let list = List {
        view,
        authorization_id: &session.id,
        path: format!("/accounts/{named}/transactions"),
        query: days.query.clone(),
        parameter: KEY,
    };
    let key = query.get(KEY);
    let start = list.start(&bank, key)?;
    if key.is_none() {
        let resource = format!("transactions {held}");
        budget::spend(&bank, &headers, &session, &resource)?;
        if days.long {
            return Ok(Json(json!({
                "transactions": [], KEY: list.token(&bank, 0),
            })));
        }
    }
    let window = bank.window(&session, view.today);
    let mut entries = match &card {
        Some((_, card)) => view.card_rows(card, window, StatusFilter::All),
        None => {
            let (_, account) = account(&bank, &view, &household, &named)?;
            view.account_rows(account, window, StatusFilter::All)
        }
    };
    entries.retain(|entry| match entry {
        Entry::Whole(listed) => days.hold(listed),
        Entry::Broken(..) => true,
    });
    let total = entries.len();
    let shown: Vec<Shown> = entries
        .into_iter()
        .skip(start)
        .take(PAGE_ROWS)
        .map(|entry| match entry {
            Entry::Whole(listed) if card.is_some() => cards::row(&view, *listed),
            Entry::Whole(listed) => wire::row(&view, *listed),
            Entry::Broken(_, number) => {
                Shown { identity: None, value: wire::broken(&view, number) }
            }
        })
        .collect();
    bank.shown.remember(&number, &shown, bank.options.clock.now());
    let end = start + shown.len();
    let next = list.next(start, end, total).map(|next| match view.on.has(Misbehaviour::SelfLink) {
        true => key.map_or_else(|| list.token(&bank, start), str::to_owned),
        false => list.token(&bank, next),
    });
    let rows: Vec<Value> = shown.into_iter().map(|row| row.value).collect();
    Ok(Json(json!({ "transactions": rows, KEY: next })))
}

/// The days asked for.
struct Days {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    long: bool,
    query: Option<String>,
}

impl Days {
    fn of(query: &Form, today: NaiveDate, ignored: bool) -> Result<Self, Failure> {
        let day = |name: &str| {
            let Some(text) = query.get(name) else { return Ok(None) };
            let day = NaiveDate::parse_from_str(text, "%Y-%m-%d");
            day.map(Some).map_err(|_| Failure::parameters(format!("{name} is no date")))
        };
        let (from, to) = (day("date_from")?, day("date_to")?);
        if to.is_some() && from.is_none() {
            let text = "date_from must be provided if date_to provided";
            return Err(Failure::new(422, "DATE_TO_WITHOUT_DATE_FROM", text));
        }
        if from.is_some_and(|from| from > today) {
            let text = "date_from can not be in the future";
            return Err(Failure::new(422, "DATE_FROM_IN_FUTURE", text));
        }
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            let text = "date_from should be less than or equal date_to";
            return Err(Failure::new(422, "WRONG_DATE_INTERVAL", text));
        }
        let parts: Vec<String> = ["date_from", "date_to"]
            .into_iter()
            .filter_map(|name| Some(format!("{name}={}", encode(query.get(name)?))))
            .collect();
        let long = from.is_some_and(|from| from + Many::new(AT_ONCE_DAYS) < today);
        let query = (!parts.is_empty()).then(|| parts.join("&"));
        match ignored {
            true => Ok(Self { from: None, to: None, long, query }),
            false => Ok(Self { from, to, long, query }),
        }
    }

    /// Pending rows are filtered by the day they were made.
    fn hold(&self, listed: &Listed<'_>) -> bool {
        let day = match listed.standing {
            Standing::Booked => listed.booked,
            Standing::Pending => listed.made,
        };
        self.from.is_none_or(|from| day >= from) && self.to.is_none_or(|to| day <= to)
    }
}
