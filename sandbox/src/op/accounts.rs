//! Accounts and their transactions, only what the customer ticked.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::{Extension, Json};
use chrono::{Duration, NaiveDate};
use serde_json::{Value, json};

use super::budget;
use super::caller::Caller;
use super::form::Form;
use super::paging::{List, PAGE_ROWS};
use crate::api_error::ApiError;
use crate::bank::Bank;
use crate::exchange::PeerCertificate;
use crate::household::{Account, BIC, Household, Row, money};
use crate::state::{Authorization, Scope};

/// History shown when the authorization names no range, in days (Regulation 2018/389, Art. 10a).
const DEFAULT_HISTORY_DAYS: i64 = 90;

/// `GET /accounts-psd2/v1/accounts`: an array, without paging.
pub(super) async fn list(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let authorization = living(&bank, &headers, &peer)?;
    let household = bank.household();
    budget::spend(&bank, &headers, &authorization.id, "accounts")?;
    let accounts: Vec<Value> = shared(&household, &authorization).map(account_json).collect();
    Ok(Json(accounts.into()))
}

/// `GET /accounts-psd2/v1/accounts/{id}`.
pub(super) async fn one(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let authorization = living(&bank, &headers, &peer)?;
    let household = bank.household();
    let account = find(&household, &authorization, &id)?;
    budget::spend(&bank, &headers, &authorization.id, &format!("account {id}"))?;
    Ok(Json(account_json(account)))
}

/// `GET /accounts-psd2/v1/accounts/{id}/transactions[?continuationToken=…]`: newest first. Further
/// pages belong to the access of the first one.
pub(super) async fn transactions(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let authorization = living(&bank, &headers, &peer)?;
    let household = bank.household();
    let account = find(&household, &authorization, &id)?;
    let query = Form::parse(query.as_deref().unwrap_or_default());
    let list = List {
        authorization_id: &authorization.id,
        path: format!("/accounts-psd2/v1/accounts/{id}/transactions"),
    };
    let start = list.start(&bank, query.all("continuationToken").next())?;
    if start == 0 {
        budget::spend(&bank, &headers, &authorization.id, &format!("transactions {id}"))?;
    }
    let window = Window::of(&authorization, household.today);
    let rows: Vec<&Row> =
        account.rows.iter().rev().filter(|row| window.holds(row.booking_date)).collect();
    let page = rows.iter().skip(start).take(PAGE_ROWS).map(|row| row_json(row)).collect();
    Ok(Json(list.page(&bank, page, start, rows.len())))
}

/// The days an authorization opens.
pub(super) struct Window {
    from: NaiveDate,
    to: Option<NaiveDate>,
}

impl Window {
    /// A range alone ends on its last day; with `expires` beside it access goes on.
    pub(super) fn of(authorization: &Authorization, today: NaiveDate) -> Self {
        let default = today - Duration::days(DEFAULT_HISTORY_DAYS);
        Self {
            from: authorization.transaction_from.unwrap_or(default),
            to: authorization.transaction_to.filter(|_| authorization.expires.is_none()),
        }
    }

    pub(super) fn holds(&self, day: NaiveDate) -> bool {
        day >= self.from && self.to.is_none_or(|to| day <= to)
    }
}

/// The living account authorization behind the token.
pub(super) fn living(
    bank: &Bank,
    headers: &HeaderMap,
    peer: &PeerCertificate,
) -> Result<Authorization, ApiError> {
    Caller::authenticate(bank, headers, peer, Scope::Accounts)?.living_authorization(bank)
}

fn shared<'a>(
    household: &'a Household,
    authorization: &'a Authorization,
) -> impl Iterator<Item = &'a Account> {
    let users = household.users.iter();
    users
        .filter(|user| Some(user.user_id) == authorization.user_id.as_deref())
        .flat_map(|user| &user.accounts)
        .filter(|account| authorization.account_ids.contains(&account.account_id))
}

fn find<'a>(
    household: &'a Household,
    authorization: &'a Authorization,
    id: &str,
) -> Result<&'a Account, ApiError> {
    shared(household, authorization)
        .find(|account| account.account_id == id)
        .ok_or(ApiError::Unknown("Account"))
}

fn account_json(account: &Account) -> Value {
    json!({
        "accountId": account.account_id,
        "productName": account.product_name,
        "identifierSchema": "IBAN",
        "identifier": account.iban,
        "servicerSchema": "BIC",
        "servicer": BIC,
        "owner": account.owner,
        "netBalance": money(account.available_cents()),
        "grossBalance": money(account.gross_cents()),
        "coverReservationAmount": money(account.reserved_cents),
        "currency": "EUR",
    })
}

fn row_json(row: &Row) -> Value {
    let payer = row.payer.as_ref().map(|name| json!({ "name": name }));
    let recipient = row.recipient.as_ref().map(|party| {
        let mut value = json!({ "name": party.name, "address": [] });
        if let Some(iban) = &party.iban {
            value["identifier"] = iban.as_str().into();
            value["servicer"] = party.bic.into();
        }
        value
    });
    let mut value = json!({
        "archiveId": row.archive_id,
        "message": row.message,
        "amount": money(row.amount_cents),
        "currency": "EUR",
        "bookingDate": row.booking_date.to_string(),
        "valueDate": row.value_date.to_string(),
        "paymentDate": row.payment_date.to_string(),
        "payer": payer,
        "recipient": recipient,
        "proprietaryTransactionDescription": row.kind,
    });
    if let Some(reference) = &row.reference {
        value["reference"] = reference.as_str().into();
    }
    value
}
