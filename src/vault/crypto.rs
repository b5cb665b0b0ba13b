//! Sealing with AES-256-GCM-SIV (RFC 8452), fingerprints and digests.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, hkdf, hmac};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::world::Chance;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// Bytes that sealing adds: the nonce before and the tag after.
pub const SEAL_OVERHEAD: usize = NONCE_LEN + 16;

/// Random bytes that are used as a nonce, once.
pub type Drawn = [u8; NONCE_LEN];

/// Something sealed does not open: another key, another place, or changed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sealed bytes do not open under this key and place")]
pub struct DoesNotOpen;

/// A key for sealing, and for fingerprints that only its holder can make.
pub struct DataKey {
    sealing: LessSafeKey,
    fingerprints: hmac::Key,
}

struct KeyLength;
impl hkdf::KeyType for KeyLength {
    fn len(&self) -> usize {
        KEY_BYTES
    }
}

impl DataKey {
    /// A key from its bytes.
    ///
    /// # Errors
    /// [`DoesNotOpen`] if the cipher refuses the bytes.
    pub fn new(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Result<Self, DoesNotOpen> {
        let derived = |purpose: &[u8]| -> Result<Zeroizing<[u8; KEY_BYTES]>, DoesNotOpen> {
            let secret =
                hkdf::Salt::new(hkdf::HKDF_SHA256, b"one-point-ledger/v1").extract(&*bytes);
            let mut out = Zeroizing::new([0; KEY_BYTES]);
            secret
                .expand(&[purpose], KeyLength)
                .and_then(|expanded| expanded.fill(&mut *out))
                .map_err(|_| DoesNotOpen)?;
            Ok(out)
        };
        let sealing =
            UnboundKey::new(&AES_256_GCM_SIV, &*derived(b"seal")?).map_err(|_| DoesNotOpen)?;
        let fingerprints = hmac::Key::new(hmac::HMAC_SHA256, &*derived(b"fingerprint")?);
        Ok(Self { sealing: LessSafeKey::new(sealing), fingerprints })
    }

    /// Seals bytes for one place, which `associated` names.
    ///
    /// # Errors
    /// [`DoesNotOpen`] if there is no random nonce or the cipher refuses.
    pub fn seal(
        &self,
        chance: &Chance,
        associated: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, DoesNotOpen> {
        let nonce: Drawn = chance.bytes().map_err(|_| DoesNotOpen)?;
        self.seal_with(nonce, associated, plain)
    }

    /// The same with a nonce that was drawn at random before: many cost little when they are drawn
    /// at once.
    ///
    /// # Errors
    /// [`DoesNotOpen`] if the cipher refuses.
    pub fn seal_with(
        &self,
        nonce: Drawn,
        associated: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, DoesNotOpen> {
        let mut sealed = Vec::with_capacity(plain.len() + SEAL_OVERHEAD);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self
            .sealing
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(associated),
                &mut sealed[NONCE_LEN..],
            )
            .map_err(|_| DoesNotOpen)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what was sealed for the same place.
    ///
    /// # Errors
    /// [`DoesNotOpen`].
    pub fn open(
        &self,
        associated: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN).ok_or(DoesNotOpen)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| DoesNotOpen)?;
        let mut plain = Zeroizing::new(rest.to_vec());
        let length = self
            .sealing
            .open_in_place(nonce, Aad::from(associated), &mut plain)
            .map_err(|_| DoesNotOpen)?
            .len();
        plain.truncate(length);
        Ok(plain)
    }

    /// The same in room that is used again and again, so that memory is taken and wiped once.
    ///
    /// # Errors
    /// [`DoesNotOpen`].
    pub fn open_into<'a>(
        &self,
        associated: &[u8],
        sealed: &[u8],
        room: &'a mut Zeroizing<Vec<u8>>,
    ) -> Result<&'a [u8], DoesNotOpen> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN).ok_or(DoesNotOpen)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| DoesNotOpen)?;
        if rest.len() > room.capacity() {
            // Growing would leave a copy behind that nobody wipes.
            *room = Zeroizing::new(Vec::with_capacity(rest.len().next_power_of_two()));
        }
        room.clear();
        room.extend_from_slice(rest);
        let plain = self
            .sealing
            .open_in_place(nonce, Aad::from(associated), room)
            .map_err(|_| DoesNotOpen)?;
        Ok(plain)
    }

    /// A keyed fingerprint of a value for one purpose: equal values show, and nothing else, and not
    /// even that once the key is destroyed.
    #[must_use]
    pub fn fingerprint(&self, purpose: &str, value: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.fingerprints);
        context.update(&(purpose.len() as u64).to_be_bytes());
        context.update(purpose.as_bytes());
        context.update(value);
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        out
    }

    /// A fingerprint as an identifier (RFC 9562, section 5.8).
    #[must_use]
    pub fn identifier(&self, purpose: &str, value: &[u8]) -> Uuid {
        let fingerprint = self.fingerprint(purpose, value);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&fingerprint[..16]);
        Uuid::new_v8(bytes)
    }
}

/// SHA-256, as lower-case hexadecimal digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// Lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> DataKey {
        DataKey::new(Zeroizing::new([byte; KEY_BYTES])).expect("a key")
    }

    #[test]
    fn opens_only_at_its_place_under_its_key_and_unchanged() {
        let chance = Chance::real();
        let mut sealed = key(1).seal(&chance, b"here", b"secret").expect("sealed");
        assert_eq!(sealed.len(), 6 + SEAL_OVERHEAD);
        assert_eq!(key(1).open(b"here", &sealed).expect("open").as_slice(), b"secret");
        assert!(key(1).open(b"there", &sealed).is_err());
        assert!(key(2).open(b"here", &sealed).is_err());
        assert!(key(1).open(b"here", &sealed[..5]).is_err());
        for index in 0..sealed.len() {
            sealed[index] ^= 1;
            assert!(key(1).open(b"here", &sealed).is_err(), "byte {index}");
            sealed[index] ^= 1;
        }
    }

    #[test]
    fn fingerprints_depend_on_key_purpose_and_value() {
        let one = key(1).identifier("account", b"FI14");
        assert_eq!(one, key(1).identifier("account", b"FI14"));
        assert_ne!(one, key(2).identifier("account", b"FI14"));
        assert_ne!(one, key(1).identifier("accountF", b"I14"));
        assert_ne!(one, key(1).identifier("account", b"FI15"));
    }
}
