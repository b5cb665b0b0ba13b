//! The token endpoint (RFC 6749, sections 4 to 6), as OP speaks it: the client identifies itself
//! in the form and by its certificate.

use super::{ACCOUNTS_SCOPE, refusal};
use crate::connectors::bank::Bank;
use crate::connectors::error::BankError;
use crate::connectors::exchange::{BankAnswer, BankRequest, Caller, Endpoint};
use crate::connectors::oauth;
pub use crate::connectors::oauth::tokens::{LONGEST_TOKEN, UNSTATED_LIFE_SECONDS};
use crate::connectors::secret::Secret;
use crate::connectors::{CodeExchange, Tokens};

/// Asks for our own token.
///
/// # Errors
/// [`BankError::NotSent`] where the profile has no token endpoint.
pub fn client_token(bank: &Bank, caller: &Caller<'_>) -> Result<BankRequest, BankError> {
    Ok(named(oauth::tokens::client_token(bank, caller, ACCOUNTS_SCOPE)?, caller))
}

/// Turns a code into tokens. OP knows no proof of who asked for the code (RFC 7636).
///
/// # Errors
/// [`BankError::NotSent`] where the profile has no token endpoint.
pub fn exchange_code(
    bank: &Bank,
    caller: &Caller<'_>,
    exchange: &CodeExchange<'_>,
) -> Result<BankRequest, BankError> {
    let exchange = CodeExchange { code_verifier: None, ..*exchange };
    Ok(named(oauth::tokens::exchange_code(bank, caller, &exchange)?, caller))
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
    Ok(named(oauth::tokens::refresh(bank, caller, refresh_token)?, caller))
}

/// The request with what OP wants to see beside the form.
fn named(request: BankRequest, caller: &Caller<'_>) -> BankRequest {
    let request = request.header("x-request-id", caller.interaction_id.to_string());
    match &caller.client.api_key {
        Some(api_key) => request.header("x-api-key", api_key.clone()),
        None => request,
    }
}

/// Reads what the endpoint gave. Whatever is not plainly a usable token fails.
///
/// # Errors
/// A refusal, also one inside a success, or an answer that breaks RFC 6749, section 5.1.
pub fn read_tokens(answer: &BankAnswer, asked_scope: &str) -> Result<Tokens, BankError> {
    refusal::check(Endpoint::Token, answer)?;
    oauth::tokens::read(answer, asked_scope)
}
