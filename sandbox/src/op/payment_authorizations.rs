//! Bundles of payments: read, revoke, the sandbox's shortcuts, the exemption for small amounts.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State as Shared};
use axum::http::HeaderMap;
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::payments;
use crate::api_error::ApiError;
use crate::bank::{Bank, timestamp};
use crate::caller::Caller;
use crate::exchange::PeerCertificate;
use crate::form::Form;
use crate::members::positive_cents;
use crate::state::{Authorization, Payment, Scope, State, Status};

/// Limits of the exemption for low values (Delegated Regulation (EU) 2018/389, Art. 16), in cents
/// and in payments since the customer last authenticated.
const EXEMPT_SINGLE_CENTS: i64 = 3_000;
const EXEMPT_TOTAL_CENTS: i64 = 10_000;
const EXEMPT_PAYMENTS: usize = 5;

/// `GET /payments-psd2/v1/authorizations/{id}[?include=payments]`.
pub(super) async fn read(
    Shared(bank): Shared<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let caller = Caller::authenticate(&bank, &headers, &peer, Scope::Payments)?;
    let authorization = caller.authorization(&bank, &id)?;
    let mut value = to_json(&authorization);
    let query = Form::parse(query.as_deref().unwrap_or_default());
    if query.get("include") == Some("payments") {
        let all = payments_of(&bank, &id);
        let family = |foreign: bool| -> Vec<Value> {
            let own = all.iter().filter(|payment| payment.foreign == foreign);
            own.map(|payment| payments::json(payment, false)).collect()
        };
        value["sepaPayments"] = family(false).into();
        value["foreignPayments"] = family(true).into();
    }
    Ok(Json(value))
}

/// `GET /payments-psd2/v1/authorizations/{id}/payments`.
pub(super) async fn payments(
    Shared(bank): Shared<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let caller = Caller::authenticate(&bank, &headers, &peer, Scope::Payments)?;
    caller.authorization(&bank, &id)?;
    let all = payments_of(&bank, &id);
    let all: Vec<Value> = all.iter().map(|payment| payments::json(payment, false)).collect();
    Ok(Json(json!({ "payments": all })))
}

/// `DELETE /payments-psd2/v1/authorizations/{id}`: revokes every payment that is not submitted.
pub(super) async fn revoke(
    Shared(bank): Shared<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let caller = Caller::authenticate(&bank, &headers, &peer, Scope::Payments)?;
    caller.authorization(&bank, &id)?;
    let now = bank.now();
    bank.change(|state| {
        let mut submitted = false;
        for payment in state.payments.iter_mut().filter(|payment| payment.authorization_id == id) {
            if payment.submissions.is_empty() {
                payment.status = Status::Revoked;
                payment.modified = now;
            } else {
                submitted = true;
            }
        }
        let authorization =
            state.authorizations.get_mut(&id).ok_or(ApiError::Unknown("Authorization"))?;
        if matches!(authorization.status, Status::Completed | Status::Rejected) {
            let message = format!("The authorization is {:?}", authorization.status);
            return Err(ApiError::violation("IllegalState", "authorizationId", message));
        }
        authorization.status = if submitted { Status::PartiallyRevoked } else { Status::Revoked };
        authorization.modified = now;
        Ok(Json(to_json(authorization)))
    })
}

/// `POST …/sandbox-authorize`: approves without a browser, as the first test user.
pub(super) async fn sandbox_authorize(
    Shared(bank): Shared<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let household = bank.household();
    let user = household.users.first();
    let user_id = user.map(|user| user.user_id.to_owned());
    let iban = user.and_then(|user| user.first_iban());
    decide(&bank, &peer, &id, |state| {
        approve(state, &id, user_id, iban, bank.now());
    })
}

/// `POST …/sandbox-reject`: refuses without a browser.
pub(super) async fn sandbox_reject(
    Shared(bank): Shared<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    decide(&bank, &peer, &id, |state| {
        let now = bank.now();
        if let Some(authorization) = state.authorizations.get_mut(&id) {
            authorization.status = Status::Rejected;
            authorization.modified = now;
        }
        for payment in state.payments.iter_mut().filter(|payment| payment.authorization_id == id) {
            payment.status = Status::Rejected;
            payment.modified = now;
        }
    })
}

/// Decides an open bundle of the provider behind the certificate.
fn decide(
    bank: &Bank,
    peer: &PeerCertificate,
    id: &str,
    change: impl FnOnce(&mut State),
) -> Result<Json<Value>, ApiError> {
    bank.change(|state| {
        let authorization = state
            .authorizations
            .get(id)
            .filter(|found| found.scope == Scope::Payments)
            .filter(|found| owns(state, &found.client_id, peer))
            .ok_or(ApiError::Unknown("Authorization"))?;
        if !matches!(authorization.status, Status::Unauthorized | Status::Authorizing) {
            let message = format!("The authorization is {:?}", authorization.status);
            return Err(ApiError::violation("IllegalState", "authorizationId", message));
        }
        change(state);
        let decided = state.authorizations.get(id).ok_or(ApiError::Unknown("Authorization"))?;
        Ok(Json(to_json(decided)))
    })
}

