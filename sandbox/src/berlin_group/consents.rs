//! Consents for account information.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use chrono::{DateTime, Days, NaiveDate, TimeZone as _, Utc};
use serde_json::{Map, Value, json};

use super::access::consent;
use super::problem::Problem;
use super::seal::Caller;
use super::{BASE, sca};
use crate::bank::Bank;
use crate::household::AccountKind;
use crate::members::{Members, object};
use crate::op::consents::{new, revoke_now};
use crate::state::{Authorization, Scope, Status};

/// Longest consent, in days.
const LONGEST_DAYS: u64 = 180;
/// What stands for the longest consent.
const ENDLESS: &str = "9999-12-31";
/// Most accesses a day that may be asked for (RTS, Art. 36(5)(b)).
const FREQUENCY_MAX: u64 = 4;
/// What a customer without a browser is told.
const APP_MESSAGE: &str = "Öppna Nordviks app och godkänn. Open the Nordvik app and approve.";
/// The name of the way of authentication in answers.
const APPROACH: &str = "aspsp-sca-approach";

/// `POST /consents`.
pub(super) async fn create(
    State(bank): State<Arc<Bank>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let address = header("psu-ip-address").and_then(|text| text.parse::<std::net::Ipv4Addr>().ok());
    if address.is_none() {
        return Err(Problem::format("PSU-IP-Address is missing or no IPv4 address"));
    }
    let redirect = header("tpp-redirect-preferred") != Some("false");
    let back = header("tpp-redirect-uri").unwrap_or_default();
    if redirect && !back.starts_with("http") {
        return Err(Problem::format("TPP-Redirect-URI is missing"));
    }
    let now = bank.now();
    let until = asked(&bank, &object(&body)?, now)?;
    let mut made = new(Scope::Accounts, &caller.tpp_id, now);
    made.expires = Some(end_of(&bank, until));
    // The days are asked for with each list.
    made.transaction_from = Some(NaiveDate::MIN);
    if redirect {
        made.returns =
            vec![back.to_owned(), header("tpp-nok-redirect-uri").unwrap_or(back).to_owned()];
    }
    let explicit = header("tpp-explicit-authorisation-preferred") == Some("true");
    let own = format!("{BASE}/consents/{}", made.id);
    let mut links =
        json!({ "self": { "href": own }, "status": { "href": format!("{own}/status") } });
    if explicit {
        links["startAuthorisation"] = json!({ "href": format!("{own}/authorisations") });
    } else if redirect {
        links["scaRedirect"] = json!({ "href": sca::address(&bank, &made.id) });
    }
    let mut answer = json!({ "consentStatus": "received", "consentId": made.id, "_links": links });
    if !redirect {
        answer["psuMessage"] = APP_MESSAGE.into();
    }
    let approach = if redirect { "REDIRECT" } else { "DECOUPLED" };
    bank.change(|state| state.authorizations.put(&made.id.clone(), made));
    Ok((StatusCode::CREATED, [(APPROACH, approach.to_owned()), ("location", own)], Json(answer))
        .into_response())
}

/// `POST /consents/{id}/authorisations`: starts what was asked to be started by hand.
pub(super) async fn start(
    State(bank): State<Arc<Bank>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let consent = consent(&bank, &caller, &id)?;
    if consent.status_at(bank.now()) != Status::Unauthorized {
        return Err(Problem::new(409, "STATUS_INVALID", "The consent waits for nobody"));
    }
    let status = format!("{BASE}/consents/{id}/status");
    let mut links = json!({ "status": { "href": status } });
    if !consent.returns.is_empty() {
        links["scaRedirect"] = json!({ "href": sca::address(&bank, &id) });
    }
    let answer = json!({
        "scaStatus": "received", "authorisationId": uuid::Uuid::new_v4(), "_links": links,
    });
    let approach = if consent.returns.is_empty() { "DECOUPLED" } else { "REDIRECT" };
    Ok((StatusCode::CREATED, [(APPROACH, approach)], Json(answer)).into_response())
}

/// `GET /consents/{id}`.
pub(super) async fn read(
    State(bank): State<Arc<Bank>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let consent = asked_after(&bank, &caller, &id)?;
    let references = references(&bank, &consent);
    let until = consent.expires.map(|expires| expires.with_timezone(&bank.house.zone).date_naive());
    Ok(Json(json!({
        "access": { "accounts": references, "balances": references, "transactions": references },
        "recurringIndicator": true,
        "validUntil": until,
        "frequencyPerDay": FREQUENCY_MAX,
        "lastActionDate": consent.modified.with_timezone(&bank.house.zone).date_naive(),
        "consentStatus": word(&consent, bank.now()),
    })))
}

