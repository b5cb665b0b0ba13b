//! Keys that sign checkpoints, and the keys they are verified with.
//!
//! Two kinds of signature are known: the log's own Ed25519 signature over the note's text (type 1 of
//! C2SP signed-note) and a witness's timestamped one (type 4, C2SP tlog-cosignature).

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::checkpoint::Checkpoint;
use crate::text;

/// Longest name of a key, in bytes.
pub const LONGEST_KEY_NAME: usize = 255;

/// What a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// Checkpoints, as the log that issues them (signature type 1).
    Log,
    /// Checkpoints of another log, with the time at which it saw them (signature type 4).
    Witness,
}

impl KeyKind {
    /// The signature type of C2SP signed-note.
    #[must_use]
    pub fn signature_type(self) -> u8 {
        match self {
            Self::Log => 1,
            Self::Witness => 4,
        }
    }
}

/// A key or its text does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The name cannot stand in a signature line.
    #[error(
        "a key's name has 1 to {LONGEST_KEY_NAME} bytes and no space, plus or control character"
    )]
    Name,
    /// Not `name+hex8+base64`.
    #[error("a verifier key is written NAME+8 HEX DIGITS+BASE64")]
    Form,
    /// The signature type is neither 1 nor 4.
    #[error("the key is of signature type {0}; known are 1 (Ed25519) and 4 (Ed25519 cosignature)")]
    Type(u8),
    /// The identifier is not the one of this name and key.
    #[error("the key's identifier does not fit its name and its public key")]
    Identifier,
    /// The bytes are no point that can verify.
    #[error("the public key is no Ed25519 key, or a weak one")]
    Point,
}

/// The first four bytes of SHA-256(name, newline, signature type, public key).
fn key_id(name: &str, kind: KeyKind, public: &[u8; 32]) -> [u8; 4] {
    let mut hasher = Sha256::new();
    hasher.update(name.as_bytes());
    hasher.update([b'\n', kind.signature_type()]);
    hasher.update(public);
    let hash: [u8; 32] = hasher.finalize().into();
    [hash[0], hash[1], hash[2], hash[3]]
}

fn checked_name(name: &str) -> Result<&str, KeyError> {
    let fits = !name.is_empty()
        && name.len() <= LONGEST_KEY_NAME
        && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+');
    if fits { Ok(name) } else { Err(KeyError::Name) }
}

/// A public key under a name. Its text is the `vkey` of C2SP signed-note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    id: [u8; 4],
    key: VerifyingKey,
}

impl VerifierKey {
    /// Joins a name and the 32 bytes of an Ed25519 public key.
    ///
    /// # Errors
    /// [`KeyError::Name`] or [`KeyError::Point`].
    pub fn new(name: &str, kind: KeyKind, public: &[u8; 32]) -> Result<Self, KeyError> {
        let name = checked_name(name)?.to_owned();
        let key = VerifyingKey::from_bytes(public).map_err(|_| KeyError::Point)?;
        if key.is_weak() {
            return Err(KeyError::Point);
        }
        let id = key_id(&name, kind, public);
        Ok(Self { name, kind, id, key })
    }

    /// The name that stands in its signature lines; for a log it is the origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The four bytes that stand before its signatures.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        self.id
    }

    /// The 32 bytes of the public key.
    #[must_use]
    pub fn public(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Whether `signature` (what stands after the four bytes of the identifier) is this key's over
    /// the text of a note.
    #[must_use]
    pub fn verifies(&self, body: &str, signature: &[u8]) -> bool {
        let (message, signature) = match self.kind {
            KeyKind::Log => (body.to_owned(), signature),
            KeyKind::Witness => {
                let Some((time, signature)) = signature.split_first_chunk::<8>() else {
                    return false;
                };
                (cosigned(body, u64::from_be_bytes(*time)), signature)
            }
        };
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(message.as_bytes(), &signature).is_ok())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut typed = vec![self.kind.signature_type()];
        typed.extend_from_slice(self.public());
        write!(out, "{}+{}+{}", self.name, text::hex_of(&self.id), text::base64_of(&typed))
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(vkey: &str) -> Result<Self, KeyError> {
        // Base64 may hold a plus, a name may not: only the first two divide.
        let mut parts = vkey.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Form);
        };
        let id: [u8; 4] = text::from_hex(id).ok_or(KeyError::Form)?;
        if key.len() > LONGEST_KEY_NAME {
            return Err(KeyError::Form);
        }
        let typed = text::from_base64(key).ok_or(KeyError::Form)?;
        let (kind, public) = match typed.split_first() {
            Some((1, public)) => (KeyKind::Log, public),
            Some((4, public)) => (KeyKind::Witness, public),
            Some((other, _)) => return Err(KeyError::Type(*other)),
            None => return Err(KeyError::Form),
        };
        let key = Self::new(name, kind, public.try_into().map_err(|_| KeyError::Form)?)?;
        if key.id == id { Ok(key) } else { Err(KeyError::Identifier) }
    }
}

