//! Refusals: `tppMessages` with the codes of the standard (Implementation Guidelines 1.3, section 14.11).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::api_error::ApiError;

/// A refusal of the interface.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    status: u16,
    code: &'static str,
    text: String,
    /// How long to wait, where that is said.
    wait: Option<HeaderValue>,
}

impl Problem {
    pub(crate) fn new(status: u16, code: &'static str, text: impl Into<String>) -> Self {
        Self { status, code, text: text.into(), wait: None }
    }

    /// Something in the request is not as the standard has it.
    pub(super) fn format(text: impl Into<String>) -> Self {
        Self::new(400, "FORMAT_ERROR", text)
    }
}

impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Gateway(..) => {
                Self::new(401, "CONSENT_INVALID", "The consent does not open this account")
            }
            ApiError::Forbidden(text) => Self::new(403, "SERVICE_BLOCKED", text),
            ApiError::Unknown(what) => {
                Self::new(404, "RESOURCE_UNKNOWN", format!("{what} is not known"))
            }
            ApiError::Invalid(violations) => {
                let text: Vec<String> =
                    violations.into_iter().map(|violation| violation.message).collect();
                Self::format(text.join("; "))
            }
            ApiError::TooMany(seconds) => {
                let wait = Some(HeaderValue::from(seconds));
                let text = "Too many accesses without the customer";
                Self { wait, ..Self::new(429, "ACCESS_EXCEEDED", text) }
            }
            ApiError::TooManyOdd(wait) => {
                let text = "Too many accesses without the customer";
                Self { wait, ..Self::new(429, "ACCESS_EXCEEDED", text) }
            }
            ApiError::Technical(status, text) => Self::new(status, "INTERNAL_SERVER_ERROR", text),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = json!({ "tppMessages": [{
            "category": "ERROR", "code": self.code, "text": self.text,
        }] });
        let mut response = (status, Json(body)).into_response();
        if let Some(wait) = self.wait {
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        response
    }
}
