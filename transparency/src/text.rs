//! Hashes and numbers as text, each with exactly one spelling.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::tree::Hash;

/// A hash in base64 (RFC 4648, section 4), 44 characters.
#[must_use]
pub fn base64_of(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of a base64 text; nothing if it is not the one spelling of those bytes.
#[must_use]
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// The hash in a base64 text.
#[must_use]
pub fn hash_from_base64(text: &str) -> Option<Hash> {
    // 44 characters hold 32 bytes; a longer text is not decoded at all.
    if text.len() != 44 {
        return None;
    }
    from_base64(text)?.try_into().ok()
}

/// Bytes as small hexadecimal digits.
#[must_use]
pub fn hex_of(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes of exactly `N` pairs of small hexadecimal digits.
#[must_use]
pub fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

/// A decimal number without sign or leading zeros.
#[must_use]
pub fn decimal(text: &str) -> Option<u64> {
    let digits = text.as_bytes();
    let plain = digits.iter().all(u8::is_ascii_digit)
        && (digits.len() == 1 || digits.first() != Some(&b'0'));
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_spelling() {
        assert_eq!(decimal("0"), Some(0));
        assert_eq!(decimal("18446744073709551615"), Some(u64::MAX));
        for wrong in ["", "00", "01", "+1", "-1", " 1", "1 ", "18446744073709551616", "1_0", "x"] {
            assert_eq!(decimal(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn hashes_have_one_spelling() {
        let hash = [7; 32];
        assert_eq!(hash_from_base64(&base64_of(&hash)), Some(hash));
        // The last character holds four bits and two that must be zero.
        let loose = base64_of(&hash).replace("c=", "d=");
        assert_ne!(loose, base64_of(&hash));
        assert_eq!(hash_from_base64(&loose), None);
        assert_eq!(from_hex::<32>(&hex_of(&hash)), Some(hash));
        assert_eq!(from_hex::<1>("0G"), None);
        assert_eq!(from_hex::<1>("AB"), None);
    }
}
