//! `POST /export`: everything about the person who asks, as a file a machine can read (Regulation (EU)
//! 2016/679, articles 15 and 20). It is made while it is sent, and stands nowhere.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::try_unfold;
use serde_json::json;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::guard::{self, RequestId};
use crate::app::App;
use crate::portability::{PortabilityError, lines};

/// Most pieces of files that are made at the same time. Whoever takes theirs slowly holds no place.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// A file on its way.
struct Taking {
    app: Arc<App>,
    key_id: Uuid,
    after: u64,
    events: u64,
    is_whole: bool,
}

impl Taking {
    /// The next lines; the last one says that the file is whole.
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, PortabilityError> {
        if self.is_whole {
            return Ok(None);
        }
        let _room = AT_ONCE.acquire().await;
        let (log, keys) = (self.app.ledger.log().as_ref(), &self.app.keys);
        if let Some((text, reached, count)) = lines(log, keys, self.key_id, self.after).await? {
            (self.after, self.events) = (reached, self.events + count);
            return Ok(Some((text.into(), self)));
        }
        self.is_whole = true;
        let end = json!({ "whole": true, "events": self.events, "until": self.after });
        Ok(Some((format!("{end}\n").into(), self)))
    }
}

/// Sends everything about the person of the session, one JSON object a line: first what it is, then every
/// event, last that it is whole. What breaks off has no such end.
pub(super) async fn take(
    State(app): State<Arc<App>>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    headers: HeaderMap,
) -> Response {
    let failed = |cause: &dyn std::fmt::Display| {
        tracing::error!(%request_id, %cause, "a person's data cannot be given");
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    };
    let session = match guard::session(&app, &headers).await {
        Ok(Some(session)) => session,
        Ok(None) => return StatusCode::UNAUTHORIZED.into_response(),
        Err(error) => return failed(&error),
    };
    let key_id = match app.keys.key_of_person(session.user_id).await {
        Ok(Some((key_id, _))) => key_id,
        Ok(None) => return StatusCode::UNAUTHORIZED.into_response(),
        Err(error) => return failed(&error),
    };
    let now = app.clock.now();
    let head = json!({
        "what": "everything One Point Ledger holds about a person, one JSON object a line: every event, \
                 opened; answers of banks are in fetch.answered, as they came, in base64",
        "person": session.user_id.to_string(), "exported_at": now.to_rfc3339(),
    });
    let taking = Taking { app, key_id, after: 0, events: 0, is_whole: false };
    let first = Bytes::from(format!("{head}\n"));
    let stream = try_unfold((Some(first), taking), |(first, taking)| async move {
        if let Some(first) = first {
            return Ok(Some((first, (None, taking))));
        }
        let next = taking.next().await.inspect_err(|cause| {
            tracing::error!(%cause, "a person's data broke off while it was given");
        })?;
        Ok::<_, PortabilityError>(next.map(|(bytes, taking)| (bytes, (None, taking))))
    });
    let name = format!("attachment; filename=\"one-point-ledger-{}.jsonl\"", now.date_naive());
    let told = [
        (header::CONTENT_TYPE, "application/x-ndjson".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    (told, Body::from_stream(stream)).into_response()
}
