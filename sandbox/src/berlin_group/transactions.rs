//! The transactions of an account or a card account, newest first, in pages.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::{Extension, Json};
use chrono::{Duration, NaiveDate};
use serde_json::{Map, Value, json};

use super::BASE;
use super::access::standing;
use super::accounts::is_card;
use super::problem::Problem;
use super::seal::Caller;
use super::wire::{amount, reference};
use crate::bank::Bank;
use crate::budget;
use crate::exchange::PeerCertificate;
use crate::faults::DeltaMutation;
use crate::form::Form;
use crate::household::{Account, Row};
use crate::jose::fingerprint;
use crate::misbehaviour::{
    Entry, Listed, Misbehaviour, Shown, Source, Standing, StatusFilter, View,
};
use crate::paging::{List, PAGE_ROWS};
use crate::shared_accounts::find;
use crate::state::Authorization;

/// How long after the customer agreed the whole history is shown, in minutes.
const WHOLE_HISTORY_MINUTES: i64 = 15;
/// How many days are shown afterwards (RTS, Art. 10).
const LATER_DAYS: i64 = 90;

/// Which account is asked for, by whom.
struct Asked<'a> {
    bank: &'a Bank,
    caller: &'a Caller,
    headers: &'a HeaderMap,
    id: &'a str,
    card: bool,
}

/// `GET /accounts/{id}/transactions`.
pub(super) async fn of_account(
    State(bank): State<Arc<Bank>>,
    Extension(caller): Extension<Caller>,
    Extension(_): Extension<PeerCertificate>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let asked = Asked { bank: &bank, caller: &caller, headers: &headers, id: &id, card: false };
    list(&asked, &query.unwrap_or_default())
}

/// `GET /card-accounts/{id}/transactions`.
pub(super) async fn of_card(
    State(bank): State<Arc<Bank>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let asked = Asked { bank: &bank, caller: &caller, headers: &headers, id: &id, card: true };
    list(&asked, &query.unwrap_or_default())
}

fn list(asked: &Asked<'_>, query: &str) -> Result<Json<Value>, Problem> {
    let Asked { bank, caller, headers, id, card } = *asked;
    let consent = standing(bank, caller, headers)?;
    let household = bank.household();
    let view = bank.view(household.today);
    let account = find(&view, &household, &consent, id)?;
    if is_card(account) != card {
        return Err(Problem::new(404, "RESOURCE_UNKNOWN", "Account is not known"));
    }
    let query = Form::parse(query);
    let days = Days::of(bank, &consent, &query, &view)?;
    let filter = filter(&view, query.get("bookingStatus"))?;
    let name = if card { "card-accounts" } else { "accounts" };
    let list = List {
        view,
        authorization_id: &consent.id,
        path: format!("{BASE}/{name}/{id}/transactions"),
        query: Some(days.query.clone()),
        parameter: "page",
    };
    let start = list.start(bank, query.get("page"))?;
    if start == 0 {
        budget::spend(bank, headers, &consent, &format!("transactions {}", account.account_id))?;
    }
    let window = bank.window(&consent, view.today);
    let mut entries = view.account_rows(account, window, filter);
    entries.retain(|entry| match entry {
        Entry::Whole(listed) => days.hold(listed),
        Entry::Broken(..) => true,
    });
    if let Some(mark) = query.get("entryReferenceFrom") {
        only_after(&mut entries, mark, bank.faults.delta())?;
    }
    let rows = Rows { view, account, card, consent: &consent };
    Ok(Json(page(bank, &list, &rows, entries, start)))
}

