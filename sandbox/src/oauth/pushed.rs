//! Pushed authorization requests (RFC 9126): the signed object comes over mutual TLS, and the browser
//! brings its name only.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use chrono::Duration;
use serde_json::json;

use super::request_object::AuthorizeRequest;
use super::token::{TokenRefusal, authenticate};
use crate::bank::Bank;
use crate::chance::secret_text;
use crate::exchange::PeerCertificate;
use crate::form::Form;
use crate::state::Pushed;

/// Life of a pushed request, in seconds (FAPI 2.0 Security Profile: less than 600).
const LIFE_SECONDS: i64 = 90;
/// What every name begins with (RFC 9126, section 2.2).
pub(super) const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// `POST /oauth/par`: 201 with `request_uri` and `expires_in`.
pub(crate) async fn push(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Form::parse(&String::from_utf8_lossy(&body));
    match keep(&bank, &peer, &headers, &form) {
        Ok(answer) => answer,
        Err(refusal) => refusal.into_response(),
    }
}

fn keep(
    bank: &Bank,
    peer: &PeerCertificate,
    headers: &HeaderMap,
    form: &Form,
) -> Result<Response, TokenRefusal> {
    let client = authenticate(bank, peer, headers, form)?;
    if form.get("request_uri").is_some() {
        let text = "request_uri must not be pushed (RFC 9126, section 2.1)";
        return Err(TokenRefusal::new("invalid_request", text));
    }
    let Some(request) = form.get("request") else {
        return Err(TokenRefusal::new("invalid_request", "the request object is missing"));
    };
    // Everything but the consent is looked at now, so that the client learns of it and not the person.
    let parsed = AuthorizeRequest::of_object(bank, Some(&client.client_id), request, form, true)
        .map_err(|reason| TokenRefusal::new("invalid_request_object", reason))?;
    parsed.validate(bank).map_err(|(error, text)| TokenRefusal::new(error, text))?;
    let name = format!("{PREFIX}{}", secret_text(32));
    let pushed = Pushed {
        client_id: client.client_id,
        request: request.to_owned(),
        expires: bank.now() + Duration::seconds(LIFE_SECONDS),
    };
    bank.change(|state| state.pushed.put(&name, pushed));
    let body = Json(json!({ "request_uri": name, "expires_in": LIFE_SECONDS }));
    Ok((StatusCode::CREATED, body).into_response())
}
