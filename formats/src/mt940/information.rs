//! Field 86: free text, German codes with question marks, or words between slashes.

use domain::observed::ObservedTransaction;

use crate::iban::account_number;
use crate::text::{evened, object, some};

/// What field 86 says of a line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Information {
    pub kind: Option<String>,
    pub counterparty: Option<String>,
    pub account: Option<String>,
    pub bank: Option<String>,
    pub reference: Option<String>,
    pub text: String,
    pub rest: Vec<(&'static str, String)>,
}

impl Information {
    pub fn put_into(self, row: &mut ObservedTransaction) {
        row.counterparty = self.counterparty.or(row.counterparty.take());
        row.counterparty_identifier = self.account.or(row.counterparty_identifier.take());
        row.counterparty_servicer = self.bank.or(row.counterparty_servicer.take());
        row.reference = self.reference.or(row.reference.take());
        row.bank_type = self.kind.or(row.bank_type.take());
        if !self.text.is_empty() {
            row.text = self.text;
        }
        row.unmapped = object(&self.rest);
    }
}

/// Reads it in whichever dialect it is written.
pub(super) fn of(lines: &[&str]) -> Information {
    let first = lines.first().copied().unwrap_or_default();
    if let Some(separator) = german(first) {
        codes(&lines.concat(), separator)
    } else if slashed(first) {
        words(&lines.concat())
    } else {
        Information { text: evened(&lines.join(" ")), ..Information::default() }
    }
}

/// The separator of a text such as `166?00SEPA?20…`: three digits, then it, then two digits.
fn german(text: &str) -> Option<char> {
    let mut letters = text.chars();
    let code = letters.by_ref().take(3).filter(char::is_ascii_digit).count();
    let separator = letters.next()?;
    let digits = letters.take(2).filter(char::is_ascii_digit).count();
    (code == 3 && digits == 2 && matches!(separator, '?' | '<' | '>' | '+' | '@'))
        .then_some(separator)
}

/// Words in purposes of SEPA payments, in the German dialect.
const SEPA: [&str; 10] =
    ["EREF+", "KREF+", "MREF+", "CRED+", "DEBT+", "SVWZ+", "ABWA+", "ABWE+", "IBAN+", "BIC+"];

fn codes(text: &str, separator: char) -> Information {
    let mut read = Information::default();
    let mut purpose = String::new();
    let mut name = String::new();
    for part in text.split(separator).skip(1) {
        let Some((code, value)) = part.split_at_checked(2) else { continue };
        match code.parse::<u8>() {
            Ok(0) => read.kind = some(value),
            Ok(20..=29 | 60..=63) => purpose.push_str(value),
            Ok(30) => read.bank = some(value),
            Ok(31) => read.account = account_number(value),
            Ok(32 | 33) => name.push_str(value),
            _ => {}
        }
    }
    read.counterparty = some(&name);
    for (word, value) in sections(&purpose) {
        match word {
            "EREF+" => read.rest.extend(given(&value).map(|text| ("EREF", text))),
            "KREF+" => read.rest.extend(given(&value).map(|text| ("KREF", text))),
            "MREF+" => read.rest.extend(given(&value).map(|text| ("MREF", text))),
            "CRED+" => read.rest.extend(given(&value).map(|text| ("CRED", text))),
            "IBAN+" => read.account = account_number(&value).or(read.account),
            "BIC+" => read.bank = some(&value).or(read.bank),
            "SVWZ+" | "" if read.text.is_empty() => read.text = evened(&value),
            _ => {}
        }
    }
    read
}

fn given(text: &str) -> Option<String> {
    some(text).filter(|text| text != "NOTPROVIDED")
}

