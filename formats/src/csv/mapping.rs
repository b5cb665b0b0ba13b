//! How a table is read: seen, changed and kept by a person.

use std::collections::BTreeMap;

use domain::money::Currency;
use serde::{Deserialize, Serialize};

use crate::amount::DecimalMark;
use crate::day::DateOrder;
use crate::text::Encoding;
use crate::{Broken, Problem};

/// Longest mapping as a file, in bytes.
pub const LONGEST_MAPPING: usize = 16 * 1024;
/// Most columns that one thing is read from.
pub const MOST_COLUMNS_A_ROLE: usize = 8;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The day it was booked.
    BookingDate,
    /// The day it counts for interest.
    ValueDate,
    /// The day it was paid.
    PaymentDate,
    /// The signed amount.
    Amount,
    /// Money in, without a sign.
    Credit,
    /// Money out, with or without a sign.
    Debit,
    /// Whether money comes in or goes out, in words.
    Direction,
    /// The currency.
    Currency,
    /// The booked balance after the row.
    Balance,
    /// Who is on the other side.
    Counterparty,
    /// Who paid, where payer and payee have columns of their own.
    Payer,
    /// Who was paid, in the same case.
    Payee,
    /// The other side's account.
    CounterpartyAccount,
    /// The other side's bank.
    CounterpartyBank,
    /// The message or description.
    Text,
    /// The payment reference.
    Reference,
    /// The bank's own name of the row.
    BankReference,
    /// The kind of transaction.
    Kind,
    /// Whether it is booked, in words.
    State,
    /// The account's own number.
    Account,
}

impl Role {
    /// Every role, in the order a person reads them.
    pub const ALL: [Self; 20] = [
        Self::BookingDate,
        Self::ValueDate,
        Self::PaymentDate,
        Self::Amount,
        Self::Credit,
        Self::Debit,
        Self::Direction,
        Self::Currency,
        Self::Balance,
        Self::Counterparty,
        Self::Payer,
        Self::Payee,
        Self::CounterpartyAccount,
        Self::CounterpartyBank,
        Self::Text,
        Self::Reference,
        Self::BankReference,
        Self::Kind,
        Self::State,
        Self::Account,
    ];
}

/// A column, by what stands above it or by its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Column {
    /// Its place, from 1.
    Place(u32),
    /// Its heading, with letter case and spaces evened out.
    Heading(String),
}

/// How a table is read. What is not said is found out, if the file tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mapping {
    /// How letters are written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// What stands between columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// Lines before the heading, or before the first row if there is no heading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip: Option<u32>,
    /// Whether a heading stands above the rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heading: Option<bool>,
    /// In which order a date's parts stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dates: Option<DateOrder>,
    /// What stands before decimals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<DecimalMark>,
    /// The account's currency, where no column names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Whether money out is written as positive, as card statements have it.
    #[serde(skip_serializing_if = "is_false")]
    pub inverted: bool,
    /// Which columns hold what. Several columns of texts are put together.
    pub columns: BTreeMap<Role, Vec<Column>>,
}

fn is_false(value: &bool) -> bool {
    !*value
}

impl Mapping {
    /// Reads a mapping as it is kept.
    ///
    /// # Errors
    /// [`Problem::Mapping`] names the line.
    pub fn from_toml(text: &str) -> Result<Self, Broken> {
        if text.len() > LONGEST_MAPPING {
            return Err(Problem::Mapping.at(0));
        }
        let mapping: Self = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let lines = before.map_or(0, |before| before.matches('\n').count());
            Problem::Mapping.at(u32::try_from(lines).unwrap_or(u32::MAX).saturating_add(1))
        })?;
        let many = mapping.columns.values().any(|columns| columns.len() > MOST_COLUMNS_A_ROLE);
        // A byte separates columns; quotes and line ends separate something else.
        let delimiter =
            mapping.delimiter.is_none_or(|letter| letter.is_ascii() && !"\"\r\n".contains(letter));
        if many || !delimiter { Err(Problem::Mapping.at(0)) } else { Ok(mapping) }
    }

    /// The mapping as it is kept.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }

    /// Whether it says where day and amount are.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        let has = |role| self.columns.get(&role).is_some_and(|columns| !columns.is_empty());
        let day = has(Role::BookingDate) || has(Role::ValueDate) || has(Role::PaymentDate);
        day && (has(Role::Amount) || has(Role::Credit) || has(Role::Debit))
    }
}

/// What was found out of a table, for a person to look at.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// How it would be read.
    pub mapping: Mapping,
    /// What stands above the columns; empty if nothing does.
    pub headings: Vec<String>,
    /// The first rows as they stand.
    pub sample: Vec<Vec<String>>,
    /// What is left to be said, if anything.
    pub problem: Option<Problem>,
}