fn page(
    bank: &Bank,
    list: &List<'_>,
    rows: &Rows<'_>,
    entries: Vec<Entry<'_>>,
    start: usize,
) -> Value {
    let total = entries.len();
    let page = entries.into_iter().skip(start).take(PAGE_ROWS);
    let (mut booked, mut pending, mut remembered) = (Vec::new(), Vec::new(), Vec::new());
    for entry in page {
        let (shown, standing) = match entry {
            Entry::Whole(listed) => {
                let standing = listed.standing;
                (rows.show(*listed), standing)
            }
            Entry::Broken(_, number) => {
                (Shown { identity: None, value: rows.broken(number) }, Standing::Booked)
            }
        };
        match standing {
            Standing::Booked => booked.push(shown.value.clone()),
            Standing::Pending => pending.push(shown.value.clone()),
        }
        remembered.push(shown);
    }
    let end = start + remembered.len();
    bank.shown.remember(&rows.account.iban, &remembered, bank.options.clock.now());
    let own = list.address((start > 0).then(|| list.token(bank, start)).as_deref());
    let account = list.path.trim_end_matches("/transactions");
    let place = if rows.card { "cardAccount" } else { "account" };
    let mut links = json!({ place: { "href": account } });
    if let Some(next) = list.next(start, end, total) {
        let href = match rows.view.on.has(Misbehaviour::SelfLink) {
            true => own,
            false => list.address(Some(&list.token(bank, next))),
        };
        links["next"] = json!({ "href": href });
    }
    let report = json!({ "booked": booked, "pending": pending, "_links": links });
    let mut answer = Map::new();
    answer.insert(place.to_owned(), reference(rows.account));
    if rows.card {
        answer.insert("debitAccounting".to_owned(), true.into());
    }
    let name = if rows.card { "cardTransactions" } else { "transactions" };
    answer.insert(name.to_owned(), report);
    Value::Object(answer)
}

/// How many rows older an entry is that is taken for the one that was meant.
const OLDER_ROWS: usize = 20;

/// Leaves the rows that were listed after an entry (`entryReferenceFrom`); the newest come first.
fn only_after(
    entries: &mut Vec<Entry<'_>>,
    mark: &str,
    wrong: Option<DeltaMutation>,
) -> Result<(), Problem> {
    let is_mark = |entry: &Entry<'_>| match entry {
        Entry::Whole(listed) => {
            listed.standing == Standing::Booked && listed.archive_id.as_deref() == Some(mark)
        }
        Entry::Broken(..) => false,
    };
    let unknown =
        || Problem::new(400, "PARAMETER_NOT_CONSISTENT", "entryReferenceFrom is not known");
    let place = entries.iter().position(is_mark).ok_or_else(unknown)?;
    match wrong {
        None => entries.truncate(place),
        Some(DeltaMutation::Refused) => return Err(unknown()),
        Some(DeltaMutation::Ignored) => {}
        Some(DeltaMutation::Emptied) => entries.clear(),
        Some(DeltaMutation::Older) => entries.truncate(place + OLDER_ROWS),
    }
    Ok(())
}

/// Which rows are asked for; the parameter has to be there.
fn filter(view: &View, status: Option<&str>) -> Result<StatusFilter, Problem> {
    let refused = view.on.has(Misbehaviour::PendingFilterRefused);
    match status {
        Some("booked") if view.on.has(Misbehaviour::BookedFilterIgnored) => Ok(StatusFilter::All),
        Some("booked") => Ok(StatusFilter::Booked),
        Some("pending" | "both") if refused => {
            Err(Problem::new(400, "PARAMETER_NOT_SUPPORTED", "bookingStatus is booked only"))
        }
        Some("pending") => Ok(StatusFilter::Pending),
        Some("both") => Ok(StatusFilter::All),
        Some(_) => Err(Problem::new(400, "PARAMETER_NOT_SUPPORTED", "bookingStatus is not known")),
        None => Err(Problem::format("bookingStatus is missing")),
    }
}

/// The days asked for.
struct Days {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    query: String,
}

