//! One request and its answer, the same on every listener: bounded body, switches of the tests,
//! common headers, the record of calls.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, Response, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use thiserror::Error;
use tower::ServiceExt;

use crate::api_error::ApiError;
use crate::bank::Bank;
use crate::calls::{Call, CallNote, TokenKind};
use crate::faults::Fault;
use crate::state::{State, Status};

/// Longest request body, in bytes.
const BODY_BYTES_MAX: usize = 128 * 1024;
/// The name of a call, which the answer repeats (FAPI 1.0 Part 1, section 6.2.1).
const INTERACTION: &str = "x-fapi-interaction-id";
/// Longest wait for a whole request body.
const BODY_WAIT: Duration = Duration::from_secs(15);

/// The client certificate of the connection.
#[derive(Debug, Clone)]
pub(crate) struct PeerCertificate {
    /// SHA-256 of the DER bytes, hexadecimal.
    pub(crate) fingerprint: String,
}

/// Closes the connection without an answer.
#[derive(Debug, Error)]
#[error("the connection is dropped on purpose")]
pub(crate) struct Dropped;

/// What is the same for all requests of one connection.
#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) bank: Arc<Bank>,
    pub(crate) listener: &'static str,
    pub(crate) router: Router,
    pub(crate) peer: Option<PeerCertificate>,
}

impl Exchange {
    /// Answers one request.
    pub(crate) async fn answer(
        self,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Dropped> {
        let mut call = self.begin_call(&request);
        let fault = self.bank.faults.take(&call.path);
        let response = match fault {
            Some(Fault::WebPage) => web_page(),
            Some(Fault::Status(status)) => self.bank.house.refuse(on_purpose(status)),
            Some(Fault::Drop) => {
                self.bank.calls.record(call);
                return Err(Dropped);
            }
            Some(Fault::DropAnswer) => {
                self.route(request).await;
                self.bank.calls.record(call);
                return Err(Dropped);
            }
            Some(Fault::Garble) => garbled(self.route(request).await).await,
            Some(Fault::Withdraw) => {
                self.bank.change(|state| {
                    for authorization in state.authorizations.iter_mut() {
                        authorization.status = Status::Revoked;
                    }
                    state.refresh_tokens.retain(|_| false);
                });
                self.route(request).await
            }
            None => self.route(request).await,
        };
        call.status = response.status().as_u16();
        call.at = self.bank.options.clock.now();
        if let Some(note) = response.extensions().get::<CallNote>() {
            call.grant_type.clone_from(&note.grant_type);
        }
        self.bank.calls.record(call);
        Ok(response)
    }

    fn begin_call(&self, request: &Request<Incoming>) -> Call {
        Call {
            at: self.bank.options.clock.now(),
            listener: self.listener,
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            status: 0,
            token: self.token_kind(request.headers()),
            grant_type: None,
            attended: is_attended(request.headers()),
            certificate: self.peer.as_ref().map(|peer| peer.fingerprint.clone()),
        }
    }

    fn token_kind(&self, headers: &HeaderMap) -> Option<TokenKind> {
        let bearer = crate::caller::bearer(headers)?;
        let look = |state: &State| state.tokens.get(bearer).map(|token| token.kind);
        self.bank.read(look)
    }

    async fn route(&self, request: Request<Incoming>) -> Response<Body> {
        let interaction = request.headers().get(INTERACTION).cloned();
        let interaction = interaction.or_else(|| {
            let fresh = uuid::Uuid::new_v4().to_string();
            HeaderValue::try_from(fresh).ok().filter(|_| self.bank.house.strict)
        });
        let (parts, body) = request.into_parts();
        let body = match whole_body(body).await {
            Ok(body) => body,
            Err(error) => return self.bank.house.refuse(error),
        };
        let mut request = Request::from_parts(parts, Body::from(body));
        if let Some(peer) = &self.peer {
            request.extensions_mut().insert(peer.clone());
        }
        let mut response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        if is_plain_error(&response) {
            let status = response.status();
            let text = status.canonical_reason().unwrap_or("Error").to_owned();
            response = self.bank.house.refuse(ApiError::Technical(status.as_u16(), text));
        }
        let headers = response.headers_mut();
        if let Some(interaction) = interaction {
            headers.insert(INTERACTION, interaction);
        }
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        let skewed = !self.bank.conduct.on().skew(self.bank.options.seed).is_zero();
        if skewed {
            let now = self.bank.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
            // Digits and letters only, so it always is a header value.
            headers.extend(HeaderValue::try_from(now).ok().map(|now| (header::DATE, now)));
        }
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
}

/// Seconds to wait that a refusal made on purpose names.
const WAIT_ON_PURPOSE_SECONDS: i64 = 2;

/// A failure a test asked for, in the shape the bank gives that status.
fn on_purpose(status: u16) -> ApiError {
    match status {
        401 => ApiError::INVALID_TOKEN,
        403 => ApiError::Forbidden("Authorization is refused on purpose".to_owned()),
        404 => ApiError::Unknown("Resource"),
        429 => ApiError::TooMany(WAIT_ON_PURPOSE_SECONDS),
        _ => ApiError::Technical(status, "Failure made on purpose".to_owned()),
    }
}

/// True for an error the web framework worded as plain text: the bank speaks JSON in every error.
fn is_plain_error(response: &Response<Body>) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let plain = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    plain && (response.status().is_client_error() || response.status().is_server_error())
}

/// True when the request says that the bank customer is present.
pub(crate) fn is_attended(headers: &HeaderMap) -> bool {
    let names = ["x-fapi-customer-ip-address", "psu-ip-address"];
    names.iter().any(|name| headers.get(*name).is_some_and(|value| !value.is_empty()))
}

async fn whole_body(body: Incoming) -> Result<Bytes, ApiError> {
    match tokio::time::timeout(BODY_WAIT, Limited::new(body, BODY_BYTES_MAX).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            Err(ApiError::Technical(413, format!("The body is longer than {BODY_BYTES_MAX} bytes")))
        }
        Ok(Err(_)) => Err(ApiError::Technical(400, "The body cannot be read".to_owned())),
        Err(_) => Err(ApiError::Technical(408, "The body did not arrive in time".to_owned())),
    }
}

/// The same answer with a word before every amount, so that none is a number.
async fn garbled(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let bytes = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).replace("\"amount\":\"", "\"amount\":\"about ");
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(text))
}

/// What a gateway shows people while the bank behind it is mended, as if all were well.
fn web_page() -> Response<Body> {
    let page =
        "<!doctype html><html lang=\"fi\"><title>Huoltokatko</title><h1>Huoltokatko</h1></html>";
    let mut response = Response::new(Body::from(page));
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, html);
    response
}
