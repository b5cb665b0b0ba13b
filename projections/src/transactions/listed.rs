//! Transactions as they are answered.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use domain::id::{AccountId, TransactionId, UserId};
use domain::money::Money;
use domain::observed::RowState;
use domain::transaction::Standing;

use super::entry::CHOSEN;
use super::words::{self, small};
use crate::database::{DatabaseError, RowReader};

/// A transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionRow {
    /// Which.
    pub transaction_id: TransactionId,
    /// Of which account.
    pub account_id: AccountId,
    /// Whose.
    pub user_id: UserId,
    /// The account's name as it is now.
    pub account_name: String,
    /// The day it was booked.
    pub booking_date: NaiveDate,
    /// The day it counts for interest.
    pub value_date: Option<NaiveDate>,
    /// The day it was paid.
    pub payment_date: Option<NaiveDate>,
    /// Signed from the person's side: money out is negative.
    pub amount: Money,
    /// In the currency of the purchase, where that differs.
    pub original_amount: Option<Money>,
    /// Who is on the other side.
    pub counterparty: Option<String>,
    /// The other side's account.
    pub counterparty_identifier: Option<String>,
    /// The message or description.
    pub text: String,
    /// The payment reference.
    pub reference: Option<String>,
    /// The bank's word for the kind of transaction.
    pub bank_type: Option<String>,
    /// The bank's own reference.
    pub bank_reference: Option<String>,
    /// Its category.
    pub category: String,
    /// Which rule gave the category; [`CHOSEN`] if a person did.
    pub category_reason: String,
    /// By what it is recognised when read again.
    pub match_key: String,
    /// Which one it is among rows recognised by the same, from 0.
    pub ordinal: u32,
    /// Where in the log it stands.
    pub position: u64,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// The bank's other identifier.
    pub bank_identifier: Option<String>,
    /// How far it has come at the bank.
    pub state: RowState,
    /// Whether it counts.
    pub standing: Standing,
    /// From how many whole windows in a row it is missing.
    pub missed: u32,
    /// The person's own note.
    pub note: Option<String>,
    /// Which one it is another reading of, if it is absorbed.
    pub same_as: Option<TransactionId>,
    /// Where in the log the last decision about it stands.
    pub decided_at: Option<u64>,
    /// Whether the person took it off the lists; it counts all the same.
    pub hidden: bool,
}

impl TransactionRow {
    /// The category a person chose.
    #[must_use]
    pub fn own_category(&self) -> Option<&str> {
        (self.category_reason == CHOSEN).then_some(self.category.as_str())
    }

    /// The place after which the next page begins.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { booking_date: self.booking_date, position: self.position }
    }
}

/// A place in the list of transactions, written as `2026-01-05.123`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(super) booking_date: NaiveDate,
    pub(super) position: u64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.booking_date, self.position)
    }
}

/// The text is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a cursor that this service gave")]
pub struct NoCursor;

impl FromStr for Cursor {
    type Err = NoCursor;
    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let (day, position) = text.split_once('.').ok_or(NoCursor)?;
        Ok(Self {
            booking_date: day.parse().map_err(|_| NoCursor)?,
            position: position.parse().map_err(|_| NoCursor)?,
        })
    }
}

/// Some transactions, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionPage {
    /// The rows.
    pub rows: Vec<TransactionRow>,
    /// Whether more follow.
    pub has_next: bool,
    /// How many the filter lets through in all, whether they count or not.
    pub total_count: u64,
}

/// One month of a person's transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthBucket {
    /// `YYYY-MM`.
    pub month: String,
    /// How many rows there are to show, whether they count or not.
    pub count: u64,
    /// Money in of the rows that count, one amount a currency.
    pub inflow: Vec<Money>,
    /// Money out of the rows that count, one negative amount a currency.
    pub outflow: Vec<Money>,
}

/// What is asked of each.
pub(super) const SELECT: &str =
    "SELECT t.transaction_id, t.account_id, t.user_id, h.name, t.booking_date,
    t.value_date, t.payment_date, t.amount_minor, t.currency, t.original_minor,
    t.original_currency, t.counterparty, t.counterparty_identifier, t.text, t.reference,
    t.bank_type, t.bank_reference, t.category, t.category_reason, t.match_key, t.ordinal,
    t.position, t.recorded_at, t.bank_identifier, t.state, t.standing, t.missed, t.note, t.same_as,
    t.decided_at, t.hidden
    FROM transactions t JOIN holders h ON h.account_id = t.account_id";

/// Reads one.
pub(super) fn read(row: &mut RowReader) -> Result<TransactionRow, DatabaseError> {
    Ok(TransactionRow {
        transaction_id: row.parsed()?,
        account_id: row.parsed()?,
        user_id: row.parsed()?,
        account_name: row.text()?,
        booking_date: row.parsed()?,
        value_date: row.optional_parsed()?,
        payment_date: row.optional_parsed()?,
        amount: row.money()?,
        original_amount: row.optional_money()?,
        counterparty: row.optional_text()?,
        counterparty_identifier: row.optional_text()?,
        text: row.text()?,
        reference: row.optional_text()?,
        bank_type: row.optional_text()?,
        bank_reference: row.optional_text()?,
        category: row.text()?,
        category_reason: row.text()?,
        match_key: row.text()?,
        ordinal: small(row)?,
        position: row.count()?,
        recorded_at: row.instant()?,
        bank_identifier: row.optional_text()?,
        state: words::state(row.optional_text()?.as_deref()),
        standing: words::standing(row.optional_text()?.as_deref()),
        missed: small(row)?,
        note: row.optional_text()?,
        same_as: row.optional_parsed()?,
        decided_at: row.optional_integer()?.and_then(|position| u64::try_from(position).ok()),
        hidden: row.truth()?,
    })
}
