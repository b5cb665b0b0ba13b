//! Accounts and their transactions, only what the customer ticked.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::{Extension, Json};
use serde_json::Value;

use crate::api_error::ApiError;
use crate::bank::Bank;
use crate::budget;
use crate::exchange::PeerCertificate;
use crate::form::Form;
use crate::household::Account;
use crate::misbehaviour::{self, shown_id};
use crate::paging::List;
use crate::shared_accounts::{find, living, shared};

/// `GET /accounts-psd2/v1/accounts`: an array, without paging.
pub(super) async fn list(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let authorization = living(&bank, &headers, &peer)?;
    let household = bank.household();
    budget::spend(&bank, &headers, &authorization, "accounts")?;
    let view = bank.view(household.today);
    let show = |account: &Account| {
        let id = shown_id(view.on, &authorization.id, &account.account_id);
        misbehaviour::account(&view, account, &id)
    };
    let accounts: Vec<Value> = shared(&household, &authorization).map(show).collect();
    Ok(Json(accounts.into()))
}

/// `GET /accounts-psd2/v1/accounts/{id}`.
pub(super) async fn one(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let authorization = living(&bank, &headers, &peer)?;
    let household = bank.household();
    let view = bank.view(household.today);
    let account = find(&view, &household, &authorization, &id)?;
    budget::spend(&bank, &headers, &authorization, &format!("account {}", account.account_id))?;
    if misbehaviour::balances_are_down(view.on) {
        return Err(ApiError::Technical(503, "Balances are not available".to_owned()));
    }
    Ok(Json(misbehaviour::account(&view, account, &id)))
}

/// `GET /accounts-psd2/v1/accounts/{id}/transactions[?continuationToken=…]`: newest first. Further
/// pages belong to the access of the first one.
pub(super) async fn transactions(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let authorization = living(&bank, &headers, &peer)?;
    let household = bank.household();
    let view = bank.view(household.today);
    let account = find(&view, &household, &authorization, &id)?;
    let query = Form::parse(query.as_deref().unwrap_or_default());
    let path = format!("/accounts-psd2/v1/accounts/{id}/transactions");
    let (list, filter, start) = List::of_op(&bank, view, &authorization.id, path, &query)?;
    if start == 0 {
        let resource = format!("transactions {}", account.account_id);
        budget::spend(&bank, &headers, &authorization, &resource)?;
    }
    let window = bank.window(&authorization, view.today);
    let rows = view.account_rows(account, window, filter);
    Ok(Json(list.page(&bank, &account.iban, rows, start)))
}
