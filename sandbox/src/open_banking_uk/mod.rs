//! A bank of Open Banking UK: directory and dynamic client registration, OpenID Connect after FAPI 1.0
//! Part 2, and the account information of the Read/Write API 3.1.11 and 4.0.

mod access;
mod accounts;
mod balances;
mod consents;
mod directory;
mod discovery;
mod refusal;
mod registration;
mod transactions;
mod version;
mod wire;

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Extension, Router, middleware};

use crate::api_error::ApiError;
use crate::bank::Bank;
use crate::generator;
use crate::oauth::{authorize, consent, key_sets, pushed, token};
use version::Version;

pub(crate) use refusal::Refusal;

/// Where a provider registers.
const REGISTRATION_PATH: &str = "/register";

/// The routers of the public, the mutual-TLS and the authorize listener.
pub(crate) fn routers(bank: &Arc<Bank>) -> [Router; 3] {
    [public(), mutual(), browser()].map(|router| {
        router
            .fallback(async || Refusal(ApiError::Technical(404, "Not offered here".to_owned())))
            .method_not_allowed_fallback(async || {
                Refusal(ApiError::Technical(405, "The method is not allowed here".to_owned()))
            })
            .with_state(bank.clone())
    })
}

/// The directory, the metadata and the keys: plain server TLS.
fn public() -> Router<Arc<Bank>> {
    Router::new()
        .route("/directory/sandbox-tpp", post(generator::generate))
        .route("/directory/sandbox-tpp/{tpp_id}", post(generator::generate_further))
        .route("/directory/jwks", get(key_sets::documents))
        .route("/{tpp_id}/public-jwks.json", get(key_sets::provider))
        .route("/.well-known/openid-configuration", get(discovery::metadata))
        .route("/oauth/jwks", get(key_sets::id_token))
}

/// Registration, tokens and the API: a client certificate is required.
fn mutual() -> Router<Arc<Bank>> {
    Router::new()
        .route("/directory/software-statements", post(directory::statement))
        .route("/{tpp_id}/public-jwks.json", post(key_sets::publish))
        .route(REGISTRATION_PATH, post(registration::register))
        .route("/oauth/token", post(token::exchange))
        .route("/oauth/par", post(pushed::push))
        .nest(Version::V3.base(), aisp(Version::V3))
        .nest(Version::V4.base(), aisp(Version::V4))
}

/// What the browser of a bank customer visits.
fn browser() -> Router<Arc<Bank>> {
    Router::new()
        .route("/oauth/authorize", get(authorize::begin))
        .route("/oauth/consent/{interaction}", get(consent::show).post(consent::decide))
}

fn aisp(version: Version) -> Router<Arc<Bank>> {
    Router::new()
        .route("/account-access-consents", post(consents::create))
        .route("/account-access-consents/{id}", get(consents::read).delete(consents::delete))
        .route("/accounts", get(accounts::list))
        .route("/accounts/{id}", get(accounts::one))
        .route("/accounts/{id}/balances", get(balances::list))
        .route("/accounts/{id}/transactions", get(transactions::list))
        .layer(middleware::from_fn(refusal::in_the_words_of))
        .layer(Extension(version))
}
