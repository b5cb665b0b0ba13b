//! Checking an id token (OpenID Connect Core 1.0, sections 2, 3.1.3.7, 3.2.2.11 and 3.3.2.12;
//! FAPI 1.0 Part 2, section 5.2.3). Everything is checked; nothing depends on two claims being
//! there together.

mod error;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::jose::{Algorithm, PublicKey, PublicKeys, from_base64url, left_half_hash};
use super::secret::Secret;
pub use error::IdTokenError;

/// How far the bank's clock may be from ours.
pub const CLOCK_TOLERANCE_SECONDS: i64 = 60;
/// How old a token may be when it reaches us.
pub const OLDEST_TOKEN_SECONDS: i64 = 600;
/// Most characters of a token.
pub const LONGEST_TOKEN: usize = 16 * 1024;
/// Most characters of a key's name.
const LONGEST_KEY_ID: usize = 256;

/// The way a token came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Through the browser: `nonce`, `c_hash` and `s_hash` must be there.
    Front,
    /// From the token endpoint: they need not be there, and are checked when they are.
    Back,
    /// With refreshed tokens: the person did nothing, so neither the class nor the age of their
    /// authentication is asked for, and the consent need not be named. Fresh is what comes on our own
    /// connection (OpenID Connect Core 1.0, section 12.2).
    Refreshed,
}

/// The claim in which a token names the consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentClaim {
    /// `authorizationId` (OP).
    AuthorizationId,
    /// `openbanking_intent_id` (UK Open Banking security profile).
    IntentId,
}

/// What a token must agree with.
#[derive(Clone, Copy, Debug)]
pub struct IdTokenExpectation<'a> {
    /// The way it came.
    pub channel: Channel,
    /// The exact issuer.
    pub issuer: &'a str,
    /// Our name at the bank.
    pub client_id: &'a str,
    /// The nonce that was sent; `None` where none was, as when tokens are refreshed.
    pub nonce: Option<&'a Secret>,
    /// The time here.
    pub now: DateTime<Utc>,
    /// The algorithms the bank's profile names.
    pub accepted_algorithms: &'a [Algorithm],
    /// The classes of authentication that are good enough.
    pub accepted_acr: &'a [String],
    /// The consent that was asked for.
    pub authorization_id: &'a str,
    /// The claim that names it.
    pub consent_claim: ConsentClaim,
    /// The `max_age` that was asked for, in seconds.
    pub max_age_seconds: i64,
    /// The code that came with it.
    pub code: Option<&'a Secret>,
    /// The state that came with it.
    pub state: Option<&'a Secret>,
    /// The access token that came with it.
    pub access_token: Option<&'a Secret>,
    /// The refresh token that came with it.
    pub refresh_token: Option<&'a Secret>,
    /// Whether the bank's profile demands `at_hash` where there is an access token.
    pub require_at_hash: bool,
    /// The subject of an earlier token of the same consent.
    pub expected_subject: Option<&'a str>,
}

/// What a checked token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedIdToken {
    /// The person at the bank; evidence of one consent, not a name for the person.
    pub subject: String,
    /// How the person was authenticated; empty where refreshed tokens do not say it.
    pub acr: String,
    /// When the bank made it.
    pub issued_at: DateTime<Utc>,
    /// The consent it is for.
    pub authorization_id: String,
}

/// The header members that matter. `jwk`, `jku`, `x5u` and `x5c` are never read: a key comes from
/// the bank's profile only. A repeated member is an error.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    #[serde(default)]
    crit: Option<Value>,
}

/// The claims that matter. A repeated claim is an error.
#[derive(Deserialize)]
struct Claims {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<Value>,
    azp: Option<String>,
    exp: Option<f64>,
    iat: Option<f64>,
    auth_time: Option<f64>,
    nonce: Option<Secret>,
    acr: Option<String>,
    #[serde(rename = "authorizationId")]
    authorization_id: Option<String>,
    openbanking_intent_id: Option<String>,
    c_hash: Option<String>,
    s_hash: Option<String>,
    at_hash: Option<String>,
    rt_hash: Option<String>,
}