/// `GET /consents/{id}/status`.
pub(super) async fn status(
    State(bank): State<Arc<Bank>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let consent = asked_after(&bank, &caller, &id)?;
    Ok(Json(json!({ "consentStatus": word(&consent, bank.now()) })))
}

/// `DELETE /consents/{id}`.
pub(super) async fn delete(
    State(bank): State<Arc<Bank>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let found = consent(&bank, &caller, &id)?;
    if !matches!(found.status_at(bank.now()), Status::Rejected | Status::Expired) {
        revoke_now(&bank, &id)?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// A consent that is asked after. One without a browser is agreed to while the caller asks, when the switch
/// for automated runs is on.
fn asked_after(bank: &Bank, caller: &Caller, id: &str) -> Result<Authorization, Problem> {
    let found = consent(bank, caller, id)?;
    let waits = found.returns.is_empty() && found.status_at(bank.now()) == Status::Unauthorized;
    if waits && bank.faults.approves() {
        sca::approve_in_the_app(bank, id);
        return consent(bank, caller, id);
    }
    Ok(found)
}

/// Until which day a consent is asked for; everything the standard demands has to be there.
fn asked(bank: &Bank, body: &Map<String, Value>, now: DateTime<Utc>) -> Result<NaiveDate, Problem> {
    const KNOWN: [&str; 5] = [
        "access",
        "recurringIndicator",
        "validUntil",
        "frequencyPerDay",
        "combinedServiceIndicator",
    ];
    let mut members = Members::new(body, "", &KNOWN);
    let access = members.object("access");
    for name in KNOWN.into_iter().filter(|name| !body.contains_key(*name)) {
        members.wrong("Required", name, "is required");
    }
    let truth = |name: &str| body.get(name).is_some_and(Value::is_boolean);
    if !truth("recurringIndicator") || !truth("combinedServiceIndicator") {
        members.wrong("TypeMismatch", "recurringIndicator", "and its like must be true or false");
    }
    let frequency = body.get("frequencyPerDay").and_then(Value::as_u64);
    if frequency.is_none_or(|frequency| !(1..=FREQUENCY_MAX).contains(&frequency)) {
        members.wrong("InvalidValue", "frequencyPerDay", "must be from 1 to 4");
    }
    let today = now.with_timezone(&bank.house.zone).date_naive();
    let latest = today + Days::new(LONGEST_DAYS);
    let until = members.day("validUntil").unwrap_or(today);
    if until < today {
        members.wrong("Date", "validUntil", "must not be over");
    }
    members.finish()?;
    let kind = access.is_some_and(|access| {
        let lists = ["accounts", "balances", "transactions"];
        let offered = lists.iter().any(|name| access.get(*name).is_some_and(Value::is_array));
        let global = access.get("allPsd2").and_then(Value::as_str) == Some("allAccounts");
        offered != global
    });
    if !kind {
        return Err(Problem::new(400, "PARAMETER_NOT_SUPPORTED", "access is of no known kind"));
    }
    // The bank may shorten what is asked for.
    Ok(if until.to_string() == ENDLESS { latest } else { until.min(latest) })
}

/// The last second of a day of the bank's.
fn end_of(bank: &Bank, day: NaiveDate) -> DateTime<Utc> {
    let midnight = (day + Days::new(1)).and_time(chrono::NaiveTime::MIN);
    let next = bank.house.zone.from_local_datetime(&midnight).earliest();
    next.map_or(midnight.and_utc(), |next| next.with_timezone(&Utc)) - chrono::Duration::seconds(1)
}

/// The accounts a consent opens, as references.
fn references(bank: &Bank, consent: &Authorization) -> Vec<Value> {
    let household = bank.household();
    crate::shared_accounts::shared(&household, consent)
        .map(|account| match account.kind {
            AccountKind::CreditCard => {
                json!({ "maskedPan": account.iban, "currency": account.currency })
            }
            _ => json!({ "iban": account.iban, "currency": account.currency }),
        })
        .collect()
}

fn word(consent: &Authorization, now: DateTime<Utc>) -> &'static str {
    match consent.status_at(now) {
        Status::Unauthorized | Status::Authorizing => "received",
        Status::Authorized | Status::Completed => "valid",
        Status::Rejected => "rejected",
        Status::Revoked | Status::PartiallyRevoked => "terminatedByTpp",
        Status::Expired => "expired",
    }
}
