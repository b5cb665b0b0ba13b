//! Bank statements as files: read into what a bank said, and written from the books.
//!
//! A file is taken as a whole or not at all: what cannot be read is named by its line, and nothing
//! is guessed. Nothing here opens a file or knows the time.

mod amount;
mod broken;
mod camt;
pub mod csv;
mod day;
mod iban;
mod mt940;
mod ofx;
mod qif;
pub mod rates;
mod statement;
mod text;
mod tree;
pub mod write;

pub use broken::{Broken, Problem};
pub use csv::mapping::{Mapping, Proposal};
pub use iban::is_iban;
pub use statement::{
    AccountStatement, BalanceCheck, DayBalance, Row, ShownAccount, Statement, StatementFile,
};

use domain::money::Currency;
use serde::{Deserialize, Serialize};

/// Largest file, in bytes.
pub const LARGEST_FILE: usize = 16 * 1024 * 1024;
/// Most transactions of a file.
pub const MOST_ROWS: usize = 100_000;
/// Most statements in a file.
pub const MOST_STATEMENTS: usize = 5_000;
/// Longest text of a field, in characters.
pub const LONGEST_TEXT: usize = 4_000;

/// A format of statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// ISO 20022 bank-to-customer statement, versions 2 to 8.
    Camt053,
    /// ISO 20022 bank-to-customer report of the day.
    Camt052,
    /// SWIFT customer statement message.
    Mt940,
    /// Open Financial Exchange 1 (SGML) or 2 (XML).
    Ofx,
    /// Quicken interchange format.
    Qif,
    /// A table of text.
    Csv,
}

impl Format {
    /// The format's stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Camt053 => "camt053",
            Self::Camt052 => "camt052",
            Self::Mt940 => "mt940",
            Self::Ofx => "ofx",
            Self::Qif => "qif",
            Self::Csv => "csv",
        }
    }
}

/// What a person knows of a file that the file does not say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hints {
    /// How to read a table, or the dates and amounts of QIF.
    pub mapping: Option<Mapping>,
    /// The currency of the account, for formats that name none.
    pub currency: Option<Currency>,
}

/// A file as read, with the mapping it was read by if it needs one.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// What it says.
    pub file: StatementFile,
    /// For CSV and QIF: how it was read, to be seen and kept.
    pub mapping: Option<Mapping>,
}

/// Tells a file's format by its first lines.
///
/// # Errors
/// [`Problem::Empty`], [`Problem::TooLarge`], [`Problem::NotText`].
pub fn detect(bytes: &[u8]) -> Result<Format, Broken> {
    let text = text::decode(bytes, None)?;
    Ok(format_of(&text.text))
}

fn format_of(text: &str) -> Format {
    let start = text.trim_start();
    let head: String = start.chars().take(2_000).collect();
    let upper = head.to_ascii_uppercase();
    if upper.starts_with("OFXHEADER") || upper.contains("<OFX>") || upper.contains("<?OFX") {
        Format::Ofx
    } else if start.starts_with('<') {
        if head.contains("camt.052") || head.contains("BkToCstmrAcctRpt") {
            Format::Camt052
        } else {
            Format::Camt053
        }
    } else if start.starts_with('!') {
        Format::Qif
    } else if mt940::is_it(start) {
        Format::Mt940
    } else {
        Format::Csv
    }
}

/// Reads a file of any of the formats.
///
/// # Errors
/// [`Broken`] names the line and what to do; nothing of such a file is taken.
pub fn read(bytes: &[u8], hints: &Hints) -> Result<Reading, Broken> {
    let encoding = hints.mapping.as_ref().and_then(|mapping| mapping.encoding);
    let decoded = text::decode(bytes, encoding)?;
    let text = decoded.text.as_str();
    let plain = |file| Reading { file, mapping: None };
    match format_of(text) {
        Format::Camt053 | Format::Camt052 => camt::read(text).map(plain),
        Format::Mt940 => mt940::read(text).map(plain),
        Format::Ofx => ofx::read(text).map(plain),
        Format::Qif => qif::read(text, hints),
        Format::Csv => csv::read(&decoded, hints),
    }
}
