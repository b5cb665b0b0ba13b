//! Passkeys (W3C Web Authentication, level 3): what a browser sends when one is made and when one is
//! used, checked without any claim about the device. User verification is demanded both times.

pub mod cbor;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cbor::Cbor;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Longest part of an answer that is read, in bytes.
pub const LONGEST_PART: usize = 16 * 1024;
/// Longest identifier of a passkey, in bytes (section 5.8.3: 1,023 at most).
pub const LONGEST_ID: usize = 1_023;
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const HOLDS_KEY: u8 = 0x40;

/// Why a passkey's answer is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebauthnError {
    /// A part is not in its form.
    #[error("the answer is malformed")]
    Malformed,
    /// It is the answer to something else.
    #[error("the answer is to another question")]
    OtherQuestion,
    /// It was given at another page.
    #[error("the answer was given at another origin")]
    OtherOrigin,
    /// It is for another service.
    #[error("the answer is for another service")]
    OtherService,
    /// The device did not make sure who holds it.
    #[error("the device did not verify the person")]
    NotVerified,
    /// The key is of a kind that is not taken.
    #[error("the key is of a kind that is not taken")]
    Key,
    /// The signature is wrong.
    #[error("the signature is wrong")]
    Signature,
    /// The counter went back: there are two of this passkey.
    #[error("the counter went back")]
    Counter,
}

/// What an answer has to be to.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The challenge as it was given, base64url.
    pub challenge: &'a str,
    /// The page, such as `https://ledger.example`.
    pub origin: &'a str,
    /// The service's name: the page's host.
    pub service: &'a str,
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "alg", rename_all = "snake_case")]
pub enum PublicKey {
    /// ECDSA over P-256 with SHA-256: the uncompressed point.
    Es256 {
        /// 65 bytes.
        point: Vec<u8>,
    },
    /// Ed25519.
    EdDsa {
        /// 32 bytes.
        key: Vec<u8>,
    },
    /// RSA PKCS #1 v1.5 with SHA-256, from 2,048 bits.
    Rs256 {
        /// The modulus.
        n: Vec<u8>,
        /// The exponent.
        e: Vec<u8>,
    },
}

/// A passkey that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Its identifier.
    pub credential_id: Vec<u8>,
    /// The public key its signatures are checked with.
    pub key: PublicKey,
    /// Its counter of signatures (WebAuthn, section 6.1.1).
    pub counter: u32,
}

/// What a browser says about an answer (section 5.8.1).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

fn check_client(
    question: &Question<'_>,
    client_data: &[u8],
    kind: &str,
) -> Result<(), WebauthnError> {
    if client_data.len() > LONGEST_PART {
        return Err(WebauthnError::Malformed);
    }
    let told: ClientData =
        serde_json::from_slice(client_data).map_err(|_| WebauthnError::Malformed)?;
    let same =
        subtle::ConstantTimeEq::ct_eq(told.challenge.as_bytes(), question.challenge.as_bytes());
    if told.kind != kind || !bool::from(same) {
        return Err(WebauthnError::OtherQuestion);
    }
    if told.origin != question.origin || told.cross_origin {
        return Err(WebauthnError::OtherOrigin);
    }
    Ok(())
}

/// What the device says (section 6.1): counter, flags, and what follows them.
fn device<'a>(
    question: &Question<'_>,
    data: &'a [u8],
) -> Result<(u32, u8, &'a [u8]), WebauthnError> {
    if data.len() > LONGEST_PART {
        return Err(WebauthnError::Malformed);
    }
    let (service, rest) = data.split_first_chunk::<32>().ok_or(WebauthnError::Malformed)?;
    let (flags, rest) = rest.split_first().ok_or(WebauthnError::Malformed)?;
    let (counter, rest) = rest.split_first_chunk::<4>().ok_or(WebauthnError::Malformed)?;
    if service[..] != Sha256::digest(question.service.as_bytes())[..] {
        return Err(WebauthnError::OtherService);
    }
    if flags & PRESENT == 0 || flags & VERIFIED == 0 {
        return Err(WebauthnError::NotVerified);
    }
    Ok((u32::from_be_bytes(*counter), *flags, rest))
}