impl Days {
    fn of(
        bank: &Bank,
        consent: &Authorization,
        query: &Form,
        view: &View,
    ) -> Result<Self, Problem> {
        let day = |name: &str| {
            let Some(text) = query.get(name) else { return Ok(None) };
            let day = NaiveDate::parse_from_str(text, "%Y-%m-%d");
            day.map(Some).map_err(|_| Problem::format(format!("{name} is no date")))
        };
        if let Some(mark) = query.get("entryReferenceFrom") {
            let status = query.get("bookingStatus").unwrap_or_default();
            let text = format!("bookingStatus={status}&entryReferenceFrom={mark}");
            return Ok(Self { from: None, to: None, query: text });
        }
        let (from, to) = (day("dateFrom")?, day("dateTo")?);
        let first = from.ok_or_else(|| Problem::format("dateFrom is missing"))?;
        let fresh = consent
            .authorized
            .is_some_and(|at| bank.now() - at <= Duration::minutes(WHOLE_HISTORY_MINUTES));
        let ahead = to.is_some_and(|to| to < first);
        if ahead || (!fresh && first < view.today - Duration::days(LATER_DAYS)) {
            let text = format!("dateFrom must be within the last {LATER_DAYS} days");
            return Err(Problem::new(400, "PERIOD_INVALID", text));
        }
        let status = query.get("bookingStatus").unwrap_or_default();
        let mut text = format!("bookingStatus={status}&dateFrom={first}");
        if let Some(to) = to {
            text.push_str(&format!("&dateTo={to}"));
        }
        match view.on.has(Misbehaviour::DateFilterIgnored) {
            true => Ok(Self { from: None, to: None, query: text }),
            false => Ok(Self { from, to, query: text }),
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

/// What a list of rows is written for.
struct Rows<'a> {
    view: View,
    account: &'a Account,
    card: bool,
    consent: &'a Authorization,
}

impl Rows<'_> {
    fn show(&self, listed: Listed<'_>) -> Shown {
        let Listed { standing, identity, made, booked, cents, archive_id, source, .. } =
            self.view.settle(listed);
        let Source::Row(row) = source else {
            return Shown { identity: None, value: Value::Null };
        };
        let mut value = match self.card {
            true => self.card_row(&row, cents),
            false => self.row(&row, cents),
        };
        let pending = standing == Standing::Pending;
        if pending && self.card {
            value["transactionDate"] = made.to_string().into();
        } else if pending {
            value["valueDate"] = made.to_string().into();
        } else {
            value["bookingDate"] = booked.to_string().into();
            value["valueDate"] = row.value_date.to_string().into();
        }
        if let Some(id) = archive_id.filter(|_| !pending) {
            value[if self.card { "cardTransactionId" } else { "entryReference" }] = id.into();
        }
        Shown { identity: Some(identity.into_owned()), value }
    }

    fn row(&self, row: &Row, cents: i64) -> Value {
        // Names the details call only, and is another one in every consent.
        let id = fingerprint(format!("{} {}", self.consent.id, row.identity).as_bytes());
        let mut value = json!({
            "transactionId": id.get(..32),
            "transactionAmount": amount(cents, self.account.currency),
            "proprietaryBankTransactionCode": row.kind,
        });
        if !row.message.is_empty() {
            value["remittanceInformationUnstructured"] = row.message.as_str().into();
        }
        if let Some(reference) = &row.reference {
            value["remittanceInformationStructured"] = reference.as_str().into();
        }
        if cents < 0 {
            if let Some(party) = &row.recipient {
                value["creditorName"] = party.name.as_str().into();
                if let Some(iban) = &party.iban {
                    value["creditorAccount"] = json!({ "iban": iban });
                }
            }
        } else if let Some(payer) = &row.payer {
            value["debtorName"] = payer.as_str().into();
        }
        value
    }

    fn card_row(&self, row: &Row, cents: i64) -> Value {
        let turned = !self.view.on.has(Misbehaviour::CardSignReversed);
        let told = if turned { -cents } else { cents };
        let party = row.recipient.as_ref().map(|party| party.name.as_str());
        let details = party.unwrap_or(&row.message);
        let (name, town) = details.split_once(", ").unwrap_or((details, ""));
        let mut value = json!({
            "transactionAmount": amount(told, self.account.currency),
            "transactionDate": row.payment_date,
            "transactionDetails": name,
            "proprietaryBankTransactionCode": row.kind,
        });
        if !town.is_empty() {
            value["cardAcceptorAddress"] = json!({ "townName": town, "country": "SE" });
        }
        if let Some((original, currency)) = row.original {
            value["originalAmount"] = amount(if turned { original } else { -original }, currency);
        }
        value
    }

    /// A row of `broken-row`: an amount that is no number, no booking date, and null.
    fn broken(&self, number: usize) -> Value {
        let currency = self.account.currency;
        match number {
            0 => json!({
                "bookingDate": self.view.today,
                "transactionAmount": { "currency": currency, "amount": "12,3x" },
            }),
            1 => json!({ "transactionAmount": { "currency": currency, "amount": "-4" } }),
            _ => Value::Null,
        }
    }
}
