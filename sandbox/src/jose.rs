//! Signed messages: JWK (RFC 7517), compact and detached JWS (RFC 7515), half hashes of OpenID Connect.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::chance::base64_url;
use crate::der;

/// Longest accepted compact JWS, in bytes.
const JWS_BYTES_MAX: usize = 64 * 1024;

/// Why a signed message is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum JoseError {
    /// Not three parts of base64url with JSON inside.
    #[error("the message is not a compact JWS")]
    Malformed,
    /// The header names an algorithm outside RS256, PS256 and ES256.
    #[error("the algorithm {0:?} is not accepted; use RS256, PS256 or ES256")]
    Algorithm(String),
    /// The header has no `kid`, or the key set holds no such key.
    #[error("the key {0:?} is not in the key set")]
    UnknownKey(String),
    /// The signature does not belong to the message.
    #[error("the signature does not verify")]
    Signature,
}

/// A compact JWS taken apart, not yet believed.
#[derive(Debug, Clone)]
pub(crate) struct Compact {
    /// The `kid` header, empty when missing.
    pub(crate) kid: String,
    /// The payload bytes.
    pub(crate) payload: Vec<u8>,
    algorithm: String,
    signing_input: String,
    signature: String,
}

impl Compact {
    /// Takes a compact JWS apart.
    pub(crate) fn parse(text: &str) -> Result<Self, JoseError> {
        let text = text.trim();
        if text.len() > JWS_BYTES_MAX {
            return Err(JoseError::Malformed);
        }
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(JoseError::Malformed);
        };
        let payload_bytes = decode_url(payload).ok_or(JoseError::Malformed)?;
        let header_bytes = decode_url(header).ok_or(JoseError::Malformed)?;
        let members: Map<String, Value> =
            serde_json::from_slice(&header_bytes).map_err(|_| JoseError::Malformed)?;
        let member = |name: &str| {
            let value = members.get(name).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        Ok(Self {
            kid: member("kid"),
            algorithm: member("alg"),
            payload: payload_bytes,
            signing_input: format!("{header}.{payload}"),
            signature: signature.to_owned(),
        })
    }

    /// Puts a detached JWS (`header..signature`) and the bytes it covers together.
    pub(crate) fn parse_detached(text: &str, payload: &[u8]) -> Result<Self, JoseError> {
        let (header, signature) = text.trim().split_once("..").ok_or(JoseError::Malformed)?;
        Self::parse(&format!("{header}.{}.{signature}", base64_url(payload)))
    }

    /// What the header says it is signed with.
    pub(crate) fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// The payload as a JSON object, believed or not.
    pub(crate) fn claims(&self) -> Result<Map<String, Value>, JoseError> {
        serde_json::from_slice(&self.payload).map_err(|_| JoseError::Malformed)
    }

    /// Verifies the signature with the key the header names.
    pub(crate) fn verify<'a>(
        &self,
        keys: impl IntoIterator<Item = &'a Value>,
    ) -> Result<(), JoseError> {
        let algorithm = match self.algorithm.as_str() {
            "RS256" => Algorithm::RS256,
            "PS256" => Algorithm::PS256,
            "ES256" => Algorithm::ES256,
            other => return Err(JoseError::Algorithm(other.to_owned())),
        };
        let jwk = keys
            .into_iter()
            .find(|key| !self.kid.is_empty() && text(key, "kid") == self.kid)
            .ok_or_else(|| JoseError::UnknownKey(self.kid.clone()))?;
        let key = match algorithm {
            Algorithm::ES256 if text(jwk, "kty") == "EC" => {
                DecodingKey::from_ec_components(text(jwk, "x"), text(jwk, "y"))
            }
            Algorithm::RS256 | Algorithm::PS256 if text(jwk, "kty") == "RSA" => {
                DecodingKey::from_rsa_components(text(jwk, "n"), text(jwk, "e"))
            }
            _ => return Err(JoseError::Algorithm(self.algorithm.clone())),
        }
        .map_err(|_| JoseError::UnknownKey(self.kid.clone()))?;
        match jsonwebtoken::crypto::verify(
            &self.signature,
            self.signing_input.as_bytes(),
            &key,
            algorithm,
        ) {
            Ok(true) => Ok(()),
            _ => Err(JoseError::Signature),
        }
    }
}

