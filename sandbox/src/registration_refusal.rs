//! A refusal to register a client (RFC 7591, section 3.2.2).

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a client is not registered.
pub(crate) struct RegistrationRefusal {
    status: StatusCode,
    error: &'static str,
    description: String,
}

impl RegistrationRefusal {
    pub(crate) fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description: description.into() }
    }

    pub(crate) fn statement(description: impl Into<String>) -> Self {
        Self::new("invalid_software_statement", description)
    }

    pub(crate) fn metadata(description: impl Into<String>) -> Self {
        Self::new("invalid_client_metadata", description)
    }

    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl IntoResponse for RegistrationRefusal {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.error, "error_description": self.description });
        (self.status, Json(body)).into_response()
    }
}
