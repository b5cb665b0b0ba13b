//! Accounts and amounts in the words of the standard.

use serde_json::{Value, json};

use super::BASE;
use crate::bank::Bank;
use crate::household::{Account, AccountKind, money};
use crate::misbehaviour::{Misbehaviour, View};

/// BIC of the invented bank that took the accounts over (`bank-merger`).
const MERGED_BIC: &str = "SIMUSESS";

/// An amount as this bank writes it: no more decimals than it takes (`1056`, `5768.2`, `-1.05`).
pub(super) fn amount(minor: i64, currency: &str) -> Value {
    let text = money(minor);
    let short = text.trim_end_matches('0').trim_end_matches('.');
    let short = if minor == 0 { "0" } else { short };
    json!({ "currency": currency, "amount": short })
}

/// An account in the list.
pub(super) fn account(bank: &Bank, view: &View, account: &Account, id: &str) -> Value {
    let kind = if account.kind == AccountKind::Savings { "SVGS" } else { "CACC" };
    let own = format!("{BASE}/accounts/{id}");
    let merged = view.on.has(Misbehaviour::BankMerger);
    json!({
        "resourceId": id,
        "iban": account.iban,
        "currency": account.currency,
        "name": account.product_name,
        "ownerName": account.owner,
        "cashAccountType": kind,
        "status": "enabled",
        "usage": "PRIV",
        "bic": if merged { MERGED_BIC } else { bank.house.bic },
        "_links": {
            "balances": { "href": format!("{own}/balances") },
            "transactions": { "href": format!("{own}/transactions") },
        },
    })
}

/// A card account in the list. This bank quotes debits above zero.
pub(super) fn card(account: &Account, id: &str) -> Value {
    let own = format!("{BASE}/card-accounts/{id}");
    json!({
        "resourceId": id,
        "maskedPan": account.iban,
        "currency": account.currency,
        "name": account.product_name,
        "ownerName": account.owner,
        "debitAccounting": true,
        "status": "enabled",
        "usage": "PRIV",
        "creditLimit": amount(account.credit_line_cents, account.currency),
        "_links": {
            "balances": { "href": format!("{own}/balances") },
            "transactions": { "href": format!("{own}/transactions") },
        },
    })
}

/// The reference to an account that its balances and rows begin with.
pub(super) fn reference(account: &Account) -> Value {
    match account.kind {
        AccountKind::CreditCard => {
            json!({ "maskedPan": account.iban, "currency": account.currency })
        }
        _ => json!({ "iban": account.iban, "currency": account.currency }),
    }
}
