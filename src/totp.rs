//! One-time codes of six digits (RFC 6238 with the numbers every program knows: SHA-1, 30 seconds).

use aws_lc_rs::hmac;

/// How long a code stands, in seconds.
pub const STEP_SECONDS: i64 = 30;
/// Steps before and after now whose codes are taken, for clocks that are not quite right.
const STEPS_ASIDE: i64 = 1;
/// Bytes of a secret (RFC 4226, section 4: 160 bits).
pub const SECRET_BYTES: usize = 20;
const DIGITS: u32 = 1_000_000;
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The code of a step (RFC 4226, section 5.3).
#[must_use]
pub fn code(secret: &[u8], step: u64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let at = usize::from(bytes.last().copied().unwrap_or_default() & 0x0f);
    let four = bytes.get(at..at + 4).and_then(|four| <[u8; 4]>::try_from(four).ok());
    (u32::from_be_bytes(four.unwrap_or_default()) & 0x7fff_ffff) % DIGITS
}

/// The step whose code this is, around an instant in seconds since 1970; none for a wrong one. Every
/// candidate is compared, so that the time says nothing.
#[must_use]
pub fn step_of(secret: &[u8], given: &str, now: i64) -> Option<i64> {
    let given = given.trim();
    let sound = given.len() == 6 && given.bytes().all(|byte| byte.is_ascii_digit());
    let number: u32 = given.parse().ok().filter(|_| sound)?;
    let current = now.div_euclid(STEP_SECONDS);
    let mut found = None;
    for step in current - STEPS_ASIDE..=current + STEPS_ASIDE {
        let Ok(unsigned) = u64::try_from(step) else { continue };
        let right = code(secret, unsigned).to_be_bytes();
        if bool::from(subtle::ConstantTimeEq::ct_eq(&right[..], &number.to_be_bytes()[..])) {
            found = Some(step);
        }
    }
    found
}

/// Bytes in letters and digits (RFC 4648, section 6), without padding.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut five = [0_u8; 8];
        five[3..3 + chunk.len()].copy_from_slice(chunk);
        let number = u64::from_be_bytes(five);
        for place in 0..(chunk.len() * 8).div_ceil(5) {
            let letter = (number >> (35 - 5 * place)) & 31;
            text.push(char::from(LETTERS[usize::try_from(letter).unwrap_or_default()]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_published_ones() {
        // RFC 4226, appendix D, and RFC 6238, appendix B (cut to six digits).
        let secret = b"12345678901234567890";
        for (step, wanted) in (0..).zip([755_224, 287_082, 359_152, 969_429, 338_314]) {
            assert_eq!(code(secret, step), wanted);
        }
        for (second, wanted) in [(59, 287_082), (1_111_111_109, 81_804), (20_000_000_000, 353_130)]
        {
            assert_eq!(code(secret, second / 30), wanted);
        }
    }

    #[test]
    fn a_code_stands_for_a_step_aside_and_no_longer() {
        let secret = b"12345678901234567890";
        let text = format!("{:06}", code(secret, 1_000));
        let now = 1_000 * STEP_SECONDS;
        for (shift, taken) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let found = step_of(secret, &text, now + shift * STEP_SECONDS);
            assert_eq!(found, taken.then_some(1_000), "{shift}");
        }
        for wrong in ["", "12345", "1234567", "12a456", "+12345", "１２３４５６"] {
            assert_eq!(step_of(secret, wrong, now), None, "{wrong}");
        }
        assert_eq!(step_of(secret, &format!(" {text} "), now), Some(1_000));
    }

    #[test]
    fn letters_are_the_published_ones() {
        let table =
            [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foobar", "MZXW6YTBOI")];
        for (bytes, text) in table {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }
}
