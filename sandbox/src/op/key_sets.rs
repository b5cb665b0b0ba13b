//! Public key sets (RFC 7517): of providers, of ID tokens, of payment answers.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use crate::api_error::ApiError;
use crate::bank::Bank;

/// `GET /{tppId}/public-jwks.json`: both keys of a provider, with their certificates.
pub(super) async fn provider(
    State(bank): State<Arc<Bank>>,
    Path(tpp_id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    bank.read(|state| state.providers.get(&tpp_id).map(|found| found.keys.clone()))
        .map(|keys| Json(json!({ "keys": keys })))
        .ok_or(ApiError::Unknown("Provider"))
}

/// `GET /oauth/jwks/PSD2_OIDC`: the key of ID tokens.
pub(super) async fn id_token(State(bank): State<Arc<Bank>>) -> Json<Value> {
    Json(bank.id_token_key.key_set())
}

/// `GET /psd2/sandbox/jwks/payments/jwks.json`: the key of signed payment answers.
pub(super) async fn payments(State(bank): State<Arc<Bank>>) -> Json<Value> {
    Json(bank.payment_key.key_set())
}
