//! Token answers, ID tokens, the registration answer and the waiting time of a refusal.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{Misbehaviour, Misbehaviours};

/// `odd-token`: the scope is empty in every other answer and reversed in the rest.
pub(crate) fn token_answer(on: Misbehaviours, number: u64, answer: &mut Value) {
    if !on.has(Misbehaviour::OddToken) {
        return;
    }
    let scope = answer["scope"].as_str().unwrap_or_default();
    let reversed = scope.split(' ').rev().collect::<Vec<_>>().join(" ");
    answer["scope"] = if number.is_multiple_of(2) { "".into() } else { reversed.into() };
    answer["token_type"] = if number.is_multiple_of(2) { "bearer".into() } else { "BEARER".into() };
    if let Some(members) = answer.as_object_mut() {
        members.remove("expires_in");
    }
}

/// `odd-id-token`. The front token keeps its `nonce`: without it no careful client could tell the answer
/// from a replayed one and none would go on; the switch `FrontNonceMissing` is there for that.
pub(crate) fn id_token(on: Misbehaviours, front: bool, claims: &mut Value) {
    if !on.has(Misbehaviour::OddIdToken) {
        return;
    }
    claims["exp"] = claims["exp"].to_string().into();
    if let Some(members) = claims.as_object_mut() {
        members.remove("acr");
        if !front {
            members.remove("nonce");
        }
    }
}

/// `odd-registration`: plain text as content type, `scope` and `aud` as arrays, and the subject of the
/// client certificate spelled with numbers. OP's answer has neither `aud` nor a subject, so both are added.
pub(crate) fn registration(
    on: Misbehaviours,
    audience: &str,
    tpp_id: &str,
    mut answer: Value,
) -> Response {
    if !on.has(Misbehaviour::OddRegistration) {
        return (StatusCode::CREATED, Json(answer)).into_response();
    }
    let scope: Vec<&str> = answer["scope"].as_str().unwrap_or_default().split(' ').collect();
    answer["scope"] = json!(scope);
    answer["aud"] = json!([audience]);
    let name = answer["client_name"].as_str().unwrap_or_default();
    let subject = format!("OID.2.5.4.97=PSD{tpp_id},2.5.4.3={name},o={name},c=fi");
    answer["tls_client_auth_subject_dn"] = subject.into();
    let kind = [(header::CONTENT_TYPE, "text/plain;charset=UTF-8")];
    (StatusCode::CREATED, kind, answer.to_string()).into_response()
}

/// `odd-retry-after`: what stands in the header instead of the right number of seconds; `None` is no header.
pub(crate) fn odd_retry_after(number: u64) -> Option<HeaderValue> {
    const ODD: [&str; 5] = ["-30", "soon", "0", "Thu, 01 Jan 1970 00:00:00 GMT", "31536000"];
    let index = usize::try_from(number % (ODD.len() as u64 + 1)).unwrap_or_default();
    index.checked_sub(1).map(|index| HeaderValue::from_static(ODD[index]))
}
