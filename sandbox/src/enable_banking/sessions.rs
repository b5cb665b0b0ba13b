//! The way to the bank and back, and the session it opens.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::cards;
use super::failure::Failure;
use super::wire::{self, uid};
use super::{ASPSP, LONGEST_SECONDS};
use crate::bank::Bank;
use crate::calls::TokenKind;
use crate::form::Form;
use crate::members::object;
use crate::oauth::authorize::approve_at_once;
use crate::oauth::request_object::{Asked, AuthorizeRequest};
use crate::oauth::{consent, consent_page};
use crate::op::consents::{new, revoke_now};
use crate::shared_accounts::{listed, shared};
use crate::state::{Authorization, Scope, Status, Token};

/// `GET /aspsps?country=…`.
pub(super) async fn banks(RawQuery(query): RawQuery) -> Json<Value> {
    let query = Form::parse(query.as_deref().unwrap_or_default());
    let (name, country) = ASPSP;
    let bank = json!({
        "name": name, "country": country, "logo": "", "psu_types": ["personal"],
        "auth_methods": [{ "psu_type": "personal", "approach": "REDIRECT", "hidden_method": false }],
        "maximum_consent_validity": LONGEST_SECONDS, "beta": false, "bic": "OKOYFIHH",
        "required_psu_headers": [],
    });
    let here = query.get("country").is_none_or(|asked| asked == country);
    Json(json!({ "aspsps": if here { vec![bank] } else { Vec::new() } }))
}

/// `POST /auth`.
pub(super) async fn start(
    State(bank): State<Arc<Bank>>,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let body = object(&body)?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let required = |name: &'static str| {
        text(name).ok_or_else(|| Failure::parameters(format!("{name} is required")))
    };
    let (state, redirect_url) = (required("state")?, required("redirect_url")?);
    if !is_allowed(redirect_url) {
        return Err(Failure::new(422, "REDIRECT_URI_NOT_ALLOWED", "Redirect URI not allowed"));
    }
    let aspsp = body.get("aspsp").cloned().unwrap_or_default();
    if (aspsp["name"].as_str(), aspsp["country"].as_str()) != (Some(ASPSP.0), Some(ASPSP.1)) {
        return Err(Failure::new(422, "WRONG_ASPSP_PROVIDED", "Wrong ASPSP name provided"));
    }
    let now = bank.now();
    let mut made = new(Scope::Accounts, client_id(&bank), now);
    made.expires = Some(valid_until(&body, now)?);
    // The days are asked for with each list.
    made.transaction_from = Some(NaiveDate::MIN);
    made.returns = vec![redirect_url.to_owned()];
    made.state = Some(state.to_owned());
    let id = made.id.clone();
    bank.change(|state| state.authorizations.put(&id, made));
    Ok(Json(json!({
        "url": format!("{}/welcome/{id}", bank.addresses.authorize),
        "authorization_id": id,
        "psu_id_hash": crate::jose::fingerprint(id.as_bytes()),
    })))
}

fn client_id(bank: &Bank) -> &str {
    bank.application.as_ref().map_or("", |application| application.id.as_str())
}

/// What the application's owner entered in the control panel: any place with TLS, and this machine.
fn is_allowed(redirect_url: &str) -> bool {
    let hosts = ["https://", "http://localhost:", "http://127.0.0.1:"];
    hosts.iter().any(|start| redirect_url.starts_with(start))
}

fn valid_until(body: &Map<String, Value>, now: DateTime<Utc>) -> Result<DateTime<Utc>, Failure> {
    let access = body.get("access").cloned().unwrap_or_default();
    let until = access["valid_until"].as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok());
    let until = until.ok_or_else(|| Failure::parameters("access.valid_until is required"))?;
    if until <= now || (until - now).num_seconds() > LONGEST_SECONDS {
        return Err(Failure::parameters(
            "access.valid_until is over, or beyond the bank's maximum",
        ));
    }
    if access["balances"] != true || access["transactions"] != true {
        return Err(Failure::parameters(
            "access without balances or transactions is not simulated",
        ));
    }
    Ok(until)
}

/// `GET /welcome/{authorization}`: asks the customer or, when the switch is on, approves at once.
pub(super) async fn begin(State(bank): State<Arc<Bank>>, Path(id): Path<String>) -> Response {
    let refuse = |text: &str| consent_page::error(&bank, StatusCode::BAD_REQUEST, text);
    let found = bank.read(|state| state.authorizations.get(&id).cloned());
    let Some(found) = found else { return refuse("The authorization is not known.") };
    let [back] = &found.returns[..] else { return refuse("The authorization is not known.") };
    if found.status_at(bank.now()) != Status::Unauthorized {
        return refuse("The authorization is decided already, or over.");
    }
    let request = AuthorizeRequest::with_code(&found.client_id, back, found.state.as_deref());
    let asked = Asked { scope: Scope::Accounts, authorization_id: id };
    match bank.faults.approves() {
        true => approve_at_once(&bank, &request, &asked),
        false => consent::begin(&bank, request, asked),
    }
}

