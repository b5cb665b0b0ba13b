//! The way of the person's browser to OP, with a signed request object (RFC 9101; OpenID Connect
//! Core 1.0, section 6.1; FAPI 1.0 Part 2, section 5.2.2).

use reqwest::Url;
use serde_json::json;

use super::CONSENT_SCOPE;
use crate::connectors::AuthorizationRequest;
use crate::connectors::bank::Bank;
use crate::connectors::error::BankError;
use crate::connectors::exchange::Caller;
use crate::connectors::id_token::CLOCK_TOLERANCE_SECONDS;
use crate::connectors::settings::on_this_machine;

/// How long a request object can be used.
pub const REQUEST_OBJECT_LIFE_SECONDS: i64 = 300;
/// How far back a request object is dated, so that a bank whose clock is behind takes it; as far as
/// a bank's clock may be from ours in id tokens.
pub const BACKDATED_SECONDS: i64 = CLOCK_TOLERANCE_SECONDS;
/// Most characters of a nonce or a state.
pub const LONGEST_NONCE: usize = 64;
/// Fewest characters: 128 random bits in base64url.
pub const SHORTEST_NONCE: usize = 22;

/// The address to send the browser to. Every parameter is inside the signed object; those that
/// OpenID Connect wants outside as well are repeated with the same values.
///
/// # Errors
/// [`BankError::NotSent`] when a value breaks the profile or the key does not sign.
pub fn authorize_url(
    bank: &Bank,
    caller: &Caller<'_>,
    request: &AuthorizationRequest<'_>,
) -> Result<String, BankError> {
    let fresh = |text: &str| (SHORTEST_NONCE..=LONGEST_NONCE).contains(&text.len());
    if !fresh(request.nonce.expose()) || !fresh(request.state.expose()) {
        return Err(BankError::NotSent { what: "length of state or nonce" });
    }
    let server = bank.server()?;
    let (now, client_id) = (caller.now.timestamp(), caller.client.client_id.expose());
    let authorization = json!({ "value": request.consent.authorization_id, "essential": true });
    let claims = json!({
        "aud": server.request_object_audience,
        "iss": client_id,
        "client_id": client_id,
        "response_type": bank.response_type.name(),
        "scope": CONSENT_SCOPE,
        "redirect_uri": request.redirect_uri,
        "state": request.state.expose(),
        "nonce": request.nonce.expose(),
        "max_age": server.max_age_seconds,
        "iat": now - BACKDATED_SECONDS,
        "nbf": now - BACKDATED_SECONDS,
        "exp": now + REQUEST_OBJECT_LIFE_SECONDS,
        "jti": request.request_id,
        "claims": {
            "userinfo": { "authorizationId": authorization },
            "id_token": {
                "authorizationId": authorization,
                "acr": { "essential": true, "values": server.accepted_acr },
            },
        },
    });
    let signed = caller
        .seal
        .key
        .sign_compact(&claims)
        .map_err(|_| BankError::NotSent { what: "request object" })?;
    let mut url = Url::parse(&server.authorize_url)
        .ok()
        .filter(|url| url.scheme() == "https" || on_this_machine(&server.authorize_url))
        .ok_or(BankError::NotSent { what: "authorize address" })?;
    url.query_pairs_mut()
        .append_pair("response_type", bank.response_type.name())
        .append_pair("client_id", client_id)
        .append_pair("scope", CONSENT_SCOPE)
        .append_pair("redirect_uri", request.redirect_uri)
        .append_pair("state", request.state.expose())
        .append_pair("nonce", request.nonce.expose())
        .append_pair("request", &signed);
    Ok(url.into())
}
