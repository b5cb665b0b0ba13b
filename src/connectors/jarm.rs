//! Opening a signed answer of an authorization server (JWT Secured Authorization Response Mode for
//! OAuth 2.0, section 2.4): signature first, then issuer, audience and end, then the same strict
//! reading that plain parameters get.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::callback::{CallbackAnswer, CallbackProblem, read_signed};
use super::id_token::{CLOCK_TOLERANCE_SECONDS, IdTokenError, LONGEST_TOKEN, find_key, from_json};
use super::jose::{Algorithm, PublicKeys, from_base64url};
use super::secret::Secret;

/// Longest life of an answer that is believed, in seconds (JARM, section 2.1, recommends ten minutes).
pub const LONGEST_ANSWER_LIFE_SECONDS: i64 = 600;
/// What an answer may carry besides its own claims.
const PARAMETERS: [&str; 4] = ["code", "state", "error", "error_description"];

/// What a signed answer must agree with.
#[derive(Clone, Copy, Debug)]
pub struct JarmExpectation<'a> {
    /// The exact issuer.
    pub issuer: &'a str,
    /// Our name at the bank.
    pub client_id: &'a str,
    /// The time here.
    pub now: DateTime<Utc>,
    /// The algorithms the bank's profile names.
    pub accepted_algorithms: &'a [Algorithm],
}

/// Why a signed answer is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JarmError {
    /// Not three parts of base64url JSON, too long, or with a repeated claim.
    #[error("the signed answer is malformed")]
    Malformed,
    /// Encrypted, or signed with an algorithm the profile does not name, `none` among them.
    #[error("the answer is signed with another algorithm")]
    Algorithm,
    /// No key of that name: fetch the keys again, once, and try again.
    #[error("the key of the signed answer is not known")]
    UnknownKey,
    /// The key's name is odd or missing, or the key does not fit.
    #[error("the key does not fit the signed answer")]
    KeyUnfit,
    /// The signature does not verify.
    #[error("the signature of the answer is wrong")]
    Signature,
    /// `iss` missing or not exactly the bank's.
    #[error("the signed answer is from another issuer")]
    Issuer,
    /// `aud` missing or not us alone.
    #[error("the signed answer is for somebody else")]
    Audience,
    /// `exp` missing, past, or too far ahead.
    #[error("the signed answer has expired")]
    Expired,
    /// The parameters inside break a rule.
    #[error(transparent)]
    Answer(#[from] CallbackProblem),
}

impl JarmError {
    /// A stable word for the audit record.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "jarm_malformed",
            Self::Algorithm => "jarm_algorithm",
            Self::UnknownKey => "jarm_unknown_key",
            Self::KeyUnfit => "jarm_key_unfit",
            Self::Signature => "jarm_signature",
            Self::Issuer => "jarm_iss",
            Self::Audience => "jarm_aud",
            Self::Expired => "jarm_exp",
            Self::Answer(problem) => problem.code(),
        }
    }
}

/// The header members that matter; a key comes from the bank's profile only.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

/// Opens a signed answer.
///
/// # Errors
/// [`JarmError`] names the first rule the answer breaks. On [`JarmError::UnknownKey`] the caller may
/// fetch the keys again and try once more.
pub fn open(
    response: &str,
    keys: &PublicKeys,
    expected: &JarmExpectation<'_>,
) -> Result<CallbackAnswer, JarmError> {
    if response.len() > LONGEST_TOKEN {
        return Err(JarmError::Malformed);
    }
    let parts: Vec<&str> = response.splitn(6, '.').collect();
    let [header_text, claims_text, signature_text] = parts[..] else {
        return Err(if parts.len() == 5 { JarmError::Algorithm } else { JarmError::Malformed });
    };
    let header: Header = from_json(header_text).map_err(|_| JarmError::Malformed)?;
    let algorithm = Algorithm::parse(&header.alg)
        .filter(|algorithm| expected.accepted_algorithms.contains(algorithm))
        .ok_or(JarmError::Algorithm)?;
    if header.crit.is_some() {
        return Err(JarmError::Malformed);
    }
    let key = find_key(keys, header.kid.as_deref(), algorithm).map_err(|error| match error {
        IdTokenError::UnknownKey => JarmError::UnknownKey,
        _ => JarmError::KeyUnfit,
    })?;
    let signature = from_base64url(signature_text).ok_or(JarmError::Malformed)?;
    let message = &response[..header_text.len() + 1 + claims_text.len()];
    if !key.verifies(algorithm, message.as_bytes(), &signature) {
        return Err(JarmError::Signature);
    }
    let claims: Map<String, Value> = from_json(claims_text).map_err(|_| JarmError::Malformed)?;
    check(&claims, expected)?;
    let mut parameters = vec![("iss".to_owned(), Secret::new(expected.issuer))];
    for name in PARAMETERS {
        match claims.get(name) {
            None => {}
            Some(Value::String(text)) => parameters.push((name.to_owned(), text.as_str().into())),
            Some(_) => return Err(JarmError::Malformed),
        }
    }
    Ok(read_signed(parameters)?)
}