/// A log's private key. The bytes are wiped when it goes out of use.
pub struct SigningKey {
    name: String,
    key: ed25519_dalek::SigningKey,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SigningKey").field("name", &self.name).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// The key of a 32-byte Ed25519 seed (RFC 8032, section 5.1.5).
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let name = checked_name(name)?.to_owned();
        Ok(Self { name, key: ed25519_dalek::SigningKey::from_bytes(seed) })
    }

    /// What its signatures are verified with.
    #[must_use]
    pub fn verifier_key(&self) -> VerifierKey {
        verifier_key(&self.name, KeyKind::Log, &self.key)
    }

    /// The whole signed note: text, blank line, one signature line. The origin of the checkpoint
    /// must be one line; a note over any other is refused by whoever opens it.
    #[must_use]
    pub fn sign(&self, checkpoint: &Checkpoint) -> String {
        let body = checkpoint.body();
        format!("{body}\n{}", self.signature_line(&body))
    }

    /// One more signature line, newline included, to stand at the end of a note with this text:
    /// while a key is changed for another, both sign.
    #[must_use]
    pub fn signature_line(&self, body: &str) -> String {
        line(&self.name, self.verifier_key().id, &[&self.signature(body)])
    }

    /// The bare signature over a text.
    pub(crate) fn signature(&self, text: &str) -> Vec<u8> {
        self.key.sign(text.as_bytes()).to_bytes().to_vec()
    }
}

/// A witness's private key. The bytes are wiped when it goes out of use.
pub struct CosigningKey {
    name: String,
    key: ed25519_dalek::SigningKey,
}

impl fmt::Debug for CosigningKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("CosigningKey").field("name", &self.name).finish_non_exhaustive()
    }
}

impl CosigningKey {
    /// The key of a 32-byte Ed25519 seed. It must not be a log's seed at the same time.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let name = checked_name(name)?.to_owned();
        Ok(Self { name, key: ed25519_dalek::SigningKey::from_bytes(seed) })
    }

    /// What its signatures are verified with.
    #[must_use]
    pub fn verifier_key(&self) -> VerifierKey {
        verifier_key(&self.name, KeyKind::Witness, &self.key)
    }

    /// The signature line, newline included, to stand at the end of a note with this text. `time`
    /// is in seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn signature_line(&self, body: &str, time: u64) -> String {
        let id = self.verifier_key().id;
        let signature = self.key.sign(cosigned(body, time).as_bytes()).to_bytes();
        line(&self.name, id, &[&time.to_be_bytes(), &signature])
    }
}

fn verifier_key(name: &str, kind: KeyKind, key: &ed25519_dalek::SigningKey) -> VerifierKey {
    let key = key.verifying_key();
    VerifierKey { name: name.to_owned(), kind, id: key_id(name, kind, key.as_bytes()), key }
}

/// What a witness signs (C2SP tlog-cosignature).
fn cosigned(body: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{body}")
}

fn line(name: &str, id: [u8; 4], parts: &[&[u8]]) -> String {
    let signature = [&[&id[..]], parts].concat().concat();
    format!("\u{2014} {name} {}\n", text::base64_of(&signature))
}
