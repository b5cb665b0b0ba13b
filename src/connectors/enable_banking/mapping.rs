//! From the aggregator's words to ours. Every row is translated or set apart with the reason; none is
//! dropped and nothing is guessed.

use domain::money::{Currency, Money};
use domain::observed::{
    ObservedAccount, ObservedBalance, ObservedPage, ObservedTransaction, QuarantinedRow,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::refusal;
use super::requests::next_query;
use super::words::{account_kind, balance, row_state};
use crate::connectors::balances::best_of_each_kind;
use crate::connectors::error::BankError;
use crate::connectors::exchange::{BankAnswer, BankRequest};
use crate::connectors::row::{Rejection, Row, apart, broken_row};
use crate::connectors::{ObservedAccounts, ObservedBalances};

/// A byte order mark, which some banks' gateways put first.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn body(answer: &BankAnswer) -> &[u8] {
    answer.body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&answer.body)
}

/// Reads what an account is: itself, or one that is set apart.
///
/// # Errors
/// A refusal, or an answer that is no account.
pub fn read_details(reference: &str, answer: &BankAnswer) -> Result<ObservedAccounts, BankError> {
    refusal::check(answer)?;
    let mut row: Row = serde_json::from_slice(body(answer))
        .map_err(|_| BankError::Unreadable { what: "account" })?;
    if row.take_text("uid").is_some_and(|uid| uid != reference) {
        return Err(BankError::NotCovered { what: "account" });
    }
    let mut read = ObservedAccounts::default();
    match account(reference, row) {
        Ok(account) => read.accounts.push(account),
        Err(reason) => read.quarantined.push(QuarantinedRow { index: 0, reason }),
    }
    Ok(read)
}

fn account(reference: &str, mut row: Row) -> Result<ObservedAccount, Rejection> {
    let currency = row.take_currency("currency")?;
    let mut number = row.take_row("account_id");
    let identifier = take_number(&mut number).ok_or("the account has no number")?;
    let kind = row.take_text("cash_account_type").unwrap_or_default();
    // `name` is whose account it is; what it is called there is in `product` or `details`.
    let name = row.take_text("product").or_else(|| row.take_text("details"));
    let mut servicer = row.take_row("account_servicer");
    Ok(ObservedAccount {
        bank_reference: reference.to_owned(),
        kind: account_kind(&kind),
        identifier,
        currency,
        name: name.unwrap_or_default(),
        owner: row.take_text("name"),
        servicer: servicer.take_text("bic_fi"),
        balances: Vec::new(),
    })
}

/// The number of an account: its IBAN, or another one with its scheme.
fn take_number(number: &mut Row) -> Option<String> {
    if let Some(iban) = number.take_text("iban") {
        return Some(iban.split_ascii_whitespace().collect());
    }
    let mut other = number.take_row("other");
    let identification = other.take_text("identification");
    number.put_back("other", &other);
    identification
}

/// Reads the balances of an account. Of several that say the same the best is taken; the others stay in the
/// answer, which is kept.
///
/// # Errors
/// A refusal, or an answer that is no list.
pub fn read_balances(
    account: &ObservedAccount,
    answer: &BankAnswer,
) -> Result<ObservedBalances, BankError> {
    #[derive(Deserialize)]
    struct List {
        balances: Vec<Box<RawValue>>,
    }
    refusal::check(answer)?;
    let list: List = serde_json::from_slice(body(answer))
        .map_err(|_| BankError::Unreadable { what: "balances" })?;
    Ok(best_of_each_kind(&list.balances, |row| one_balance(row, account.currency)))
}

fn one_balance(
    mut row: Row,
    currency: Currency,
) -> Result<Option<(u8, ObservedBalance)>, Rejection> {
    let word = row.take_text("balance_type").ok_or("balance_type is missing")?;
    let meaning = balance(&word).ok_or("balance_type is a word this program does not know")?;
    let Some((kind, rank)) = meaning else { return Ok(None) };
    let mut amount = row.take_row("balance_amount");
    let text = amount.take_text("amount").ok_or("amount is missing")?;
    // The same balance in another currency is beside the one of the account.
    if amount.take_currency("currency")? != currency {
        return Ok(None);
    }
    let amount = Money::parse(&text, currency).map_err(|problem| problem.to_string())?;
    Ok(Some((rank, ObservedBalance { kind, amount, amount_text: text })))
}

/// Reads a page of transactions. An empty one with a key is no end.
///
/// # Errors
/// A refusal, or an answer that is no page.
pub fn read_page(request: &BankRequest, answer: &BankAnswer) -> Result<ObservedPage, BankError> {
    #[derive(Deserialize)]
    struct Page {
        transactions: Vec<Box<RawValue>>,
        continuation_key: Option<String>,
    }
    refusal::check(answer)?;
    let page: Page = serde_json::from_slice(body(answer))
        .map_err(|_| BankError::Unreadable { what: "page of transactions" })?;
    let key = page.continuation_key.filter(|key| !key.is_empty());
    let continuation = key.map(|key| next_query(&request.url, &key)).transpose()?;
    let mut read = ObservedPage { continuation, ..ObservedPage::default() };
    for (index, raw) in page.transactions.iter().enumerate() {
        let row = Row::parse(raw.get()).ok_or_else(broken_row);
        match row.and_then(transaction) {
            Ok(transaction) => read.transactions.push(transaction),
            Err(reason) => read.quarantined.push(apart(index, reason)),
        }
    }
    Ok(read)
}

