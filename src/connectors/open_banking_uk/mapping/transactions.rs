//! Transactions: amounts without a sign, moments that stand for days, parties on the side the money
//! went.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use domain::money::{Currency, Money};
use domain::observed::{ObservedAccount, ObservedPage, ObservedTransaction};

use super::{Amount, apart, broken_row, must_be_of, one_number, take_amount};
use crate::connectors::bank::Bank;
use crate::connectors::error::BankError;
use crate::connectors::exchange::{BankAnswer, Endpoint};
use crate::connectors::open_banking_uk::refusal;
use crate::connectors::open_banking_uk::requests;
use crate::connectors::open_banking_uk::version::row_state;
use crate::connectors::open_banking_uk::wire::Envelope;
use crate::connectors::row::{Rejection, Row};

/// Reads a page of transactions.
///
/// # Errors
/// A refusal, an answer that is no page, or one that leads to a next page elsewhere.
pub fn read_page(
    bank: &Bank,
    account: &ObservedAccount,
    answer: &BankAnswer,
) -> Result<ObservedPage, BankError> {
    const WHAT: &str = "page of transactions";
    refusal::check(Endpoint::AccountTransactions, answer)?;
    let envelope = Envelope::parse(&answer.body, WHAT)?;
    let rows = envelope.rows("Transaction", WHAT)?;
    let next = envelope.links.and_then(|links| links.next).filter(|link| !link.is_empty());
    let leads_away = BankError::Unreadable { what: "link to the next page" };
    let continuation = match next {
        Some(link) => Some(requests::inside(bank, &link).ok_or(leads_away)?),
        None => None,
    };
    let zone: Tz = bank.time_zone.parse().unwrap_or(Tz::UTC);
    let mut read = ObservedPage { continuation, ..ObservedPage::default() };
    for (index, raw) in rows.iter().enumerate() {
        let mut row = Row::parse(raw.get()).ok_or_else(broken_row);
        if let Ok(row) = &mut row {
            must_be_of(account, row, WHAT)?;
        }
        match row.and_then(|row| transaction(row, zone)) {
            Ok(transaction) => read.transactions.push(transaction),
            Err(reason) => read.quarantined.push(apart(index, reason)),
        }
    }
    Ok(read)
}

fn transaction(mut row: Row, zone: Tz) -> Result<ObservedTransaction, Rejection> {
    let word = row.take_text("Status").ok_or("Status is missing")?;
    let state = row_state(&word)?;
    let Amount { money, text: amount_text } = take_amount(&mut row, "Amount")?;
    let booking_date =
        take_day(&mut row, "BookingDateTime", zone)?.ok_or("BookingDateTime is missing")?;
    let value_date = take_day(&mut row, "ValueDateTime", zone)?;
    let party = take_party(&mut row, money.minor < 0);
    Ok(ObservedTransaction {
        bank_reference: row.take_text("TransactionId"),
        bank_identifier: None,
        state,
        booking_date,
        value_date,
        payment_date: None,
        amount: money,
        amount_text,
        original_amount: take_original(&mut row, money),
        counterparty: party.name,
        counterparty_identifier: party.identifier,
        counterparty_servicer: party.servicer,
        text: row.take_text("TransactionInformation").unwrap_or_default(),
        reference: row.take_text("TransactionReference"),
        bank_type: take_bank_type(&mut row),
        unmapped: row.unmapped()?,
    })
}

/// Who is on the other side.
#[derive(Default)]
struct Party {
    name: Option<String>,
    identifier: Option<String>,
    servicer: Option<String>,
}

/// Money out goes to the creditor; money in comes from the debtor. A purchase may name its merchant only.
fn take_party(row: &mut Row, out: bool) -> Party {
    let [account, agent] = match out {
        true => ["CreditorAccount", "CreditorAgent"],
        false => ["DebtorAccount", "DebtorAgent"],
    };
    let mut party = Party::default();
    let mut number = row.take_row(account);
    match one_number(&mut number) {
        Some(number) => (party.identifier, party.name) = (Some(number.identification), number.name),
        None => party.name = number.take_text("Name"),
    }
    row.put_back(account, &number);
    let mut servicer = row.take_row(agent);
    party.servicer = servicer.take_text("Identification");
    row.put_back(agent, &servicer);
    if party.name.is_none() {
        let mut merchant = row.take_row("MerchantDetails");
        party.name = merchant.take_text("MerchantName");
        row.put_back("MerchantDetails", &merchant);
    }
    party
}

/// The bank's own word for the kind, or else the standard's two. What is not taken stays.
fn take_bank_type(row: &mut Row) -> Option<String> {
    let mut own = row.take_row("ProprietaryBankTransactionCode");
    let word = own.take_text("Code");
    row.put_back("ProprietaryBankTransactionCode", &own);
    word.or_else(|| {
        let mut code = row.take_row("BankTransactionCode");
        let words = [code.take_text("Code"), code.take_text("SubCode")];
        let words: Vec<String> = words.into_iter().flatten().collect();
        (!words.is_empty()).then(|| words.join("."))
    })
}

/// The amount in the currency of the purchase, where that is another one. It has the sign of the
/// booking. What cannot be read, or says nothing new, stays in the row.
fn take_original(row: &mut Row, booked: Money) -> Option<Money> {
    let mut exchange = row.take_row("CurrencyExchange");
    let mut instructed = exchange.take_row("InstructedAmount");
    let (code, text) = (instructed.take_text("Currency"), instructed.take_text("Amount"));
    let read = code.as_deref().zip(text.as_deref()).and_then(|(code, text)| {
        let currency = Currency::parse(code).ok().filter(|other| *other != booked.currency)?;
        let unsigned = Money::parse(text, currency).ok().filter(|money| money.minor >= 0)?;
        if booked.minor < 0 { unsigned.negated().ok() } else { Some(unsigned) }
    });
    if read.is_none() {
        for (name, text) in [("Currency", code), ("Amount", text)] {
            if let Some(text) = text {
                instructed.put_text_back(name, &text);
            }
        }
    }
    exchange.put_back("InstructedAmount", &instructed);
    row.put_back("CurrencyExchange", &exchange);
    read
}

/// Takes the day a moment stands for: in the bank's zone where the moment has one, as it is written
/// where it has none. Booking moments are often days padded with midnight.
fn take_day(row: &mut Row, name: &str, zone: Tz) -> Result<Option<NaiveDate>, Rejection> {
    let Some(text) = row.take_text(name) else {
        return if row.has(name) { Err(format!("{name} is no moment")) } else { Ok(None) };
    };
    let day = DateTime::parse_from_rfc3339(&text)
        .map(|moment| moment.with_timezone(&zone).date_naive())
        .or_else(|_| text.parse::<NaiveDateTime>().map(|moment| moment.date()))
        .or_else(|_| NaiveDate::parse_from_str(&text, "%Y-%m-%d"));
    day.map(Some).map_err(|_| format!("{name} is no moment"))
}
