//! The words of an SQL text, as SQLite tells them apart (<https://www.sqlite.org/lang_keywords.html>,
//! the tokens of its tokenizer), with their places in it.

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Is {
    /// A name or a keyword.
    Name,
    /// A name in quotes, which is never a keyword.
    Quoted,
    /// A text.
    Text,
    /// A number.
    Number,
    /// A sign.
    Sign,
}

/// A word and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    pub is: Is,
    /// As it was written; names and texts without their quotes.
    pub text: &'a str,
    pub from: usize,
    pub to: usize,
}

impl Word<'_> {
    /// Whether it is this keyword, or this name without quotes.
    pub fn says(&self, keyword: &str) -> bool {
        self.is == Is::Name && self.text.eq_ignore_ascii_case(keyword)
    }

    /// Whether it names this.
    pub fn names(&self, name: &str) -> bool {
        matches!(self.is, Is::Name | Is::Quoted) && self.text.eq_ignore_ascii_case(name)
    }

    pub fn sign(&self, sign: &str) -> bool {
        self.is == Is::Sign && self.text == sign
    }
}

/// The words of a text; none if a quote or comment does not end.
pub(super) fn words(sql: &str) -> Option<Vec<Word<'_>>> {
    let bytes = sql.as_bytes();
    let mut words = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let from = at;
        let byte = bytes[at];
        let (is, inner) = match byte {
            _ if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'-' if bytes.get(at + 1) == Some(&b'-') => {
                at += sql[at..].find('\n').unwrap_or(sql.len() - at);
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at += 2 + sql[at + 2..].find("*/")? + 2;
                continue;
            }
            b'\'' | b'"' | b'`' | b'[' => {
                at = quoted_end(bytes, at)?;
                (if byte == b'\'' { Is::Text } else { Is::Quoted }, from + 1..at - 1)
            }
            _ if byte.is_ascii_digit() => {
                at += run(&bytes[at..], |one| one.is_ascii_alphanumeric() || one == b'.');
                (Is::Number, from..at)
            }
            _ if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 => {
                let name =
                    |one: u8| one.is_ascii_alphanumeric() || b"_$".contains(&one) || one >= 0x80;
                at += run(&bytes[at..], name);
                (Is::Name, from..at)
            }
            _ => {
                const TWO: [&[u8]; 8] = [b"<=", b">=", b"<>", b"!=", b"==", b"||", b"<<", b">>"];
                let two = bytes.get(at..at + 2).is_some_and(|two| TWO.contains(&two));
                at += if two { 2 } else { 1 };
                (Is::Sign, from..at)
            }
        };
        words.push(Word { is, text: &sql[inner], from, to: at });
    }
    Some(words)
}

fn run(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| belongs(**byte)).count()
}

/// The place after a quoted part. A doubled quote stands for itself.
fn quoted_end(bytes: &[u8], from: usize) -> Option<usize> {
    let end = if bytes[from] == b'[' { b']' } else { bytes[from] };
    let mut at = from + 1;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == end)? + 1;
        if end == b']' || bytes.get(at) != Some(&end) {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_comments_and_quotes_are_told_apart() {
        let sql = "SELECT \"a b\", 'it''s -- no', x<=-1.5 -- end\n/* from */ FROM [t]";
        let found: Vec<(Is, &str)> =
            words(sql).expect("words").iter().map(|word| (word.is, word.text)).collect();
        let sign = |text| (Is::Sign, text);
        assert_eq!(
            found,
            [
                (Is::Name, "SELECT"),
                (Is::Quoted, "a b"),
                sign(","),
                (Is::Text, "it''s -- no"),
                sign(","),
                (Is::Name, "x"),
                sign("<="),
                sign("-"),
                (Is::Number, "1.5"),
                (Is::Name, "FROM"),
                (Is::Quoted, "t"),
            ]
        );
        assert!(words("SELECT 'open").is_none() && words("/* open").is_none());
    }
}