/// Checks the signature first and every claim after it.
///
/// # Errors
/// [`IdTokenError`] names the first rule the token breaks. On [`IdTokenError::UnknownKey`] the
/// caller may fetch the keys again and try once more.
pub fn verify(
    token: &str,
    keys: &PublicKeys,
    expected: &IdTokenExpectation<'_>,
) -> Result<VerifiedIdToken, IdTokenError> {
    if token.len() > LONGEST_TOKEN {
        return Err(IdTokenError::Malformed);
    }
    let parts: Vec<&str> = token.splitn(6, '.').collect();
    let [header_text, claims_text, signature_text] = parts[..] else {
        let encrypted = parts.len() == 5;
        return Err(if encrypted { IdTokenError::Encrypted } else { IdTokenError::Malformed });
    };
    let header: Header = from_json(header_text)?;
    let algorithm = Algorithm::parse(&header.alg)
        .filter(|algorithm| expected.accepted_algorithms.contains(algorithm))
        .ok_or(IdTokenError::AlgorithmNotAccepted)?;
    if header.crit.is_some() {
        return Err(IdTokenError::CriticalHeader);
    }
    let key = find_key(keys, header.kid.as_deref(), algorithm)?;
    let signature = from_base64url(signature_text).ok_or(IdTokenError::Malformed)?;
    let message = &token[..header_text.len() + 1 + claims_text.len()];
    if !key.verifies(algorithm, message.as_bytes(), &signature) {
        return Err(IdTokenError::Signature);
    }
    let claims: Claims = from_json(claims_text)?;
    check_parties(&claims, expected)?;
    let issued_at = check_times(&claims, expected)?;
    check_nonce(&claims, expected)?;
    check_hashes(&claims, expected)?;
    let acr = check_acr(&claims, expected)?;
    check_consent(&claims, expected)?;
    let subject = check_subject(&claims, expected)?;
    Ok(VerifiedIdToken {
        subject,
        acr,
        issued_at,
        authorization_id: expected.authorization_id.to_owned(),
    })
}

pub(super) fn from_json<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, IdTokenError> {
    let bytes = from_base64url(text).ok_or(IdTokenError::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| IdTokenError::Malformed)
}

pub(super) fn find_key<'a>(
    keys: &'a PublicKeys,
    kid: Option<&str>,
    algorithm: Algorithm,
) -> Result<&'a PublicKey, IdTokenError> {
    let Some(kid) = kid else {
        return match keys.keys() {
            [] => Err(IdTokenError::UnknownKey),
            [only] if only.fits(algorithm) => Ok(only),
            [_] => Err(IdTokenError::KeyUnfit),
            _ => Err(IdTokenError::KeyIdMissing),
        };
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~:+/=@".contains(&byte);
    if kid.is_empty() || kid.len() > LONGEST_KEY_ID || kid.contains("..") || !kid.bytes().all(plain)
    {
        return Err(IdTokenError::KeyIdMalformed);
    }
    let named: Vec<&PublicKey> = keys.keys().iter().filter(|key| key.kid() == Some(kid)).collect();
    match named[..] {
        [] => Err(IdTokenError::UnknownKey),
        [key] if key.fits(algorithm) => Ok(key),
        _ => Err(IdTokenError::KeyUnfit),
    }
}

fn check_parties(claims: &Claims, expected: &IdTokenExpectation<'_>) -> Result<(), IdTokenError> {
    if claims.iss.as_deref() != Some(expected.issuer) {
        return Err(IdTokenError::Issuer);
    }
    let ours = match &claims.aud {
        Some(Value::String(audience)) => audience == expected.client_id,
        Some(Value::Array(audiences)) => match &audiences[..] {
            [Value::String(audience)] => audience == expected.client_id,
            _ => false,
        },
        _ => false,
    };
    if !ours {
        return Err(IdTokenError::Audience);
    }
    match &claims.azp {
        Some(party) if party != expected.client_id => Err(IdTokenError::AuthorizedParty),
        _ => Ok(()),
    }
}

/// Whole seconds of a NumericDate (RFC 7519, section 2), if it is within what a date can be.
fn seconds(date: f64) -> Option<i64> {
    let plausible = date.is_finite() && (0.0..1.0e11).contains(&date);
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    plausible.then(|| date.floor() as i64)
}

