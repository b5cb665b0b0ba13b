//! What a bank said, in our words: the form every connector translates to, before anything is
//! decided about it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::money::{Currency, Money};

/// What kind of account a bank showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// An everyday payment account.
    Current,
    /// A savings account.
    Savings,
    /// A payment card with transactions of its own.
    Card,
    /// Anything else.
    Other,
}

/// Which balance a bank named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BalanceKind {
    /// The sum of what is booked. For a card: what is owed, as a negative amount.
    Booked,
    /// What can be used now, by the bank's own reckoning.
    Available,
    /// A counter balance.
    Counter,
    /// What is reserved and not yet booked.
    Reserved,
    /// Authorised card purchases that are not on a statement yet.
    Outstanding,
    /// What was booked at the end of the last day.
    Closing,
    /// What was booked at the beginning of the day.
    Opening,
    /// What is booked with what is announced.
    Expected,
    /// What can be used at a later day.
    Forward,
}

/// One balance as a bank stated it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedBalance {
    /// Which balance.
    pub kind: BalanceKind,
    /// How much.
    pub amount: Money,
    /// The bank's own text of the amount.
    pub amount_text: String,
}

/// One account or card as a bank showed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedAccount {
    /// What the bank calls it in this consent; evidence only.
    pub bank_reference: String,
    /// What kind it is.
    pub kind: AccountKind,
    /// The lasting identifier: an IBAN without spaces, or a masked card number.
    pub identifier: String,
    /// The currency it is kept in.
    pub currency: Currency,
    /// The product name.
    pub name: String,
    /// The owner or owners, as the bank writes them.
    pub owner: Option<String>,
    /// The BIC of the bank that keeps it (ISO 9362).
    pub servicer: Option<String>,
    /// The balances that came with it.
    pub balances: Vec<ObservedBalance>,
}

/// How far a row has come at the bank.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum RowState {
    /// It is announced or reserved, and may yet change or vanish.
    Pending,
    /// It is in the books.
    #[default]
    Booked,
}

impl RowState {
    fn is_booked(&self) -> bool {
        *self == Self::Booked
    }
}

/// One transaction as a bank showed it, signed from the account holder's side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedTransaction {
    /// The bank's own reference, such as an archive id; evidence only, and perhaps not unique.
    pub bank_reference: Option<String>,
    /// The bank's other identifier, where it gives two; evidence only, and often of no duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_identifier: Option<String>,
    /// How far it has come.
    #[serde(default, skip_serializing_if = "RowState::is_booked")]
    pub state: RowState,
    /// The day it was booked, in the bank's time zone; of a pending row, the day it bears.
    pub booking_date: NaiveDate,
    /// The day it counts for interest.
    pub value_date: Option<NaiveDate>,
    /// The day it was paid.
    pub payment_date: Option<NaiveDate>,
    /// Signed amount: money out is negative.
    pub amount: Money,
    /// The bank's own text of the amount, before any change of sign.
    pub amount_text: String,
    /// The amount in the currency of the purchase, where it differs.
    pub original_amount: Option<Money>,
    /// Who is on the other side.
    pub counterparty: Option<String>,
    /// The other side's account, usually an IBAN.
    pub counterparty_identifier: Option<String>,
    /// The BIC of the other side's bank.
    pub counterparty_servicer: Option<String>,
    /// The message or description.
    pub text: String,
    /// The payment reference.
    pub reference: Option<String>,
    /// The bank's word for the kind of transaction.
    pub bank_type: Option<String>,
    /// Fields of the bank's row that no field above holds, as the bank wrote them (JSON text).
    pub unmapped: Option<String>,
}

/// A row that could not be translated: it is kept aside, never dropped and never guessed at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantinedRow {
    /// Where the row stood in its page, from 0.
    pub index: u32,
    /// Which rule it broke, in plain words without the row's content.
    pub reason: String,
}

/// A page of transactions, translated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObservedPage {
    /// The rows in the bank's order.
    pub transactions: Vec<ObservedTransaction>,
    /// Rows that could not be translated.
    pub quarantined: Vec<QuarantinedRow>,
    /// How to ask for the next page; `None` on the last.
    pub continuation: Option<String>,
}

/// From this many rows on that cannot be read, how many they are of all says something of a page; single
/// odd rows say nothing.
pub const FEWEST_UNREADABLE: usize = 5;
/// Most rows of a page that may be unreadable, in parts of a hundred: beyond, the page is taken for
/// something else than what it should be, and none of its rows is believed.
pub const MOST_UNREADABLE_PER_CENT: usize = 5;

impl ObservedPage {
    /// Whether so few rows could not be translated that the others are believed.
    #[must_use]
    pub fn is_believable(&self) -> bool {
        let unreadable = self.quarantined.len();
        let all = self.transactions.len().saturating_add(unreadable);
        unreadable < FEWEST_UNREADABLE
            || unreadable.saturating_mul(100) <= all.saturating_mul(MOST_UNREADABLE_PER_CENT)
    }
}

/// When and under what request a bank said something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The run of reading.
    pub fetch_id: crate::id::FetchId,
    /// Which answer of that run, from 0.
    pub answer: u32,
    /// Which row of that answer, from 0.
    pub row: u32,
    /// When the answer was complete here.
    pub received_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_with_more_than_a_twentieth_unreadable_is_not_believed() {
        let row = ObservedTransaction {
            bank_reference: None,
            bank_identifier: None,
            state: RowState::Booked,
            booking_date: NaiveDate::default(),
            value_date: None,
            payment_date: None,
            amount: Money::new(1, Currency::EUR),
            amount_text: String::new(),
            original_amount: None,
            counterparty: None,
            counterparty_identifier: None,
            counterparty_servicer: None,
            text: String::new(),
            reference: None,
            bank_type: None,
            unmapped: None,
        };
        let page = |good: usize, bad: u32| ObservedPage {
            transactions: vec![row.clone(); good],
            quarantined: (0..bad)
                .map(|index| QuarantinedRow { index, reason: String::new() })
                .collect(),
            continuation: None,
        };
        // Of a hundred rows five, and of a hundred and one six: on both sides of the limit.
        assert!(page(95, 5).is_believable());
        assert!(!page(95, 6).is_believable());
        assert!(!page(0, 5).is_believable(), "none can be read");
        // A few odd rows of a short page prove nothing.
        assert!(page(1, 4).is_believable());
        assert!(page(0, 0).is_believable());
    }
}
