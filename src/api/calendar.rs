//! `GET /calendar/TOKEN.ics`: a person's renewals for a calendar program (RFC 5545), which has no
//! session. The address is the secret.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::app::App;
use crate::connectors::Secret;
use crate::renewal;

/// Characters of a token: 256 bits in base64url.
const TOKEN_LENGTH: usize = 43;

/// Answers with the calendar; an address nobody has, or no longer, is not found.
pub(super) async fn serve(State(app): State<Arc<App>>, Path(file): Path<String>) -> Response {
    let Some(token) = file.strip_suffix(".ics").filter(|token| token.len() == TOKEN_LENGTH) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let text = match app.calendars.whose(&Secret::new(token)).await {
        Ok(Some(user_id)) => {
            renewal::calendar(&app, user_id).await.map_err(|error| error.to_string())
        }
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => Err(error.to_string()),
    };
    match text {
        Ok(text) => {
            let kind = (header::CONTENT_TYPE, "text/calendar; charset=utf-8");
            let kept = (header::CACHE_CONTROL, "private, no-store");
            ([kind, kept], text).into_response()
        }
        Err(cause) => {
            tracing::error!(%cause, "a calendar cannot be shown");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
