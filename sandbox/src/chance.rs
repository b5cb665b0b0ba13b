//! Randomness: from the operating system for secrets, from a seed for the household history.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine as _;

/// Unpredictable bytes. A failing system generator would make every secret of the sandbox guessable,
/// so the bytes then come from version 4 UUIDs, which read the same source by another way.
pub(crate) fn random_bytes<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    if SystemRandom::new().fill(&mut bytes).is_err() {
        for chunk in bytes.chunks_mut(16) {
            let random = uuid::Uuid::new_v4();
            chunk.copy_from_slice(&random.as_bytes()[..chunk.len()]);
        }
    }
    bytes
}

/// An unguessable text of letters and digits: none of `& + % =`, which some clients put into form
/// bodies without encoding.
pub(crate) fn secret_text(length: usize) -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut text = String::with_capacity(length);
    while text.len() < length {
        for byte in random_bytes::<32>() {
            let index = usize::from(byte & 0x3f);
            if index < LETTERS.len() && text.len() < length {
                text.push(char::from(LETTERS[index]));
            }
        }
    }
    text
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Base64 without padding, the alphabet of URLs (RFC 4648, section 5).
pub(crate) fn base64_url(bytes: &[u8]) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// A small repeatable generator (SplitMix64): same seed, same numbers, for ever.
#[derive(Debug, Clone)]
pub(crate) struct Chance {
    state: u64,
}

impl Chance {
    /// A stream of numbers for a seed and a name, so that two streams of one seed do not touch.
    pub(crate) fn new(seed: u64, stream: &str) -> Self {
        let named = stream.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ named }
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.abs_diff(low) + 1;
        low + (self.next() % span) as i64
    }

    /// True in about `percent` of a hundred calls.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    /// One of the choices; the list is never empty.
    pub(crate) fn choose<'a, Choice>(&mut self, choices: &'a [Choice]) -> &'a Choice {
        let index = (self.next() % choices.len() as u64) as usize;
        &choices[index]
    }
}

/// A lot that stays the same for a seed, a purpose and a name.
pub(crate) fn lot(seed: u64, purpose: &str, name: &str) -> u64 {
    Chance::new(seed, &format!("{purpose} {name}")).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_hold_letters_and_digits_only() {
        let text = secret_text(48);
        assert_eq!(text.len(), 48);
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(text, secret_text(48));
    }

    #[test]
    fn a_seed_repeats_and_streams_differ() {
        let mut one = Chance::new(1, "a");
        let mut again = Chance::new(1, "a");
        let mut other = Chance::new(1, "b");
        let numbers: Vec<u64> = (0..8).map(|_| one.next()).collect();
        assert_eq!(numbers, (0..8).map(|_| again.next()).collect::<Vec<_>>());
        assert_ne!(numbers, (0..8).map(|_| other.next()).collect::<Vec<_>>());
        assert!((0..1000).all(|_| (3..=5).contains(&one.between(3, 5))));
    }
}
