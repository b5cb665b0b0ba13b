//! The token endpoint (RFC 6749, sections 4 to 6), as OP speaks it: the client identifies itself
//! in the form and by its certificate.

use serde::Deserialize;
use serde_json::Value;

use super::{ACCOUNTS_SCOPE, refusal};
use crate::connectors::bank::Bank;
use crate::connectors::error::BankError;
use crate::connectors::exchange::{BankAnswer, BankRequest, Caller, Endpoint, Method};
use crate::connectors::form::{self, FORM_CONTENT_TYPE};
use crate::connectors::secret::Secret;
use crate::connectors::{ScopeChange, Tokens};

/// Most characters of a token.
pub const LONGEST_TOKEN: usize = 16 * 1024;
/// How long an access token is taken to last when the bank does not say.
pub const UNSTATED_LIFE_SECONDS: u64 = 300;
/// Longest life that is believed: a consent never lasts longer.
const LONGEST_LIFE_SECONDS: u64 = 180 * 24 * 60 * 60;

/// Asks for our own token.
///
/// # Errors
/// [`BankError::NotSent`] where the profile has no token endpoint.
pub fn client_token(bank: &Bank, caller: &Caller<'_>) -> Result<BankRequest, BankError> {
    let own = [("grant_type", "client_credentials"), ("scope", ACCOUNTS_SCOPE)];
    request(bank, caller, &own)
}

/// Turns a code into tokens.
///
/// # Errors
/// [`BankError::NotSent`] where the profile has no token endpoint.
pub fn exchange_code(
    bank: &Bank,
    caller: &Caller<'_>,
    code: &Secret,
    redirect_uri: &str,
) -> Result<BankRequest, BankError> {
    let own = [
        ("grant_type", "authorization_code"),
        ("code", code.expose()),
        ("redirect_uri", redirect_uri),
    ];
    request(bank, caller, &own)
}

/// Gets the next access token.
///
/// # Errors
/// [`BankError::NotSent`] where the profile has no token endpoint.
pub fn refresh(
    bank: &Bank,
    caller: &Caller<'_>,
    refresh_token: &Secret,
) -> Result<BankRequest, BankError> {
    let own = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())];
    request(bank, caller, &own)
}

fn request(
    bank: &Bank,
    caller: &Caller<'_>,
    own: &[(&str, &str)],
) -> Result<BankRequest, BankError> {
    let secret = caller.client.client_secret.as_ref();
    let client = [
        ("client_id", caller.client.client_id.expose()),
        ("client_secret", secret.ok_or(BankError::NotSent { what: "client secret" })?.expose()),
    ];
    let body = form::encode(&[own, &client].concat());
    let mut request = BankRequest::new(Method::Post, &bank.server()?.token_url, Endpoint::Token)
        .body(FORM_CONTENT_TYPE, body)
        .header("accept", "application/json")
        .header("x-request-id", caller.interaction_id.to_string());
    if let Some(api_key) = &caller.client.api_key {
        request = request.header("x-api-key", api_key.clone());
    }
    request.attended.clone_from(&caller.attended);
    Ok(request)
}

/// The members that matter. A repeated member is an error.
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<Secret>,
    refresh_token: Option<Secret>,
    id_token: Option<Secret>,
    token_type: Option<String>,
    expires_in: Option<Value>,
    scope: Option<String>,
}

/// Reads what the endpoint gave. Whatever is not plainly a usable token fails.
///
/// # Errors
/// A refusal, also one inside a success, or an answer that breaks RFC 6749, section 5.1.
pub fn read_tokens(answer: &BankAnswer, asked_scope: &str) -> Result<Tokens, BankError> {
    refusal::check(Endpoint::Token, answer)?;
    let unreadable = |what| BankError::Unreadable { what };
    let read: TokenAnswer =
        serde_json::from_slice(&answer.body).map_err(|_| unreadable("token answer"))?;
    // OP's gateways write `BearerToken` as well; case does not matter (RFC 6749, section 5.1).
    let kind = read.token_type.as_deref().unwrap_or_default();
    if !["bearer", "bearertoken"].iter().any(|known| known.eq_ignore_ascii_case(kind)) {
        return Err(unreadable("token type"));
    }
    let access = read.access_token.filter(usable).ok_or(unreadable("access token"))?;
    let refresh = read.refresh_token.filter(|token| !token.is_empty());
    if refresh.as_ref().is_some_and(|token| !usable(token)) {
        return Err(unreadable("refresh token"));
    }
    let (scope, scope_change) =
        grant(read.scope.as_deref().unwrap_or_default(), asked_scope).ok_or(unreadable("scope"))?;
    Ok(Tokens {
        access,
        refresh,
        id_token: read.id_token.filter(|token| !token.is_empty()),
        expires_in_seconds: life(read.expires_in.as_ref()).ok_or(unreadable("expires_in"))?,
        scope,
        scope_change,
    })
}

/// Not empty, not endless, and nothing that could end a header line (RFC 6749, appendix A.12).
fn usable(token: &Secret) -> bool {
    let bytes = token.expose().as_bytes();
    (1..=LONGEST_TOKEN).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
}

/// A number or a text of digits; missing, `null` and empty mean [`UNSTATED_LIFE_SECONDS`].
fn life(stated: Option<&Value>) -> Option<u64> {
    let seconds = match stated {
        None | Some(Value::Null) => UNSTATED_LIFE_SECONDS,
        Some(Value::String(text)) if text.is_empty() => UNSTATED_LIFE_SECONDS,
        Some(Value::String(text)) => text.parse().ok()?,
        Some(Value::Number(number)) => number.as_u64()?,
        Some(_) => return None,
    };
    Some(seconds.min(LONGEST_LIFE_SECONDS))
}

/// What may be used of a granted scope. Nothing in common with what was asked for is no grant.
fn grant(granted: &str, asked: &str) -> Option<(String, ScopeChange)> {
    let granted: Vec<&str> = granted.split_ascii_whitespace().collect();
    if granted.is_empty() {
        return Some((asked.to_owned(), ScopeChange::AsAsked));
    }
    let asked: Vec<&str> = asked.split_ascii_whitespace().collect();
    let kept: Vec<&str> = asked.iter().copied().filter(|one| granted.contains(one)).collect();
    let change = if granted.iter().any(|one| !asked.contains(one)) {
        ScopeChange::Wider
    } else if kept.len() < asked.len() {
        ScopeChange::Narrower
    } else {
        ScopeChange::AsAsked
    };
    (!kept.is_empty()).then(|| (kept.join(" "), change))
}