/// True when the certificate belongs to the provider of a client.
pub(super) fn owns(state: &State, client_id: &str, peer: &PeerCertificate) -> bool {
    let client = state.clients.get(client_id);
    let provider = client.and_then(|client| state.providers.get(&client.tpp_id));
    provider.is_some_and(|provider| provider.certificates.contains(&peer.fingerprint))
}

/// Approves a bundle under the exemption, or says why strong authentication is needed.
pub(crate) fn exempt(
    bank: &Bank,
    state: &mut State,
    client_id: &str,
    id: &str,
) -> Result<Authorization, String> {
    let authorization = state
        .authorizations
        .get(id)
        .filter(|found| found.client_id == client_id && found.scope == Scope::Payments)
        .ok_or("the authorization is not known")?;
    if authorization.status != Status::Unauthorized {
        return Err(format!("the authorization is {:?}", authorization.status));
    }
    let user_id = authorization
        .exemption_user_id
        .clone()
        .ok_or("the payment was not created with a user access token")?;
    let user = bank.user(&user_id).ok_or("the customer is not known")?;
    let own = |payment: &&Payment| payment.authorization_id == id;
    for payment in state.payments.iter().filter(own) {
        let small = !payment.foreign && cents(payment) <= EXEMPT_SINGLE_CENTS;
        if !small {
            return Err("the exemption is for SEPA payments up to 30 euros".to_owned());
        }
        if !payment.payer_iban.as_deref().is_some_and(|iban| user.owns(iban)) {
            return Err("payer.iban must be an account of the customer".to_owned());
        }
    }
    let (total, number) = exempted_since_authentication(state, client_id, &user_id, id);
    if total > EXEMPT_TOTAL_CENTS || number > EXEMPT_PAYMENTS {
        return Err("the limits of the exemption are used up".to_owned());
    }
    approve(state, id, Some(user_id), None, bank.now());
    state.authorizations.get(id).cloned().ok_or_else(|| "the authorization is not known".to_owned())
}

/// Sum and number of exempted payments since the customer last authenticated, the new ones included.
fn exempted_since_authentication(
    state: &State,
    client_id: &str,
    user_id: &str,
    id: &str,
) -> (i64, usize) {
    let of_user = |found: &&Authorization| {
        found.client_id == client_id && found.user_id.as_deref() == Some(user_id)
    };
    let authenticated = state.authorizations.iter().filter(of_user);
    let last: Option<DateTime<Utc>> = authenticated
        .filter(|found| found.exemption_user_id.is_none())
        .filter_map(|found| found.authorized)
        .max();
    let exempted: Vec<&str> = state
        .authorizations
        .iter()
        .filter(|found| {
            found.exemption_user_id.as_deref() == Some(user_id) && found.client_id == client_id
        })
        .filter(|found| {
            found.id == id || found.authorized.is_some_and(|moment| Some(moment) > last)
        })
        .map(|found| found.id.as_str())
        .collect();
    let payments = state
        .payments
        .iter()
        .filter(|payment| exempted.contains(&payment.authorization_id.as_str()));
    payments.fold((0, 0), |(total, number), payment| (total + cents(payment), number + 1))
}

/// Marks a bundle and its open payments as approved.
fn approve(
    state: &mut State,
    id: &str,
    user_id: Option<String>,
    iban: Option<String>,
    now: DateTime<Utc>,
) {
    if let Some(authorization) = state.authorizations.get_mut(id) {
        authorization.status = Status::Authorized;
        authorization.authorized = Some(now);
        authorization.modified = now;
        authorization.user_id = user_id;
    }
    for payment in state.payments.iter_mut().filter(|payment| payment.authorization_id == id) {
        if payment.status == Status::Unauthorized {
            payment.status = Status::Authorized;
            payment.modified = now;
            payment.payer_iban = payment.payer_iban.take().or_else(|| iban.clone());
        }
    }
}

/// What a payment costs in cents, all repetitions together.
pub(super) fn cents(payment: &Payment) -> i64 {
    let text = |name: &str| payment.request.get(name).and_then(Value::as_str);
    let amount = text("amountEUR").or_else(|| text("amount")).unwrap_or_default();
    positive_cents(amount).unwrap_or(i64::MAX / 1_000_000) * i64::from(payment.count)
}

fn payments_of(bank: &Bank, id: &str) -> Vec<Payment> {
    let mut all = bank.read(|state| {
        let own = state.payments.iter().filter(|payment| payment.authorization_id == id);
        own.cloned().collect::<Vec<Payment>>()
    });
    all.sort_by_key(|payment| payment.created);
    all
}

fn to_json(authorization: &Authorization) -> Value {
    let mut value = json!({
        "authorizationId": authorization.id,
        "created": timestamp(authorization.created),
        "modified": timestamp(authorization.modified),
        "status": authorization.status,
    });
    if let Some(authorized) = authorization.authorized {
        value["authorized"] = timestamp(authorized).into();
    }
    value
}