fn check(claims: &Map<String, Value>, expected: &JarmExpectation<'_>) -> Result<(), JarmError> {
    if claims.get("iss").and_then(Value::as_str) != Some(expected.issuer) {
        return Err(JarmError::Issuer);
    }
    let ours = match claims.get("aud") {
        Some(Value::String(audience)) => audience == expected.client_id,
        Some(Value::Array(audiences)) => matches!(&audiences[..],
            [Value::String(audience)] if audience == expected.client_id),
        _ => false,
    };
    if !ours {
        return Err(JarmError::Audience);
    }
    let left = claims.get("exp").and_then(Value::as_i64).map(|exp| exp - expected.now.timestamp());
    let believed = -CLOCK_TOLERANCE_SECONDS..=LONGEST_ANSWER_LIFE_SECONDS + CLOCK_TOLERANCE_SECONDS;
    if left.is_some_and(|left| believed.contains(&left)) { Ok(()) } else { Err(JarmError::Expired) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::connectors::jose::tests::{rsa_jwk, signing_key};

    fn noon() -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000, 0).expect("a moment")
    }

    fn read(
        claims: &Value,
        change: impl Fn(String) -> String,
    ) -> Result<CallbackAnswer, JarmError> {
        let jwk = rsa_jwk("bank-1");
        let public =
            json!({"keys": [{"kty": "RSA", "kid": "bank-1", "n": jwk["n"], "e": jwk["e"]}]});
        let keys = PublicKeys::parse(public.to_string().as_bytes()).expect("keys");
        let signed = signing_key(&jwk, Algorithm::Ps256).sign_compact(claims).expect("signed");
        let expected = JarmExpectation {
            issuer: "https://bank.example",
            client_id: "us",
            now: noon(),
            accepted_algorithms: &[Algorithm::Ps256],
        };
        open(&change(signed), &keys, &expected)
    }

    fn claims() -> Value {
        json!({"iss": "https://bank.example", "aud": "us", "exp": noon().timestamp() + 300,
               "code": "c", "state": "s"})
    }

    #[test]
    fn a_signed_answer_is_opened() {
        let read = read(&claims(), |text| text).expect("an answer");
        let CallbackAnswer::Granted { code, state, issuer, .. } = read else { panic!("a grant") };
        assert!(code.matches("c") && state.matches("s"));
        assert_eq!(issuer.as_deref(), Some("https://bank.example"));
    }

    #[test]
    fn every_doubtful_signed_answer_is_named() {
        let none = |text: String| {
            let claims = text.split('.').nth(1).expect("claims").to_owned();
            format!("eyJhbGciOiJub25lIn0.{claims}.")
        };
        let flipped = |text: String| {
            let at = text.len() - 10;
            let other = if &text[at..=at] == "A" { "B" } else { "A" };
            format!("{}{other}{}", &text[..at], &text[at + 1..])
        };
        let refused = |text: &dyn Fn(String) -> String| {
            read(&claims(), text).map(|_| ()).expect_err("a refusal")
        };
        assert_eq!(refused(&none), JarmError::Algorithm);
        assert_eq!(refused(&flipped), JarmError::Signature);
        assert_eq!(refused(&|_| "a.b.c.d.e".to_owned()), JarmError::Algorithm);
        assert_eq!(refused(&|_| "a.b".to_owned()), JarmError::Malformed);
        let now = noon().timestamp();
        let table = [
            ("iss", Value::Null, JarmError::Issuer),
            ("iss", json!("https://bank.example/"), JarmError::Issuer),
            ("aud", json!("them"), JarmError::Audience),
            ("aud", json!(["us", "them"]), JarmError::Audience),
            ("exp", Value::Null, JarmError::Expired),
            ("exp", json!(now - 61), JarmError::Expired),
            ("exp", json!(now + 3_600), JarmError::Expired),
            ("code", json!(7), JarmError::Malformed),
            ("state", json!(""), JarmError::Answer(CallbackProblem::StateMissing)),
        ];
        for (name, value, expected) in table {
            let mut changed = claims();
            changed[name] = value.clone();
            let refused = read(&changed, |text| text).map(|_| ()).expect_err("a refusal");
            assert_eq!(refused, expected, "{name} {value}");
        }
    }
}
