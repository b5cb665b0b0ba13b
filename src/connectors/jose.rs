//! Signing and checking compact JSON Web Signatures (RFC 7515) with keys in JSON (RFC 7517, 7518).

use std::fmt;

use aws_lc_rs::digest;
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{EncodingKey, Header};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::secret::{Secret, SecretBytes};

/// Most keys that are read of one set.
pub const MOST_KEYS: usize = 64;

/// The signature algorithms used here (RFC 7518, section 3.1). There is no `none` and no HMAC, so
/// neither can be asked for by a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
}

impl From<Algorithm> for jsonwebtoken::Algorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Rs256 => Self::RS256,
            Algorithm::Ps256 => Self::PS256,
            Algorithm::Es256 => Self::ES256,
        }
    }
}

impl Algorithm {
    /// The registered name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
        }
    }

    /// Reads a registered name; it is case-sensitive (RFC 7515, section 4.1.1).
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Rs256, Self::Ps256, Self::Es256].into_iter().find(|known| known.name() == name)
    }
}

/// Why a key or a signature cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoseError {
    /// The text is no JSON Web Key (set).
    #[error("the key is not readable as JSON")]
    NotJson,
    /// A member that must be there is missing.
    #[error("the key lacks its member `{0}`")]
    Missing(&'static str),
    /// A member is not base64url.
    #[error("the member `{0}` of the key is not base64url")]
    NotBase64(&'static str),
    /// Neither RSA nor EC on P-256.
    #[error("the key is neither RSA nor EC on P-256")]
    Kind,
    /// The members do not belong together, or the key is too weak.
    #[error("the members of the key do not form a usable key")]
    Inconsistent,
    /// The algorithm does not fit the kind of key.
    #[error("the algorithm does not fit the key")]
    Algorithm,
    /// The set has more than [`MOST_KEYS`] keys.
    #[error("the set has more than {MOST_KEYS} keys")]
    TooMany,
    /// Signing itself failed.
    #[error("the key did not sign")]
    Signing,
}

/// A private JSON Web Key as text (RFC 7518, sections 6.2.2 and 6.3.2).
#[derive(Deserialize)]
struct PrivateJwk {
    kty: String,
    kid: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<Secret>,
    p: Option<Secret>,
    q: Option<Secret>,
    dp: Option<Secret>,
    dq: Option<Secret>,
    qi: Option<Secret>,
    x: Option<String>,
    y: Option<String>,
}

enum KeyPair {
    Rsa(Box<RsaKeyPair>),
    Ec(Box<EcdsaKeyPair>),
}

/// A private key with the name under which the other side knows its public half.
pub struct SigningKey {
    kid: String,
    algorithm: Algorithm,
    pkcs8: SecretBytes,
    pair: KeyPair,
}

impl SigningKey {
    /// Reads a private JSON Web Key. An RSA key needs its primes and CRT members; the
    /// consistency of all members is checked, and fewer than 2048 bits are refused.
    ///
    /// # Errors
    /// [`JoseError`] names the member that is missing or wrong.
    pub fn from_jwk(json: &Secret, algorithm: Algorithm) -> Result<Self, JoseError> {
        let jwk: PrivateJwk =
            serde_json::from_str(json.expose()).map_err(|_| JoseError::NotJson)?;
        let kid = jwk.kid.clone().filter(|kid| !kid.is_empty()).ok_or(JoseError::Missing("kid"))?;
        let pkcs8 = match jwk.kty.as_str() {
            "RSA" => rsa_pkcs8(&jwk)?,
            "EC" => ec_pkcs8(&jwk)?,
            _ => return Err(JoseError::Kind),
        };
        Self::from_pkcs8(kid, algorithm, pkcs8)
    }

    /// Takes a PKCS#8 key (RFC 5208) back, for instance out of the vault.
    ///
    /// # Errors
    /// [`JoseError`] when the bytes are no usable key for the algorithm.
    pub fn from_pkcs8(
        kid: impl Into<String>,
        algorithm: Algorithm,
        pkcs8: SecretBytes,
    ) -> Result<Self, JoseError> {
        let rsa = RsaKeyPair::from_pkcs8(pkcs8.expose()).map(|pair| KeyPair::Rsa(Box::new(pair)));
        let pair = rsa.or_else(|_| {
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.expose())
                .map(|pair| KeyPair::Ec(Box::new(pair)))
        });
        let pair = pair.map_err(|_| JoseError::Inconsistent)?;
        let fits = matches!(pair, KeyPair::Ec(_)) == (algorithm == Algorithm::Es256);
        if !fits {
            return Err(JoseError::Algorithm);
        }
        Ok(Self { kid: kid.into(), algorithm, pkcs8, pair })
    }

    /// The name of the key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// What it signs with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key as PKCS#8 DER, for the TLS client certificate and the vault.
    #[must_use]
    pub fn pkcs8(&self) -> &SecretBytes {
        &self.pkcs8
    }

    /// The key as PKCS#8 in a PEM frame (RFC 7468, section 10).
    #[must_use]
    pub fn to_pkcs8_pem(&self) -> Secret {
        let text = Zeroizing::new(STANDARD.encode(self.pkcs8.expose()));
        let mut pem = String::with_capacity(text.len() + text.len() / 64 + 64);
        pem.push_str("-----BEGIN PRIVATE KEY-----\n");
        for start in (0..text.len()).step_by(64) {
            pem.push_str(&text[start..text.len().min(start + 64)]);
            pem.push('\n');
        }
        pem.push_str("-----END PRIVATE KEY-----\n");
        Secret::new(pem)
    }

    /// The public half as a certificate carries it: the contents of `subjectPublicKey`
    /// (RFC 5280, section 4.1.2.7).
    #[must_use]
    pub fn public_key_bits(&self) -> &[u8] {
        match &self.pair {
            KeyPair::Rsa(pair) => pair.public_key().as_ref(),
            KeyPair::Ec(pair) => pair.public_key().as_ref(),
        }
    }

    /// Signs bytes with RSASSA-PKCS1-v1_5 and SHA-256, for the signatures of HTTP messages.
    ///
    /// # Errors
    /// [`JoseError`] when the key is no RSA key or does not sign.
    pub fn sign_rsa_sha256(&self, message: &[u8]) -> Result<Vec<u8>, JoseError> {
        let KeyPair::Rsa(pair) = &self.pair else { return Err(JoseError::Algorithm) };
        let mut signature = vec![0; pair.public_modulus_len()];
        let random = aws_lc_rs::rand::SystemRandom::new();
        pair.sign(&aws_lc_rs::signature::RSA_PKCS1_SHA256, &random, message, &mut signature)
            .map_err(|_| JoseError::Signing)?;
        Ok(signature)
    }

    /// Signs claims into the compact form, with the header `alg`, `kid` and `typ: JWT`.
    ///
    /// # Errors
    /// [`JoseError`] when the claims are not JSON or the key does not sign.
    pub fn sign_compact(&self, claims: &impl Serialize) -> Result<String, JoseError> {
        let mut header = Header::new(self.algorithm.into());
        header.kid = Some(self.kid.clone());
        let key = match &self.pair {
            KeyPair::Rsa(_) => EncodingKey::from_rsa_pem(self.to_pkcs8_pem().expose().as_bytes()),
            KeyPair::Ec(_) => EncodingKey::from_ec_pem(self.to_pkcs8_pem().expose().as_bytes()),
        };
        let key = key.map_err(|_| JoseError::Signing)?;
        jsonwebtoken::encode(&header, claims, &key).map_err(|_| JoseError::Signing)
    }
}

