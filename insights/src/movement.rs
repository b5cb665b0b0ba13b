//! A counted transaction as insights look at it.

use chrono::NaiveDate;
use domain::categorisation::{CategoryKind, kind_of};
use domain::id::{AccountId, TransactionId};
use domain::money::Currency;

use crate::row::{Row, Subject};

/// A counted transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Which one.
    pub id: TransactionId,
    /// Of which account.
    pub account: AccountId,
    /// The day it was booked.
    pub day: NaiveDate,
    /// Signed amount in minor units: money out is negative.
    pub minor: i64,
    /// Its currency.
    pub currency: Currency,
    /// The merchant's or payer's name, folded.
    pub payee: String,
    /// The name as the bank wrote it.
    pub label: String,
    /// All its text, folded.
    pub text: String,
    /// Its category.
    pub category: String,
    /// The other side's account, as the bank wrote it.
    pub counterparty_identifier: Option<String>,
}

impl Movement {
    /// Fills in what the text says of the other side.
    #[must_use]
    pub fn named(mut self, counterparty: Option<&str>, text: &str) -> Self {
        let row = Row { counterparty, text, minor: self.minor, ..Row::default() };
        let subject = Subject::of(&row);
        self.payee = subject.merchant.name;
        self.text = subject.folded;
        let label = counterparty.map(str::trim).filter(|name| !name.is_empty());
        label.unwrap_or(text.trim()).clone_into(&mut self.label);
        self
    }

    /// Whether money comes in.
    #[must_use]
    pub fn incoming(&self) -> bool {
        self.minor > 0
    }

    /// What money of its category is.
    #[must_use]
    pub fn kind(&self) -> CategoryKind {
        kind_of(&self.category)
    }
}

/// The middle of some numbers; nought of none. Of two middles the lower.
#[must_use]
pub fn median(numbers: &[i64]) -> i64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(0)
}

/// `number` times `part` over `whole`, rounded to nought; the whole is not nought.
#[must_use]
pub fn portion(number: i64, part: i64, whole: i64) -> i64 {
    let exact = i128::from(number) * i128::from(part) / i128::from(whole.max(1));
    i64::try_from(exact).unwrap_or(if exact < 0 { i64::MIN } else { i64::MAX })
}
