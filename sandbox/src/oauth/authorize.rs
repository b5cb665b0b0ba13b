//! The authorization endpoint: checks the signed request, then asks the bank customer or, when the
//! switch is on, approves at once.

use std::sync::Arc;

use axum::extract::{RawQuery, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Duration, Utc};

use super::answer;
use super::consent;
use super::consent_page;
use super::id_token::{self, IdToken};
use super::request_object::{AnswerPlace, Asked, AuthorizeRequest, RedirectError};
use crate::bank::Bank;
use crate::chance::secret_text;
use crate::form::Form;
use crate::household::BankUser;
use crate::misbehaviour::{GRANTED_DAYS_MAX, Misbehaviour, Misbehaviours, supersedes};
use crate::state::{Authorization, Code, Scope, State, Status};

/// Life of an authorization code, in seconds.
const CODE_LIFE_SECONDS: i64 = 60;

/// `GET /oauth/authorize`.
pub(crate) async fn begin(Shared(bank): Shared<Arc<Bank>>, RawQuery(query): RawQuery) -> Response {
    let query = Form::parse(query.as_deref().unwrap_or_default());
    let request = match AuthorizeRequest::parse(&bank, &query) {
        Ok(request) => request,
        Err(reason) => return consent_page::error(&bank, StatusCode::BAD_REQUEST, &reason),
    };
    match open(&bank, &request) {
        Ok(asked) if bank.faults.approves() => approve_at_once(&bank, &request, &asked),
        Ok(asked) => consent::begin(&bank, request, asked),
        Err(error) => refused(&bank, &request, error),
    }
}

/// Checks that the authorization waits for this client's customer; payments and funds become `Authorizing`.
fn open(bank: &Bank, request: &AuthorizeRequest) -> Result<Asked, RedirectError> {
    let asked = request.validate(bank)?;
    let unknown = || ("invalid_request", "the authorization is not known".to_owned());
    let authorization = bank
        .read(|state| state.authorizations.get(&asked.authorization_id).cloned())
        .filter(|found| found.client_id == request.client_id && found.scope == asked.scope)
        .ok_or_else(unknown)?;
    match authorization.status_at(bank.now()) {
        Status::Unauthorized => {}
        Status::Authorizing if asked.scope != Scope::Accounts => {}
        // Open Banking UK: the same consent may be confirmed again while it stands.
        Status::Authorized if bank.house.strict => {}
        status => {
            return Err(("invalid_request", format!("the authorization is {status:?}")));
        }
    }
    if asked.scope != Scope::Accounts {
        bank.change(|state| {
            if let Some(authorization) = state.authorizations.get_mut(&asked.authorization_id) {
                authorization.status = Status::Authorizing;
                authorization.modified = bank.now();
            }
        });
    }
    Ok(asked)
}

pub(crate) fn approve_at_once(bank: &Bank, request: &AuthorizeRequest, asked: &Asked) -> Response {
    let household = bank.household();
    let Some(user) = household.users.first() else {
        return refused(bank, request, ("server_error", "the bank has no customers".to_owned()));
    };
    approve(bank, request, asked, user, Choice::all(user))
}

/// What the bank customer ticked.
#[derive(Debug, Default)]
pub(crate) struct Choice {
    pub(crate) account_ids: Vec<String>,
    pub(crate) card_ids: Vec<String>,
    /// The account of a payment or a funds confirmation; `None` keeps the one asked for.
    pub(crate) debit_iban: Option<String>,
}

impl Choice {
    /// Everything a customer has.
    pub(crate) fn all(user: &BankUser) -> Self {
        Self {
            account_ids: user.accounts.iter().map(|account| account.account_id.clone()).collect(),
            card_ids: user.cards.iter().map(|card| card.card_id.clone()).collect(),
            debit_iban: None,
        }
    }
}

