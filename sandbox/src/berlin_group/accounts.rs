//! The lists of accounts and card accounts, only what the customer ticked.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::access::standing;
use super::problem::Problem;
use super::seal::Caller;
use super::wire;
use crate::bank::Bank;
use crate::budget;
use crate::household::{Account, AccountKind};
use crate::misbehaviour::shown_id;
use crate::shared_accounts::listed;

/// `GET /accounts`.
pub(super) async fn list(
    State(bank): State<Arc<Bank>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let consent = standing(&bank, &caller, &headers)?;
    budget::spend(&bank, &headers, &consent, "accounts")?;
    let household = bank.household();
    let view = bank.view(household.today);
    let accounts: Vec<Value> = listed(&bank, &household, &consent)
        .filter(|account| !is_card(account))
        .map(|account| {
            let id = shown_id(view.on, &consent.id, &account.account_id);
            wire::account(&bank, &view, account, &id)
        })
        .collect();
    Ok(Json(json!({ "accounts": accounts })))
}

/// `GET /card-accounts`.
pub(super) async fn cards(
    State(bank): State<Arc<Bank>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let consent = standing(&bank, &caller, &headers)?;
    budget::spend(&bank, &headers, &consent, "card-accounts")?;
    let household = bank.household();
    let view = bank.view(household.today);
    let cards: Vec<Value> = listed(&bank, &household, &consent)
        .filter(|account| is_card(account))
        .map(|account| wire::card(account, &shown_id(view.on, &consent.id, &account.account_id)))
        .collect();
    Ok(Json(json!({ "cardAccounts": cards })))
}

/// Whether an account is listed among the cards.
pub(super) fn is_card(account: &Account) -> bool {
    account.kind == AccountKind::CreditCard
}
