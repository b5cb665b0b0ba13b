//! The answer that goes back through the browser: in the query, in the fragment, or signed as one
//! parameter (JWT Secured Authorization Response Mode for OAuth 2.0, JARM).

use chrono::Duration;
use serde_json::{Value, json};

use super::request_object::{AnswerPlace, AuthorizeRequest};
use crate::bank::Bank;
use crate::form::encode;
use crate::jose::JoseError;

/// Life of a signed answer, in minutes (JARM, section 2.1, recommends ten at most).
const SIGNED_LIFE_MINUTES: i64 = 10;

/// The redirect address with parameters, where the request asks for them. A strict bank names itself
/// (RFC 9207).
pub(super) fn address(
    bank: &Bank,
    request: &AuthorizeRequest,
    parameters: &[(&str, &str)],
) -> Result<String, JoseError> {
    if request.place == AnswerPlace::Nowhere {
        let refused = parameters.iter().any(|(name, _)| *name == "error");
        let elsewhere = request.turned_away_uri.as_ref().filter(|_| refused);
        return Ok(elsewhere.unwrap_or(&request.redirect_uri).clone());
    }
    let issuer = bank.house.strict.then(|| ("iss", bank.issuer()));
    let state = request.state.as_deref().map(|state| ("state", state));
    let all: Vec<(&str, &str)> = parameters.iter().copied().chain(state).collect();
    let mark = match (request.place, request.redirect_uri.contains('?')) {
        (AnswerPlace::Fragment, _) => '#',
        (_, true) => '&',
        (_, false) => '?',
    };
    let signed;
    let pairs: Vec<(&str, &str)> = match request.place {
        AnswerPlace::Signed => {
            signed = sign(bank, request, &all)?;
            vec![("response", &signed)]
        }
        _ => all.into_iter().chain(issuer).collect(),
    };
    let pairs: Vec<String> =
        pairs.into_iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    Ok(format!("{}{mark}{}", request.redirect_uri, pairs.join("&")))
}

fn sign(
    bank: &Bank,
    request: &AuthorizeRequest,
    parameters: &[(&str, &str)],
) -> Result<String, JoseError> {
    let expires = bank.now() + Duration::minutes(SIGNED_LIFE_MINUTES);
    let mut claims = json!({
        "iss": bank.issuer(),
        "aud": request.client_id,
        "exp": expires.timestamp(),
    });
    for (name, value) in parameters {
        claims[*name] = Value::from(*value);
    }
    bank.id_token_key.sign(&claims)
}
