//! One request to the control listener of a sandbox bank.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Limited};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use thiserror::Error;
use tokio::net::TcpStream;

/// Longest answer, in bytes: the truth over all shown rows fits.
const ANSWER_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Longest wait for a whole answer.
const ANSWER_WAIT: Duration = Duration::from_secs(60);

/// Why the bank did not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ControlError {
    /// The address is not one of a control listener.
    #[error("{0:?} is no address of a control listener; give one such as http://127.0.0.1:9445")]
    Address(String),
    /// Nobody answers there.
    #[error(
        "the sandbox bank does not answer at {address}: {reason}; is one running, with this control port?"
    )]
    Unreachable {
        /// Where.
        address: String,
        /// What went wrong.
        reason: String,
    },
    /// The bank refused.
    #[error("{0}")]
    Refused(String),
}

/// Sends one request (`GET`, or `PUT` with a body) to a control listener and reads its JSON answer.
///
/// # Errors
///
/// [`ControlError`] says whether the address, the connection or the request was wrong.
pub async fn ask(address: &str, path: &str, body: Option<&Value>) -> Result<Value, ControlError> {
    let wrong = || ControlError::Address(address.to_owned());
    let uri: Uri = address.parse().map_err(|_| wrong())?;
    let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http"));
    let authority = authority.ok_or_else(wrong)?.clone();
    let unreachable =
        |reason: String| ControlError::Unreachable { address: address.to_owned(), reason };
    let request = Request::builder()
        .method(if body.is_some() { Method::PUT } else { Method::GET })
        .uri(path)
        .header(header::HOST, authority.as_str())
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.map(Value::to_string).unwrap_or_default()))
        .map_err(|_| wrong())?;
    let host_and_port = (authority.host(), authority.port_u16().unwrap_or(80));
    let exchange = async {
        let stream = TcpStream::connect(host_and_port).await.map_err(|error| error.to_string())?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(text)?;
        let answering = async {
            let answer = sender.send_request(request).await.map_err(text)?;
            let status = answer.status();
            let bytes = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
            Ok::<_, String>((status, bytes.map_err(|error| error.to_string())?.to_bytes()))
        };
        tokio::pin!(answering);
        tokio::select! {
            answer = &mut answering => answer,
            ended = connection => match ended {
                Ok(()) => answering.await,
                Err(error) => Err(text(error)),
            },
        }
    };
    let (status, bytes) = tokio::time::timeout(ANSWER_WAIT, exchange)
        .await
        .map_err(|_| unreachable("no answer in time".to_owned()))?
        .map_err(unreachable)?;
    let answer: Value = serde_json::from_slice(&bytes)
        .map_err(|_| unreachable("the answer is not JSON".to_owned()))?;
    if status == StatusCode::OK {
        return Ok(answer);
    }
    let reason = answer["error"].as_str().unwrap_or("the request was refused").to_owned();
    Err(ControlError::Refused(reason))
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function value")]
fn text(error: hyper::Error) -> String {
    error.to_string()
}