fn check_times(
    claims: &Claims,
    expected: &IdTokenExpectation<'_>,
) -> Result<DateTime<Utc>, IdTokenError> {
    let now = expected.now.timestamp();
    let expires = claims.exp.and_then(seconds).ok_or(IdTokenError::Expired)?;
    let issued = claims.iat.and_then(seconds).ok_or(IdTokenError::IssuedAt)?;
    let age = now - issued;
    if expected.channel == Channel::Refreshed {
        return match expires > issued && age >= -CLOCK_TOLERANCE_SECONDS {
            true => DateTime::from_timestamp(issued, 0).ok_or(IdTokenError::IssuedAt),
            false => Err(IdTokenError::IssuedAt),
        };
    }
    if now - expires > CLOCK_TOLERANCE_SECONDS {
        return Err(IdTokenError::Expired);
    }
    if !(-CLOCK_TOLERANCE_SECONDS..=OLDEST_TOKEN_SECONDS + CLOCK_TOLERANCE_SECONDS).contains(&age) {
        return Err(IdTokenError::IssuedAt);
    }
    if let Some(authenticated) = claims.auth_time {
        let authenticated = seconds(authenticated).ok_or(IdTokenError::AuthenticationTime)?;
        let oldest = expected.max_age_seconds.saturating_add(CLOCK_TOLERANCE_SECONDS);
        if !(-CLOCK_TOLERANCE_SECONDS..=oldest).contains(&(now - authenticated)) {
            return Err(IdTokenError::AuthenticationTime);
        }
    }
    DateTime::from_timestamp(issued, 0).ok_or(IdTokenError::IssuedAt)
}

fn check_nonce(claims: &Claims, expected: &IdTokenExpectation<'_>) -> Result<(), IdTokenError> {
    match (&claims.nonce, expected.nonce, expected.channel) {
        (Some(nonce), Some(sent), _) if sent.matches(nonce.expose()) => Ok(()),
        (Some(_), Some(_), _) | (_, None, Channel::Front) => Err(IdTokenError::Nonce),
        (None, Some(_), Channel::Front) => Err(IdTokenError::NonceMissing),
        (None, _, _) | (Some(_), None, _) => Ok(()),
    }
}

/// One hash claim against the value it covers.
fn check_hash(
    claimed: Option<&str>,
    value: Option<&Secret>,
    required: bool,
    missing: IdTokenError,
    wrong: IdTokenError,
) -> Result<(), IdTokenError> {
    match (claimed, value) {
        (None, _) if required => Err(missing),
        (Some(_), None) if required => Err(wrong),
        (Some(hash), Some(value)) if hash != left_half_hash(value.expose()) => Err(wrong),
        _ => Ok(()),
    }
}

fn check_hashes(claims: &Claims, expected: &IdTokenExpectation<'_>) -> Result<(), IdTokenError> {
    use IdTokenError as Error;
    let front = expected.channel == Channel::Front;
    check_hash(
        claims.c_hash.as_deref(),
        expected.code,
        front,
        Error::CodeHashMissing,
        Error::CodeHash,
    )?;
    check_hash(
        claims.s_hash.as_deref(),
        expected.state,
        front,
        Error::StateHashMissing,
        Error::StateHash,
    )?;
    check_hash(
        claims.at_hash.as_deref(),
        expected.access_token,
        expected.require_at_hash && expected.access_token.is_some(),
        Error::AccessTokenHashMissing,
        Error::AccessTokenHash,
    )?;
    check_hash(
        claims.rt_hash.as_deref(),
        expected.refresh_token,
        false,
        Error::RefreshTokenHash,
        Error::RefreshTokenHash,
    )
}

fn check_consent(claims: &Claims, expected: &IdTokenExpectation<'_>) -> Result<(), IdTokenError> {
    let named = match expected.consent_claim {
        ConsentClaim::AuthorizationId => &claims.authorization_id,
        ConsentClaim::IntentId => &claims.openbanking_intent_id,
    };
    match named {
        Some(named) if named == expected.authorization_id => Ok(()),
        None if expected.channel == Channel::Refreshed => Ok(()),
        _ => Err(IdTokenError::AuthorizationId),
    }
}

fn check_acr(claims: &Claims, expected: &IdTokenExpectation<'_>) -> Result<String, IdTokenError> {
    match &claims.acr {
        Some(acr) if expected.accepted_acr.contains(acr) => Ok(acr.clone()),
        None if expected.channel == Channel::Refreshed => Ok(String::new()),
        _ => Err(IdTokenError::Acr),
    }
}

fn check_subject(
    claims: &Claims,
    expected: &IdTokenExpectation<'_>,
) -> Result<String, IdTokenError> {
    let subject = claims.sub.as_ref().filter(|subject| !subject.is_empty());
    let subject = subject.ok_or(IdTokenError::SubjectMissing)?;
    match expected.expected_subject {
        Some(before) if before != subject => Err(IdTokenError::SubjectChanged),
        _ => Ok(subject.clone()),
    }
}

#[cfg(test)]
mod tests;
