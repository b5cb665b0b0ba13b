//! The customers of the simulated bank and their history, made from a seed.
//!
//! The history is simulated day by day from a fixed first day, so a later `today` adds rows and
//! never changes an earlier one; rows older than 24 months are folded into the opening balance.

mod british;
mod british_merchants;
mod calendar;
mod family;
mod family_spending;
mod finnish;
mod journal;
mod merchants;
mod nordic;
mod reality;
mod single;

use std::sync::Arc;

use chrono::NaiveDate;

use crate::house::House;
use crate::options::SandboxStandard;

pub(crate) use british::CARD_AUTHORISATION as BRITISH_CARD_AUTHORISATION;
pub(crate) use finnish::{is_finnish_iban, is_iban, is_reference, money};
pub(crate) use nordic::CARD_AUTHORISATION as NORDIC_CARD_AUTHORISATION;
pub(crate) use reality::{CARD_PURCHASE, Correction, Reality};

/// BIC of the bank.
pub(crate) const BIC: &str = "OKOYFIHH";

/// All customers of the bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Household {
    /// Last day of the history.
    pub(crate) today: NaiveDate,
    /// Test users, in the order a person chooses from.
    pub(crate) users: Vec<Arc<BankUser>>,
}

impl Household {
    /// The same seed and day give the same customers, byte for byte.
    pub(crate) fn generate(
        house: &'static House,
        seed: u64,
        today: NaiveDate,
        reality: Reality,
    ) -> Self {
        let users = match house.standard {
            // The aggregator leads to the same customers as the bank itself.
            SandboxStandard::Op | SandboxStandard::EnableBanking => {
                vec![family::generate(seed, today, reality), single::generate(seed, today, reality)]
            }
            SandboxStandard::OpenBankingUk => british::generate(seed, today, reality),
            SandboxStandard::BerlinGroup => nordic::generate(seed, today, reality),
        };
        Self { today, users: users.into_iter().map(Arc::new).collect() }
    }

    /// An account of any customer.
    pub(crate) fn account(&self, iban: &str) -> Option<&Account> {
        let mut accounts = self.users.iter().flat_map(|user| &user.accounts);
        accounts.find(|account| account.iban == iban)
    }
}

/// One bank customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BankUser {
    /// What the customer signs in with.
    pub(crate) user_id: &'static str,
    pub(crate) display_name: &'static str,
    pub(crate) accounts: Vec<Account>,
    pub(crate) cards: Vec<Card>,
}

impl BankUser {
    /// True when the account is one of this customer's.
    pub(crate) fn owns(&self, iban: &str) -> bool {
        self.accounts.iter().any(|account| account.iban == iban)
    }

    /// The customer's main account.
    pub(crate) fn first_iban(&self) -> Option<String> {
        self.accounts.first().map(|account| account.iban.clone())
    }
}

/// A current or savings account, or a credit card that is kept as an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) account_id: String,
    pub(crate) kind: AccountKind,
    /// IBAN, or the masked number of a credit card.
    pub(crate) iban: String,
    pub(crate) product_name: &'static str,
    pub(crate) owner: &'static str,
    /// ISO 4217 code.
    pub(crate) currency: &'static str,
    /// An arranged overdraft or a credit limit; the available balance includes it.
    pub(crate) credit_line_cents: i64,
    /// Balance before the first row.
    pub(crate) opening_cents: i64,
    /// Card purchases made and not yet booked; zero or negative.
    pub(crate) reserved_cents: i64,
    /// Booked rows, oldest first.
    pub(crate) rows: Vec<Row>,
    /// Card purchases made and not yet booked, oldest first.
    pub(crate) pending: Vec<Row>,
    /// Rows the bank booked and removed later, oldest first.
    pub(crate) removed: Vec<Row>,
}

impl Account {
    /// Available balance: booked less reserved card purchases, with the credit line.
    pub(crate) fn available_cents(&self) -> i64 {
        self.gross_cents() + self.reserved_cents + self.credit_line_cents
    }

    /// True when a payment card draws on this account.
    pub(crate) fn pays_by_card(&self) -> bool {
        self.rows.iter().any(Row::is_card_purchase)
    }

    /// Booked balance: opening plus every row.
    pub(crate) fn gross_cents(&self) -> i64 {
        self.opening_cents + self.rows.iter().map(|row| row.amount_cents).sum::<i64>()
    }
}

/// What an account is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum AccountKind {
    #[default]
    Current,
    Savings,
    CreditCard,
}

/// One booked row of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Which real transaction this is, for the truth only; never shown.
    pub(crate) identity: String,
    pub(crate) archive_id: String,
    pub(crate) message: String,
    /// Finnish reference number, zero-padded to 20 digits.
    pub(crate) reference: Option<String>,
    /// Negative for money out.
    pub(crate) amount_cents: i64,
    /// What the merchant asked for, in another currency: minor units above zero, and its ISO 4217 code.
    pub(crate) original: Option<(i64, &'static str)>,
    pub(crate) booking_date: NaiveDate,
    pub(crate) value_date: NaiveDate,
    /// When the customer paid or ordered.
    pub(crate) payment_date: NaiveDate,
    pub(crate) payer: Option<String>,
    pub(crate) recipient: Option<Party>,
    /// The bank's word for the kind of row.
    pub(crate) kind: &'static str,
    /// What the bank changed after the booking; `amount_cents` is the amount after it.
    pub(crate) correction: Option<Correction>,
}

impl Row {
    /// True for a purchase with a debit card.
    pub(crate) fn is_card_purchase(&self) -> bool {
        [CARD_PURCHASE, british::CARD_PURCHASE, nordic::CARD_PURCHASE].contains(&self.kind)
    }
}

/// Who got the money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Party {
    pub(crate) name: String,
    pub(crate) iban: Option<String>,
    pub(crate) bic: &'static str,
}

/// A payment card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Card {
    pub(crate) card_id: String,
    pub(crate) product_name: &'static str,
    /// Masked number.
    pub(crate) card_number: &'static str,
    /// Only a credit card has a balance and rows of its own.
    pub(crate) credit: Option<Credit>,
    /// Posted rows, oldest first.
    pub(crate) rows: Vec<CardRow>,
    /// Purchases made and not yet posted, oldest first.
    pub(crate) pending: Vec<CardRow>,
}

impl Card {
    /// What the customer owes: opening debt plus every posted row.
    pub(crate) fn owed_cents(&self) -> i64 {
        let opening = self.credit.as_ref().map_or(0, |credit| credit.opening_cents);
        opening + self.rows.iter().map(|row| row.amount_cents).sum::<i64>()
    }
}

/// The debt side of a credit card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credit {
    /// Debt before the first row.
    pub(crate) opening_cents: i64,
    /// Purchases made and not yet posted.
    pub(crate) outstanding_cents: i64,
}

/// One posted row of a credit card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CardRow {
    /// Which real transaction this is, for the truth only; never shown.
    pub(crate) identity: String,
    /// When the customer paid.
    pub(crate) made: NaiveDate,
    /// Merchant, TAB, city.
    pub(crate) description: String,
    /// Positive for a purchase, negative for a payment to the card.
    pub(crate) amount_cents: i64,
    /// Amount in the merchant's currency; zero for fees.
    pub(crate) original_cents: i64,
    pub(crate) original_currency: &'static str,
    pub(crate) posting_date: NaiveDate,
}

#[cfg(test)]
mod tests;
