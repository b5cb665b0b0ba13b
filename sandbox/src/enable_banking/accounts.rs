//! One account of a session: what it is, and its balances.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::cards;
use super::failure::Failure;
use super::sessions::living;
use super::wire::{self, uid};
use crate::bank::Bank;
use crate::budget;
use crate::chance::lot;
use crate::household::{Account, Household, money};
use crate::misbehaviour::{self, Figures, Misbehaviour, View};
use crate::shared_accounts::shared;
use crate::state::{Authorization, State as Remembered};

/// The session an account's name is of, and the account.
pub(super) fn account<'a>(
    bank: &Bank,
    view: &View,
    household: &'a Household,
    named: &str,
) -> Result<(Authorization, &'a Account), Failure> {
    let unknown = || Failure::new(404, "ACCOUNT_DOES_NOT_EXIST", "No account found");
    let accounts: Vec<&Account> = household.users.iter().flat_map(|user| &user.accounts).collect();
    let find = |state: &Remembered| {
        let mut sessions = state.tokens.keys();
        sessions.find_map(|session| {
            let account = accounts.iter().find(|account| uid(session, account) == named)?;
            Some((session.to_owned(), *account))
        })
    };
    let (session_id, account) = bank.read(find).ok_or_else(unknown)?;
    let authorization = living(bank, &session_id)?;
    let own: Vec<&Account> = shared(household, &authorization).collect();
    let place = own.iter().position(|one| one.account_id == account.account_id);
    let place = place.ok_or_else(unknown)?;
    let user = authorization.user_id.as_deref().unwrap_or_default();
    let drawn = lot(view.seed, "revoked", user) % own.len() as u64;
    if view.on.has(Misbehaviour::RevokedAtBank) && drawn == place as u64 {
        let text = "The PSU does not have access to the requested account";
        return Err(Failure::new(403, "ASPSP_ACCOUNT_NOT_ACCESSIBLE", text));
    }
    Ok((authorization, account))
}

/// `GET /accounts/{uid}/details`.
pub(super) async fn details(
    State(bank): State<Arc<Bank>>,
    headers: HeaderMap,
    Path(named): Path<String>,
) -> Result<Json<Value>, Failure> {
    let household = bank.household();
    let view = bank.view(household.today);
    if let Some((session, card)) = cards::find(&bank, &household, &named)? {
        budget::spend(&bank, &headers, &session, &format!("account {}", card.card_id))?;
        return Ok(Json(cards::card(&bank, &view, card, &named)));
    }
    let (session, account) = account(&bank, &view, &household, &named)?;
    budget::spend(&bank, &headers, &session, &format!("account {}", account.account_id))?;
    Ok(Json(wire::account(&bank, &view, account, &named)))
}

/// `GET /accounts/{uid}/balances`.
pub(super) async fn balances(
    State(bank): State<Arc<Bank>>,
    headers: HeaderMap,
    Path(named): Path<String>,
) -> Result<Json<Value>, Failure> {
    let household = bank.household();
    let view = bank.view(household.today);
    if let Some((session, card)) = cards::find(&bank, &household, &named)? {
        return cards::balances(&bank, &view, &headers, (&session, card));
    }
    let (session, account) = account(&bank, &view, &household, &named)?;
    budget::spend(&bank, &headers, &session, &format!("balances {}", account.account_id))?;
    if misbehaviour::balances_are_down(view.on) {
        return Err(Failure::new(503, "ASPSP_ERROR", "Error interacting with ASPSP"));
    }
    let Figures { booked, reserved, hidden_line } = Figures::of(&view, account);
    let available = account.gross_cents() + reserved + account.credit_line_cents + hidden_line;
    let one = |name: &str, kind: &str, cents: i64| {
        json!({
            "name": name,
            "balance_amount": { "currency": account.currency, "amount": money(cents) },
            "balance_type": kind,
            "last_change_date_time": Value::Null,
            "reference_date": view.today.to_string(),
            "last_committed_transaction": Value::Null,
        })
    };
    Ok(Json(json!({ "balances": [
        one("Booked balance", "CLBD", booked),
        one("Available balance", "CLAV", available),
    ] })))
}
