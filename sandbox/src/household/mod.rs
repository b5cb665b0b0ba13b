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
}

impl Household {
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
mod tests {
    use super::*;

    fn british(seed: u64, today: NaiveDate) -> Household {
        let house = SandboxStandard::OpenBankingUk.house();
        Household::generate(house, seed, today, Reality::default())
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn plain(seed: u64, today: NaiveDate) -> Household {
        Household::generate(SandboxStandard::Op.house(), seed, today, Reality::default())
    }

    #[test]
    fn a_seed_and_a_day_give_the_same_household() {
        let today = day("2026-01-05");
        assert_eq!(plain(7, today), plain(7, today));
        assert_ne!(plain(7, today), plain(8, today));
    }

    #[test]
    fn a_later_day_adds_rows_and_changes_none() {
        let early = plain(1, day("2026-01-05"));
        let late = plain(1, day("2026-03-11"));
        for (before, after) in early.users.iter().zip(&late.users) {
            for (before, after) in before.accounts.iter().zip(&after.accounts) {
                let first = after.rows[0].booking_date;
                let kept: Vec<&Row> =
                    before.rows.iter().filter(|row| row.booking_date >= first).collect();
                let again: Vec<&Row> =
                    after.rows.iter().filter(|row| row.booking_date <= early.today).collect();
                assert_eq!(kept, again);
                let new: i64 = after
                    .rows
                    .iter()
                    .filter(|row| row.booking_date > early.today)
                    .map(|row| row.amount_cents)
                    .sum();
                assert_eq!(before.gross_cents() + new, after.gross_cents());
            }
        }
    }

    #[test]
    fn the_history_has_the_size_and_the_shape_of_a_household() {
        for seed in 1..=16 {
            let household = plain(seed, day("2026-01-05"));
            let family = &household.users[0];
            let rows: usize =
                family.accounts.iter().map(|account| account.rows.len()).sum::<usize>()
                    + family.cards.iter().map(|card| card.rows.len()).sum::<usize>();
            assert!((2_500..=3_500).contains(&rows), "{rows} rows for seed {seed}");
            for account in family.accounts.iter().chain(&household.users[1].accounts) {
                let mut balance = account.opening_cents;
                for row in &account.rows {
                    balance += row.amount_cents;
                    assert!(balance > -50_000, "{} {balance}", account.product_name);
                    assert!(balance < 2_500_000, "{} {balance}", account.product_name);
                }
                assert!(account.reserved_cents <= 0);
                assert!(is_iban(&account.iban), "{}", account.iban);
            }
        }
    }

    #[test]
    fn british_customers_keep_within_their_credit_lines() {
        for seed in 1..=8 {
            let household = british(seed, day("2026-01-05"));
            assert_eq!(household, british(seed, day("2026-01-05")));
            for account in household.users.iter().flat_map(|user| &user.accounts) {
                let mut balance = account.opening_cents;
                for row in &account.rows {
                    balance += row.amount_cents;
                    let name = account.product_name;
                    assert!(balance > -account.credit_line_cents - 40_000, "{name} {balance}");
                    assert!(balance < 2_500_000, "{name} {balance}");
                }
                let card = account.kind == AccountKind::CreditCard;
                assert!(account.rows.len() > 20, "{}", account.rows.len());
                assert_eq!(is_iban(&account.iban), !card, "{}", account.iban);
            }
            let rows: usize =
                household.users[0].accounts.iter().map(|account| account.rows.len()).sum();
            assert!((1_500..=3_500).contains(&rows), "{rows} rows for seed {seed}");
        }
    }

    #[test]
    fn swedish_customers_live_within_their_means_in_two_currencies() {
        for seed in 1..=8 {
            let house = SandboxStandard::BerlinGroup.house();
            let household = Household::generate(house, seed, day("2026-01-05"), Reality::default());
            let accounts: Vec<&Account> =
                household.users.iter().flat_map(|user| &user.accounts).collect();
            let mut ids: Vec<&str> = accounts.iter().map(|one| one.account_id.as_str()).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), accounts.len());
            assert_eq!(accounts[0].iban, accounts[1].iban, "one number, two currencies");
            assert_eq!((accounts[0].currency, accounts[1].currency), ("SEK", "EUR"));
            for account in accounts {
                let mut balance = account.opening_cents;
                for row in &account.rows {
                    balance += row.amount_cents;
                    let name = account.product_name;
                    assert!(balance > -account.credit_line_cents - 500_000, "{name} {balance}");
                    assert!(balance < 40_000_000, "{name} {balance}");
                }
                let card = account.kind == AccountKind::CreditCard;
                assert!(account.rows.len() > 20, "{}", account.rows.len());
                assert_eq!(is_iban(&account.iban), !card, "{}", account.iban);
            }
        }
    }

    #[test]
    fn archive_ids_differ_even_between_twins() {
        let household = plain(1, day("2026-01-05"));
        let rows: Vec<&Row> = household
            .users
            .iter()
            .flat_map(|user| &user.accounts)
            .flat_map(|account| &account.rows)
            .collect();
        let mut ids: Vec<&str> = rows.iter().map(|row| row.archive_id.as_str()).collect();
        let mut contents: Vec<(NaiveDate, i64, &Option<Party>)> =
            rows.iter().map(|row| (row.booking_date, row.amount_cents, &row.recipient)).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
        contents.sort_by_key(|(date, cents, party)| {
            (*date, *cents, party.as_ref().map(|party| party.name.clone()))
        });
        contents.dedup();
        assert!(contents.len() < count, "no identical twins");
        for row in rows {
            if let Some(reference) = &row.reference {
                assert!(is_reference(reference), "{reference}");
            }
        }
    }

    #[test]
    fn both_legs_of_own_transfers_match() {
        let household = plain(1, day("2026-01-05"));
        let family = &household.users[0];
        let legs = |from: &str, to: &str| {
            let (from, to) = (from.to_owned(), to.to_owned());
            family
                .accounts
                .iter()
                .filter(|account| account.iban == from)
                .flat_map(|account| &account.rows)
                .filter(|row| row.amount_cents < 0)
                .filter(|row| {
                    row.recipient.as_ref().is_some_and(|party| party.iban.as_deref() == Some(&to))
                })
                .map(|row| row.amount_cents)
                .sum::<i64>()
        };
        let incoming = |to: &str, word: &str| {
            family
                .accounts
                .iter()
                .filter(|account| account.iban == to)
                .flat_map(|account| &account.rows)
                .filter(|row| row.amount_cents > 0 && row.message == word)
                .map(|row| row.amount_cents)
                .sum::<i64>()
        };
        let (current, savings) = (&family.accounts[0].iban, &family.accounts[1].iban);
        let saved = legs(current, savings);
        assert!(saved < 0);
        assert_eq!(-saved, incoming(savings, "SÄÄSTÖÖN"));
    }

    #[test]
    fn card_payments_match_the_account() {
        let household = plain(1, day("2026-01-05"));
        let family = &household.users[0];
        let to_card: i64 = family.cards[1]
            .rows
            .iter()
            .filter(|row| row.description.starts_with("SUORITUS"))
            .map(|row| row.amount_cents)
            .sum();
        let from_account: i64 = family.accounts[0]
            .rows
            .iter()
            .filter(|row| row.recipient.as_ref().is_some_and(|party| party.name == "OP-VISA"))
            .map(|row| row.amount_cents)
            .sum();
        assert!(to_card < 0);
        assert_eq!(to_card, from_account);
        assert!(family.cards[1].owed_cents() > 0);
    }
}
