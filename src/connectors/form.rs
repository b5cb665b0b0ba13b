//! `application/x-www-form-urlencoded` (WHATWG URL, section 5), written exactly and read strictly.

use std::fmt::Write as _;

use super::secret::SecretBytes;

/// The media type.
pub const FORM_CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

/// Why a text is no form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormProblem {
    /// A `%` without two hexadecimal digits after it.
    #[error("a percent sign is not followed by two hexadecimal digits")]
    Percent,
    /// The decoded bytes are not UTF-8.
    #[error("a name or value is not UTF-8")]
    NotUtf8,
    /// More fields than the reader allows.
    #[error("there are too many fields")]
    TooMany,
}

/// Writes one value: everything but letters, digits and `-._` is escaped, a space becomes `+`.
fn push_encoded(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
}

/// Writes a form body. It is handed out as a secret because it may hold one.
#[must_use]
pub fn encode(fields: &[(&str, &str)]) -> SecretBytes {
    // Room for every byte escaped, so that growing leaves no copy of a secret behind.
    let most: usize = fields.iter().map(|(name, value)| 3 * (name.len() + value.len()) + 2).sum();
    let mut body = String::with_capacity(most);
    for (index, (name, value)) in fields.iter().enumerate() {
        if index > 0 {
            body.push('&');
        }
        push_encoded(name, &mut body);
        body.push('=');
        push_encoded(value, &mut body);
    }
    SecretBytes::new(body)
}

/// Reads a query or fragment, without its `?` or `#`, into its fields in order.
///
/// # Errors
/// [`FormProblem`] on the first thing that is not strictly right, or on more than `most` fields.
pub fn decode(text: &str, most: usize) -> Result<Vec<(String, String)>, FormProblem> {
    let mut fields = Vec::new();
    for part in text.split('&').filter(|part| !part.is_empty()) {
        if fields.len() == most {
            return Err(FormProblem::TooMany);
        }
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        fields.push((decode_one(name)?, decode_one(value)?));
    }
    Ok(fields)
}

fn decode_one(text: &str) -> Result<String, FormProblem> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let high = rest.next().and_then(hexadecimal).ok_or(FormProblem::Percent)?;
                let low = rest.next().and_then(hexadecimal).ok_or(FormProblem::Percent)?;
                bytes.push(high << 4 | low);
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).map_err(|_| FormProblem::NotUtf8)
}

fn hexadecimal(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_strictly() {
        let table = [
            ("a=1&b=%C3%A4+x", Ok(vec![("a", "1"), ("b", "ä x")])),
            ("", Ok(vec![])),
            ("a", Ok(vec![("a", "")])),
            ("a=%2", Err(FormProblem::Percent)),
            ("a=%zz", Err(FormProblem::Percent)),
            ("a=%ff", Err(FormProblem::NotUtf8)),
            ("a&b&c&d", Err(FormProblem::TooMany)),
        ];
        for (text, expected) in table {
            let owned = expected.map(|fields| {
                fields.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect::<Vec<_>>()
            });
            assert_eq!(decode(text, 3), owned, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(name in "\\PC{1,12}", value in "\\PC{0,40}") {
            let body = encode(&[(&name, &value), ("z", "")]);
            let text = std::str::from_utf8(body.expose()).expect("ASCII");
            prop_assert_eq!(decode(text, 2), Ok(vec![(name, value), ("z".into(), String::new())]));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}") {
            let _ = decode(&text, 20);
        }
    }
}
