//! `POST /callback/{bank}`: the page hands over what a bank sent a browser back with.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use domain::id::BankId;
use serde::Deserialize;

use super::guard::{self, Peer, RequestId};
use crate::app::App;
use crate::callback::{self, Brought};

/// What the page found in the address it was sent back to.
#[derive(Deserialize)]
struct CameBack {
    #[serde(default)]
    query: String,
    #[serde(default)]
    fragment: String,
}

/// Takes a person back from their bank: what the page found in its address ends the consent they began.
pub(super) async fn way_back(
    State(app): State<Arc<App>>,
    Path(bank): Path<String>,
    Extension(request_id): Extension<RequestId>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let tell = |status: u16, code: &str| {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let told = serde_json::json!({ "code": code, "requestId": request_id.0 });
        let mut response = (status, Json(told)).into_response();
        if let Ok(value) = HeaderValue::from_str(code) {
            response.headers_mut().insert(HeaderName::from_static("x-opl-code"), value);
        }
        response
    };
    let Ok(came) = serde_json::from_slice::<CameBack>(&body) else {
        return tell(400, "malformed");
    };
    let Ok(session) = guard::session(&app, &headers).await else {
        return tell(503, "internal");
    };
    let attended = session.as_ref().map(|session| guard::attended(peer, session, &headers));
    let bank_id = BankId(bank);
    let brought = Brought {
        bank_id: &bank_id,
        query: &came.query,
        fragment: &came.fragment,
        session: session.as_ref(),
        request_id: request_id.0,
    };
    match callback::finish(&app, brought, attended).await {
        Ok(finished) => Json(finished).into_response(),
        Err(error) => {
            tracing::warn!(request_id = %request_id.0, code = error.code(), cause = %error, "a callback was refused");
            tell(error.status(), error.code())
        }
    }
}
