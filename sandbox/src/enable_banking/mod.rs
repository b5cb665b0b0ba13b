//! Enable Banking's interface: an aggregator that knows its callers by a token their application signs, sends
//! people to a bank, and shows each account by itself. Behind it are OP's customers.

mod accounts;
mod application;
mod cards;
mod failure;
mod sessions;
mod transactions;
mod wire;

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Router, middleware};

use crate::bank::Bank;
use crate::oauth::consent;

pub use application::Application;
pub(crate) use failure::Failure;

/// The bank the aggregator leads to, and its country.
const ASPSP: (&str, &str) = ("OP", "FI");
/// Longest session, in seconds (`maximum_consent_validity`).
const LONGEST_SECONDS: i64 = 180 * 24 * 60 * 60;

/// The routers of the public, the mutual-TLS and the authorize listener. Nothing here asks for a client
/// certificate.
pub(crate) fn routers(bank: &Arc<Bank>) -> [Router; 3] {
    [interface(bank), Router::new(), browser()].map(|router| {
        router
            .fallback(async || Failure::new(404, "NOT_FOUND", "Not offered here"))
            .method_not_allowed_fallback(async || {
                Failure::new(405, "METHOD_NOT_ALLOWED", "The method is not allowed here")
            })
            .with_state(bank.clone())
    })
}

fn interface(bank: &Arc<Bank>) -> Router<Arc<Bank>> {
    let signed = middleware::from_fn_with_state(bank.clone(), application::required);
    Router::new()
        .route("/application", get(application::show))
        .route("/aspsps", get(sessions::banks))
        .route("/auth", post(sessions::start))
        .route("/sessions", post(sessions::open))
        .route("/sessions/{id}", get(sessions::read).delete(sessions::delete))
        .route("/accounts/{uid}/details", get(accounts::details))
        .route("/accounts/{uid}/balances", get(accounts::balances))
        .route("/accounts/{uid}/transactions", get(transactions::list))
        .layer(signed)
}

/// What the browser of a bank customer visits.
fn browser() -> Router<Arc<Bank>> {
    Router::new()
        .route("/welcome/{authorization}", get(sessions::begin))
        .route("/oauth/consent/{interaction}", get(consent::show).post(consent::decide))
}
