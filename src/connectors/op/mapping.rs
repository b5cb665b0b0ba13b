//! From OP's words to ours. Every row is translated or set apart with the reason; none is dropped
//! and nothing is guessed.

use domain::money::{Currency, Money};
use domain::observed::{
    AccountKind, BalanceKind, ObservedAccount, ObservedBalance, ObservedPage, ObservedTransaction,
    RowState,
};
use serde_json::value::RawValue;

use super::refusal;
use super::requests;
use super::wire::{Page, Row};
use crate::connectors::bank::Bank;
use crate::connectors::error::BankError;
use crate::connectors::exchange::{BankAnswer, BankRequest, Endpoint};
use crate::connectors::row::{Rejection, apart, is_identifier};
use crate::connectors::{ConsentStatus, ObservedAccounts, ObservedConsent};

/// Parts of product names that mean saving, in small letters: Finnish, Swedish, English.
const SAVING_WORDS: [&str; 5] = ["säästö", "saasto", "saving", "spar", "tuottotili"];

/// OP's names of the balances of an account.
const ACCOUNT_BALANCES: [(&str, BalanceKind); 4] = [
    ("netBalance", BalanceKind::Available),
    ("grossBalance", BalanceKind::Booked),
    ("counterBalance", BalanceKind::Counter),
    ("coverReservationAmount", BalanceKind::Reserved),
];

/// OP's names of the balances of a card.
const CARD_BALANCES: [(&str, BalanceKind); 2] = [
    ("statementBalance", BalanceKind::Booked),
    ("authorizedOutstandingAmount", BalanceKind::Outstanding),
];

/// Reads a consent.
///
/// # Errors
/// A refusal, or an answer without an identifier or with a status OP does not have.
pub fn read_consent(answer: &BankAnswer) -> Result<ObservedConsent, BankError> {
    refusal::check(Endpoint::Authorizations, answer)?;
    let unreadable = |what| BankError::Unreadable { what };
    let text = std::str::from_utf8(&answer.body).map_err(|_| unreadable("consent"))?;
    let mut row = Row::parse(text).ok_or(unreadable("consent"))?;
    let authorization_id = row.take_text("authorizationId").filter(|id| is_identifier(id));
    let status = match row.take_text("status").as_deref() {
        Some("Unauthorized") => ConsentStatus::Unauthorized,
        Some("Authorized") => ConsentStatus::Authorized,
        Some("Rejected") => ConsentStatus::Rejected,
        Some("Revoked") => ConsentStatus::Revoked,
        Some("Expired") => ConsentStatus::Expired,
        _ => return Err(unreadable("status of the consent")),
    };
    Ok(ObservedConsent {
        authorization_id: authorization_id.ok_or(unreadable("authorizationId"))?,
        status,
        created: row.take_moment("created"),
        authorized: row.take_moment("authorized"),
        expires: row.take_moment("expires"),
        history_from: row.take_date("transactionFrom").unwrap_or_default(),
        history_to: row.take_date("transactionTo").unwrap_or_default(),
        links: Vec::new(),
        sca_approach: None,
        message: None,
        accounts: Vec::new(),
    })
}

/// Reads the list of accounts or of cards.
///
/// # Errors
/// A refusal, or an answer that is no list.
pub fn read_accounts(
    bank: &Bank,
    endpoint: Endpoint,
    answer: &BankAnswer,
) -> Result<ObservedAccounts, BankError> {
    refusal::check(endpoint, answer)?;
    let rows: Vec<Box<RawValue>> = serde_json::from_slice(&answer.body)
        .map_err(|_| BankError::Unreadable { what: "list of accounts" })?;
    let mut read = ObservedAccounts::default();
    for (index, raw) in rows.iter().enumerate() {
        let mut reject = |reason: Rejection| {
            read.quarantined.push(apart(index, reason));
        };
        let account = match Row::parse(raw.get()) {
            None => Err("the row is no object, or a member is there twice".to_owned()),
            Some(row) if endpoint == Endpoint::Cards => card(bank, row, &mut reject),
            Some(row) => account(row, &mut reject),
        };
        match account {
            Ok(account) => read.accounts.push(account),
            Err(reason) => reject(reason),
        }
    }
    Ok(read)
}