/// A signing key of the bank: RSA, with the algorithm of its house.
pub(crate) struct SigningKey {
    kid: String,
    algorithm: Algorithm,
    key: EncodingKey,
    public: Value,
}

impl SigningKey {
    /// Reads an RSA key (PKCS #8, DER); `None` when it is not one.
    pub(crate) fn from_pkcs8(kid: &str, algorithm: Algorithm, pkcs8: &[u8]) -> Option<Self> {
        let pkcs1 = pkcs1_of(pkcs8)?;
        let private = rsa_private_jwk(kid, algorithm, pkcs8, None)?;
        Some(Self {
            kid: kid.to_owned(),
            algorithm,
            key: EncodingKey::from_rsa_der(pkcs1),
            public: public_part(&private),
        })
    }

    /// The key set a verifier fetches: `{"keys":[…]}` with this one public key.
    pub(crate) fn key_set(&self) -> Value {
        json!({ "keys": [self.public] })
    }

    /// A compact JWS over claims.
    pub(crate) fn sign(&self, claims: &Value) -> Result<String, JoseError> {
        self.sign_as(&self.kid, claims)
    }

    /// A compact JWS under another key name.
    pub(crate) fn sign_as(&self, kid: &str, claims: &Value) -> Result<String, JoseError> {
        let header = json!({ "alg": name(self.algorithm), "typ": "JWT", "kid": kid });
        self.compact(&header, claims.to_string().as_bytes())
    }

    /// A detached JWS over exact bytes: `header..signature`.
    pub(crate) fn sign_detached(&self, payload: &[u8]) -> Result<String, JoseError> {
        let header = json!({ "alg": name(self.algorithm), "kid": self.kid });
        let compact = self.compact(&header, payload)?;
        let mut parts = compact.split('.');
        let (header, signature) = (parts.next(), parts.nth(1));
        Ok(format!("{}..{}", header.unwrap_or_default(), signature.unwrap_or_default()))
    }

    fn compact(&self, header: &Value, payload: &[u8]) -> Result<String, JoseError> {
        let input =
            format!("{}.{}", base64_url(header.to_string().as_bytes()), base64_url(payload));
        let signature = jsonwebtoken::crypto::sign(input.as_bytes(), &self.key, self.algorithm)
            .map_err(|_| JoseError::Signature)?;
        Ok(format!("{input}.{signature}"))
    }

    /// A token that claims to be unsigned (`alg` none).
    pub(crate) fn unsigned(claims: &Value) -> String {
        let header = json!({ "alg": "none", "typ": "JWT" });
        format!(
            "{}.{}.",
            base64_url(header.to_string().as_bytes()),
            base64_url(claims.to_string().as_bytes())
        )
    }

    /// A token under HMAC with the public modulus as the secret: the classic confusion of algorithms.
    pub(crate) fn sign_confused(&self, claims: &Value) -> Result<String, JoseError> {
        let header = json!({ "alg": "HS256", "typ": "JWT", "kid": self.kid });
        let input = format!(
            "{}.{}",
            base64_url(header.to_string().as_bytes()),
            base64_url(claims.to_string().as_bytes())
        );
        let secret = EncodingKey::from_secret(text(&self.public, "n").as_bytes());
        let signature = jsonwebtoken::crypto::sign(input.as_bytes(), &secret, Algorithm::HS256)
            .map_err(|_| JoseError::Signature)?;
        Ok(format!("{input}.{signature}"))
    }
}