/// Shows the name and the algorithm, never the key.
impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SigningKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

fn rsa_pkcs8(jwk: &PrivateJwk) -> Result<SecretBytes, JoseError> {
    let components = KeyPairComponents {
        public_key: PublicKeyComponents {
            n: Zeroizing::new(public_member(jwk.n.as_deref(), "n")?),
            e: Zeroizing::new(public_member(jwk.e.as_deref(), "e")?),
        },
        d: private_member(jwk.d.as_ref(), "d")?,
        p: private_member(jwk.p.as_ref(), "p")?,
        q: private_member(jwk.q.as_ref(), "q")?,
        dP: private_member(jwk.dp.as_ref(), "dp")?,
        dQ: private_member(jwk.dq.as_ref(), "dq")?,
        qInv: private_member(jwk.qi.as_ref(), "qi")?,
    };
    let pair = RsaKeyPair::from_components(&components).map_err(|_| JoseError::Inconsistent)?;
    let der = pair.as_der().map_err(|_| JoseError::Inconsistent)?;
    Ok(SecretBytes::new(der.as_ref()))
}

fn ec_pkcs8(jwk: &PrivateJwk) -> Result<SecretBytes, JoseError> {
    if jwk.crv.as_deref() != Some("P-256") {
        return Err(JoseError::Kind);
    }
    let point = p256_point(jwk.x.as_deref(), jwk.y.as_deref())?;
    let private = private_member(jwk.d.as_ref(), "d")?;
    let pair = EcdsaKeyPair::from_private_key_and_public_key(
        &ECDSA_P256_SHA256_FIXED_SIGNING,
        &private,
        &point,
    );
    let pair = pair.map_err(|_| JoseError::Inconsistent)?;
    let der = pair.to_pkcs8v1().map_err(|_| JoseError::Inconsistent)?;
    Ok(SecretBytes::new(der.as_ref()))
}

fn public_member(text: Option<&str>, name: &'static str) -> Result<Vec<u8>, JoseError> {
    let text = text.ok_or(JoseError::Missing(name))?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| JoseError::NotBase64(name))
}

fn private_member(
    text: Option<&Secret>,
    name: &'static str,
) -> Result<Zeroizing<Vec<u8>>, JoseError> {
    public_member(text.map(Secret::expose), name).map(Zeroizing::new)
}

/// The uncompressed point of two coordinates (SEC 1, section 2.3.3).
fn p256_point(x: Option<&str>, y: Option<&str>) -> Result<Vec<u8>, JoseError> {
    let (x, y) = (public_member(x, "x")?, public_member(y, "y")?);
    if x.len() != 32 || y.len() != 32 {
        return Err(JoseError::Inconsistent);
    }
    Ok([&[4_u8][..], &x, &y].concat())
}

/// The header (`0`) or the claims (`1`) of a compact token, not checked in any way: for records of what
/// somebody else signed for us, and for nothing that is believed.
#[must_use]
pub fn unverified_part<T: for<'de> Deserialize<'de>>(compact: &str, part: usize) -> Option<T> {
    let bytes = from_base64url(compact.split('.').nth(part)?)?;
    serde_json::from_slice(&bytes).ok()
}

/// The left half of the SHA-256 of a value, in base64url: how `c_hash`, `s_hash`, `at_hash` and
/// `rt_hash` are made for the three algorithms above (OpenID Connect Core 1.0, section 3.3.2.11).
#[must_use]
pub fn left_half_hash(value: &str) -> String {
    let hash = digest::digest(&digest::SHA256, value.as_bytes());
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])
}

pub mod detached;
mod keys;
pub(crate) use keys::from_base64url;
pub use keys::{PublicKey, PublicKeys};

#[cfg(test)]
pub(crate) mod tests;
