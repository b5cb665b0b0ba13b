//! The ways in which the API says no: `{Code, Id, Message, Errors[]}` in 3.1, `{Errors[]}` in 4.0, an
//! empty body with a 401, and whatever a gateway in between makes of it.

use serde::Deserialize;

use crate::connectors::error::{BankError, plain_code};
use crate::connectors::exchange::{BankAnswer, Endpoint};

/// The codes that mean that the person has to come back (3.1, and 4.0).
const COME_BACK: [&str; 2] = ["UK.OBIE.Reauthenticate", "U028"];
/// The codes that mean that the consent is over.
const CONSENT_OVER: [&str; 2] = ["UK.OBIE.Resource.InvalidConsentStatus", "U009"];
/// The codes that mean that there is no such thing.
const NOT_FOUND: [&str; 2] = ["UK.OBIE.Resource.NotFound", "U011"];

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "Code")]
    code: Option<String>,
    #[serde(rename = "Errors", default)]
    errors: Vec<Detail>,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(rename = "ErrorCode")]
    code: Option<String>,
}

/// Passes a success, and turns everything else into its [`BankError`].
///
/// # Errors
/// The refusal, typed. Of the bank's own words only a code is kept.
pub fn check(endpoint: Endpoint, answer: &BankAnswer) -> Result<(), BankError> {
    if answer.is_success() {
        return Ok(());
    }
    let status = answer.status;
    if status == 429 {
        return Err(BankError::RateLimited { retry_after: answer.retry_after });
    }
    let codes = codes(&answer.body);
    let says = |known: &[&str]| codes.iter().any(|code| known.contains(&code.as_str()));
    if endpoint.takes_access_token() {
        // The token is not good, or would be good again after the person came back: either way a new
        // confirmation is what helps.
        if status == 401 || (status == 403 && says(&COME_BACK)) {
            return Err(BankError::TokenExpired);
        }
        if says(&CONSENT_OVER) {
            return Err(BankError::ConsentEnded);
        }
    }
    let code = codes.first().map_or_else(|| "none".to_owned(), |code| plain_code(code));
    Err(BankError::Refused { status, code })
}

/// Whether a consent is gone: an unknown one is, and the bank answers that with 400.
///
/// # Errors
/// Any other refusal.
pub fn check_deleted(answer: &BankAnswer) -> Result<(), BankError> {
    let gone = matches!(answer.status, 400 | 404 | 410)
        && codes(&answer.body).iter().any(|code| NOT_FOUND.contains(&code.as_str()));
    if gone { Ok(()) } else { check(Endpoint::Authorizations, answer) }
}

/// The codes of an error body, most precise first.
fn codes(body: &[u8]) -> Vec<String> {
    let read: Option<Envelope> = serde_json::from_slice(body).ok();
    let Some(read) = read else { return Vec::new() };
    let details = read.errors.into_iter().filter_map(|detail| detail.code);
    details.chain(read.code).filter(|code| !code.is_empty()).collect()
}
