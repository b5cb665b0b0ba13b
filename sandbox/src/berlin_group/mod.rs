//! A bank of NextGenPSD2 1.3 (Berlin Group): consents as a resource, agreed to in the browser or in the bank's
//! app, accounts and card accounts. It knows its callers by the certificate of the connection, and every
//! request bears the seal of the same provider.

mod access;
mod accounts;
mod balances;
mod consents;
mod problem;
mod sca;
mod seal;
mod transactions;
mod wire;

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Router, middleware};

use crate::bank::Bank;
use crate::generator;
use crate::oauth::{consent, key_sets};

pub(crate) use problem::Problem;

/// Where the interface is on its host.
const BASE: &str = "/psd2/v1";

/// The routers of the public, the mutual-TLS and the authorize listener.
pub(crate) fn routers(bank: &Arc<Bank>) -> [Router; 3] {
    [public(), mutual(bank), browser()].map(|router| {
        router
            .fallback(async || Problem::new(404, "RESOURCE_UNKNOWN", "Not offered here"))
            .method_not_allowed_fallback(async || {
                Problem::new(405, "SERVICE_INVALID", "The method is not allowed here")
            })
            .with_state(bank.clone())
    })
}

/// Test certificates and the keys behind them: plain server TLS.
fn public() -> Router<Arc<Bank>> {
    Router::new()
        .route("/certificates/sandbox-tpp", post(generator::generate))
        .route("/certificates/sandbox-tpp/{tpp_id}", post(generator::generate_further))
        .route("/{tpp_id}/public-jwks.json", get(key_sets::provider))
}

/// The interface: a client certificate is required, and a seal on every request.
fn mutual(bank: &Arc<Bank>) -> Router<Arc<Bank>> {
    let sealed = middleware::from_fn_with_state(bank.clone(), seal::required);
    Router::new().nest(BASE, interface().layer(sealed))
}

fn interface() -> Router<Arc<Bank>> {
    Router::new()
        .route("/consents", post(consents::create))
        .route("/consents/{id}", get(consents::read).delete(consents::delete))
        .route("/consents/{id}/status", get(consents::status))
        .route("/consents/{id}/authorisations", post(consents::start))
        .route("/accounts", get(accounts::list))
        .route("/accounts/{id}/balances", get(balances::of_account))
        .route("/accounts/{id}/transactions", get(transactions::of_account))
        .route("/card-accounts", get(accounts::cards))
        .route("/card-accounts/{id}/balances", get(balances::of_card))
        .route("/card-accounts/{id}/transactions", get(transactions::of_card))
}

/// What the browser of a bank customer visits.
fn browser() -> Router<Arc<Bank>> {
    Router::new()
        .route("/sca/{consent}", get(sca::begin))
        .route("/oauth/consent/{interaction}", get(consent::show).post(consent::decide))
}
