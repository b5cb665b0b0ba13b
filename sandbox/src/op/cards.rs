//! Cards and their transactions. Amounts have the other sign than accounts: a purchase is positive.

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
use crate::household::Card;
use crate::misbehaviour::{self, shown_id};
use crate::paging::List;
use crate::shared_accounts::{living, shared_cards};

/// `GET /accounts-psd2/v1/cards`: an array, without paging.
pub(super) async fn list(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let authorization = living(&bank, &headers, &peer)?;
    let household = bank.household();
    budget::spend(&bank, &headers, &authorization, "cards")?;
    let view = bank.view(household.today);
    let show = |card: &Card| {
        let id = shown_id(view.on, &authorization.id, &card.card_id);
        misbehaviour::card(&view, card, &id)
    };
    let cards: Vec<Value> = shared_cards(&household, &authorization).map(show).collect();
    Ok(Json(cards.into()))
}

/// `GET /accounts-psd2/v1/cards/{id}/transactions[?continuationToken=…]`: newest first. Purchases of
/// a debit card are rows of its account and not repeated here.
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
    let card = shared_cards(&household, &authorization)
        .find(|card| shown_id(view.on, &authorization.id, &card.card_id) == id)
        .ok_or(ApiError::Unknown("Card"))?;
    let query = Form::parse(query.as_deref().unwrap_or_default());
    let path = format!("/accounts-psd2/v1/cards/{id}/transactions");
    let (list, filter, start) = List::of_op(&bank, view, &authorization.id, path, &query)?;
    if start == 0 {
        let resource = format!("card transactions {}", card.card_id);
        budget::spend(&bank, &headers, &authorization, &resource)?;
    }
    let window = bank.window(&authorization, view.today);
    let rows = view.card_rows(card, window, filter);
    Ok(Json(list.page(&bank, card.card_number, rows, start)))
}
