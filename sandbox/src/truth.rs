//! What is really in the bank, for tests that compare it with what a caller made of it.

use chrono::NaiveDate;
use serde::Serialize;

use crate::house::House;
use crate::household::Household;

/// What is really in the bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Truth {
    /// Last day of the history, in the bank's zone.
    pub today: NaiveDate,
    /// All customers.
    pub users: Vec<TrueUser>,
}

/// One bank customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrueUser {
    /// What the customer signs in with.
    pub user_id: String,
    /// Name on the consent page.
    pub name: String,
    /// Accounts, in the order the bank lists them.
    pub accounts: Vec<TrueAccount>,
    /// Cards, in the order the bank lists them.
    pub cards: Vec<TrueCard>,
}

/// One account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrueAccount {
    /// The bank's id of the account.
    pub account_id: String,
    /// Account number (ISO 13616), without spaces.
    pub iban: String,
    /// Product name.
    pub name: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Balance before the first row, in minor units.
    pub opening_minor: i64,
    /// Booked balance, in minor units: opening plus every row.
    pub booked_minor: i64,
    /// Available balance, in minor units: booked less reserved card purchases.
    pub available_minor: i64,
    /// Booked rows in all.
    pub transactions: usize,
    /// Purchases listed beside them that are not booked yet; none where the bank lists booked rows only.
    pub pending: usize,
    /// Booked rows of the last 90 days, which an authorization without a range shows.
    pub transactions_90_days: usize,
    /// Booking date of the oldest row.
    pub oldest: Option<NaiveDate>,
}

/// One card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrueCard {
    /// The bank's id of the card.
    pub card_id: String,
    /// Product name.
    pub name: String,
    /// Masked number.
    pub number: String,
    /// What is owed, in minor units; zero for a debit card.
    pub owed_minor: i64,
    /// Posted rows in all; a debit card has none of its own.
    pub transactions: usize,
}

impl Truth {
    pub(crate) fn of(house: &House, household: &Household) -> Self {
        let recent = household.today - chrono::Duration::days(90);
        let account = |account: &crate::household::Account| TrueAccount {
            account_id: account.account_id.clone(),
            iban: account.iban.clone(),
            name: account.product_name.to_owned(),
            currency: account.currency.to_owned(),
            opening_minor: account.opening_cents,
            booked_minor: account.gross_cents(),
            available_minor: account.available_cents(),
            transactions: account.rows.len(),
            pending: if house.lists_pending { account.pending.len() } else { 0 },
            transactions_90_days: account
                .rows
                .iter()
                .filter(|row| row.booking_date >= recent)
                .count(),
            oldest: account.rows.first().map(|row| row.booking_date),
        };
        let card = |card: &crate::household::Card| TrueCard {
            card_id: card.card_id.clone(),
            name: card.product_name.to_owned(),
            number: card.card_number.to_owned(),
            owed_minor: card.owed_cents(),
            transactions: card.rows.len(),
        };
        let users = household.users.iter().map(|user| TrueUser {
            user_id: user.user_id.to_owned(),
            name: user.display_name.to_owned(),
            accounts: user.accounts.iter().map(account).collect(),
            cards: user.cards.iter().map(card).collect(),
        });
        Self { today: household.today, users: users.collect() }
    }
}
