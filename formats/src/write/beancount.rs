//! Beancount ledgers, checked by `bean-check`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use chrono::{Days, NaiveDate};
use domain::money::Money;

use super::{BookAccount, BookMonth, BookRow, Side, account_name, one_line, plain, side};

fn own(accounts: &[BookAccount], at: usize) -> String {
    let (bank, number) = account_name(accounts, at);
    format!("Assets:{}:{}", capital(&bank), capital(&number))
}

fn other(category: &str, amount: Money) -> String {
    match side(category, amount) {
        Side::Transfers => "Equity:Transfers".to_owned(),
        Side::Income => format!("Income:{}", capital(&plain(category))),
        Side::Expenses => format!("Expenses:{}", capital(&plain(category))),
    }
}

/// Every part of an account's name begins with a capital letter or a digit.
fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", one_line(text).replace('\\', "\\\\").replace('"', "\\\""))
}

/// The main file: accounts, opening balances, and the months it is made of.
#[must_use]
pub fn main(accounts: &[BookAccount], months: &[BookMonth]) -> String {
    let mut text =
        String::from("; Written by One Point Ledger. Each month has a file of its own.\n");
    text.push_str("option \"title\" \"One Point Ledger\"\n\n");
    let Some(first) = months.first().map(|month| month.first) else { return text };
    let mut names = BTreeSet::new();
    for row in months.iter().flat_map(|month| &month.rows) {
        names.extend(row.parts.iter().map(|(category, part)| other(category, *part)));
    }
    names.insert("Equity:Opening".to_owned());
    for (at, account) in accounts.iter().enumerate() {
        let _ = writeln!(text, "{first} open {} {}", own(accounts, at), account.currency);
        let _ = writeln!(text, "  name: {}", quoted(&account.name));
    }
    for name in names {
        let _ = writeln!(text, "{first} open {name}");
    }
    for (at, account) in accounts.iter().enumerate() {
        let opening = account.opening;
        let _ = writeln!(text, "\n{first} * \"Opening balance\"");
        let _ = writeln!(text, "  {}  {opening} {}", own(accounts, at), opening.currency);
        let _ = writeln!(text, "  Equity:Opening");
    }
    text.push('\n');
    for month in months {
        let _ = writeln!(text, "include \"{}.beancount\"", month.name());
    }
    text
}

/// One month. A balance stands at the beginning of its day, so it is that of the day after.
#[must_use]
pub fn month(accounts: &[BookAccount], month: &BookMonth) -> String {
    let mut text = format!("; {}\n", month.name());
    for day in month.days() {
        for row in month.rows.iter().filter(|row| row.day == day) {
            transaction(&mut text, accounts, row);
        }
        let next: NaiveDate = day.checked_add_days(Days::new(1)).unwrap_or(day);
        for (account, closing) in month.closing_on(day) {
            let (name, currency) = (own(accounts, account), closing.currency);
            // Without a tolerance of its own a balance may be off by its last digit.
            let exact = Money::new(0, currency);
            let _ = writeln!(text, "\n{next} balance {name}  {closing} ~ {exact} {currency}");
        }
    }
    text
}

fn transaction(text: &mut String, accounts: &[BookAccount], row: &BookRow) {
    let party = quoted(row.counterparty.as_deref().unwrap_or_default());
    let _ = writeln!(text, "\n{} * {party} {}", row.day, quoted(&row.text));
    let _ = writeln!(text, "  id: \"{}\"", row.id);
    let currency = row.amount.currency;
    let _ = writeln!(text, "  {}  {} {currency}", own(accounts, row.account), row.amount);
    for (category, part) in &row.parts {
        // The one value without a counterpart is no amount of a bank.
        if let Ok(part) = part.negated() {
            let account = other(category, Money::new(-part.minor, currency));
            let _ = writeln!(text, "  {account}  {part} {currency}");
        }
    }
}
