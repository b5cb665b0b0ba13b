//! The balances of an account, each with its type, its moment and its credit line.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::access::consent_with;
use super::refusal::Refusal;
use super::version::Version;
use super::wire::{self, amount, moment};
use crate::api_error::ApiError;
use crate::bank::Bank;
use crate::budget;
use crate::exchange::PeerCertificate;
use crate::household::{Account, AccountKind};
use crate::misbehaviour::{self, Figures, Misbehaviour, View};
use crate::shared_accounts::find;

/// The word of version 3.1 and the code of 4.0.
const BOOKED: (&str, &str) = ("InterimBooked", "ITBD");
const AVAILABLE: (&str, &str) = ("InterimAvailable", "ITAV");
const EXPECTED: (&str, &str) = ("Expected", "XPCD");
const OPENING: (&str, &str) = ("OpeningBooked", "OPBD");

/// `GET /accounts/{AccountId}/balances`.
pub(super) async fn list(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    Extension(version): Extension<Version>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let consent = consent_with(&bank, &headers, &peer, &["ReadBalances"])?;
    let household = bank.household();
    let view = bank.view(household.today);
    let account = find(&view, &household, &consent, &id)?;
    budget::spend(&bank, &headers, &consent, &format!("balances {}", account.account_id))?;
    if misbehaviour::balances_are_down(view.on) {
        return Err(ApiError::Technical(503, "Balances are not available".to_owned()).into());
    }
    let balances = balances(&bank, &view, account, &id, version);
    let own = format!("{}{}/accounts/{id}/balances", bank.addresses.mtls, version.base());
    Ok(Json(wire::envelope(json!({ "Balance": balances }), &own, None)))
}

fn balances(bank: &Bank, view: &View, account: &Account, id: &str, version: Version) -> Vec<Value> {
    let Figures { booked, reserved, hidden_line } = Figures::of(view, account);
    let today: i64 = account
        .rows
        .iter()
        .rev()
        .take_while(|row| row.booking_date == view.today)
        .map(|row| row.amount_cents)
        .sum();
    let line = account.credit_line_cents;
    let reversed =
        account.kind == AccountKind::CreditCard && view.on.has(Misbehaviour::CardSignReversed);
    let one = |kind, cents: i64| {
        let (amount, indicator) =
            amount(if reversed { -cents } else { cents }, bank.house.currency);
        json!({
            "AccountId": id,
            "Amount": amount,
            "CreditDebitIndicator": indicator,
            "Type": version.balance(kind),
            "DateTime": moment(bank, bank.now()),
        })
    };
    let mut available = one(AVAILABLE, account.gross_cents() + reserved + line + hidden_line);
    if line > 0 {
        let kind = match account.kind {
            AccountKind::CreditCard => "Credit",
            _ => "Pre-Agreed",
        };
        let (amount, _) = amount(line, bank.house.currency);
        available["CreditLine"] = json!([{ "Included": true, "Type": kind, "Amount": amount }]);
    }
    vec![
        one(BOOKED, booked),
        available,
        one(EXPECTED, account.gross_cents() + reserved),
        one(OPENING, account.gross_cents() - today),
    ]
}
