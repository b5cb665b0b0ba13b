//! Accounts, cards and rows in the words of OP's interface.

use serde_json::{Value, json};

use crate::household::{Account, BIC, Card, CardRow, Row, money};

/// An `Account` of `GET /accounts` under an id.
pub(crate) fn account(account: &Account, id: &str) -> Value {
    json!({
        "accountId": id,
        "productName": account.product_name,
        "identifierSchema": "IBAN",
        "identifier": account.iban,
        "servicerSchema": "BIC",
        "servicer": BIC,
        "owner": account.owner,
        "netBalance": money(account.available_cents()),
        "grossBalance": money(account.gross_cents()),
        "coverReservationAmount": money(account.reserved_cents),
        "currency": "EUR",
    })
}

/// A `Transaction` of an account.
pub(crate) fn row(row: &Row) -> Value {
    let payer = row.payer.as_ref().map(|name| json!({ "name": name }));
    let recipient = row.recipient.as_ref().map(|party| {
        let mut value = json!({ "name": party.name, "address": [] });
        if let Some(iban) = &party.iban {
            value["identifier"] = iban.as_str().into();
            value["servicer"] = party.bic.into();
        }
        value
    });
    let mut value = json!({
        "archiveId": row.archive_id,
        "message": row.message,
        "amount": money(row.amount_cents),
        "currency": "EUR",
        "bookingDate": row.booking_date.to_string(),
        "valueDate": row.value_date.to_string(),
        "paymentDate": row.payment_date.to_string(),
        "payer": payer,
        "recipient": recipient,
        "proprietaryTransactionDescription": row.kind,
    });
    if let Some(reference) = &row.reference {
        value["reference"] = reference.as_str().into();
    }
    value
}

/// A `Card` of `GET /cards` under an id.
pub(crate) fn card(card: &Card, id: &str) -> Value {
    let mut value = json!({
        "cardId": id,
        "productName": card.product_name,
        "cardNumber": card.card_number,
    });
    if let Some(credit) = &card.credit {
        value["statementBalance"] = money(-card.owed_cents()).into();
        value["authorizedOutstandingAmount"] = money(-credit.outstanding_cents).into();
    }
    value
}

/// A `CardTransaction`.
pub(crate) fn card_row(row: &CardRow) -> Value {
    json!({
        "description": row.description,
        "amount": money(row.amount_cents),
        "currency": "EUR",
        "originalAmount": money(row.original_cents),
        "originalCurrency": row.original_currency,
        "postingDate": row.posting_date.to_string(),
    })
}
