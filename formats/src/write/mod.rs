//! The books as files for other programs: journals with balance assertions, tables, statements.
//!
//! A book is written a month at a time, so that a month that has not changed is the same file.

pub mod beancount;
pub mod camt;
pub mod hledger;
pub mod ofx;
pub mod table;

use std::collections::BTreeSet;

use chrono::NaiveDate;
use domain::money::{Currency, Money};
use domain::observed::AccountKind;

/// An account of a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookAccount {
    /// IBAN, masked card number, or name.
    pub identifier: String,
    /// What it is called.
    pub name: String,
    /// What kind it is.
    pub kind: AccountKind,
    /// Its currency.
    pub currency: Currency,
    /// Its owner.
    pub owner: Option<String>,
    /// The BIC of its bank (ISO 9362).
    pub servicer: Option<String>,
    /// The short name of its bank.
    pub bank: String,
    /// The balance before the first row of the book.
    pub opening: Money,
}

/// A booked transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookRow {
    /// Our identifier of it: 32 hexadecimal digits.
    pub id: String,
    /// The place of its account among the book's.
    pub account: usize,
    /// The day it was booked.
    pub day: NaiveDate,
    /// The day it counts for interest.
    pub value_date: Option<NaiveDate>,
    /// Signed: money out is negative.
    pub amount: Money,
    /// Who is on the other side.
    pub counterparty: Option<String>,
    /// The other side's account.
    pub counterparty_identifier: Option<String>,
    /// The message.
    pub text: String,
    /// The payment reference.
    pub reference: Option<String>,
    /// The bank's own reference.
    pub bank_reference: Option<String>,
    /// The bank's word for its kind.
    pub bank_type: Option<String>,
    /// Its amount by category; together the whole.
    pub parts: Vec<(String, Money)>,
}

/// One month of a book: its rows by day, and what each account came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookMonth {
    /// Its first day.
    pub first: NaiveDate,
    /// The rows, in the order of their days.
    pub rows: Vec<BookRow>,
    /// The balance of each account before the month.
    pub opening: Vec<Money>,
    /// The balance of each account after it.
    pub closing: Vec<Money>,
}

impl BookMonth {
    /// The month as `YYYY-MM`.
    #[must_use]
    pub fn name(&self) -> String {
        self.first.format("%Y-%m").to_string()
    }

    /// The last day on which an account has a row.
    fn last_day(&self, account: usize) -> Option<NaiveDate> {
        self.rows.iter().filter(|row| row.account == account).map(|row| row.day).max()
    }

    /// Accounts that have a last row on a day, with their balances after the month.
    fn closing_on(&self, day: NaiveDate) -> impl Iterator<Item = (usize, Money)> {
        let closing = self.closing.iter().copied().enumerate();
        closing.filter(move |(account, _)| self.last_day(*account) == Some(day))
    }

    /// The days that have rows, in order.
    fn days(&self) -> BTreeSet<NaiveDate> {
        self.rows.iter().map(|row| row.day).collect()
    }
}

/// What money that came in or went out under a category stands for in a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Expenses,
    Income,
    Transfers,
}

fn side(category: &str, amount: Money) -> Side {
    if category.starts_with("transfer") {
        Side::Transfers
    } else if amount.minor > 0 {
        Side::Income
    } else {
        Side::Expenses
    }
}

/// Letters, digits and hyphens; anything else becomes a hyphen.
fn plain(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            letter if letter.is_ascii_alphanumeric() => name.push(letter),
            _ if !name.ends_with('-') && !name.is_empty() => name.push('-'),
            _ => {}
        }
    }
    let name = name.trim_end_matches('-');
    if name.is_empty() { "x".to_owned() } else { name.to_owned() }
}

/// The name that tells an account from every other of the book: bank, number and currency, and its
/// place where that is not enough, as with two cards of one masked number.
fn account_name(accounts: &[BookAccount], at: usize) -> (String, String) {
    let of = |account: &BookAccount| {
        let number = plain(&account.identifier);
        (plain(&account.bank), format!("{number}-{}", account.currency))
    };
    let own = of(&accounts[at]);
    let twice = accounts.iter().filter(|other| of(other) == own).count() > 1;
    if twice { (own.0, format!("{}-{}", own.1, at + 1)) } else { own }
}

/// One line of text without control characters.
fn one_line(text: &str) -> String {
    let text: String =
        text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    crate::text::evened(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_nothing_a_journal_would_stumble_over() {
        assert_eq!(plain("4920 00** **** 1234"), "4920-00-1234");
        assert_eq!(plain("Säästöt"), "S-st-t");
        assert_eq!(plain("::"), "x");
        assert_eq!(one_line("a\u{7}\n b;"), "a b;");
    }
}