/// Checks what came when a passkey was made (section 7.1). What it says of its device is not looked at.
///
/// # Errors
/// [`WebauthnError`].
pub fn made(
    question: &Question<'_>,
    client_data: &[u8],
    attestation: &[u8],
) -> Result<Made, WebauthnError> {
    check_client(question, client_data, "webauthn.create")?;
    if attestation.len() > LONGEST_PART {
        return Err(WebauthnError::Malformed);
    }
    let (object, rest) = cbor::read(attestation).ok_or(WebauthnError::Malformed)?;
    let data = object.named("authData").and_then(Cbor::bytes);
    let data = data.filter(|_| rest.is_empty()).ok_or(WebauthnError::Malformed)?;
    let (counter, flags, rest) = device(question, data)?;
    if flags & HOLDS_KEY == 0 {
        return Err(WebauthnError::Malformed);
    }
    // Sixteen bytes name the make of the device; they are not kept.
    let (_, rest) = rest.split_first_chunk::<16>().ok_or(WebauthnError::Malformed)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(WebauthnError::Malformed)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if length == 0 || length > LONGEST_ID {
        return Err(WebauthnError::Malformed);
    }
    let (id, rest) = rest.split_at_checked(length).ok_or(WebauthnError::Malformed)?;
    let (key, _) = cbor::read(rest).ok_or(WebauthnError::Malformed)?;
    Ok(Made { credential_id: id.to_vec(), key: public_key(&key)?, counter })
}

/// A key as COSE writes it (RFC 9053): only the three kinds that were asked for.
fn public_key(key: &Cbor) -> Result<PublicKey, WebauthnError> {
    let number = |at| key.at(at).and_then(Cbor::number);
    let bytes = |at| key.at(at).and_then(Cbor::bytes).ok_or(WebauthnError::Key);
    match (number(1), number(3)) {
        (Some(2), Some(-7)) if number(-1) == Some(1) => {
            let (x, y) = (bytes(-2)?, bytes(-3)?);
            if x.len() != 32 || y.len() != 32 {
                return Err(WebauthnError::Key);
            }
            Ok(PublicKey::Es256 { point: [&[4], x, y].concat() })
        }
        (Some(1), Some(-8)) if number(-1) == Some(6) => {
            let key = bytes(-2)?;
            if key.len() != 32 {
                return Err(WebauthnError::Key);
            }
            Ok(PublicKey::EdDsa { key: key.to_vec() })
        }
        (Some(3), Some(-257)) => {
            let (n, e) = (bytes(-1)?, bytes(-2)?);
            if n.len() < 256 || n.len() > 1_024 || e.len() > 4 {
                return Err(WebauthnError::Key);
            }
            Ok(PublicKey::Rs256 { n: n.to_vec(), e: e.to_vec() })
        }
        _ => Err(WebauthnError::Key),
    }
}

/// Checks what came when a passkey was used (section 7.2); answers with its counter now.
///
/// # Errors
/// [`WebauthnError`].
pub fn used(
    question: &Question<'_>,
    (key, counter): (&PublicKey, u32),
    client_data: &[u8],
    authenticator_data: &[u8],
    signature: &[u8],
) -> Result<u32, WebauthnError> {
    check_client(question, client_data, "webauthn.get")?;
    let (now, _, _) = device(question, authenticator_data)?;
    let signed = [authenticator_data, &Sha256::digest(client_data)[..]].concat();
    let right = match key {
        PublicKey::Es256 { point } => {
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(&signed, signature)
        }
        PublicKey::EdDsa { key } => {
            UnparsedPublicKey::new(&ED25519, key).verify(&signed, signature)
        }
        PublicKey::Rs256 { n, e } => {
            RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, &signed, signature)
        }
    };
    right.map_err(|_| WebauthnError::Signature)?;
    // Devices that do not count stay at zero (section 6.1.1).
    if (now != 0 || counter != 0) && now <= counter {
        return Err(WebauthnError::Counter);
    }
    Ok(now)
}

/// Reads base64url without padding, up to a length.
///
/// # Errors
/// [`WebauthnError::Malformed`].
pub fn bytes_of(text: &str) -> Result<Vec<u8>, WebauthnError> {
    if text.len() > LONGEST_PART * 4 / 3 + 4 {
        return Err(WebauthnError::Malformed);
    }
    URL_SAFE_NO_PAD.decode(text).map_err(|_| WebauthnError::Malformed)
}

/// Bytes as base64url without padding.
#[must_use]
pub fn text_of(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests;