fn transaction(mut row: Row) -> Result<ObservedTransaction, Rejection> {
    let word = row.take_text("status").ok_or("status is missing")?;
    let state = row_state(&word)?;
    let (amount, amount_text) = take_amount(&mut row)?;
    let booked = row.take_date("booking_date")?;
    let value_date = row.take_date("value_date")?;
    let payment_date = row.take_date("transaction_date")?;
    let booking_date = booked
        .or(value_date)
        .or(payment_date)
        .ok_or("booking_date is missing, and every other day")?;
    let party = take_party(&mut row, amount.minor < 0);
    let text = match row.take_text("remittance_information") {
        Some(text) => text,
        None => row.take_texts("remittance_information").join(" "),
    };
    Ok(ObservedTransaction {
        bank_reference: row.take_text("entry_reference"),
        // Of the session, and another one in each list: evidence only.
        bank_identifier: row.take_text("transaction_id"),
        state,
        booking_date,
        value_date,
        payment_date,
        amount,
        amount_text,
        original_amount: take_original(&mut row, amount),
        counterparty: party.name,
        counterparty_identifier: party.identifier,
        counterparty_servicer: party.servicer,
        text,
        reference: row.take_text("reference_number"),
        bank_type: take_bank_type(&mut row),
        unmapped: row.unmapped()?,
    })
}

/// Takes the amount with the indicator beside it. Amounts have no sign; one that has is not understood.
fn take_amount(row: &mut Row) -> Result<(Money, String), Rejection> {
    let mut object = row.take_row("transaction_amount");
    let text = object.take_text("amount").ok_or("amount is missing")?;
    let currency = object.take_currency("currency")?;
    row.put_back("transaction_amount", &object);
    if text.starts_with(['-', '+']) {
        return Err("amount has a sign, beside credit_debit_indicator".to_owned());
    }
    let unsigned = Money::parse(&text, currency).map_err(|problem| problem.to_string())?;
    let money = match row.take_text("credit_debit_indicator").as_deref() {
        Some("CRDT") => unsigned,
        Some("DBIT") => unsigned.negated().map_err(|problem| problem.to_string())?,
        _ => return Err("credit_debit_indicator is neither CRDT nor DBIT".to_owned()),
    };
    Ok((money, text))
}

/// Who is on the other side.
struct Party {
    name: Option<String>,
    identifier: Option<String>,
    servicer: Option<String>,
}

/// Money out goes to the creditor; money in comes from the debtor. What is said of our own side stays.
fn take_party(row: &mut Row, out: bool) -> Party {
    let side = if out { "creditor" } else { "debtor" };
    let (account, agent) = (format!("{side}_account"), format!("{side}_agent"));
    let mut party = row.take_row(side);
    let name = party.take_text("name");
    row.put_back(side, &party);
    let mut number = row.take_row(&account);
    let identifier = take_number(&mut number);
    row.put_back(&account, &number);
    let mut servicer = row.take_row(&agent);
    let bic = servicer.take_text("bic_fi");
    row.put_back(&agent, &servicer);
    Party { name, identifier, servicer: bic }
}

/// The bank's own word for the kind, or else the two codes. What is not taken stays.
fn take_bank_type(row: &mut Row) -> Option<String> {
    let mut code = row.take_row("bank_transaction_code");
    let word = code.take_text("description").or_else(|| {
        let words = [code.take_text("code"), code.take_text("sub_code")];
        let words: Vec<String> = words.into_iter().flatten().collect();
        (!words.is_empty()).then(|| words.join("."))
    });
    row.put_back("bank_transaction_code", &code);
    word
}

/// The amount in the currency of the purchase, where that is another one, with the sign of the booking. What
/// cannot be read, or says nothing new, stays in the row.
fn take_original(row: &mut Row, booked: Money) -> Option<Money> {
    let mut exchange = row.take_row("exchange_rate");
    let mut instructed = exchange.take_row("instructed_amount");
    let (code, text) = (instructed.take_text("currency"), instructed.take_text("amount"));
    let read = code.as_deref().zip(text.as_deref()).and_then(|(code, text)| {
        let currency = Currency::parse(code).ok().filter(|other| *other != booked.currency)?;
        let unsigned = Money::parse(text, currency).ok().filter(|money| money.minor >= 0)?;
        if booked.minor < 0 { unsigned.negated().ok() } else { Some(unsigned) }
    });
    if read.is_none() {
        for (name, text) in [("currency", code), ("amount", text)] {
            if let Some(text) = text {
                instructed.put_text_back(name, &text);
            }
        }
    }
    exchange.put_back("instructed_amount", &instructed);
    row.put_back("exchange_rate", &exchange);
    read
}
