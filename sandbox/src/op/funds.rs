//! Confirmation of funds: an authorization for one account, then yes or no for an amount.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::{Extension, Json};
use bytes::Bytes;
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::consents;
use crate::api_error::ApiError;
use crate::bank::{Bank, timestamp};
use crate::caller::Caller;
use crate::exchange::PeerCertificate;
use crate::household::{Account, is_finnish_iban};
use crate::members::{Members, object, positive_cents};
use crate::state::{Authorization, Scope};

/// Longest life of an authorization, in days, with a day of tolerance.
const LIFE_DAYS_MAX: i64 = 366;

/// `POST /confirmation-of-funds-psd2/v1/authorizations`.
pub(super) async fn create(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let caller = authenticate(&bank, &headers, &peer)?;
    caller.require_client_token()?;
    let body = object(&body)?;
    let mut members = Members::new(&body, "", &["iban", "expires"]);
    let iban = members.text("iban").filter(|iban| !iban.is_empty());
    if iban.is_some_and(|iban| !is_finnish_iban(iban)) {
        members.wrong("FinnishIban", "iban", "is not a Finnish account number");
    }
    let now = bank.now();
    let expires = members.moment("expires").unwrap_or(now + Duration::days(365));
    if expires <= now || expires > now + Duration::days(LIFE_DAYS_MAX) {
        members.wrong("Date", "expires", "must be within one year");
    }
    members.finish()?;
    let mut authorization = consents::new(Scope::Funds, &caller.token.client_id, now);
    authorization.iban = iban.map(str::to_owned);
    authorization.expires = Some(expires);
    let answer = to_json(&authorization, now);
    bank.change(|state| {
        state.authorizations.put(&authorization.id.clone(), authorization);
    });
    Ok((StatusCode::CREATED, Json(answer)))
}

/// `GET /confirmation-of-funds-psd2/v1/authorizations/{id}`.
pub(super) async fn read(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let caller = authenticate(&bank, &headers, &peer)?;
    caller.authorization(&bank, &id).map(|found| Json(to_json(&found, bank.now())))
}

/// `DELETE /confirmation-of-funds-psd2/v1/authorizations/{id}`.
pub(super) async fn revoke(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let caller = authenticate(&bank, &headers, &peer)?;
    caller.authorization(&bank, &id)?;
    consents::revoke_now(&bank, &id).map(|revoked| Json(to_json(&revoked, bank.now())))
}

/// `POST /confirmation-of-funds-psd2/v1/funds-confirmations`: nothing is reserved.
pub(super) async fn confirm(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let caller = authenticate(&bank, &headers, &peer)?;
    let authorization = caller.living_authorization(&bank)?;
    let body = object(&body)?;
    let mut members = Members::new(&body, "", &["authorizationId", "amountEUR"]);
    let id = members.required_text("authorizationId");
    if id.is_some_and(|id| id != authorization.id) {
        members.wrong("InvalidValue", "authorizationId", "is not that of the access token");
    }
    let amount = members.required_text("amountEUR");
    let cents = amount.and_then(positive_cents);
    if amount.is_some() && cents.is_none() {
        members.wrong("InvalidValue", "amountEUR", "must be an amount above zero, such as 12.50");
    }
    members.finish()?;
    let household = bank.household();
    let iban = authorization.iban.as_deref().unwrap_or_default();
    let available = household.account(iban).map(Account::available_cents);
    let enough = cents.zip(available).is_some_and(|(cents, available)| cents <= available);
    let answer = json!({
        "fundsConfirmationId": uuid::Uuid::new_v4(),
        "authorizationId": authorization.id,
        "amountEUR": amount,
        "fundsAvailable": enough,
        "created": timestamp(bank.now()),
    });
    Ok((StatusCode::CREATED, Json(answer)))
}

/// This API insists on `Accept: application/json`.
fn authenticate(
    bank: &Bank,
    headers: &HeaderMap,
    peer: &PeerCertificate,
) -> Result<Caller, ApiError> {
    let caller = Caller::authenticate(bank, headers, peer, Scope::Funds)?;
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("application/json")) {
        Ok(caller)
    } else {
        Err(ApiError::violation("Required", "Accept", "Accept must be application/json"))
    }
}

fn to_json(authorization: &Authorization, now: DateTime<Utc>) -> Value {
    let mut value = json!({
        "authorizationId": authorization.id,
        "created": timestamp(authorization.created),
        "modified": timestamp(authorization.modified),
        "status": authorization.status_at(now),
    });
    if let Some(iban) = &authorization.iban {
        value["iban"] = iban.as_str().into();
    }
    if let Some(expires) = authorization.expires {
        value["expires"] = timestamp(expires).into();
    }
    if let Some(authorized) = authorization.authorized {
        value["authorized"] = timestamp(authorized).into();
    }
    value
}
