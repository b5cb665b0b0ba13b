//! The control listener: plain HTTP on 127.0.0.1, apart from everything the bank speaks.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `GET /misbehaviour` | | `{"on": [names], "known": [{"name", "sentence"}]}` |
//! | `PUT /misbehaviour` | `["name", …]` or `{"on": ["name", …]}` | `{"on": [names]}` |
//! | `GET /truth` | | [`crate::TrueLedger`] |
//! | `GET /clock` | | `{"now": …, "today": …}` |
//! | `PUT /clock` | `{"advance_seconds": 86400}` | `{"now": …, "today": …}` |

mod client;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::bank::Bank;
use crate::misbehaviour::{Misbehaviour, Misbehaviours};
use crate::true_ledger::TrueLedger;

pub use client::{ControlError, ask};

/// A refusal: a status and a sentence.
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

pub(crate) fn router(bank: Arc<Bank>) -> Router {
    Router::new()
        .route("/misbehaviour", get(misbehaviour).put(switch))
        .route("/truth", get(truth))
        .route("/clock", get(clock).put(advance))
        .fallback(async || {
            Refusal(StatusCode::NOT_FOUND, "there is /misbehaviour, /truth and /clock".to_owned())
        })
        .layer(middleware::from_fn(from_this_machine))
        .with_state(bank)
}

/// Keeps web pages out: a page of another name that resolves to 127.0.0.1 sends that name, and a page of
/// another origin can send JSON only after asking, which nobody answers here.
async fn from_this_machine(request: Request, next: Next) -> Response {
    let host = text(request.headers(), header::HOST);
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if !["127.0.0.1", "localhost"].contains(&name) {
        let message = "the Host header must be 127.0.0.1 or localhost".to_owned();
        return Refusal(StatusCode::FORBIDDEN, message).into_response();
    }
    let kind = text(request.headers(), header::CONTENT_TYPE);
    if request.method() == Method::PUT && !kind.starts_with("application/json") {
        let message = "Content-Type must be application/json".to_owned();
        return Refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, message).into_response();
    }
    next.run(request).await
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

async fn misbehaviour(State(bank): State<Arc<Bank>>) -> Json<Value> {
    let known: Vec<Value> = Misbehaviour::ALL
        .into_iter()
        .map(|known| json!({ "name": known.name(), "sentence": known.sentence() }))
        .collect();
    Json(json!({ "on": bank.conduct.on().names(), "known": known }))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Wanted {
    List(Vec<String>),
    Named { on: Vec<String> },
}

async fn switch(State(bank): State<Arc<Bank>>, body: Bytes) -> Result<Json<Value>, Refusal> {
    let names = match serde_json::from_slice(&body) {
        Ok(Wanted::List(names) | Wanted::Named { on: names }) => names,
        Err(_) => {
            let message = "the body must be a list of names, such as [\"no-id\"]".to_owned();
            return Err(Refusal(StatusCode::BAD_REQUEST, message));
        }
    };
    let on = Misbehaviours::parse(names)
        .map_err(|unknown| Refusal(StatusCode::BAD_REQUEST, unknown.to_string()))?;
    bank.conduct.switch(on, bank.options.clock.now());
    Ok(Json(json!({ "on": on.names() })))
}

async fn truth(State(bank): State<Arc<Bank>>) -> Json<TrueLedger> {
    Json(TrueLedger::of(&bank))
}

async fn clock(State(bank): State<Arc<Bank>>) -> Json<Value> {
    Json(json!({ "now": bank.options.clock.now(), "today": bank.today() }))
}

#[derive(Deserialize)]
struct Advance {
    advance_seconds: u64,
}

async fn advance(State(bank): State<Arc<Bank>>, body: Bytes) -> Result<Json<Value>, Refusal> {
    let Ok(Advance { advance_seconds }) = serde_json::from_slice(&body) else {
        let message = "the body must be {\"advance_seconds\": a whole number}".to_owned();
        return Err(Refusal(StatusCode::BAD_REQUEST, message));
    };
    bank.options.clock.advance(std::time::Duration::from_secs(advance_seconds));
    Ok(clock(State(bank)).await)
}
