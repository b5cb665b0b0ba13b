//! Errors of the business APIs, in the bank's shape.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// One reason why a request is not valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// The bank's word, for example `Required`.
    pub(crate) kind: &'static str,
    /// Dotted path of the member or the name of the parameter.
    pub(crate) path: String,
    /// A sentence for a person.
    pub(crate) message: String,
    /// Further members some kinds carry (`min`, `max`, `value`, `inclusive`).
    pub(crate) more: Vec<(&'static str, Value)>,
}

impl Violation {
    pub(crate) fn new(kind: &'static str, path: &str, message: impl Into<String>) -> Self {
        Self { kind, path: path.to_owned(), message: message.into(), more: Vec::new() }
    }

    pub(crate) fn required(path: &str) -> Self {
        Self::new("Required", path, format!("{path} is required"))
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.more.push((name, value.into()));
        self
    }

    fn json(&self) -> Value {
        let mut value = json!({ "type": self.kind, "path": self.path, "message": self.message });
        if let Some(members) = value.as_object_mut() {
            for (name, more) in &self.more {
                members.insert((*name).to_owned(), more.clone());
            }
        }
        value
    }
}

/// A refusal of a business API: the flat object `{id, type, message, violations?}`, or the gateway's
/// `fault` for what never reaches the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ApiError {
    /// 401 of the gateway: API key or access token.
    Gateway(&'static str, &'static str),
    /// 403.
    Forbidden(String),
    /// 400 with violations.
    Invalid(Vec<Violation>),
    /// 404.
    Unknown(&'static str),
    /// 429 with the seconds to wait.
    TooMany(i64),
    /// 429 with something else in that header, or without it.
    TooManyOdd(Option<HeaderValue>),
    /// Any other status with a technical message.
    Technical(u16, String),
}

impl ApiError {
    pub(crate) const INVALID_TOKEN: Self =
        Self::Gateway("Invalid Access Token", "keymanagement.service.invalid_access_token");
    pub(crate) const EXPIRED_TOKEN: Self =
        Self::Gateway("Access Token expired", "keymanagement.service.access_token_expired");
    pub(crate) const INVALID_API_KEY: Self =
        Self::Gateway("Invalid ApiKey", "oauth.v2.InvalidApiKey");

    /// One violation.
    pub(crate) fn violation(kind: &'static str, path: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Violation::new(kind, path, message)])
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let id = format!("S{}", uuid::Uuid::new_v4());
        let (status, body) = match &self {
            Self::Gateway(text, code) => {
                (401, json!({ "fault": { "faultstring": text, "detail": { "errorcode": code } } }))
            }
            Self::Forbidden(message) => {
                let flat = json!({ "id": id, "type": "SECURITY", "message": message });
                let mut both = flat.clone();
                both["errors"] = json!([flat]);
                (403, both)
            }
            Self::Invalid(violations) => (
                400,
                json!({
                    "id": id,
                    "type": "VALIDATION",
                    "message": violations.first().map_or("Request is not valid", |first| first.message.as_str()),
                    "violations": violations.iter().map(Violation::json).collect::<Vec<_>>(),
                }),
            ),
            Self::Unknown(what) => (
                404,
                json!({ "id": id, "type": "BUSINESS", "message": format!("{what} not found") }),
            ),
            Self::TooMany(_) | Self::TooManyOdd(_) => (
                429,
                json!({
                    "id": id, "type": "BUSINESS",
                    "message": "Four accesses without the customer have been used within 24 hours",
                }),
            ),
            Self::Technical(status, message) => {
                (*status, json!({ "id": id, "type": "TECHNICAL", "message": message }))
            }
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(body)).into_response();
        let wait = match self {
            Self::TooMany(seconds) => Some(HeaderValue::from(seconds)),
            Self::TooManyOdd(wait) => wait,
            _ => None,
        };
        if let Some(wait) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        response
    }
}