/// `POST /sessions`: a code is good once.
pub(super) async fn open(
    State(bank): State<Arc<Bank>>,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let body = object(&body)?;
    let code = body.get("code").and_then(Value::as_str).unwrap_or_default();
    let (now, session_id) = (bank.now(), Uuid::new_v4().to_string());
    let opened = bank.change(|state| {
        let wrong = || Failure::new(422, "WRONG_AUTHORIZATION_CODE", "Wrong authorization code");
        let known = state.codes.get_mut(code).ok_or_else(wrong)?;
        if known.used {
            return Err(Failure::new(422, "ALREADY_AUTHORIZED", "Session is already authorized"));
        }
        if known.expires <= now {
            let text = "Authorization code is expired";
            return Err(Failure::new(422, "EXPIRED_AUTHORIZATION_CODE", text));
        }
        known.used = true;
        let id = known.authorization_id.clone();
        let authorization = state.authorizations.get(&id).cloned().ok_or_else(wrong)?;
        let session = Token {
            kind: TokenKind::User,
            client_id: authorization.client_id.clone(),
            scope: Scope::Accounts,
            authorization_id: Some(id),
            expires: authorization.expires.unwrap_or(now),
            certificate: String::new(),
        };
        state.tokens.put(&session_id, session);
        Ok(authorization)
    })?;
    let household = bank.household();
    let view = bank.view(household.today);
    let accounts: Vec<Value> = shared(&household, &opened)
        .map(|account| wire::account(&bank, &view, account, &uid(&session_id, account)))
        .chain(
            cards::of_session(&household, &opened)
                .map(|card| cards::card(&bank, &view, card, &wire::card_uid(&session_id, card))),
        )
        .collect();
    Ok(Json(json!({
        "session_id": session_id,
        "accounts": accounts,
        "aspsp": { "name": ASPSP.0, "country": ASPSP.1 },
        "psu_type": "personal",
        "access": access(&opened),
    })))
}

fn access(authorization: &Authorization) -> Value {
    let until = authorization.expires.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, false));
    json!({ "valid_until": until, "balances": true, "transactions": true })
}

/// The authorization behind a session.
pub(super) fn found(bank: &Bank, session_id: &str) -> Result<Authorization, Failure> {
    let look = bank.read(|state| {
        let id = state.tokens.get(session_id)?.authorization_id.clone()?;
        state.authorizations.get(&id).cloned()
    });
    let unknown = || Failure::new(404, "SESSION_DOES_NOT_EXIST", "No session found");
    look.ok_or_else(unknown)
}

/// The same, if it stands.
pub(super) fn living(bank: &Bank, session_id: &str) -> Result<Authorization, Failure> {
    let authorization = found(bank, session_id)?;
    match authorization.status_at(bank.now()) {
        Status::Authorized => Ok(authorization),
        Status::Expired => Err(Failure::new(401, "EXPIRED_SESSION", "Session is expired")),
        Status::Revoked => Err(Failure::new(401, "REVOKED_SESSION", "Session is revoked")),
        _ => Err(Failure::new(401, "CLOSED_SESSION", "Session is closed")),
    }
}

/// `GET /sessions/{id}`.
pub(super) async fn read(
    State(bank): State<Arc<Bank>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Failure> {
    let authorization = found(&bank, &id)?;
    let household = bank.household();
    let accounts: Vec<_> = listed(&bank, &household, &authorization).collect();
    let cards = cards::of_session(&household, &authorization);
    let uids: Vec<String> = accounts
        .iter()
        .map(|account| uid(&id, account))
        .chain(cards.map(|card| wire::card_uid(&id, card)))
        .collect();
    let hashes: Vec<Value> = accounts
        .iter()
        .map(|account| {
            let hash = wire::identification_hash(account);
            let named = uid(&id, account);
            json!({ "uid": named, "identification_hash": hash, "identification_hashes": [hash] })
        })
        .collect();
    let moment = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, false);
    Ok(Json(json!({
        "status": word(&authorization, bank.now()),
        "accounts": uids,
        "accounts_data": hashes,
        "aspsp": { "name": ASPSP.0, "country": ASPSP.1 },
        "psu_type": "personal",
        "psu_id_hash": crate::jose::fingerprint(authorization.id.as_bytes()),
        "access": access(&authorization),
        "created": moment(authorization.created),
        "authorized": authorization.authorized.map(moment),
        "closed": Value::Null,
    })))
}

/// `DELETE /sessions/{id}`.
pub(super) async fn delete(
    State(bank): State<Arc<Bank>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Failure> {
    let authorization = living(&bank, &id)?;
    revoke_now(&bank, &authorization.id)?;
    Ok(Json(json!({ "message": "OK" })))
}

fn word(authorization: &Authorization, now: DateTime<Utc>) -> &'static str {
    match authorization.status_at(now) {
        Status::Unauthorized | Status::Authorizing => "PENDING_AUTHORIZATION",
        Status::Authorized | Status::Completed => "AUTHORIZED",
        Status::Rejected => "CANCELLED",
        Status::Revoked | Status::PartiallyRevoked => "REVOKED",
        Status::Expired => "EXPIRED",
    }
}
