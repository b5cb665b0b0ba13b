//! The ways in which a NextGenPSD2 bank says no (Implementation Guidelines 1.3, section 14): an object with
//! `tppMessages`, the bare list of them, and `application/problem+json` (RFC 7807); and what gateways before
//! it say: nothing, or markup.

use serde::Deserialize;
use serde_json::Value;

use crate::connectors::error::{BankError, plain_code};
use crate::connectors::exchange::{BankAnswer, Endpoint};

/// Codes that say that the consent opens nothing (any more).
const CONSENT_CODES: [&str; 3] = ["CONSENT_INVALID", "CONSENT_EXPIRED", "CONSENT_UNKNOWN"];
/// Codes about the access token.
const TOKEN_CODES: [&str; 3] = ["TOKEN_UNKNOWN", "TOKEN_INVALID", "TOKEN_EXPIRED"];
/// The code of a spent allowance.
const ACCESS_EXCEEDED: &str = "ACCESS_EXCEEDED";
/// Most messages looked at.
const MOST_MESSAGES: usize = 16;

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    category: Option<Value>,
    #[serde(default)]
    code: Option<Value>,
}

/// Passes a success that carries no error, and turns everything else into its [`BankError`].
///
/// # Errors
/// The refusal, typed. Of the bank's own words only a code is kept.
pub fn check(endpoint: Endpoint, answer: &BankAnswer) -> Result<(), BankError> {
    let code = code_of(&answer.body);
    if answer.is_success() && code.is_none() {
        return Ok(());
    }
    Err(typed(endpoint, answer, code))
}

fn typed(endpoint: Endpoint, answer: &BankAnswer, code: Option<String>) -> BankError {
    let status = answer.status;
    let code = code.map(|code| plain_code(&code)).unwrap_or_default();
    if status == 429 || code == ACCESS_EXCEEDED {
        return BankError::RateLimited { retry_after: answer.retry_after };
    }
    if endpoint.takes_access_token() {
        if CONSENT_CODES.contains(&code.as_str()) {
            return BankError::ConsentEnded;
        }
        // RFC 6750, section 3.1: a 401 that says nothing else is about the token.
        if TOKEN_CODES.contains(&code.as_str()) || (status == 401 && code.is_empty()) {
            return BankError::TokenExpired;
        }
    }
    let code = if code.is_empty() { "none".to_owned() } else { code };
    BankError::Refused { status, code }
}

/// The code of the first error in a body, if there is one.
#[must_use]
pub fn code_of(body: &[u8]) -> Option<String> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Envelope {
        #[serde(rename = "tppMessages")]
        messages: Option<Vec<Message>>,
        /// RFC 7807, as the standard extends it.
        code: Option<Value>,
        title: Option<Value>,
        #[serde(rename = "additionalErrors")]
        additional: Option<Vec<Message>>,
        /// RFC 6749, section 5.2, from the token endpoint.
        error: Option<Value>,
    }
    let text = std::str::from_utf8(body).ok()?.trim_start();
    if text.starts_with('[') {
        let messages: Vec<Message> = serde_json::from_str(text).ok()?;
        return first_error(&messages);
    }
    let envelope: Envelope = serde_json::from_str(text).ok()?;
    let word = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
    let messages = envelope.messages.as_deref().unwrap_or_default();
    let additional = envelope.additional.as_deref().unwrap_or_default();
    let problem = envelope.title.is_some();
    first_error(messages)
        .or_else(|| word(&envelope.code).filter(|_| problem))
        .or_else(|| first_error(additional))
        .or_else(|| word(&envelope.error))
}

/// A message that does not say what it is counts as an error; warnings do not.
fn first_error(messages: &[Message]) -> Option<String> {
    let error = |message: &&Message| {
        let code = message.code.as_ref().and_then(Value::as_str);
        let warning = message.category.as_ref().and_then(Value::as_str) == Some("WARNING");
        code.is_some() && !warning
    };
    let found = messages.iter().take(MOST_MESSAGES).find(error)?;
    found.code.as_ref().and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{DateTime, Utc};

    use super::*;

    fn refused(status: u16, code: &str) -> Result<(), BankError> {
        Err(BankError::Refused { status, code: code.to_owned() })
    }

    #[test]
    fn every_way_of_saying_no_is_read() {
        let message = |code: &str| {
            format!(r#"{{"tppMessages":[{{"category":"ERROR","code":"{code}","text":"t"}}]}}"#)
        };
        let warning = r#"{"tppMessages":[{"category":"WARNING","code":"WARNING"}]}"#;
        let bare = r#"[{"category":"ERROR","code":"ACCESS_EXCEEDED","text":"t"}]"#;
        let problem =
            r#"{"type":"https://bank.example/e","title":"t","detail":"d","code":"PERIOD_INVALID"}"#;
        let later = r#"{"type":"u","title":"t","additionalErrors":[{"code":"FORMAT_ERROR"}]}"#;
        let limited = || Err(BankError::RateLimited { retry_after: Some(Duration::from_secs(7)) });
        let ended = || Err(BankError::ConsentEnded);
        let table = [
            (401, message("CONSENT_INVALID"), ended()),
            (401, message("CONSENT_EXPIRED"), ended()),
            (403, message("CONSENT_UNKNOWN"), ended()),
            (400, message("CONSENT_UNKNOWN"), ended()),
            (401, message("TOKEN_EXPIRED"), Err(BankError::TokenExpired)),
            (401, message("CERTIFICATE_EXPIRED"), refused(401, "CERTIFICATE_EXPIRED")),
            (401, message("SIGNATURE_INVALID"), refused(401, "SIGNATURE_INVALID")),
            (403, message("RESOURCE_UNKNOWN"), refused(403, "RESOURCE_UNKNOWN")),
            (400, message("PERIOD_INVALID"), refused(400, "PERIOD_INVALID")),
            (429, message("ACCESS_EXCEEDED"), limited()),
            (429, bare.to_owned(), limited()),
            (429, String::new(), limited()),
            (200, message("FORMAT_ERROR"), refused(200, "FORMAT_ERROR")),
            (200, warning.to_owned(), Ok(())),
            (400, problem.to_owned(), refused(400, "PERIOD_INVALID")),
            (400, later.to_owned(), refused(400, "FORMAT_ERROR")),
            (406, message("REQUESTED_FORMATS_INVALID"), refused(406, "REQUESTED_FORMATS_INVALID")),
            (401, String::new(), Err(BankError::TokenExpired)),
            (503, "<b>down</b>".to_owned(), refused(503, "none")),
            (500, r#"{"tppMessages":[{"code":"<b>\u0000"}]}"#.to_owned(), refused(500, "_b__")),
            (500, r#"{"tppMessages":7}"#.to_owned(), refused(500, "none")),
            (200, "[]".to_owned(), Ok(())),
            (200, r#"{"code":"x","accounts":[]}"#.to_owned(), Ok(())),
        ];
        for (status, body, expected) in table {
            let mut answer =
                BankAnswer::replayed(status, body.clone(), DateTime::<Utc>::UNIX_EPOCH);
            answer.retry_after = Some(Duration::from_secs(7));
            assert_eq!(check(Endpoint::Accounts, &answer), expected, "{status} {body}");
        }
    }

    #[test]
    fn a_refusal_of_the_token_endpoint_is_not_about_a_person_s_token() {
        let body = r#"{"error":"invalid_grant"}"#;
        let answer = BankAnswer::replayed(400, body, DateTime::<Utc>::UNIX_EPOCH);
        assert_eq!(check(Endpoint::Token, &answer), refused(400, "invalid_grant"));
    }
}
