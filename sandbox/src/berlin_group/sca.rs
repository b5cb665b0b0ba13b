//! The customer's way: a page in the browser, or the bank's app.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::bank::Bank;
use crate::oauth::authorize::{approve, approve_at_once};
use crate::oauth::request_object::{Asked, AuthorizeRequest};
use crate::oauth::{consent, consent_page};
use crate::state::{Scope, Status};

/// Where the browser goes for a consent.
pub(super) fn address(bank: &Bank, consent_id: &str) -> String {
    format!("{}/sca/{consent_id}", bank.addresses.authorize)
}

/// `GET /sca/{consent}`: asks the customer or, when the switch is on, approves at once.
pub(super) async fn begin(State(bank): State<Arc<Bank>>, Path(id): Path<String>) -> Response {
    let refuse = |text: &str| consent_page::error(&bank, StatusCode::BAD_REQUEST, text);
    let found = bank.read(|state| state.authorizations.get(&id).cloned());
    let Some(found) = found.filter(|found| found.scope == Scope::Accounts) else {
        return refuse("The consent is not known.");
    };
    let [back, turned_away] = &found.returns[..] else {
        return refuse("This consent is agreed to in the app.");
    };
    if found.status_at(bank.now()) != Status::Unauthorized {
        return refuse("The consent is decided already, or over.");
    }
    let request = AuthorizeRequest::plain(&found.client_id, back, turned_away);
    let asked = Asked { scope: Scope::Accounts, authorization_id: id };
    match bank.faults.approves() {
        true => approve_at_once(&bank, &request, &asked),
        false => consent::begin(&bank, request, asked),
    }
}

/// The first customer agrees in the app, with all accounts.
pub(super) fn approve_in_the_app(bank: &Bank, consent_id: &str) {
    let request = AuthorizeRequest::plain("", "", "");
    let asked = Asked { scope: Scope::Accounts, authorization_id: consent_id.to_owned() };
    let household = bank.household();
    if let Some(user) = household.users.first() {
        let choice = crate::oauth::authorize::Choice::all(user);
        let _ = approve(bank, &request, &asked, user, choice);
    }
}