/// An RSA private JWK with every CRT member (RFC 7518, 6.3.2) and, when given, the certificate as
/// bare base64 in `x5c`. `None` when the key is not RSA in PKCS #8.
pub(crate) fn rsa_private_jwk(
    kid: &str,
    algorithm: Algorithm,
    pkcs8: &[u8],
    certificate: Option<&[u8]>,
) -> Option<Value> {
    let (tag, mut numbers, _) = der::split(pkcs1_of(pkcs8)?)?;
    if tag != der::SEQUENCE {
        return None;
    }
    let mut jwk = Map::new();
    jwk.insert("kty".to_owned(), "RSA".into());
    jwk.insert("use".to_owned(), "sig".into());
    jwk.insert("alg".to_owned(), name(algorithm).into());
    jwk.insert("kid".to_owned(), kid.into());
    for name in ["", "n", "e", "d", "p", "q", "dp", "dq", "qi"] {
        let (tag, content, rest) = der::split(numbers)?;
        if tag != der::INTEGER {
            return None;
        }
        if !name.is_empty() {
            let magnitude = match content {
                [0, magnitude @ ..] if !magnitude.is_empty() => magnitude,
                magnitude => magnitude,
            };
            jwk.insert(name.to_owned(), base64_url(magnitude).into());
        }
        numbers = rest;
    }
    if let Some(certificate) = certificate {
        jwk.insert("x5c".to_owned(), json!([STANDARD.encode(certificate)]));
    }
    Some(Value::Object(jwk))
}

fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::PS256 => "PS256",
        _ => "RS256",
    }
}

/// The public members of an RSA or EC JWK.
pub(crate) fn public_part(private: &Value) -> Value {
    let mut public = private.clone();
    if let Some(members) = public.as_object_mut() {
        members.retain(|name, _| {
            matches!(
                name.as_str(),
                "kty" | "use" | "alg" | "kid" | "n" | "e" | "x5c" | "crv" | "x" | "y"
            )
        });
    }
    public
}

/// The RSA key inside a PKCS #8 wrapping (RFC 5208): version, algorithm, octet string.
fn pkcs1_of(pkcs8: &[u8]) -> Option<&[u8]> {
    let (_, content, _) = der::split(pkcs8)?;
    let (_, _, rest) = der::split(content)?;
    let (_, _, rest) = der::split(rest)?;
    let (tag, inner, _) = der::split(rest)?;
    (tag == der::OCTET_STRING).then_some(inner)
}

/// Left half of SHA-256, base64url: `c_hash`, `s_hash`, `at_hash`, `rt_hash` (OpenID Connect Core 3.3.2.11).
pub(crate) fn half_hash(value: &str) -> String {
    base64_url(&digest::digest(&digest::SHA256, value.as_bytes()).as_ref()[..16])
}

/// SHA-256, base64url: the S256 challenge of a verifier (RFC 7636, section 4.2).
pub(crate) fn sha256_url(value: &str) -> String {
    base64_url(digest::digest(&digest::SHA256, value.as_bytes()).as_ref())
}

/// SHA-256, lower-case hexadecimal.
pub(crate) fn fingerprint(bytes: &[u8]) -> String {
    crate::chance::hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn decode_url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_hashes_match_known_vectors() {
        assert_eq!(half_hash("code-K7mQ2"), "SwyrYmrJHVEU3Nkz3Gx85w");
        assert_eq!(half_hash("rt-Lw44"), "Omeibw4fTc0cJbmRVIygoA");
    }

    #[test]
    fn signatures_verify_and_tampering_shows() {
        let pkcs8 =
            rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)
                .unwrap()
                .serialize_der();
        let key = SigningKey::from_pkcs8("k1", Algorithm::RS256, &pkcs8).unwrap();
        let set = key.key_set();
        let keys = set["keys"].as_array().unwrap();
        let signed = key.sign(&json!({"a": 1})).unwrap();
        let compact = Compact::parse(&signed).unwrap();
        assert_eq!(compact.verify(keys), Ok(()));
        let other = key.sign_as("k2", &json!({"a": 1})).unwrap();
        assert_eq!(
            Compact::parse(&other).unwrap().verify(keys),
            Err(JoseError::UnknownKey("k2".to_owned()))
        );
        let confused = key.sign_confused(&json!({"a": 1})).unwrap();
        assert!(matches!(
            Compact::parse(&confused).unwrap().verify(keys),
            Err(JoseError::Algorithm(_))
        ));
        let detached = key.sign_detached(b"{\"x\":1}").unwrap();
        assert_eq!(Compact::parse_detached(&detached, b"{\"x\":1}").unwrap().verify(keys), Ok(()));
        assert_eq!(
            Compact::parse_detached(&detached, b"{\"x\":2}").unwrap().verify(keys),
            Err(JoseError::Signature)
        );
    }
}