fn account(mut row: Row, reject: &mut impl FnMut(Rejection)) -> Result<ObservedAccount, Rejection> {
    let bank_reference = row.take_identifier("accountId")?;
    let currency = row.take_currency("currency")?;
    let identifier: String = row
        .take_text("identifier")
        .ok_or("identifier is missing")?
        .split_ascii_whitespace()
        .collect();
    let name = row.take_text("productName").unwrap_or_default();
    Ok(ObservedAccount {
        bank_reference,
        kind: kind_of(&name),
        identifier,
        currency,
        name,
        owner: row.take_text("owner"),
        servicer: row.take_text("servicer"),
        balances: balances(&mut row, &ACCOUNT_BALANCES, currency, reject),
    })
}

/// OP states no currency of a card; its cards are kept in euros.
fn card(
    bank: &Bank,
    mut row: Row,
    reject: &mut impl FnMut(Rejection),
) -> Result<ObservedAccount, Rejection> {
    let bank_reference = row.take_identifier("cardId")?;
    Ok(ObservedAccount {
        bank_reference,
        kind: AccountKind::Card,
        identifier: row.take_text("cardNumber").ok_or("cardNumber is missing")?,
        currency: Currency::EUR,
        name: row.take_text("productName").unwrap_or_default(),
        owner: row.take_text("owner"),
        servicer: Some(bank.bic.to_owned()),
        balances: balances(&mut row, &CARD_BALANCES, Currency::EUR, reject),
    })
}

/// A balance that cannot be read is set apart alone; the account stays.
fn balances(
    row: &mut Row,
    names: &[(&str, BalanceKind)],
    currency: Currency,
    reject: &mut impl FnMut(Rejection),
) -> Vec<ObservedBalance> {
    let mut read = Vec::new();
    for (name, kind) in names {
        let Some(amount_text) = row.take_text(name) else {
            if row.has(name) {
                reject(format!("{name} is no text"));
            }
            continue;
        };
        match Money::parse(&amount_text, currency) {
            Ok(amount) => read.push(ObservedBalance { kind: *kind, amount, amount_text }),
            Err(problem) => reject(format!("{name}: {problem}")),
        }
    }
    read
}

fn kind_of(name: &str) -> AccountKind {
    let name = name.to_lowercase();
    if SAVING_WORDS.iter().any(|word| name.contains(word)) {
        AccountKind::Savings
    } else {
        AccountKind::Current
    }
}

/// Reads a page of transactions of an account or a card.
///
/// # Errors
/// A refusal, an answer that is no page, or one that leads to a next page elsewhere.
pub fn read_page(request: &BankRequest, answer: &BankAnswer) -> Result<ObservedPage, BankError> {
    refusal::check(request.endpoint, answer)?;
    let page: Page = serde_json::from_slice(&answer.body)
        .map_err(|_| BankError::Unreadable { what: "page of transactions" })?;
    let continuation = requests::continuation(&request.url, page.token(), page.next_link())?;
    let mut read = ObservedPage { continuation, ..ObservedPage::default() };
    for (index, raw) in page.transactions.unwrap_or_default().iter().enumerate() {
        let transaction = match Row::parse(raw.get()) {
            None => Err("the row is no object, or a member is there twice".to_owned()),
            Some(row) if request.endpoint == Endpoint::CardTransactions => card_transaction(row),
            Some(row) => account_transaction(row),
        };
        match transaction {
            Ok(transaction) => read.transactions.push(transaction),
            Err(reason) => {
                read.quarantined.push(apart(index, reason));
            }
        }
    }
    Ok(read)
}

