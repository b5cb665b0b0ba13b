//! Refusals: `{message, code, error, detail}` with a word of a closed list.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::api_error::ApiError;

/// A refusal of the interface.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    status: u16,
    error: &'static str,
    message: String,
    retry_after: Option<HeaderValue>,
}

impl Failure {
    pub(crate) fn new(status: u16, error: &'static str, message: impl Into<String>) -> Self {
        Self { status, error, message: message.into(), retry_after: None }
    }

    /// A parameter or a member that is not right.
    pub(super) fn parameters(message: impl Into<String>) -> Self {
        Self::new(422, "WRONG_REQUEST_PARAMETERS", message)
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Gateway(text, _) => Self::new(401, "UNAUTHORIZED_ACCESS", text),
            ApiError::Forbidden(text) => Self::new(401, "CLOSED_SESSION", text),
            ApiError::Invalid(violations) => {
                let cursor = violations.iter().any(|one| one.path == "continuation_key");
                let first = violations.into_iter().next();
                let text = first.map(|one| one.message).unwrap_or_default();
                match cursor {
                    true => Self::new(422, "WRONG_CONTINUATION_KEY", text),
                    false => Self::parameters(text),
                }
            }
            ApiError::Unknown(what) => {
                Self::new(404, "ACCOUNT_DOES_NOT_EXIST", format!("{what} not found"))
            }
            ApiError::TooMany(seconds) => Self {
                retry_after: Some(HeaderValue::from(seconds)),
                ..Self::new(429, "ASPSP_RATE_LIMIT_EXCEEDED", "ASPSP Rate limit exceeded")
            },
            ApiError::TooManyOdd(retry_after) => Self {
                retry_after,
                ..Self::new(429, "ASPSP_RATE_LIMIT_EXCEEDED", "ASPSP Rate limit exceeded")
            },
            ApiError::Technical(status, text) => Self::new(status, "ASPSP_ERROR", text),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = json!({
            "message": self.message,
            "code": self.status,
            "error": self.error,
            "detail": Value::Null,
        });
        let mut response = (status, Json(body)).into_response();
        if let Some(wait) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        response
    }
}
