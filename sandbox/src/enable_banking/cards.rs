//! Credit cards, which the aggregator shows as accounts: under their masked number, with purchases as debits.

use axum::Json;
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::failure::Failure;
use super::sessions::living;
use super::wire::{card_uid, described};
use crate::bank::Bank;
use crate::budget;
use crate::household::{Card, Household, money};
use crate::jose::fingerprint;
use crate::misbehaviour::{self, Listed, Shown, Source, Standing, View};
use crate::shared_accounts::shared_cards;
use crate::state::{Authorization, State as Remembered};

/// The cards of a session that have a balance and rows of their own.
pub(super) fn of_session<'a>(
    household: &'a Household,
    authorization: &'a Authorization,
) -> impl Iterator<Item = &'a Card> {
    shared_cards(household, authorization).filter(|card| card.credit.is_some())
}

/// The session a card's name is of, and the card; none where it is no card's.
pub(super) fn find<'a>(
    bank: &Bank,
    household: &'a Household,
    named: &str,
) -> Result<Option<(Authorization, &'a Card)>, Failure> {
    let cards: Vec<&Card> = household.users.iter().flat_map(|user| &user.cards).collect();
    let find = |state: &Remembered| {
        let mut sessions = state.tokens.keys();
        sessions.find_map(|session| {
            let card = cards.iter().find(|card| card_uid(session, card) == named)?;
            Some((session.to_owned(), *card))
        })
    };
    let Some((session_id, card)) = bank.read(find) else { return Ok(None) };
    let authorization = living(bank, &session_id)?;
    let opened = of_session(household, &authorization).any(|one| one.card_id == card.card_id);
    match opened {
        true => Ok(Some((authorization, card))),
        false => Err(Failure::new(404, "ACCOUNT_DOES_NOT_EXIST", "No account found")),
    }
}

/// A card under a name.
pub(super) fn card(bank: &Bank, view: &View, card: &Card, named: &str) -> Value {
    let number = json!({ "identification": card.card_number, "scheme_name": "MPAN" });
    let mut value = described(bank, view, named, &fingerprint(card.card_id.as_bytes()));
    value["account_id"] = json!({ "iban": Value::Null, "other": number });
    value["all_account_ids"] = json!([number]);
    value["cash_account_type"] = "CARD".into();
    value["product"] = card.product_name.into();
    value["currency"] = "EUR".into();
    value
}

/// What is owed on a card.
pub(super) fn balances(
    bank: &Bank,
    view: &View,
    headers: &HeaderMap,
    (session, card): (&Authorization, &Card),
) -> Result<Json<Value>, Failure> {
    budget::spend(bank, headers, session, &format!("balances {}", card.card_id))?;
    if misbehaviour::balances_are_down(view.on) {
        return Err(Failure::new(503, "ASPSP_ERROR", "Error interacting with ASPSP"));
    }
    Ok(Json(json!({ "balances": [{
        "name": "Booked balance",
        "balance_amount": { "currency": "EUR", "amount": money(-card.owed_cents()) },
        "balance_type": "CLBD",
        "last_change_date_time": Value::Null,
        "reference_date": view.today.to_string(),
        "last_committed_transaction": Value::Null,
    }] })))
}

/// A purchase on a card, or a payment to it: what the bank itself says of it, and no reference.
pub(super) fn row(view: &View, listed: Listed<'_>) -> Shown {
    let Listed { standing, identity, booked, cents, source, .. } = view.settle(listed);
    let Source::CardRow(row) = source else { return Shown { identity: None, value: Value::Null } };
    let pending = standing == Standing::Pending;
    let merchant = row.description.split_once('\t').map(|(merchant, _)| merchant.trim());
    let party = merchant.map(|name| json!({ "name": name }));
    let (creditor, debtor) = if cents > 0 { (party, None) } else { (None, party) };
    let foreign = row.original_currency != "EUR" && row.original_cents != 0;
    let exchange = foreign.then(|| {
        let amount = money(row.original_cents.saturating_abs());
        json!({ "instructed_amount": { "currency": row.original_currency, "amount": amount } })
    });
    let value = json!({
        "entry_reference": Value::Null,
        "merchant_category_code": Value::Null,
        "transaction_amount": { "currency": "EUR", "amount": money(cents.saturating_abs()) },
        "creditor": creditor,
        "creditor_account": Value::Null,
        "debtor": debtor,
        "debtor_account": Value::Null,
        "bank_transaction_code": Value::Null,
        "credit_debit_indicator": if cents > 0 { "DBIT" } else { "CRDT" },
        "status": if pending { "PDNG" } else { "BOOK" },
        "booking_date": booked.to_string(),
        "value_date": Value::Null,
        "transaction_date": Value::Null,
        "remittance_information": [row.description.replace('\t', " ")],
        "exchange_rate": exchange,
    });
    Shown { identity: Some(identity.into_owned()), value }
}
