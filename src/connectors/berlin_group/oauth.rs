//! Tokens, where a bank of this standard runs OAuth (Implementation Guidelines 1.3, section 13): the
//! authorization code with PKCE (RFC 7636), us known by our certificate (RFC 8705), and a server whose
//! description (RFC 8414) has to agree with the profile.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Url;
use serde::Deserialize;

use super::profile::BerlinGroupProfile;
use super::refusal;
use super::requests::resolve;
use crate::connectors::bank::Bank;
use crate::connectors::error::BankError;
use crate::connectors::exchange::{BankAnswer, BankRequest, Caller, Endpoint, Method};
use crate::connectors::oauth::tokens;
use crate::connectors::secret::Secret;
use crate::connectors::{AuthorizationRequest, AuthorizationStep, CodeExchange, Tokens};

/// The only way of PKCE that is used (RFC 7636, section 4.2).
const S256: &str = "S256";

/// The scope of a consent's tokens (Implementation Guidelines 1.3, section 13.1).
#[must_use]
pub fn scope(authorization_id: &str) -> String {
    format!("AIS:{authorization_id}")
}

/// The description of an authorization server, as far as it is looked at.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    #[serde(default)]
    code_challenge_methods_supported: Vec<String>,
}

/// Reads the server's description first, and then sends the browser to the server of the profile. Nothing
/// is taken from the description: it has to say what the profile says.
///
/// # Errors
/// [`BankError::Unreadable`] where it does not.
pub fn authorize(
    _profile: &BerlinGroupProfile,
    bank: &Bank,
    caller: &Caller<'_>,
    request: &AuthorizationRequest<'_>,
    address: &str,
    answers: &[BankAnswer],
) -> Result<AuthorizationStep, BankError> {
    let server = bank.server()?;
    let Some(answer) = answers.first() else {
        let url = resolve(bank, address)
            .ok_or(BankError::Unreadable { what: "link of the authorization server" })?;
        let ask = BankRequest::new(Method::Get, url, Endpoint::ServerMetadata);
        return Ok(AuthorizationStep::Ask(Box::new(ask.header("accept", "application/json"))));
    };
    refusal::check(Endpoint::ServerMetadata, answer)?;
    let metadata: Metadata = serde_json::from_slice(&answer.body)
        .map_err(|_| BankError::Unreadable { what: "authorization server" })?;
    let agrees = metadata.issuer == server.issuer
        && metadata.authorization_endpoint == server.authorize_url
        && metadata.token_endpoint == server.token_url;
    if !agrees {
        return Err(BankError::Unreadable { what: "authorization server, which is another one" });
    }
    if !metadata.code_challenge_methods_supported.iter().any(|method| method == S256) {
        return Err(BankError::Unreadable { what: "authorization server, which lacks PKCE" });
    }
    let mut url = Url::parse(&server.authorize_url)
        .map_err(|_| BankError::NotSent { what: "authorize address" })?;
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", caller.client.client_id.expose())
        .append_pair("scope", &scope(&request.consent.authorization_id))
        .append_pair("redirect_uri", request.redirect_uri)
        .append_pair("state", request.state.expose())
        .append_pair("code_challenge", &challenge(request.code_verifier))
        .append_pair("code_challenge_method", S256);
    Ok(AuthorizationStep::Browser { url: Secret::new(String::from(url)), confirmation: None })
}

/// The digest that goes with the browser (RFC 7636, section 4.2).
#[must_use]
pub fn challenge(verifier: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.expose().as_bytes()))
}

/// Turns a code into tokens.
///
/// # Errors
/// [`BankError::NotSent`] where the profile has no token endpoint or the verifier is lost.
pub fn exchange_code(
    bank: &Bank,
    caller: &Caller<'_>,
    exchange: &CodeExchange<'_>,
) -> Result<BankRequest, BankError> {
    exchange.code_verifier.ok_or(BankError::NotSent { what: "code verifier" })?;
    tokens::exchange_code(bank, caller, exchange)
}

/// Reads what the endpoint gave.
///
/// # Errors
/// A refusal, or an answer that breaks RFC 6749, section 5.1.
pub fn read_tokens(answer: &BankAnswer, asked_scope: &str) -> Result<Tokens, BankError> {
    refusal::check(Endpoint::Token, answer)?;
    tokens::read(answer, asked_scope)
}
