//! A transaction as categories are decided on: what a bank or a file says of it, and what is in it.

use crate::text::{Merchant, folded, is_processor, merchant};

/// What is said of a transaction.
#[derive(Clone, Copy, Debug, Default)]
pub struct Row<'a> {
    /// Who is on the other side.
    pub counterparty: Option<&'a str>,
    /// The message or description.
    pub text: &'a str,
    /// The bank's word for the kind of transaction.
    pub bank_type: Option<&'a str>,
    /// The merchant's category code (ISO 18245).
    pub mcc: Option<u16>,
    /// Signed amount in minor units: money out is negative.
    pub minor: i64,
    /// Currency (ISO 4217).
    pub currency: &'a str,
    /// Which account or card, by any lasting name.
    pub account: Option<&'a str>,
    /// Whether the account is a payment card's own.
    pub on_card: bool,
}

/// A row made ready.
#[derive(Clone, Debug)]
pub struct Subject {
    /// All its text, folded.
    pub folded: String,
    /// The merchant in it.
    pub merchant: Merchant,
    /// Signed amount in minor units: money out is negative.
    pub minor: i64,
    /// The merchant's category code (ISO 18245).
    pub mcc: Option<u16>,
    /// Which account or card, by any lasting name.
    pub account: Option<String>,
    /// Whether the account is a payment card's own.
    pub on_card: bool,
    /// The country whose names are meant first, as two letters.
    pub home: &'static str,
}

impl Subject {
    /// Makes a row ready.
    #[must_use]
    pub fn of(row: &Row<'_>) -> Self {
        let text = folded(row.text);
        let payee = row.counterparty.map(folded).filter(|payee| !payee.is_empty());
        let merchant = match &payee {
            // Who passes money on is not whom it is for, if the message says more.
            Some(payee) if !text.is_empty() && is_processor(payee) => {
                merchant(&format!("{payee} {text}"))
            }
            Some(payee) => merchant(payee),
            None => merchant(&text),
        };
        let kind = row.bank_type.map(folded).unwrap_or_default();
        let parts = [payee.unwrap_or_default(), text, kind];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        Self {
            folded: parts.join(" "),
            merchant,
            minor: row.minor,
            mcc: row.mcc,
            account: row.account.map(str::to_owned),
            on_card: row.on_card,
            home: home(row.currency),
        }
    }

    /// Whether money comes in.
    #[must_use]
    pub fn incoming(&self) -> bool {
        self.minor > 0
    }
}

/// The country whose names are meant first, by the currency.
fn home(currency: &str) -> &'static str {
    match currency {
        "GBP" => "gb",
        "SEK" => "se",
        "NOK" => "no",
        "DKK" => "dk",
        "PLN" => "pl",
        "CZK" => "cz",
        "HUF" => "hu",
        "RON" => "ro",
        "BGN" => "bg",
        "CHF" => "ch",
        "USD" => "us",
        _ => "fi",
    }
}
