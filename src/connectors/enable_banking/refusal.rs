//! The ways in which the aggregator says no: `{message, code, error, detail}`, where `error` is a word of a
//! closed list, and what gateways before it say.

use serde::Deserialize;

use crate::connectors::error::{BankError, plain_code};
use crate::connectors::exchange::BankAnswer;

/// Words for a session that somebody ended.
const ENDED: [&str; 3] = ["CLOSED_SESSION", "REVOKED_SESSION", "SESSION_DOES_NOT_EXIST"];
/// Words for a session that opens nothing until the person comes back.
const COME_BACK: [&str; 2] = ["EXPIRED_SESSION", "ASPSP_PSU_ACTION_REQUIRED"];
/// The word for the allowance that the bank behind the aggregator gives.
const TOO_MANY: &str = "ASPSP_RATE_LIMIT_EXCEEDED";

/// Passes a success, and turns everything else into its [`BankError`]. The word decides, not the status: the
/// same word comes with several.
///
/// # Errors
/// The refusal, typed. Of the words only the code is kept.
pub fn check(answer: &BankAnswer) -> Result<(), BankError> {
    if answer.is_success() {
        return Ok(());
    }
    let status = answer.status;
    let code = code_of(&answer.body);
    let says = |known: &[&str]| code.as_deref().is_some_and(|code| known.contains(&code));
    if status == 429 || says(&[TOO_MANY]) {
        return Err(BankError::RateLimited { retry_after: answer.retry_after });
    }
    if says(&ENDED) {
        return Err(BankError::ConsentEnded);
    }
    if says(&COME_BACK) {
        return Err(BankError::TokenExpired);
    }
    let code = code.map_or_else(|| "none".to_owned(), |code| plain_code(&code));
    Err(BankError::Refused { status, code })
}

/// Whether a session is gone: one that is closed already, or was never opened, is.
///
/// # Errors
/// Any other refusal.
pub fn check_deleted(answer: &BankAnswer) -> Result<(), BankError> {
    match check(answer) {
        Err(BankError::ConsentEnded | BankError::TokenExpired) => Ok(()),
        other => other,
    }
}

/// The word of an error body.
fn code_of(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Envelope {
        error: Option<String>,
    }
    let read: Envelope = serde_json::from_slice(body).ok()?;
    read.error.filter(|code| !code.is_empty())
}
