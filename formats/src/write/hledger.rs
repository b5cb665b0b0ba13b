//! hledger journals, checked by `hledger check --strict ordereddates`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use domain::money::Money;

use super::{BookAccount, BookMonth, BookRow, Side, account_name, one_line, plain, side};

fn own(accounts: &[BookAccount], at: usize) -> String {
    let (bank, number) = account_name(accounts, at);
    format!("assets:{}:{}", bank.to_lowercase(), number.to_lowercase())
}

fn other(category: &str, amount: Money) -> String {
    match side(category, amount) {
        Side::Transfers => "equity:transfers".to_owned(),
        Side::Income => format!("income:{}", plain(category).to_lowercase()),
        Side::Expenses => format!("expenses:{}", plain(category).to_lowercase()),
    }
}

fn amount(money: Money) -> String {
    format!("{money} {}", money.currency)
}

/// The main file: accounts, currencies, opening balances, and the months it is made of.
#[must_use]
pub fn main(accounts: &[BookAccount], months: &[BookMonth]) -> String {
    let mut text =
        String::from("; Written by One Point Ledger. Each month has a file of its own.\n\n");
    let currencies: BTreeSet<_> = accounts.iter().map(|account| account.currency).collect();
    for currency in currencies {
        let zero = Money::new(0, currency).to_string();
        let digits =
            if zero.contains('.') { format!("1000{}", &zero[1..]) } else { "1000.".to_owned() };
        let _ = writeln!(text, "commodity {digits} {currency}");
    }
    let mut names: BTreeSet<String> = (0..accounts.len()).map(|at| own(accounts, at)).collect();
    names.insert("equity:opening".to_owned());
    for row in months.iter().flat_map(|month| &month.rows) {
        names.extend(row.parts.iter().map(|(category, part)| other(category, *part)));
    }
    for name in names {
        let _ = writeln!(text, "account {name}");
    }
    text.push_str("tag id\n");
    if let Some(first) = months.first() {
        let _ = writeln!(text, "\n{} * opening balances", first.first);
        for (at, account) in accounts.iter().enumerate() {
            let opening = account.opening;
            let _ = writeln!(text, "    {}  {}", own(accounts, at), amount(opening));
            let _ =
                writeln!(text, "    equity:opening  {} {}", opposite(opening), opening.currency);
        }
    }
    text.push('\n');
    for month in months {
        let _ = writeln!(text, "include {}.journal", month.name());
    }
    text
}

/// The amount with the other sign, which fits wherever the amount itself does.
fn opposite(money: Money) -> String {
    let text = money.to_string();
    match text.strip_prefix('-') {
        Some(positive) => positive.to_owned(),
        None if money.minor == 0 => text,
        None => format!("-{text}"),
    }
}

/// One month.
#[must_use]
pub fn month(accounts: &[BookAccount], month: &BookMonth) -> String {
    let mut text = format!("; {}\n", month.name());
    for day in month.days() {
        for row in month.rows.iter().filter(|row| row.day == day) {
            transaction(&mut text, accounts, row);
        }
        for (account, closing) in month.closing_on(day) {
            let zero = amount(Money::new(0, closing.currency));
            let _ = writeln!(text, "\n{day} * balance");
            let _ = writeln!(text, "    {}  {zero} = {}", own(accounts, account), amount(closing));
        }
    }
    text
}

fn transaction(text: &mut String, accounts: &[BookAccount], row: &BookRow) {
    let clean = |text: &str| one_line(text).replace([';', '|'], ",");
    let party = row.counterparty.as_deref().map(clean).unwrap_or_default();
    let note = clean(&row.text);
    let description = match (party.is_empty(), note.is_empty()) {
        (false, false) => format!("{party} | {note}"),
        (false, true) => party,
        (true, false) => note,
        (true, true) => "no description".to_owned(),
    };
    // A code in parentheses would be taken off the description.
    let description = description.trim_start_matches(['(', '*', '!', ' ']);
    let _ = writeln!(text, "\n{} * {description}  ; id:{}", row.day, row.id);
    let _ = writeln!(text, "    {}  {}", own(accounts, row.account), amount(row.amount));
    for (category, part) in &row.parts {
        let _ =
            writeln!(text, "    {}  {} {}", other(category, *part), opposite(*part), part.currency);
    }
}
