//! Metadata of the authorization server (OpenID Connect Discovery 1.0; RFC 8414).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::REGISTRATION_PATH;
use crate::bank::Bank;

/// `GET /.well-known/openid-configuration`.
pub(super) async fn metadata(State(bank): State<Arc<Bank>>) -> Json<Value> {
    let crate::options::Addresses { public, mtls, authorize, .. } = &bank.addresses;
    let signing = ["PS256", "ES256"];
    Json(json!({
        "issuer": bank.issuer(),
        "authorization_endpoint": format!("{authorize}/oauth/authorize"),
        "token_endpoint": format!("{mtls}/oauth/token"),
        "pushed_authorization_request_endpoint": format!("{mtls}/oauth/par"),
        "registration_endpoint": format!("{mtls}{REGISTRATION_PATH}"),
        "jwks_uri": format!("{public}/oauth/jwks"),
        "scopes_supported": ["openid", "accounts"],
        "claims_supported": ["openbanking_intent_id", "acr"],
        "acr_values_supported": ["urn:openbanking:psd2:sca"],
        "response_types_supported": ["code id_token", "code"],
        "response_modes_supported": ["fragment", "jwt"],
        "grant_types_supported": ["client_credentials", "authorization_code", "refresh_token"],
        "subject_types_supported": ["pairwise"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "tls_client_auth"],
        "token_endpoint_auth_signing_alg_values_supported": signing,
        "request_object_signing_alg_values_supported": signing,
        "id_token_signing_alg_values_supported": ["PS256"],
        "authorization_signing_alg_values_supported": ["PS256"],
        "request_parameter_supported": true,
        "request_uri_parameter_supported": false,
        "require_signed_request_object": true,
        "authorization_response_iss_parameter_supported": true,
        "tls_client_certificate_bound_access_tokens": true,
    }))
}
