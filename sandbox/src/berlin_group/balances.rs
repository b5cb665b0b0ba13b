//! The balances of an account or a card account.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::access::standing;
use super::accounts::is_card;
use super::problem::Problem;
use super::seal::Caller;
use super::wire::{amount, reference};
use crate::bank::Bank;
use crate::budget;
use crate::misbehaviour::{self, Figures, Misbehaviour};
use crate::shared_accounts::find;

/// `GET /accounts/{id}/balances`.
pub(super) async fn of_account(
    State(bank): State<Arc<Bank>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    of(&bank, &caller, &headers, &id, false)
}

/// `GET /card-accounts/{id}/balances`.
pub(super) async fn of_card(
    State(bank): State<Arc<Bank>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    of(&bank, &caller, &headers, &id, true)
}

fn of(
    bank: &Bank,
    caller: &Caller,
    headers: &HeaderMap,
    id: &str,
    card: bool,
) -> Result<Json<Value>, Problem> {
    let consent = standing(bank, caller, headers)?;
    let household = bank.household();
    let view = bank.view(household.today);
    let account = find(&view, &household, &consent, id)?;
    if is_card(account) != card {
        return Err(Problem::new(404, "RESOURCE_UNKNOWN", "Account is not known"));
    }
    budget::spend(bank, headers, &consent, &format!("balances {}", account.account_id))?;
    if misbehaviour::balances_are_down(view.on) {
        return Err(Problem::new(503, "SERVICE_BLOCKED", "Balances are not available"));
    }
    let Figures { booked, reserved, hidden_line } = Figures::of(&view, account);
    let available = account.gross_cents() + reserved + account.credit_line_cents + hidden_line;
    // Debits of cards are quoted above zero, and so what is owed.
    let turned = card && !view.on.has(Misbehaviour::CardSignReversed);
    let told = |minor: i64| amount(if turned { -minor } else { minor }, account.currency);
    let mut booked = json!({
        "balanceType": "interimBooked",
        "balanceAmount": told(booked),
        "referenceDate": view.today,
    });
    if let Some(last) = account.rows.last().filter(|_| !view.on.has(Misbehaviour::NoId)) {
        booked["lastCommittedTransaction"] = last.archive_id.as_str().into();
    }
    let mut balances = vec![booked];
    if !card {
        balances.push(json!({
            "balanceType": "interimAvailable",
            "balanceAmount": told(available),
            "creditLimitIncluded": account.credit_line_cents > 0,
        }));
        balances.push(json!({
            "balanceType": "expected",
            "balanceAmount": told(account.gross_cents() + reserved),
        }));
    }
    let mut answer = json!({ "balances": balances });
    if card {
        answer["cardAccount"] = reference(account);
        answer["debitAccounting"] = true.into();
    } else {
        answer["account"] = reference(account);
    }
    Ok(Json(answer))
}
