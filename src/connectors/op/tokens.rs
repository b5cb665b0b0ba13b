//! The token endpoint (RFC 6749, sections 4 to 6), as OP speaks it: the client identifies itself
//! in the form and by its certificate.

use super::{ACCOUNTS_SCOPE, refusal};
use crate::connectors::Tokens;
use crate::connectors::bank::Bank;
use crate::connectors::error::BankError;
use crate::connectors::exchange::{BankAnswer, BankRequest, Caller, Endpoint};
use crate::connectors::oauth;
pub use crate::connectors::oauth::tokens::{LONGEST_TOKEN, UNSTATED_LIFE_SECONDS};
use crate::connectors::secret::Secret;

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
    let url = &bank.server()?.token_url;
    let mut request = oauth::tokens::form_request(bank, caller, url, Endpoint::Token, own)?
        .header("x-request-id", caller.interaction_id.to_string());
    if let Some(api_key) = &caller.client.api_key {
        request = request.header("x-api-key", api_key.clone());
    }
    Ok(request)
}

/// Reads what the endpoint gave. Whatever is not plainly a usable token fails.
///
/// # Errors
/// A refusal, also one inside a success, or an answer that breaks RFC 6749, section 5.1.
pub fn read_tokens(answer: &BankAnswer, asked_scope: &str) -> Result<Tokens, BankError> {
    refusal::check(Endpoint::Token, answer)?;
    oauth::tokens::read(answer, asked_scope)
}
