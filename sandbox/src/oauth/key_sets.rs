//! Public key sets (RFC 7517): of providers, of ID tokens, of payment answers.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::api_error::ApiError;
use crate::bank::Bank;
use crate::exchange::PeerCertificate;
use crate::jose::public_part;
use crate::members::object;

/// `GET /{tppId}/public-jwks.json`: both keys of a provider, with their certificates.
pub(crate) async fn provider(
    State(bank): State<Arc<Bank>>,
    Path(tpp_id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    bank.read(|state| state.providers.get(&tpp_id).map(|found| found.keys.clone()))
        .map(|keys| Json(json!({ "keys": keys })))
        .ok_or(ApiError::Unknown("Provider"))
}

/// Most keys of one provider.
const KEYS_MAX: usize = 10;

/// `POST /{tppId}/public-jwks.json` over mutual TLS: adds a public key of the provider itself, such
/// as the P-256 key of a client that signs with ES256. Private members are dropped; a key with the
/// same `kid` is replaced, except those of the certificates.
pub(crate) async fn publish(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    Path(tpp_id): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let mut key = public_part(&Value::Object(object(&body)?));
    if let Some(members) = key.as_object_mut() {
        members.remove("x5c");
    }
    let text = |name: &str| key[name].as_str().is_some_and(|text| !text.is_empty());
    let complete = match key["kty"].as_str() {
        Some("EC") => key["crv"] == "P-256" && text("x") && text("y"),
        Some("RSA") => text("n") && text("e"),
        _ => false,
    };
    if !complete || !text("kid") {
        let message = "The body is no public JWK, RSA or EC P-256, with a kid";
        return Err(ApiError::violation("InvalidValue", "", message));
    }
    bank.change(|state| {
        let provider = state
            .providers
            .get_mut(&tpp_id)
            .filter(|provider| provider.certificates.contains(&peer.fingerprint))
            .ok_or(ApiError::Unknown("Provider"))?;
        let certified = |found: &Value| found["x5c"].is_array();
        if provider.keys.iter().any(|found| found["kid"] == key["kid"] && certified(found)) {
            let message = "The kid belongs to a certificate";
            return Err(ApiError::violation("IllegalState", "kid", message));
        }
        provider.keys.retain(|found| found["kid"] != key["kid"]);
        if provider.keys.len() >= KEYS_MAX {
            let message = format!("A provider has up to {KEYS_MAX} keys");
            return Err(ApiError::violation("IllegalState", "", message));
        }
        provider.keys.push(key);
        Ok((StatusCode::CREATED, Json(json!({ "keys": provider.keys }))))
    })
}

/// `GET /oauth/jwks/PSD2_OIDC`: the key of ID tokens.
pub(crate) async fn id_token(State(bank): State<Arc<Bank>>) -> Json<Value> {
    Json(bank.id_token_key.key_set())
}

/// The key of the bank's other signed documents: payment answers, or software statements.
pub(crate) async fn documents(State(bank): State<Arc<Bank>>) -> Json<Value> {
    Json(bank.document_key.key_set())
}
