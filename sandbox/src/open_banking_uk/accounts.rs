//! Accounts, only what the customer ticked.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::access::{consent_with, has};
use super::refusal::Refusal;
use super::version::Version;
use super::wire;
use crate::bank::Bank;
use crate::budget;
use crate::exchange::PeerCertificate;
use crate::misbehaviour::shown_id;
use crate::shared_accounts::{find, shared};

const PERMISSIONS: [&str; 2] = ["ReadAccountsBasic", "ReadAccountsDetail"];
const DETAIL: &str = "ReadAccountsDetail";

/// `GET /accounts`.
pub(super) async fn list(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    Extension(version): Extension<Version>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let consent = consent_with(&bank, &headers, &peer, &PERMISSIONS)?;
    let household = bank.household();
    budget::spend(&bank, &headers, &consent, "accounts")?;
    let view = bank.view(household.today);
    let accounts: Vec<Value> = shared(&household, &consent)
        .map(|account| {
            let id = shown_id(view.on, &consent.id, &account.account_id);
            wire::account(&bank, &view, account, &id, has(&consent, DETAIL), version)
        })
        .collect();
    let own = format!("{}{}/accounts", bank.addresses.mtls, version.base());
    Ok(Json(wire::envelope(json!({ "Account": accounts }), &own, None)))
}

/// `GET /accounts/{AccountId}`.
pub(super) async fn one(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    Extension(version): Extension<Version>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let consent = consent_with(&bank, &headers, &peer, &PERMISSIONS)?;
    let household = bank.household();
    let view = bank.view(household.today);
    let account = find(&view, &household, &consent, &id)?;
    budget::spend(&bank, &headers, &consent, &format!("account {}", account.account_id))?;
    let value = wire::account(&bank, &view, account, &id, has(&consent, DETAIL), version);
    let own = format!("{}{}/accounts/{id}", bank.addresses.mtls, version.base());
    Ok(Json(wire::envelope(json!({ "Account": [value] }), &own, None)))
}