fn account_transaction(mut row: Row) -> Result<ObservedTransaction, Rejection> {
    let currency = row.take_currency("currency")?;
    let amount_text = row.take_text("amount").ok_or("amount is missing")?;
    let amount = Money::parse(&amount_text, currency).map_err(|problem| problem.to_string())?;
    let booking_date = row.take_date("bookingDate")?.ok_or("bookingDate is missing")?;
    let state = take_state(&mut row)?;
    let value_date = row.take_date("valueDate")?;
    let payment_date = row.take_date("paymentDate")?;
    // Money out goes to the recipient; money in comes from the payer.
    let other_side = if amount.minor < 0 { "recipient" } else { "payer" };
    let mut party = row.take_row(other_side);
    let counterparty = party.take_text("name");
    let counterparty_identifier = party.take_text("identifier");
    let counterparty_servicer = party.take_text("servicer");
    row.put_back(other_side, &party);
    Ok(ObservedTransaction {
        bank_reference: row.take_text("archiveId"),
        bank_identifier: None,
        state,
        booking_date,
        value_date,
        payment_date,
        amount,
        amount_text,
        original_amount: None,
        counterparty,
        counterparty_identifier,
        counterparty_servicer,
        text: row.take_text("message").unwrap_or_default(),
        reference: row.take_text("reference"),
        bank_type: row.take_text("proprietaryTransactionDescription"),
        unmapped: row.unmapped()?,
    })
}

/// A card's rows are signed from the card's side: a purchase is positive there, and money out here.
fn card_transaction(mut row: Row) -> Result<ObservedTransaction, Rejection> {
    let currency = row.take_currency("currency")?;
    let amount_text = row.take_text("amount").ok_or("amount is missing")?;
    let amount = Money::parse(&amount_text, currency)
        .and_then(Money::negated)
        .map_err(|problem| problem.to_string())?;
    let booking_date = row.take_date("postingDate")?.ok_or("postingDate is missing")?;
    let state = take_state(&mut row)?;
    let original_amount = original(&mut row, currency);
    let description = row.take_text("description").unwrap_or_default();
    // The description is the merchant, a tab, the town.
    let merchant = description.split_once('\t').map(|(merchant, _)| merchant.trim().to_owned());
    Ok(ObservedTransaction {
        bank_reference: None,
        bank_identifier: None,
        state,
        booking_date,
        value_date: None,
        payment_date: None,
        amount,
        amount_text,
        original_amount,
        counterparty: merchant.filter(|merchant| !merchant.is_empty()),
        counterparty_identifier: None,
        counterparty_servicer: None,
        text: description.replace('\t', " "),
        reference: None,
        bank_type: None,
        unmapped: row.unmapped()?,
    })
}

/// How far a row has come. OP shows booked rows and says nothing about it; a row that is marked as
/// anything else must not be taken for one.
fn take_state(row: &mut Row) -> Result<RowState, Rejection> {
    if !row.has("status") {
        return Ok(RowState::Booked);
    }
    match row.take_text("status").as_deref() {
        Some("BOOKED") => Ok(RowState::Booked),
        Some("PENDING") => Ok(RowState::Pending),
        _ => Err("status is neither BOOKED nor PENDING".to_owned()),
    }
}

/// The amount in the currency of the purchase, where that is another one. What cannot be read, or
/// says nothing new, is left in the row or let go.
fn original(row: &mut Row, currency: Currency) -> Option<Money> {
    let code = row.take_text("originalCurrency")?;
    let other = Currency::parse(&code).ok();
    if other == Some(currency) {
        row.take_text("originalAmount");
        return None;
    }
    let text = row.take_text("originalAmount");
    let read = other
        .zip(text.as_deref())
        .and_then(|(other, text)| Money::parse(text, other).and_then(Money::negated).ok());
    if read.is_none() {
        row.put_text_back("originalCurrency", &code);
        if let Some(text) = text {
            row.put_text_back("originalAmount", &text);
        }
    }
    read
}
