//! A row as hashed features: the numbers a linear model weighs.

use crate::text::Merchant;

/// Shortest and longest run of letters that is a feature.
const RUNS: std::ops::RangeInclusive<usize> = 2..=5;
/// Most letters of a name that runs are taken from.
const MOST_LETTERS: usize = 48;
/// What a word weighs beside a run of letters.
const WORD: f32 = 2.0;

/// Hashed features, each with its value.
pub type Features = Vec<(u32, f32)>;

/// FNV-1a over what makes a feature.
#[derive(Clone, Copy)]
struct Hash(u32);

impl Hash {
    const fn of(kind: u8) -> Self {
        Self(0x811c_9dc5).with(kind)
    }

    const fn with(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u32).wrapping_mul(0x0100_0193))
    }

    fn text(self, text: &str) -> Self {
        text.bytes().fold(self, Self::with)
    }

    /// Spreads what the last bytes changed over all bits.
    const fn done(self) -> u32 {
        let mut hash = self.0;
        hash ^= hash >> 15;
        hash = hash.wrapping_mul(0x2c1b_3c6d);
        hash ^ (hash >> 12)
    }
}

/// Runs of letters, words and pairs of words of a merchant's name; their squares sum to one.
pub fn of_name(merchant: &Merchant, features: &mut Features) {
    let mut padded = [b' '; MOST_LETTERS + 2];
    let letters = merchant.name.as_bytes();
    let length = letters.len().min(MOST_LETTERS);
    padded[1..=length].copy_from_slice(&letters[..length]);
    let padded = &padded[..length + 2];
    let begin = features.len();
    for run in RUNS {
        for window in padded.windows(run) {
            let hash = window.iter().fold(Hash::of(b'c'), |hash, byte| hash.with(*byte));
            features.push((hash.done(), 1.0));
        }
    }
    let mut before: Option<&str> = None;
    for word in merchant.name.split(' ') {
        features.push((Hash::of(b'w').text(word).done(), WORD));
        match before {
            None => features.push((Hash::of(b'1').text(word).done(), 1.0)),
            Some(before) => {
                let pair = Hash::of(b'2').text(before).with(b' ').text(word);
                features.push((pair.done(), WORD));
            }
        }
        before = Some(word);
    }
    features.push((Hash::of(b'n').text(&merchant.name).done(), WORD));
    let squares: f32 = features[begin..].iter().map(|(_, value)| value * value).sum();
    let scale = squares.sqrt().recip();
    for (_, value) in &mut features[begin..] {
        *value *= scale;
    }
}

/// One feature of a kind and a text.
pub fn named(kind: u8, text: &str, value: f32, features: &mut Features) {
    features.push((Hash::of(kind).text(text).done(), value));
}

/// How large an amount is, in steps of about a half, signed as it is.
#[must_use]
pub fn size(minor: i64) -> i8 {
    let mut size = 0;
    let mut rest = minor.unsigned_abs();
    while rest > 1 {
        rest -= rest.div_ceil(3);
        size += 1;
    }
    if minor > 0 { size } else { -size }
}
