//! From bytes to text.

use serde::{Deserialize, Serialize};

use crate::{Broken, LARGEST_FILE, Problem};

/// How a file's letters are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// Latin-1, read as Windows-1252, which it is part of but for control characters.
    #[serde(rename = "latin-1")]
    Latin1,
    /// UTF-16, the low byte first.
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, the high byte first.
    #[serde(rename = "utf-16be")]
    Utf16Be,
}

/// A file as text, without a byte order mark.
pub(crate) struct Decoded {
    pub text: String,
    pub encoding: Encoding,
}

/// Windows-1252 from 0x80 to 0x9f; what is not assigned stays a control character.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Bytes looked at to tell UTF-16 without a mark from text with single bytes.
const LOOKED_AT: usize = 1_024;

pub(crate) fn decode(bytes: &[u8], wanted: Option<Encoding>) -> Result<Decoded, Broken> {
    if bytes.len() > LARGEST_FILE {
        return Err(Problem::TooLarge.at(0));
    }
    let (marked, rest) = mark(bytes);
    let encoding = marked.or(wanted).unwrap_or_else(|| tell(rest));
    let text = match encoding {
        Encoding::Utf8 => {
            let text = std::str::from_utf8(rest).map_err(|error| {
                let before = &rest[..error.valid_up_to()];
                let lines = before.iter().filter(|byte| **byte == b'\n').count();
                Problem::NotText.at(u32::try_from(lines).unwrap_or(u32::MAX).saturating_add(1))
            })?;
            text.to_owned()
        }
        Encoding::Latin1 => rest.iter().map(|byte| letter(*byte)).collect(),
        Encoding::Utf16Le => wide(rest, u16::from_le_bytes)?,
        Encoding::Utf16Be => wide(rest, u16::from_be_bytes)?,
    };
    if text.trim().is_empty() {
        return Err(Problem::Empty.at(0));
    }
    if text.contains('\0') {
        return Err(Problem::NotText.at(0));
    }
    Ok(Decoded { text, encoding })
}

fn mark(bytes: &[u8]) -> (Option<Encoding>, &[u8]) {
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        (Some(Encoding::Utf8), rest)
    } else if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        (Some(Encoding::Utf16Le), rest)
    } else if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        (Some(Encoding::Utf16Be), rest)
    } else {
        (None, bytes)
    }
}

/// Most letters of a statement are ASCII, so in UTF-16 every other byte is zero.
fn tell(bytes: &[u8]) -> Encoding {
    let looked_at = &bytes[..bytes.len().min(LOOKED_AT)];
    let zeros = |first: usize| looked_at.iter().skip(first).step_by(2).filter(|byte| **byte == 0);
    let half = looked_at.len() / 2;
    if half > 1 && zeros(1).count() * 2 > half {
        Encoding::Utf16Le
    } else if half > 1 && zeros(0).count() * 2 > half {
        Encoding::Utf16Be
    } else if std::str::from_utf8(bytes).is_ok() {
        Encoding::Utf8
    } else {
        Encoding::Latin1
    }
}

fn letter(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

fn wide(bytes: &[u8], join: fn([u8; 2]) -> u16) -> Result<String, Broken> {
    let (pairs, left) = bytes.as_chunks::<2>();
    if !left.is_empty() {
        return Err(Problem::NotText.at(0));
    }
    let units: Vec<u16> = pairs.iter().map(|pair| join(*pair)).collect();
    String::from_utf16(&units).map_err(|_| Problem::NotText.at(0))
}

/// A text with every run of spaces and line ends as one space.
pub(crate) fn evened(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same, or none if nothing is left.
pub(crate) fn some(text: &str) -> Option<String> {
    Some(evened(text)).filter(|text| !text.is_empty())
}

/// Fields as a JSON object, or none if there are none.
pub(crate) fn object(fields: &[(&str, String)]) -> Option<String> {
    let fields: serde_json::Map<String, serde_json::Value> =
        fields.iter().map(|(name, text)| ((*name).to_owned(), text.as_str().into())).collect();
    (!fields.is_empty()).then(|| serde_json::Value::Object(fields).to_string())
}
