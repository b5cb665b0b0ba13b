//! The bank's side of the OP PSD2 interfaces: onboarding, OAuth, accounts, payments, funds.

mod accounts;
mod cards;
pub(crate) mod consents;
mod funds;
pub(crate) mod payment_authorizations;
mod payment_request;
mod payment_request_foreign;
mod payment_submissions;
mod payments;
mod registration;
pub(crate) mod wire;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::api_error::ApiError;
use crate::bank::Bank;
use crate::generator;
use crate::oauth::{authorize, consent, key_sets, token};

/// Where a provider registers.
pub(crate) const REGISTRATION_PATH: &str = "/tpp-registration/register";

/// Generator and key sets: plain server TLS.
pub(crate) fn public_router(bank: Arc<Bank>) -> Router {
    let router = Router::new()
        .route(bank.house.generator_path, post(generator::generate))
        .route(
            &format!("{}/{{tpp_id}}", bank.house.generator_path),
            post(generator::generate_further),
        )
        .route("/{tpp_id}/public-jwks.json", get(key_sets::provider))
        .route("/psd2/sandbox/jwks/payments/jwks.json", get(key_sets::documents));
    finish(id_token_keys(router), bank)
}

/// What the browser of a bank customer visits.
pub(crate) fn authorize_router(bank: Arc<Bank>) -> Router {
    let router = Router::new()
        .route("/oauth/authorize", get(authorize::begin))
        .route("/oauth/consent/{interaction}", get(consent::show).post(consent::decide));
    finish(id_token_keys(router), bank)
}

/// Registration, tokens and the business APIs: a client certificate is required.
pub(crate) fn mtls_router(bank: Arc<Bank>) -> Router {
    let router = Router::new()
        .route(REGISTRATION_PATH, post(registration::register))
        .route("/oauth/token", post(token::exchange))
        .route("/{tpp_id}/public-jwks.json", post(key_sets::publish))
        .nest("/accounts-psd2/v1", accounts_router())
        .nest("/payments-psd2/v1", payments_router())
        .nest("/confirmation-of-funds-psd2/v1", funds_router());
    finish(router, bank)
}

fn accounts_router() -> Router<Arc<Bank>> {
    Router::new()
        .route("/authorizations", post(consents::create))
        .route("/authorizations/{id}", get(consents::read).delete(consents::revoke))
        .route("/accounts", get(accounts::list))
        .route("/accounts/{id}", get(accounts::one))
        .route("/accounts/{id}/transactions", get(accounts::transactions))
        .route("/cards", get(cards::list))
        .route("/cards/{id}/transactions", get(cards::transactions))
}

fn payments_router() -> Router<Arc<Bank>> {
    let mut router = Router::new()
        .route("/sepa-payments", post(payments::create_sepa))
        .route("/foreign-payments", post(payments::create_foreign))
        .route(
            "/authorizations/{id}",
            get(payment_authorizations::read).delete(payment_authorizations::revoke),
        )
        .route("/authorizations/{id}/payments", get(payment_authorizations::payments))
        .route(
            "/authorizations/{id}/sandbox-authorize",
            post(payment_authorizations::sandbox_authorize),
        )
        .route("/authorizations/{id}/sandbox-reject", post(payment_authorizations::sandbox_reject));
    // Both families answer for both kinds of payment: OP's own demo submits foreign payments
    // through the SEPA path.
    for family in ["sepa-payments", "foreign-payments"] {
        router = router
            .route(&format!("/{family}/{{id}}"), get(payments::read).delete(payments::revoke))
            .route(&format!("/{family}/{{id}}/submissions"), get(payment_submissions::list))
            .route(
                &format!("/{family}/{{id}}/submissions/{{submission_id}}"),
                get(payment_submissions::read).put(payment_submissions::submit),
            );
    }
    router
}

fn funds_router() -> Router<Arc<Bank>> {
    Router::new()
        .route("/authorizations", post(funds::create))
        .route("/authorizations/{id}", get(funds::read).delete(funds::revoke))
        .route("/funds-confirmations", post(funds::confirm))
}

fn id_token_keys(router: Router<Arc<Bank>>) -> Router<Arc<Bank>> {
    router
        .route("/oauth/jwks/PSD2_OIDC", get(key_sets::id_token))
        .route("/mga/sps/oauth/oauth20/jwks/PSD2_OIDC", get(key_sets::id_token))
}

fn finish(router: Router<Arc<Bank>>, bank: Arc<Bank>) -> Router {
    router
        .fallback(async || ApiError::Unknown("Resource"))
        .method_not_allowed_fallback(async || {
            ApiError::Technical(405, "The method is not allowed here".to_owned())
        })
        .with_state(bank)
}
