//! ID tokens (OpenID Connect Core 1.0): the front one of the hybrid flow and the back one of the
//! token endpoint. The `nonce` of the request is in both, as the standard asks (3.1.3.6, 3.3.3.6).

use serde_json::{Value, json};

use crate::bank::Bank;
use crate::faults::IdTokenMutation as Mutation;
use crate::jose::{JoseError, SigningKey, half_hash};
use crate::misbehaviour;

/// Life of an ID token, in seconds.
const LIFE_SECONDS: i64 = 3600;
const STRONG: &str = "urn:openbanking:psd2:sca";

/// What both tokens say.
pub(crate) struct IdToken<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) authorization_id: &'a str,
    pub(crate) nonce: Option<&'a str>,
}

/// The token of the hybrid answer, with the hashes of code and state; `None` when a switch omits it.
pub(crate) fn front(
    bank: &Bank,
    token: &IdToken<'_>,
    code: &str,
    state: Option<&str>,
) -> Result<Option<String>, JoseError> {
    let mutation = bank.faults.id_token();
    if mutation == Some(Mutation::OmitFront) {
        return Ok(None);
    }
    let mut claims = common(bank, token, true);
    claims["c_hash"] = half_hash(code).into();
    if let Some(state) = state {
        claims["s_hash"] = half_hash(state).into();
    }
    match mutation {
        Some(Mutation::SHashMissing) => remove(&mut claims, "s_hash"),
        Some(Mutation::SHashWrong) => claims["s_hash"] = half_hash("another state").into(),
        Some(Mutation::CHashMissing) => remove(&mut claims, "c_hash"),
        Some(Mutation::CHashWrong) => claims["c_hash"] = half_hash("another code").into(),
        Some(Mutation::FrontNonceMissing) => remove(&mut claims, "nonce"),
        Some(Mutation::FrontNonceWrong) => claims["nonce"] = "another-nonce".into(),
        _ => {}
    }
    signed(bank, claims, mutation).map(Some)
}

/// The token of the token endpoint, with the hashes of access and refresh token; `None` when a
/// switch omits it.
pub(crate) fn back(
    bank: &Bank,
    token: &IdToken<'_>,
    access_token: &str,
    refresh_token: &str,
) -> Result<Option<String>, JoseError> {
    let mutation = bank.faults.id_token();
    if mutation == Some(Mutation::OmitBack) {
        return Ok(None);
    }
    let mut claims = common(bank, token, false);
    claims["at_hash"] = half_hash(access_token).into();
    claims["rt_hash"] = half_hash(refresh_token).into();
    match mutation {
        Some(Mutation::AtHashMissing) => remove(&mut claims, "at_hash"),
        Some(Mutation::AtHashWrong) => claims["at_hash"] = half_hash("another token").into(),
        Some(Mutation::BackNonceMissing) => remove(&mut claims, "nonce"),
        Some(Mutation::BackNonceWrong) => claims["nonce"] = "another-nonce".into(),
        Some(Mutation::SubDifferentInBack) => claims["sub"] = "another-subject".into(),
        _ => {}
    }
    signed(bank, claims, mutation).map(Some)
}

fn common(bank: &Bank, token: &IdToken<'_>, front: bool) -> Value {
    let now = bank.now().timestamp();
    let mut claims = json!({
        "iss": bank.issuer(),
        "sub": token.authorization_id,
        "aud": token.client_id,
        "iat": now,
        "exp": now + LIFE_SECONDS,
        "acr": STRONG,
    });
    claims[bank.house.intent_claim] = token.authorization_id.into();
    if let Some(nonce) = token.nonce {
        claims["nonce"] = nonce.into();
    }
    misbehaviour::id_token(bank.conduct.on(), front, &mut claims);
    claims
}

fn signed(bank: &Bank, mut claims: Value, mutation: Option<Mutation>) -> Result<String, JoseError> {
    let now = bank.now().timestamp();
    match mutation {
        Some(Mutation::IssuerWrong) => claims["iss"] = "https://issuer.invalid".into(),
        Some(Mutation::AudienceWrong) => claims["aud"] = "another-client".into(),
        Some(Mutation::AudienceArray) => claims["aud"] = json!([claims["aud"]]),
        Some(Mutation::AudienceExtra) => claims["aud"] = json!([claims["aud"], "another-client"]),
        Some(Mutation::AzpWrong) => claims["azp"] = "another-client".into(),
        Some(Mutation::AcrMissing) => remove(&mut claims, "acr"),
        Some(Mutation::AcrLower) => claims["acr"] = "urn:openbanking:psd2:low".into(),
        Some(Mutation::ExpMissing) => remove(&mut claims, "exp"),
        Some(Mutation::ExpPast) => claims["exp"] = (now - 3600).into(),
        Some(Mutation::IatMissing) => remove(&mut claims, "iat"),
        Some(Mutation::IatOld) => claims["iat"] = (now - 86_400).into(),
        Some(Mutation::IatFuture) => claims["iat"] = (now + 3600).into(),
        Some(Mutation::SubMissing) => remove(&mut claims, "sub"),
        Some(Mutation::AuthorizationIdWrong) => {
            claims[bank.house.intent_claim] = "00000000-0000-4000-8000-000000000000".into();
        }
        Some(Mutation::AlgNone) => return Ok(SigningKey::unsigned(&claims)),
        Some(Mutation::AlgHs256) => return bank.id_token_key.sign_confused(&claims),
        Some(Mutation::UnknownKid) => return bank.id_token_key.sign_as("unknown-key", &claims),
        Some(Mutation::SignatureBroken) => {
            let signed = bank.id_token_key.sign(&claims)?;
            // The last four characters stay: they hold bits that have to be zero.
            let (kept, last) = signed.split_at(signed.len() - 12);
            let (turned, end) = last.split_at(8);
            return Ok(format!("{kept}{}{end}", turned.chars().rev().collect::<String>()));
        }
        _ => {}
    }
    bank.id_token_key.sign(&claims)
}

fn remove(claims: &mut Value, name: &str) {
    if let Some(members) = claims.as_object_mut() {
        members.remove(name);
    }
}
