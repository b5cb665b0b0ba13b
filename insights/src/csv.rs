//! Comma-separated text (RFC 4180), also with semicolons or tabs, record by record.

use std::io::{self, BufRead};

/// Most bytes of a record.
pub const MOST_RECORD_BYTES: usize = 64 * 1024;
/// Most fields of a record.
pub const MOST_FIELDS: usize = 200;

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The line it begins on, from 1.
    pub line: u64,
    /// Its fields, or why it has none.
    pub fields: Result<Vec<String>, Broken>,
}

/// Why a record has no fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// It is too long.
    #[error("the record is longer than {MOST_RECORD_BYTES} bytes")]
    TooLong,
    /// It has too many fields.
    #[error("the record has more than {MOST_FIELDS} fields")]
    TooMany,
    /// A quoted field has no end.
    #[error("a quotation mark has no end")]
    NoEnd,
    /// It is not UTF-8.
    #[error("the text is not UTF-8")]
    NotText,
}

/// Reads records one by one.
#[derive(Debug)]
pub struct Records<R> {
    source: R,
    separator: Option<u8>,
    line: u64,
}

impl<R: BufRead> Records<R> {
    /// Of a text whose first record tells the separator.
    pub fn of(source: R) -> Self {
        Self { source, separator: None, line: 0 }
    }

    /// The separator; a comma before the first record was read.
    #[must_use]
    pub fn separator(&self) -> u8 {
        self.separator.unwrap_or(b',')
    }

    /// The next record that is not an empty line.
    ///
    /// # Errors
    /// If the source cannot be read.
    pub fn next_record(&mut self) -> io::Result<Option<Record>> {
        loop {
            let mut bytes = Vec::new();
            let line = self.line + 1;
            let mut too_long = false;
            loop {
                let (read, long) = self.read_line(&mut bytes)?;
                too_long |= long;
                let open = bytes.iter().filter(|byte| **byte == b'"').count() % 2 == 1;
                if read == 0 || !open || too_long {
                    break;
                }
            }
            if bytes.is_empty() && !too_long {
                return Ok(None);
            }
            while bytes.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
                bytes.pop();
            }
            if bytes.starts_with(b"\xef\xbb\xbf") {
                bytes.drain(..3);
            }
            if bytes.is_empty() && !too_long {
                continue;
            }
            let separator = *self.separator.get_or_insert_with(|| separator_of(&bytes));
            let fields = match too_long {
                true => Err(Broken::TooLong),
                false => split(&bytes, separator),
            };
            return Ok(Some(Record { line, fields }));
        }
    }

    /// Adds a line with its end; how many bytes it had, and whether it would be too much.
    fn read_line(&mut self, bytes: &mut Vec<u8>) -> io::Result<(usize, bool)> {
        let mut read = 0;
        let mut too_long = false;
        loop {
            let buffer = self.source.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let take = end.map_or(buffer.len(), |end| end + 1);
            too_long |= bytes.len() + take > MOST_RECORD_BYTES;
            if !too_long {
                bytes.extend_from_slice(&buffer[..take]);
            }
            read += take;
            self.source.consume(take);
            if end.is_some() {
                break;
            }
        }
        self.line += u64::from(read > 0);
        Ok((read, too_long))
    }
}

/// The one of comma, semicolon and tab that a first record has most of.
fn separator_of(bytes: &[u8]) -> u8 {
    let count = |separator: u8| bytes.iter().filter(|byte| **byte == separator).count();
    let all = [b',', b';', b'\t'];
    all.into_iter().rev().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

fn split(bytes: &[u8], separator: u8) -> Result<Vec<String>, Broken> {
    let text = std::str::from_utf8(bytes).map_err(|_| Broken::NotText)?;
    let separator = char::from(separator);
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' if quoted || field.is_empty() => quoted = !quoted,
            other if other == separator && !quoted => {
                fields.push(std::mem::take(&mut field));
                if fields.len() >= MOST_FIELDS {
                    return Err(Broken::TooMany);
                }
            }
            other => field.push(other),
        }
    }
    if quoted {
        return Err(Broken::NoEnd);
    }
    fields.push(field);
    Ok(fields)
}

/// A record as text, without its line end.
#[must_use]
pub fn written<'a>(fields: impl Iterator<Item = &'a str>, separator: u8) -> String {
    let separator = char::from(separator);
    let mut text = String::new();
    for (place, field) in fields.enumerate() {
        if place > 0 {
            text.push(separator);
        }
        if field.contains([separator, '"', '\n', '\r']) {
            text.push('"');
            text.push_str(&field.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(field);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &str) -> Vec<Record> {
        let mut records = Records::of(text.as_bytes());
        std::iter::from_fn(|| records.next_record().ok().flatten()).collect()
    }

    #[test]
    fn records_keep_their_lines_and_say_what_is_broken() {
        let long = "x".repeat(MOST_RECORD_BYTES + 1);
        let text = format!("\u{feff}a;b\r\n\"1;\"\"2\n3\";4\n\n{long}\n5;6\n7;\"8");
        let read = all(&text);
        let fields = |one: &str, two: &str| Ok(vec![one.to_owned(), two.to_owned()]);
        let wanted = [
            (1, fields("a", "b")),
            (2, fields("1;\"2\n3", "4")),
            (5, Err(Broken::TooLong)),
            (6, fields("5", "6")),
            (7, Err(Broken::NoEnd)),
        ];
        let wanted = wanted.map(|(line, fields)| Record { line, fields });
        assert_eq!(read, wanted);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(fields in prop::collection::vec("[a-z\",;\n ]{0,6}", 2..6)) {
            let line = written(fields.iter().map(String::as_str), b',');
            let read = all(&format!("h,h\n{line}\n"));
            // A record of empty fields and no separator is an empty line; there are two fields here.
            prop_assert_eq!(read.len(), 2);
            prop_assert_eq!(read[1].fields.as_ref(), Ok(&fields));
        }
    }
}
