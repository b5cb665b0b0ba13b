//! Why a file cannot be read: where, what, and what can be done about it. Never the content.

use domain::money::MoneyError;

/// A file that cannot be read. Nothing of it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}; {}", at(*line), problem.advice())]
pub struct Broken {
    /// The line, from 1; 0 for the file as a whole.
    pub line: u32,
    /// What is wrong with it.
    pub problem: Problem,
}

fn at(line: u32) -> String {
    if line == 0 { String::new() } else { format!("line {line}: ") }
}

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// More than [`crate::LARGEST_FILE`] bytes.
    #[error("the file is larger than {} MiB", crate::LARGEST_FILE / 1024 / 1024)]
    TooLarge,
    /// More than [`crate::MOST_ROWS`] transactions.
    #[error("the file has more than {} transactions", crate::MOST_ROWS)]
    TooManyRows,
    /// Its bytes are no text.
    #[error("the bytes are no text in UTF-8, UTF-16 or Latin-1")]
    NotText,
    /// It is in none of the formats known here.
    #[error("this is none of camt.052, camt.053, MT940, OFX, QIF or CSV")]
    UnknownFormat,
    /// It is of another kind or version than can be read.
    #[error("this kind or version of message is not read here")]
    UnknownVersion,
    /// XML that is not well formed.
    #[error("the XML is not well formed")]
    Xml,
    /// XML with a document type, which may define entities.
    #[error("the XML has a document type declaration, which is not taken")]
    DocumentType,
    /// More nested, or with more parts, than a statement is.
    #[error("the file is nested deeper, or has more parts, than a statement does")]
    TooDeep,
    /// No account statement in it.
    #[error("there is no account statement in it")]
    NoStatement,
    /// Something that has to be there is not.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Something is there that does not belong there.
    #[error("{0} does not belong here")]
    Unexpected(&'static str),
    /// An amount that is none.
    #[error("{0}")]
    Amount(MoneyError),
    /// A day that is none.
    #[error("the date cannot be read")]
    Date,
    /// Days that can be read in two ways.
    #[error("the dates can be read as day-month or as month-day")]
    DateOrder,
    /// Neither credit nor debit.
    #[error("it is not said whether money comes in or goes out")]
    Direction,
    /// No currency is named.
    #[error("the currency is not named")]
    NoCurrency,
    /// Two currencies in one account.
    #[error("the amount is in another currency than its account")]
    OtherCurrency,
    /// The file ends in the middle.
    #[error("the file ends in the middle of a statement")]
    CutShort,
    /// A field of unreasonable length.
    #[error("a text is longer than {} characters", crate::LONGEST_TEXT)]
    TooLong,
    /// A row has too few or too many columns.
    #[error("the row has another number of columns than the heading")]
    ColumnCount,
    /// The mapping names a column that is not there.
    #[error("the mapping names a column that the file does not have")]
    NoSuchColumn,
    /// It cannot be told which columns hold what.
    #[error("it cannot be told which columns hold the date and the amount")]
    NoMapping,
    /// A mapping that is none.
    #[error("the mapping cannot be read")]
    Mapping,
}

impl Problem {
    /// A stable word for it; the page words it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge => "too_large",
            Self::TooManyRows => "too_many_rows",
            Self::NotText => "not_text",
            Self::UnknownFormat => "unknown_format",
            Self::UnknownVersion => "unknown_version",
            Self::Xml => "xml",
            Self::DocumentType => "document_type",
            Self::TooDeep => "too_deep",
            Self::NoStatement => "no_statement",
            Self::Missing(_) => "missing",
            Self::Unexpected(_) => "unexpected",
            Self::Amount(_) => "amount",
            Self::Date => "date",
            Self::DateOrder => "date_order",
            Self::Direction => "direction",
            Self::NoCurrency => "no_currency",
            Self::OtherCurrency => "other_currency",
            Self::CutShort => "cut_short",
            Self::TooLong => "too_long",
            Self::ColumnCount => "column_count",
            Self::NoSuchColumn => "no_such_column",
            Self::NoMapping => "no_mapping",
            Self::Mapping => "mapping",
        }
    }

    /// What can be done about it.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::TooLarge | Self::TooManyRows => {
                "ask the bank for shorter periods and import them one by one"
            }
            Self::UnknownFormat | Self::UnknownVersion | Self::NoStatement => {
                "ask the bank for an account statement in one of these formats"
            }
            Self::DateOrder => "say which in the mapping (dates = \"dmy\" or \"mdy\")",
            Self::NoCurrency => "name it in the mapping (currency = \"EUR\")",
            Self::NoMapping | Self::NoSuchColumn | Self::ColumnCount | Self::Mapping => {
                "name the columns in a mapping"
            }
            Self::CutShort | Self::Empty => "download the file again",
            Self::Date | Self::Amount(_) => {
                "if the file is whole, say in the mapping how dates and amounts are written"
            }
            _ => "download the file again, and if it stays so, tell the bank",
        }
    }

    pub(crate) fn at(self, line: u32) -> Broken {
        Broken { line, problem: self }
    }
}
