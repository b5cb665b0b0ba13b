//! Accounts and rows in the words of the interface.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::bank::Bank;
use crate::household::{Account, AccountKind, Card, Row, money};
use crate::jose::fingerprint;
use crate::misbehaviour::{Listed, Misbehaviour, Shown, Source, Standing, View};

/// Name space of the names accounts have within a session.
const UIDS: Uuid = Uuid::from_u128(0x51c8_0d6e_7a14_4a53_9d2f_60c3_8be1_f7a9);
/// BIC of the invented bank that took the accounts over (`bank-merger`).
const MERGED_BIC: &str = "SIMUFIHH";

/// What an account is called in a session; no two sessions share a name.
pub(super) fn uid(session_id: &str, account: &Account) -> String {
    let text = format!("{session_id} {}", account.account_id);
    Uuid::new_v5(&UIDS, text.as_bytes()).to_string()
}

/// What a card is called in a session.
pub(super) fn card_uid(session_id: &str, card: &Card) -> String {
    Uuid::new_v5(&UIDS, format!("{session_id} {}", card.card_id).as_bytes()).to_string()
}

/// What an account is recognised by over sessions.
pub(super) fn identification_hash(account: &Account) -> String {
    fingerprint(format!("{} {}", account.iban, account.currency).as_bytes())
}

/// An account under a name.
pub(super) fn account(bank: &Bank, view: &View, account: &Account, named: &str) -> Value {
    let savings = account.kind == AccountKind::Savings;
    let mut value = described(bank, view, named, &identification_hash(account));
    value["account_id"] = json!({ "iban": account.iban, "other": Value::Null });
    value["all_account_ids"] = json!([{ "identification": account.iban, "scheme_name": "IBAN" }]);
    value["name"] = json!(account.owner);
    value["cash_account_type"] = json!(if savings { "SVGS" } else { "CACC" });
    value["product"] = json!(account.product_name);
    value["currency"] = json!(account.currency);
    value
}

/// What is said of every account and card alike.
pub(super) fn described(bank: &Bank, view: &View, named: &str, hash: &str) -> Value {
    let merged = view.on.has(Misbehaviour::BankMerger);
    json!({
        "account_servicer": {
            "bic_fi": if merged { MERGED_BIC } else { bank.house.bic },
            "clearing_system_member_id": Value::Null,
            "name": super::ASPSP.0,
        },
        "name": Value::Null,
        "details": Value::Null,
        "usage": "PRIV",
        "psu_status": Value::Null,
        "credit_limit": Value::Null,
        "uid": named,
        "identification_hash": hash,
        "identification_hashes": [hash],
    })
}

/// A transaction.
pub(super) fn row(view: &View, listed: Listed<'_>) -> Shown {
    let Listed { standing, identity, booked, cents, archive_id, source, .. } = view.settle(listed);
    let Source::Row(row) = source else { return Shown { identity: None, value: Value::Null } };
    let pending = standing == Standing::Pending;
    let (creditor, debtor) = parties(&row);
    let mut value = json!({
        "entry_reference": archive_id,
        "merchant_category_code": Value::Null,
        "transaction_amount": { "currency": "EUR", "amount": money(cents.saturating_abs()) },
        "creditor": creditor.as_ref().map(|party| json!({ "name": party.0 })),
        "creditor_account": creditor.as_ref().and_then(|party| party.1.as_ref())
            .map(|iban| json!({ "iban": iban, "other": Value::Null })),
        "creditor_agent": creditor.as_ref().filter(|party| party.1.is_some())
            .map(|party| json!({ "bic_fi": party.2, "name": Value::Null })),
        "debtor": debtor.map(|name| json!({ "name": name })),
        "debtor_account": Value::Null,
        "debtor_agent": Value::Null,
        "bank_transaction_code": { "description": row.kind, "code": "PMNT", "sub_code": Value::Null },
        "credit_debit_indicator": if cents < 0 { "DBIT" } else { "CRDT" },
        "status": if pending { "PDNG" } else { "BOOK" },
        "booking_date": if pending { Value::Null } else { booked.to_string().into() },
        "value_date": if pending { Value::Null } else { row.value_date.to_string().into() },
        "transaction_date": row.payment_date.to_string(),
        "balance_after_transaction": Value::Null,
        "reference_number": row.reference,
        "remittance_information": [row.message],
        "exchange_rate": Value::Null,
        "note": Value::Null,
        // Another one in each list.
        "transaction_id": fingerprint(format!("{} {}", view.read, row.archive_id).as_bytes()),
    });
    if row.reference.is_some() {
        value["reference_number_schema"] = "FIRF".into();
    }
    Shown { identity: Some(identity.into_owned()), value }
}

type Creditor = (String, Option<String>, &'static str);

fn parties(row: &Row) -> (Option<Creditor>, Option<String>) {
    let creditor = row.recipient.as_ref();
    let creditor = creditor.map(|party| (party.name.clone(), party.iban.clone(), party.bic));
    (creditor, row.payer.clone())
}

/// A row of `broken-row`: an amount that is no number, no day at all, and null.
pub(super) fn broken(view: &View, number: usize) -> Value {
    let amount = |text: &str| json!({ "currency": "EUR", "amount": text });
    match number {
        0 => json!({
            "entry_reference": "BROKEN1", "transaction_amount": amount("12,3x"),
            "credit_debit_indicator": "DBIT", "status": "BOOK",
            "booking_date": view.today.to_string(),
        }),
        1 => json!({
            "entry_reference": "BROKEN2", "transaction_amount": amount("4.00"),
            "credit_debit_indicator": "DBIT", "status": "BOOK",
        }),
        _ => Value::Null,
    }
}
