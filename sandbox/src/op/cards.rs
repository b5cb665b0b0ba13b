//! Cards and their transactions. Amounts have the other sign than accounts: a purchase is positive.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::accounts::{Window, living};
use super::budget;
use super::form::Form;
use super::paging::{List, PAGE_ROWS};
use crate::api_error::ApiError;
use crate::bank::Bank;
use crate::exchange::PeerCertificate;
use crate::household::{Card, CardRow, Household, money};
use crate::state::Authorization;

/// `GET /accounts-psd2/v1/cards`: an array, without paging.
pub(super) async fn list(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let authorization = living(&bank, &headers, &peer)?;
    let household = bank.household();
    budget::spend(&bank, &headers, &authorization.id, "cards")?;
    let cards: Vec<Value> = shared(&household, &authorization).map(card_json).collect();
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
    let card = shared(&household, &authorization)
        .find(|card| card.card_id == id)
        .ok_or(ApiError::Unknown("Card"))?;
    let query = Form::parse(query.as_deref().unwrap_or_default());
    let list = List {
        authorization_id: &authorization.id,
        path: format!("/accounts-psd2/v1/cards/{id}/transactions"),
    };
    let start = list.start(&bank, query.all("continuationToken").next())?;
    if start == 0 {
        budget::spend(&bank, &headers, &authorization.id, &format!("card transactions {id}"))?;
    }
    let window = Window::of(&authorization, household.today);
    let rows: Vec<&CardRow> =
        card.rows.iter().rev().filter(|row| window.holds(row.posting_date)).collect();
    let page = rows.iter().skip(start).take(PAGE_ROWS).map(|row| row_json(row)).collect();
    Ok(Json(list.page(&bank, page, start, rows.len())))
}

fn shared<'a>(
    household: &'a Household,
    authorization: &'a Authorization,
) -> impl Iterator<Item = &'a Card> {
    let users = household.users.iter();
    users
        .filter(|user| Some(user.user_id) == authorization.user_id.as_deref())
        .flat_map(|user| &user.cards)
        .filter(|card| authorization.card_ids.contains(&card.card_id))
}

fn card_json(card: &Card) -> Value {
    let mut value = json!({
        "cardId": card.card_id,
        "productName": card.product_name,
        "cardNumber": card.card_number,
    });
    if let Some(credit) = &card.credit {
        value["statementBalance"] = money(-card.owed_cents()).into();
        value["authorizedOutstandingAmount"] = money(-credit.outstanding_cents).into();
    }
    value
}

fn row_json(row: &CardRow) -> Value {
    json!({
        "description": row.description,
        "amount": money(row.amount_cents),
        "currency": "EUR",
        "originalAmount": money(row.original_cents),
        "originalCurrency": row.original_currency,
        "postingDate": row.posting_date.to_string(),
    })
}
