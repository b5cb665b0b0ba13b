//! Refusals: `{Code, Id, Message, Errors[]}` in version 3.1, `{Errors[]}` with the codes of an external
//! list in 4.0. A token that is not good is answered by 401 without a body, an unknown id by 400.

use axum::Extension;
use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::version::Version;
use crate::api_error::ApiError;

/// A refusal of the API.
#[derive(Debug, Clone)]
pub(crate) struct Refusal(pub(crate) ApiError);

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

/// One entry of `Errors`.
struct Detail {
    code: &'static str,
    message: String,
    path: Option<String>,
}

impl Refusal {
    fn status(&self) -> u16 {
        match &self.0 {
            ApiError::Gateway(..) => 401,
            ApiError::Forbidden(_) => 403,
            ApiError::Invalid(_) | ApiError::Unknown(_) => 400,
            ApiError::TooMany(_) | ApiError::TooManyOdd(_) => 429,
            ApiError::Technical(status, _) => *status,
        }
    }

    fn details(&self) -> Vec<Detail> {
        let one =
            |code, message: &str| vec![Detail { code, message: message.to_owned(), path: None }];
        match &self.0 {
            ApiError::Gateway(..) => Vec::new(),
            // The consent is what is wrong, or what the caller asks for goes beyond it.
            ApiError::Forbidden(text) if text.starts_with("Authorization ") => {
                one("UK.OBIE.Resource.InvalidConsentStatus", text)
            }
            ApiError::Forbidden(text) => one("UK.OBIE.Resource.ConsentMismatch", text),
            ApiError::Unknown(what) => {
                one("UK.OBIE.Resource.NotFound", &format!("{what} not found"))
            }
            ApiError::Invalid(violations) => {
                let detail = |violation: &crate::api_error::Violation| Detail {
                    code: match violation.kind {
                        "Required" => "UK.OBIE.Field.Missing",
                        "UnrecognizedProperty" => "UK.OBIE.Field.Unexpected",
                        "Date" => "UK.OBIE.Field.InvalidDate",
                        _ => "UK.OBIE.Field.Invalid",
                    },
                    message: violation.message.clone(),
                    path: Some(violation.path.clone()).filter(|path| !path.is_empty()),
                };
                violations.iter().map(detail).collect()
            }
            ApiError::TooMany(_) | ApiError::TooManyOdd(_) => {
                one("UK.OBIE.UnexpectedError", "Too many requests without the customer")
            }
            ApiError::Technical(_, text) => one("UK.OBIE.UnexpectedError", text),
        }
    }

    fn body(&self, version: Version, status: StatusCode) -> Value {
        let details: Vec<Value> = self
            .details()
            .into_iter()
            .map(|detail| {
                let code = match version {
                    Version::V3 => detail.code,
                    Version::V4 => four_letters(detail.code),
                };
                let mut value = json!({ "ErrorCode": code, "Message": detail.message });
                if let Some(path) = detail.path {
                    value["Path"] = path.into();
                }
                value
            })
            .collect();
        match version {
            Version::V4 => json!({ "Errors": details }),
            Version::V3 => json!({
                "Code": status.to_string(),
                "Id": uuid::Uuid::new_v4(),
                "Message": "The request is refused",
                "Errors": details,
            }),
        }
    }

    fn response(&self, version: Version) -> Response {
        let status =
            StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status == StatusCode::UNAUTHORIZED {
            return status.into_response();
        }
        let mut response = (status, Json(self.body(version, status))).into_response();
        let wait = match &self.0 {
            ApiError::TooMany(seconds) => Some(HeaderValue::from(*seconds)),
            ApiError::TooManyOdd(wait) => wait.clone(),
            _ => None,
        };
        if let Some(wait) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.response(Version::V3);
        response.extensions_mut().insert(self);
        response
    }
}

/// Words a refusal for the version that was asked.
pub(super) async fn in_the_words_of(
    Extension(version): Extension<Version>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    match response.extensions().get::<Refusal>() {
        Some(refusal) => refusal.response(version),
        None => response,
    }
}

/// The code of version 4.0: four characters of the external list of status reasons.
fn four_letters(code: &str) -> &'static str {
    match code {
        "UK.OBIE.Field.Missing" => "U004",
        "UK.OBIE.Field.Unexpected" => "U005",
        "UK.OBIE.Field.InvalidDate" => "U003",
        "UK.OBIE.Field.Invalid" => "U002",
        "UK.OBIE.Resource.ConsentMismatch" => "U008",
        "UK.OBIE.Resource.InvalidConsentStatus" => "U009",
        "UK.OBIE.Resource.NotFound" => "U011",
        _ => "U000",
    }
}