/// Records the approval and sends the browser back with a code.
pub(crate) fn approve(
    bank: &Bank,
    request: &AuthorizeRequest,
    asked: &Asked,
    user: &BankUser,
    choice: Choice,
) -> Response {
    let now = bank.now();
    let code = format!("code-{}", secret_text(20));
    let recorded = bank.change(|state| {
        let Some(authorization) = state.authorizations.get_mut(&asked.authorization_id) else {
            return false;
        };
        let again = bank.house.strict && authorization.status_at(now) == Status::Authorized;
        let open =
            matches!(authorization.status_at(now), Status::Unauthorized | Status::Authorizing);
        if !open && !again {
            return false;
        }
        record(authorization, user, &choice, now);
        grant(bank.conduct.on(), state, &asked.authorization_id, now);
        for payment in state.payments.iter_mut() {
            if payment.authorization_id == asked.authorization_id
                && payment.status == Status::Unauthorized
            {
                payment.status = Status::Authorized;
                payment.modified = now;
                let own = payment.payer_iban.take().filter(|iban| user.owns(iban));
                payment.payer_iban =
                    choice.debit_iban.clone().or(own).or_else(|| user.first_iban());
            }
        }
        let code_record = Code {
            client_id: request.client_id.clone(),
            redirect_uri: request.redirect_uri.clone(),
            authorization_id: asked.authorization_id.clone(),
            nonce: request.nonce.clone(),
            challenge: request.challenge.clone(),
            expires: now + Duration::seconds(CODE_LIFE_SECONDS),
            used: false,
        };
        state.codes.put(&code, code_record);
        true
    });
    if !recorded {
        return refused(
            bank,
            request,
            ("invalid_request", "the authorization is decided".to_owned()),
        );
    }
    let token = IdToken {
        client_id: &request.client_id,
        authorization_id: &asked.authorization_id,
        nonce: request.nonce.as_deref(),
    };
    if request.place != AnswerPlace::Fragment {
        return back(bank, request, &[("code", &code)]);
    }
    match id_token::front(bank, &token, &code, request.state.as_deref()) {
        Ok(Some(id_token)) => back(bank, request, &[("code", &code), ("id_token", &id_token)]),
        Ok(None) => back(bank, request, &[("code", &code)]),
        Err(error) => refused(bank, request, ("server_error", error.to_string())),
    }
}

fn record(authorization: &mut Authorization, user: &BankUser, choice: &Choice, now: DateTime<Utc>) {
    authorization.status = Status::Authorized;
    authorization.authorized = Some(now);
    authorization.modified = now;
    authorization.user_id = Some(user.user_id.to_owned());
    match authorization.scope {
        Scope::Accounts => {
            authorization.account_ids.clone_from(&choice.account_ids);
            authorization.card_ids.clone_from(&choice.card_ids);
        }
        Scope::Funds => {
            let asked = authorization.iban.take().filter(|iban| user.owns(iban));
            authorization.iban = choice.debit_iban.clone().or(asked).or_else(|| user.first_iban());
        }
        Scope::Payments => {}
    }
}

/// What the bank makes of a new consent: `shorter-consent` cuts its life, `superseding-consent` ends the
/// older ones of the customer at this client.
fn grant(on: Misbehaviours, state: &mut State, id: &str, now: DateTime<Utc>) {
    let Some(authorization) = state.authorizations.get_mut(id) else { return };
    if on.has(Misbehaviour::ShorterConsent) && authorization.scope == Scope::Accounts {
        let latest = now + Duration::days(GRANTED_DAYS_MAX);
        authorization.expires = authorization.expires.map(|expires| expires.min(latest));
    }
    let new = authorization.clone();
    let mut ended = Vec::new();
    for old in state.authorizations.iter_mut().filter(|old| supersedes(on, &new, old)) {
        if old.status_at(now) == Status::Authorized {
            old.status = Status::Revoked;
            old.modified = now;
            ended.push(old.id.clone());
        }
    }
    state.refresh_tokens.retain(|token| !ended.contains(&token.authorization_id));
}

/// Records the customer's refusal and sends the browser back with `access_denied`.
pub(crate) fn reject(bank: &Bank, request: &AuthorizeRequest, asked: &Asked) -> Response {
    let now = bank.now();
    bank.change(|state| {
        if let Some(authorization) = state.authorizations.get_mut(&asked.authorization_id)
            && matches!(authorization.status, Status::Unauthorized | Status::Authorizing)
        {
            authorization.status = Status::Rejected;
            authorization.modified = now;
            for payment in state.payments.iter_mut() {
                if payment.authorization_id == asked.authorization_id {
                    payment.status = Status::Rejected;
                    payment.modified = now;
                }
            }
        }
    });
    let description = "the bank customer refused".to_owned();
    refused(bank, request, ("access_denied", description))
}

fn refused(
    bank: &Bank,
    request: &AuthorizeRequest,
    (error, description): RedirectError,
) -> Response {
    back(bank, request, &[("error", error), ("error_description", &description)])
}

/// Sends the browser back with an answer.
fn back(bank: &Bank, request: &AuthorizeRequest, parameters: &[(&str, &str)]) -> Response {
    match answer::address(bank, request, parameters) {
        Ok(address) => redirect(&address),
        Err(error) => {
            consent_page::error(bank, StatusCode::INTERNAL_SERVER_ERROR, &error.to_string())
        }
    }
}

fn redirect(address: &str) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, address)]).into_response()
}