/// A purpose split where its words begin; what stands before the first has none.
fn sections(purpose: &str) -> Vec<(&'static str, String)> {
    let mut starts: Vec<(usize, &'static str)> =
        SEPA.into_iter().filter_map(|word| purpose.find(word).map(|place| (place, word))).collect();
    starts.sort_unstable();
    // `EREF+` ends with `REF+`-like words of others only where those are whole words themselves.
    let mut sections = Vec::new();
    let first = starts.first().map_or(purpose.len(), |(place, _)| *place);
    if first > 0 {
        sections.push(("", purpose[..first].to_owned()));
    }
    for (at, (place, word)) in starts.iter().enumerate() {
        let end = starts.get(at + 1).map_or(purpose.len(), |(next, _)| *next);
        let begin = (place + word.len()).min(end);
        sections.push((*word, purpose[begin..end].to_owned()));
    }
    sections
}

/// Words that begin a part between slashes, as Dutch and Nordic banks write them.
const WORDS: [&str; 22] = [
    "TRTP", "TRCD", "IBAN", "BIC", "NAME", "REMI", "EREF", "CNTP", "ORDP", "BENM", "MARF", "CSID",
    "ISDT", "PREF", "RTRN", "PURP", "ULTD", "ULTC", "ADDR", "ID", "SVCL", "NRTX",
];

fn slashed(text: &str) -> bool {
    text.strip_prefix('/')
        .and_then(|rest| rest.split('/').next())
        .is_some_and(|word| WORDS.contains(&word))
}

fn words(text: &str) -> Information {
    let mut read = Information::default();
    let mut parts: Vec<(&str, Vec<&str>)> = Vec::new();
    for part in text.split('/').skip(1) {
        match parts.last_mut() {
            _ if WORDS.contains(&part) => parts.push((part, Vec::new())),
            Some((_, values)) => values.push(part),
            None => {}
        }
    }
    for (word, values) in parts {
        let value = values.join("/");
        let value = value.trim_end_matches('/');
        match word {
            "TRTP" | "TRCD" => read.kind = some(value),
            "IBAN" => read.account = account_number(value),
            "BIC" => read.bank = some(value),
            "NAME" => read.counterparty = some(value),
            "CNTP" => {
                let at = |place: usize| values.get(place).copied().unwrap_or_default();
                read.account = account_number(at(0));
                read.bank = some(at(1));
                read.counterparty = some(at(2));
            }
            "REMI" => remittance(&mut read, &values),
            "EREF" => read.rest.extend(given(value).map(|text| ("EREF", text))),
            "MARF" => read.rest.extend(given(value).map(|text| ("MREF", text))),
            "CSID" => read.rest.extend(given(value).map(|text| ("CRED", text))),
            _ => {}
        }
    }
    read
}

/// `USTD//text`, `STRD/CUR/reference`, or text at once.
fn remittance(read: &mut Information, values: &[&str]) {
    match values {
        ["USTD", rest @ ..] => read.text = evened(&rest.join(" ")),
        ["STRD", _, rest @ ..] => {
            let reference = rest.iter().copied().find(|part| !part.is_empty());
            read.reference = reference.and_then(some);
        }
        rest => read.text = evened(&rest.join("/")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn german_codes_name_the_other_side_and_the_purpose() {
        let read = of(&[
            "166?00GUTSCHRIFT?109075?20EREF+RF-2026-77?21SVWZ+Miete Ma",
            "erz 2026?30NDEAFIHH?31FI2112345600000785?32Erkki Esim?33erkki",
        ]);
        assert_eq!(read.kind.as_deref(), Some("GUTSCHRIFT"));
        assert_eq!(read.counterparty.as_deref(), Some("Erkki Esimerkki"));
        assert_eq!(read.account.as_deref(), Some("FI2112345600000785"));
        assert_eq!(read.text, "Miete Maerz 2026");
        assert_eq!(read.rest, [("EREF", "RF-2026-77".to_owned())]);
    }

    #[test]
    fn words_between_slashes_do_the_same() {
        let read = of(&[
            "/TRTP/SEPA OVERBOEKING/IBAN/FI2112345600000785/BIC/NDEAFIHH/NAME/A EXAMPLE",
            "/REMI/Invoice 12/34/EREF/NOTPROVIDED",
        ]);
        assert_eq!(read.counterparty.as_deref(), Some("A EXAMPLE"));
        assert_eq!(read.text, "Invoice 12/34");
        assert!(read.rest.is_empty());
        let read = of(&["/CNTP/FI2112345600000785/NDEAFIHH/B EXAMPLE///REMI/USTD//Thank you/"]);
        assert_eq!(read.counterparty.as_deref(), Some("B EXAMPLE"));
        assert_eq!(read.text, "Thank you");
        let read = of(&["/REMI/STRD/CUR/RF18539007547034/"]);
        assert_eq!(read.reference.as_deref(), Some("RF18539007547034"));
    }

    #[test]
    fn anything_else_is_text() {
        assert_eq!(of(&["Card purchase", "  K-Market"]).text, "Card purchase K-Market");
    }
}
