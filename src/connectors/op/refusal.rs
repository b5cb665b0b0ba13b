//! The four ways in which OP says no: a flat `ApiError`, an `errors` list, a gateway's `fault`, and
//! an `error` inside a success.

use serde::Deserialize;
use serde_json::Value;

use crate::connectors::error::{BankError, plain_code};
use crate::connectors::exchange::{BankAnswer, Endpoint};

/// Every member any of the envelopes has.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope {
    #[serde(rename = "type")]
    kind: Option<Value>,
    message: Option<Value>,
    violations: Option<Value>,
    errors: Option<Value>,
    fault: Option<Value>,
    error: Option<Value>,
}

/// What an envelope says, before it is reduced.
struct Refusal {
    code: String,
    about_consent: bool,
}

/// Passes a success that carries no error, and turns everything else into its [`BankError`].
///
/// # Errors
/// The refusal, typed. Of the bank's own words only a code is kept.
pub fn check(endpoint: Endpoint, answer: &BankAnswer) -> Result<(), BankError> {
    let body = std::str::from_utf8(&answer.body).unwrap_or_default().trim_start();
    let object = body.starts_with('{');
    let envelope: Option<Envelope> = object.then(|| serde_json::from_str(body).ok()).flatten();
    let refusal = envelope.as_ref().and_then(read);
    if answer.is_success() {
        // A repeated `error` is no way to hide one.
        if object && envelope.is_none() {
            return Err(BankError::Unreadable { what: "answer" });
        }
        let inside = envelope
            .is_some_and(|found| [&found.error, &found.fault, &found.errors].into_iter().any(says));
        if !inside {
            return Ok(());
        }
    }
    Err(typed(endpoint, answer, refusal))
}

fn typed(endpoint: Endpoint, answer: &BankAnswer, refusal: Option<Refusal>) -> BankError {
    let status = answer.status;
    let (code, about_consent) = match refusal {
        Some(refusal) => (plain_code(&refusal.code), refusal.about_consent),
        None => (String::new(), false),
    };
    let lower = code.to_ascii_lowercase();
    if status == 429 || lower.contains("ratelimit") || lower.contains("quotaviolation") {
        return BankError::RateLimited { retry_after: answer.retry_after };
    }
    if endpoint.takes_access_token() {
        // RFC 6750, section 3.1: a 401 is about the token, unless the gateway names the API key.
        let about_token = lower.contains("access_token") || !lower.contains("apikey");
        if status == 401 && about_token {
            return BankError::TokenExpired;
        }
        if status == 403 && about_consent {
            return BankError::ConsentEnded;
        }
    }
    let code = if code.is_empty() { "none".to_owned() } else { code };
    BankError::Refused { status, code }
}

fn read(envelope: &Envelope) -> Option<Refusal> {
    if let Some(fault) = &envelope.fault {
        let detail = fault.pointer("/detail/errorcode").or_else(|| fault.get("faultstring"));
        let code = detail.and_then(Value::as_str).unwrap_or("fault").to_owned();
        return Some(Refusal { code, about_consent: false });
    }
    if let Some(Value::Array(errors)) = &envelope.errors
        && let Some(first) = errors.first()
    {
        return Some(api_error(first.get("type"), first.get("message"), first.get("violations")));
    }
    if let Some(error) = &envelope.error {
        let code = error.as_str().or_else(|| error.get("code").and_then(Value::as_str));
        return Some(Refusal { code: code.unwrap_or("error").to_owned(), about_consent: false });
    }
    envelope.kind.as_ref()?;
    let parts = [&envelope.kind, &envelope.message, &envelope.violations].map(Option::as_ref);
    Some(api_error(parts[0], parts[1], parts[2]))
}

/// The flat form. Its code is the type and, after a point, the type of the first violation.
fn api_error(kind: Option<&Value>, message: Option<&Value>, violations: Option<&Value>) -> Refusal {
    let mut code = kind.and_then(Value::as_str).unwrap_or("error").to_owned();
    let violation = violations.and_then(|all| all.pointer("/0/type")).and_then(Value::as_str);
    if let Some(violation) = violation {
        code.push('.');
        code.push_str(violation);
    }
    let message = message.and_then(Value::as_str).unwrap_or_default();
    Refusal { code, about_consent: message.starts_with("Authorization ") }
}

fn says(member: &Option<Value>) -> bool {
    match member {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(_) => true,
    }
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
    fn all_four_envelopes_are_read() {
        let violation =
            r#"{"id":"G1","type":"VALIDATION","message":"m","violations":[{"type":"Date"}]}"#;
        let revoked = r#"{"errors":[{"type":"SECURITY","message":"Authorization is revoked"}]}"#;
        let flat_revoked = r#"{"type":"SECURITY","message":"Authorization has expired"}"#;
        let expired = r#"{"fault":{"faultstring":"Access Token expired","detail":{"errorcode":"keymanagement.service.access_token_expired"}}}"#;
        let api_key =
            r#"{"fault":{"faultstring":"x","detail":{"errorcode":"oauth.v2.InvalidApiKey"}}}"#;
        let quota = r#"{"fault":{"detail":{"errorcode":"policies.ratelimit.QuotaViolation"}}}"#;
        let limited = || Err(BankError::RateLimited { retry_after: Some(Duration::from_secs(7)) });
        let table = [
            (400, violation, refused(400, "VALIDATION.Date")),
            (403, revoked, Err(BankError::ConsentEnded)),
            (403, flat_revoked, Err(BankError::ConsentEnded)),
            (403, r#"{"type":"SECURITY","message":"scope"}"#, refused(403, "SECURITY")),
            (401, expired, Err(BankError::TokenExpired)),
            (401, "", Err(BankError::TokenExpired)),
            (401, api_key, refused(401, "oauth.v2.InvalidApiKey")),
            (429, "<html>", limited()),
            (500, quota, limited()),
            (200, r#"{"error":"server_error"}"#, refused(200, "server_error")),
            (200, r#"{"errors":[{"type":"TECHNICAL"}]}"#, refused(200, "TECHNICAL")),
            (200, r#"{"error":null,"errors":[]}"#, Ok(())),
            (200, "[]", Ok(())),
            (200, r#"{"error":"a","error":null}"#, Err(BankError::Unreadable { what: "answer" })),
            (503, "<b>down</b>", refused(503, "none")),
            (500, r#"{"type":"<b>\u0000"}"#, refused(500, "_b__")),
            (500, r#"{"fault":7}"#, refused(500, "fault")),
        ];
        for (status, body, expected) in table {
            let mut answer = BankAnswer::replayed(status, body, DateTime::<Utc>::UNIX_EPOCH);
            answer.retry_after = Some(Duration::from_secs(7));
            assert_eq!(check(Endpoint::Accounts, &answer), expected, "{status} {body}");
        }
    }

    #[test]
    fn a_401_of_the_token_endpoint_is_about_our_registration() {
        let body = r#"{"error":"invalid_client"}"#;
        let answer = BankAnswer::replayed(401, body, DateTime::<Utc>::UNIX_EPOCH);
        assert_eq!(check(Endpoint::Token, &answer), refused(401, "invalid_client"));
    }
}
