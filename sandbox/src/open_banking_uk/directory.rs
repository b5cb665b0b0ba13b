//! The directory beside the bank: it states in a signed document who a provider is and which software
//! it runs (software statement assertion, RFC 7591, section 2.3).

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use crate::api_error::ApiError;
use crate::bank::Bank;
use crate::chance::secret_text;
use crate::exchange::PeerCertificate;
use crate::members::{Members, object};
use crate::state::Provider;

/// Who signs statements.
pub(super) const ISSUER: &str = "Albion test directory";
/// Life of a statement, in seconds.
const LIFE_SECONDS: i64 = 3_600;
/// Most redirect addresses of one software.
const REDIRECTS_MAX: usize = 50;
/// Characters of a software id.
const SOFTWARE_ID_LETTERS: usize = 22;

/// The provider whose certificate the caller shows.
pub(super) fn provider_of(bank: &Bank, peer: &PeerCertificate) -> Option<Provider> {
    bank.read(|state| {
        let mut all = state.providers.iter();
        all.find(|found| found.certificates.contains(&peer.fingerprint)).cloned()
    })
}

/// `POST /directory/software-statements` with `{client_name, client_uri, redirect_uris, org_name,
/// org_contacts}`: a compact JWS (`application/jwt`).
pub(super) async fn statement(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let unknown = || ApiError::Forbidden("The certificate belongs to no known provider".to_owned());
    let provider = provider_of(&bank, &peer).ok_or_else(unknown)?;
    let claims = claims(&bank, &provider, &object(&body)?)?;
    let signed = bank
        .document_key
        .sign(&claims)
        .map_err(|error| Refusal(ApiError::Technical(500, error.to_string())))?;
    Ok(([(header::CONTENT_TYPE, "application/jwt")], signed).into_response())
}

fn claims(bank: &Bank, provider: &Provider, body: &Map<String, Value>) -> Result<Value, ApiError> {
    const KNOWN: [&str; 5] =
        ["client_name", "client_uri", "redirect_uris", "org_name", "org_contacts"];
    let mut members = Members::new(body, "", &KNOWN);
    let name = members.required_text("client_name").unwrap_or_default();
    let uri = members.required_text("client_uri").unwrap_or_default();
    let organisation = members.required_text("org_name").unwrap_or_default();
    let redirects = members.value("redirect_uris").and_then(Value::as_array);
    let sound = redirects.filter(|uris| {
        (1..=REDIRECTS_MAX).contains(&uris.len()) && uris.iter().all(Value::is_string)
    });
    if sound.is_none() {
        members.wrong("InvalidValue", "redirect_uris", "must be a list of addresses");
    }
    let contacts = members.value("org_contacts").cloned().unwrap_or_else(|| json!([]));
    members.finish()?;
    let now = bank.now().timestamp();
    let software_id = secret_text(SOFTWARE_ID_LETTERS);
    let roles: Vec<&str> = provider
        .roles
        .iter()
        .map(|role| if role.word() == "AIS" { "AISP" } else { role.word() })
        .collect();
    Ok(json!({
        "iss": ISSUER,
        "iat": now,
        "exp": now + LIFE_SECONDS,
        "jti": secret_text(SOFTWARE_ID_LETTERS),
        "software_environment": "sandbox",
        "software_mode": "Test",
        "software_id": software_id,
        "software_client_id": software_id,
        "software_client_name": name,
        "software_client_uri": uri,
        "software_redirect_uris": sound,
        "software_roles": roles,
        "software_jwks_endpoint": format!("{}/{}/public-jwks.json", bank.addresses.public, provider.tpp_id),
        "org_status": "Active",
        "org_id": provider.tpp_id,
        "org_name": organisation,
        "org_contacts": contacts,
    }))
}
