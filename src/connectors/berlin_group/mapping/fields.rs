//! Members that several kinds of rows have.

use domain::money::{Currency, Money};
use domain::observed::RowState;

use super::SEVERAL_CURRENCIES;
use crate::connectors::exchange::BankAnswer;
use crate::connectors::row::{Rejection, Row};

/// The day a row bears, and its value date. A booked row bears its booking date and nothing else counts for
/// it; one that is pending may bear another day.
pub(super) fn dates(
    row: &mut Row,
    state: RowState,
    others: &[&str],
) -> Result<(chrono::NaiveDate, Option<chrono::NaiveDate>), Rejection> {
    let booked = row.take_date("bookingDate")?;
    let value = row.take_date("valueDate")?;
    let other = match (booked, state) {
        (Some(day), _) => Some(day),
        (None, RowState::Booked) => return Err("bookingDate is missing".to_owned()),
        (None, RowState::Pending) => {
            let mut found = None;
            for name in others {
                // Read and left: it has a meaning of its own.
                found = found.or(row.clone().take_date(name)?);
            }
            found.or(value)
        }
    };
    Ok((other.ok_or("the row bears no day")?, value))
}

/// The structured reference: a text, or in later versions an object or a list of either.
pub(super) fn take_reference(row: &mut Row) -> Option<String> {
    if let Some(text) = row.take_text("remittanceInformationStructured") {
        return Some(text);
    }
    let mut whole = row.take_row("remittanceInformationStructured");
    let reference = whole.take_text("reference");
    row.put_back("remittanceInformationStructured", &whole);
    reference
}

/// The amount in the currency of the purchase, where that is another one. What says nothing new is let go;
/// what cannot be read is left in the row.
pub(super) fn original(row: &mut Row, amount: Money, turned: bool) -> Option<Money> {
    let before = row.clone();
    let mut object = row.take_row("originalAmount");
    if !object.has("amount") {
        *row = before;
        return None;
    }
    let currency = object.take_text("currency").and_then(|code| Currency::parse(&code).ok());
    let text = object.take_text("amount").unwrap_or_default();
    let read = currency.and_then(|currency| Money::parse(&text, currency).ok());
    match read {
        None => {
            *row = before;
            None
        }
        Some(read) if read.currency == amount.currency => None,
        // Some banks sign the original like the amount, others never: it is money of the same direction.
        Some(read) => {
            let read = if turned { read.negated().ok()? } else { read };
            if (read.minor < 0) == (amount.minor < 0) { Some(read) } else { read.negated().ok() }
        }
    }
}

/// Takes an amount object: a currency and a decimal text, the sign before it.
pub(super) fn take_amount(
    row: &mut Row,
    name: &str,
    turned: bool,
) -> Result<(Money, String), Rejection> {
    let mut object = row.take_row(name);
    let currency = object.take_text("currency").ok_or(format!("{name} has no currency"))?;
    let currency = Currency::parse(&currency).map_err(|problem| problem.to_string())?;
    let text = object.take_text("amount").ok_or(format!("{name} has no amount"))?;
    let amount = Money::parse(&text, currency).map_err(|problem| problem.to_string())?;
    row.put_back(name, &object);
    let amount =
        if turned { amount.negated().map_err(|problem| problem.to_string())? } else { amount };
    Ok((amount, text))
}

pub(super) fn take_currency(row: &mut Row) -> Result<Currency, Rejection> {
    let code = row.take_text("currency").ok_or("currency is missing")?;
    if code == SEVERAL_CURRENCIES {
        return Err(
            "the account is of several currencies, each with an account of its own".to_owned()
        );
    }
    Currency::parse(&code).map_err(|problem| problem.to_string())
}

/// The answer's object. A byte order mark before it is passed over; JSON has none (RFC 8259, section 8.1),
/// and some gateways write one.
pub(super) fn body(answer: &BankAnswer) -> Option<Row> {
    let bytes = answer.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&answer.body);
    Row::parse(std::str::from_utf8(bytes).ok()?)
}
