//! Signatures that travel beside their content: detached JWS (RFC 7515, appendix F) with the header of
//! Open Banking UK (Read/Write Data API, Message signing), as in `x-jws-signature`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::EncodingKey;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Algorithm, JoseError, KeyPair, PublicKeys, SigningKey, from_base64url};

/// When it was signed.
const SIGNED_AT: &str = "http://openbanking.org.uk/iat";
/// Who signed.
const ISSUER: &str = "http://openbanking.org.uk/iss";
/// Whose trust anchor it is.
const TRUST_ANCHOR: &str = "http://openbanking.org.uk/tan";
/// Header members that have to be understood, which these are.
const UNDERSTOOD: [&str; 3] = [SIGNED_AT, ISSUER, TRUST_ANCHOR];
/// Most characters of a detached signature.
const LONGEST: usize = 16 * 1024;

/// Who signs, by the names of the header.
#[derive(Clone, Copy, Debug)]
pub struct Signer<'a> {
    /// The subject of the signing certificate, or the organisation and its software.
    pub issuer: &'a str,
    /// Where the key can be trusted from, such as the directory's domain.
    pub trust_anchor: &'a str,
}

impl SigningKey {
    /// Signs exact bytes: `header..signature`.
    ///
    /// # Errors
    /// [`JoseError::Signing`] when the key does not sign.
    pub fn sign_detached(
        &self,
        payload: &[u8],
        signer: &Signer<'_>,
        now: DateTime<Utc>,
    ) -> Result<String, JoseError> {
        let header = json!({
            "alg": self.algorithm.name(),
            "kid": self.kid,
            "typ": "JOSE",
            SIGNED_AT: now.timestamp(),
            ISSUER: signer.issuer,
            TRUST_ANCHOR: signer.trust_anchor,
            "crit": UNDERSTOOD,
        });
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload));
        let pem = self.to_pkcs8_pem();
        let key = match &self.pair {
            KeyPair::Rsa(_) => EncodingKey::from_rsa_pem(pem.expose().as_bytes()),
            KeyPair::Ec(_) => EncodingKey::from_ec_pem(pem.expose().as_bytes()),
        };
        let signature = key.and_then(|key| {
            jsonwebtoken::crypto::sign(message.as_bytes(), &key, self.algorithm.into())
        });
        Ok(format!("{header}..{}", signature.map_err(|_| JoseError::Signing)?))
    }
}

/// Whether a detached signature is one of the keys' over exactly these bytes, with an algorithm that is
/// accepted and a header that is understood as a whole.
#[must_use]
pub fn verifies_detached(
    token: &str,
    payload: &[u8],
    keys: &PublicKeys,
    accepted: &[Algorithm],
) -> bool {
    #[derive(Deserialize)]
    struct Header {
        alg: String,
        kid: Option<String>,
        #[serde(default)]
        crit: Vec<String>,
        b64: Option<Value>,
    }
    let read =
        |text: &str| -> Option<Header> { serde_json::from_slice(&from_base64url(text)?).ok() };
    let Some((header_text, signature)) = token.split_once("..").filter(|_| token.len() <= LONGEST)
    else {
        return false;
    };
    let Some(header) = read(header_text) else { return false };
    let understood = header.crit.iter().all(|name| UNDERSTOOD.contains(&name.as_str()));
    let algorithm = Algorithm::parse(&header.alg).filter(|known| accepted.contains(known));
    let (Some(algorithm), Some(signature)) = (algorithm, from_base64url(signature)) else {
        return false;
    };
    if !understood || header.b64.is_some() {
        return false;
    }
    let message = format!("{header_text}.{}", URL_SAFE_NO_PAD.encode(payload));
    let named = keys.keys().iter().filter(|key| key.kid() == header.kid.as_deref());
    let mut named = named.filter(|key| key.fits(algorithm));
    match (named.next(), named.next()) {
        (Some(key), None) => key.verifies(algorithm, message.as_bytes(), &signature),
        _ => false,
    }
}
