//! Live updates: what changed and up to which position, never the change itself.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use projections::{Change, Topic};
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use super::guard;
use crate::app::App;

/// How often a quiet stream says that it is alive.
const BEAT: Duration = Duration::from_secs(15);
/// How often a stream looks whether its session still stands.
const LOOK_EVERY: Duration = Duration::from_secs(60);

fn word(topic: Topic) -> &'static str {
    match topic {
        Topic::Connections => "connections",
        Topic::Accounts => "accounts",
        Topic::Transactions => "transactions",
        Topic::Spending => "spending",
        Topic::Sync => "sync",
        Topic::Reviews => "reviews",
        Topic::Guidance => "guidance",
    }
}

fn message(topic: &str, position: u64) -> Event {
    Event::default().data(format!("{{\"topic\":\"{topic}\",\"position\":\"{position}\"}}"))
}

/// Streams the changes of the person's own rows.
pub async fn events(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let session = match guard::session(&app, &headers).await {
        Ok(Some(session)) => session,
        Ok(None) => return StatusCode::UNAUTHORIZED.into_response(),
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    let user_id = session.user_id;
    let changes = BroadcastStream::new(app.read.subscribe()).filter_map(move |change| async move {
        match change {
            Ok(Change { topic, user_id: whose, position }) if whose == user_id => {
                Some(Ok::<_, Infallible>(message(word(topic), position)))
            }
            Ok(_) => None,
            // Some changes were missed: the page asks for everything again.
            Err(BroadcastStreamRecvError::Lagged(_)) => Some(Ok(message("all", 0))),
        }
    });
    let ended = session_ended(app, headers);
    Sse::new(changes.take_until(ended))
        .keep_alive(KeepAlive::new().interval(BEAT).text("alive"))
        .into_response()
}

/// Ends when the session does, or the service stops.
async fn session_ended(app: Arc<App>, headers: HeaderMap) {
    let mut closing = app.closing.subscribe();
    loop {
        tokio::select! {
            _ = closing.wait_for(|close| *close) => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        if !matches!(guard::session(&app, &headers).await, Ok(Some(_))) {
            return;
        }
    }
}
