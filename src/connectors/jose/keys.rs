//! A bank's public keys (RFC 7517, section 5).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

use super::{Algorithm, JoseError, MOST_KEYS, p256_point, public_member};

/// A public JSON Web Key as text; members that are not used are not read.
#[derive(Deserialize)]
struct PublicJwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Clone, Debug)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256 { point: Vec<u8> },
}

/// One public key that may check signatures.
#[derive(Clone, Debug)]
pub struct PublicKey {
    kid: Option<String>,
    only_algorithm: Option<Algorithm>,
    material: Material,
}

impl PublicKey {
    /// The name of the key.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Whether the key can be used with the algorithm: the kind and the curve fit, and a key
    /// that is declared for one algorithm is used for no other.
    #[must_use]
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        let declared = self.only_algorithm.is_none_or(|only| only == algorithm);
        let kind = match self.material {
            Material::Rsa { .. } => matches!(algorithm, Algorithm::Rs256 | Algorithm::Ps256),
            Material::P256 { .. } => algorithm == Algorithm::Es256,
        };
        declared && kind
    }

    /// Whether `signature` is this key's over `message`. A key that does not fit the algorithm,
    /// or an RSA key under 2048 bits, verifies nothing.
    #[must_use]
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if !self.fits(algorithm) {
            return false;
        }
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let key = match &self.material {
            Material::Rsa { n, e } => DecodingKey::from_rsa_components(&text(n), &text(e)),
            // The point is one byte of form and two coordinates of 32 bytes.
            Material::P256 { point } => {
                DecodingKey::from_ec_components(&text(&point[1..33]), &text(&point[33..]))
            }
        };
        let checked = key.and_then(|key| {
            jsonwebtoken::crypto::verify(&text(signature), message, &key, algorithm.into())
        });
        checked.unwrap_or(false)
    }
}

/// The keys a bank signs with.
#[derive(Clone, Debug, Default)]
pub struct PublicKeys {
    keys: Vec<PublicKey>,
}

impl PublicKeys {
    /// Reads a JWK set. Keys of another kind, for encryption, or unreadable ones are passed over
    /// (RFC 7517, section 5), so that one odd key does not shut the others out.
    ///
    /// # Errors
    /// [`JoseError`] when there is no set at all, or it is too long.
    pub fn parse(json: &[u8]) -> Result<Self, JoseError> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(json).map_err(|_| JoseError::NotJson)?;
        if set.keys.len() > MOST_KEYS {
            return Err(JoseError::TooMany);
        }
        let keys = set.keys.into_iter().filter_map(|key| read_key(key).ok()).collect();
        Ok(Self { keys })
    }

    /// All usable keys.
    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }
}

fn read_key(key: Value) -> Result<PublicKey, JoseError> {
    let jwk: PublicJwk = serde_json::from_value(key).map_err(|_| JoseError::NotJson)?;
    if jwk.usage.as_deref().is_some_and(|usage| usage != "sig") {
        return Err(JoseError::Kind);
    }
    let only_algorithm = match jwk.alg.as_deref() {
        None => None,
        Some(name) => Some(Algorithm::parse(name).ok_or(JoseError::Algorithm)?),
    };
    let material = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) => Material::Rsa {
            n: without_leading_zeros(public_member(jwk.n.as_deref(), "n")?),
            e: without_leading_zeros(public_member(jwk.e.as_deref(), "e")?),
        },
        ("EC", Some("P-256")) => {
            Material::P256 { point: p256_point(jwk.x.as_deref(), jwk.y.as_deref())? }
        }
        _ => return Err(JoseError::Kind),
    };
    Ok(PublicKey { kid: jwk.kid, only_algorithm, material })
}

/// Some issuers write the sign byte of the DER form into `n`.
fn without_leading_zeros(bytes: Vec<u8>) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes[zeros..].to_vec()
}

/// Splits base64url text strictly: no padding, no other alphabet.
pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
