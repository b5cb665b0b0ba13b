//! The seal on a request (draft-cavage-http-signatures-10; Implementation Guidelines 1.3, section 12): the
//! provider is known by the certificate of the connection, its seal certificate comes along, and signature and
//! digest have to be right.

use std::sync::Arc;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::problem::Problem;
use crate::bank::Bank;
use crate::certificates::Role;
use crate::exchange::PeerCertificate;
use crate::jose::fingerprint;
use crate::state::Provider;

/// The name of a call, which the answer repeats.
const REQUEST_ID: &str = "x-request-id";
/// Headers that have to be signed wherever they are sent.
const SIGNED_ALWAYS: [&str; 2] = ["digest", "x-request-id"];
const SIGNED_WHERE_SENT: [&str; 4] = ["psu-id", "psu-corporate-id", "date", "tpp-redirect-uri"];

/// Who calls, once certificate and seal are in order.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) tpp_id: String,
}

/// Lets a request pass if certificate, name and seal are in order.
pub(super) async fn required(
    State(bank): State<Arc<Bank>>,
    request: Request,
    next: Next,
) -> Response {
    let name = request.headers().get(REQUEST_ID).cloned();
    let mut response = match sealed(&bank, request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    if let Some(name) = name {
        response.headers_mut().insert(REQUEST_ID, name);
    }
    response
}

async fn sealed(bank: &Bank, request: Request) -> Result<Request, Problem> {
    let (mut parts, body) = request.into_parts();
    let body: Bytes = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return Err(Problem::format("The body cannot be read")),
    };
    let headers = &parts.headers;
    let id = text(headers, REQUEST_ID).ok_or_else(|| Problem::format("X-Request-ID is missing"))?;
    if uuid::Uuid::parse_str(id).is_err() {
        return Err(Problem::format("X-Request-ID is no UUID"));
    }
    let missing = || Problem::new(401, "CERTIFICATE_MISSING", "A QWAC is needed");
    let peer = parts.extensions.get::<PeerCertificate>().ok_or_else(missing)?;
    let provider = provider(bank, &peer.fingerprint)?;
    check(headers, &body, &provider)?;
    parts.extensions.insert(Caller { tpp_id: provider.tpp_id });
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// The provider a QWAC was issued to: only the certificate for TLS opens the interface, and only with the role.
fn provider(bank: &Bank, qwac: &str) -> Result<Provider, Problem> {
    let ours =
        |provider: &&Provider| provider.certificates.iter().step_by(2).any(|own| own == qwac);
    let found = bank.read(|state| state.providers.iter().find(ours).cloned());
    let provider = found.ok_or_else(|| {
        Problem::new(401, "CERTIFICATE_INVALID", "The certificate is no QWAC of this sandbox")
    })?;
    if !provider.roles.contains(&Role::Accounts) {
        return Err(Problem::new(401, "ROLE_INVALID", "The certificate lacks PSP_AI"));
    }
    Ok(provider)
}

fn check(headers: &HeaderMap, body: &[u8], provider: &Provider) -> Result<(), Problem> {
    let invalid = |text: &str| Problem::new(401, "SIGNATURE_INVALID", text);
    let signature = text(headers, "signature")
        .ok_or_else(|| Problem::new(401, "SIGNATURE_MISSING", "Signature is missing"))?;
    let digest_sent = text(headers, "digest").ok_or_else(|| invalid("Digest is missing"))?;
    let digest = STANDARD.encode(digest::digest(&digest::SHA256, body));
    if digest_sent != format!("SHA-256={digest}") {
        return Err(invalid("Digest is not that of the body"));
    }
    let certificate = text(headers, "tpp-signature-certificate")
        .and_then(|text| STANDARD.decode(text).ok())
        .ok_or_else(|| Problem::new(401, "CERTIFICATE_MISSING", "The QSEAL is missing"))?;
    // The seal has to be the caller's own.
    let qseal = fingerprint(&certificate);
    if !provider.certificates.iter().skip(1).step_by(2).any(|own| *own == qseal) {
        return Err(Problem::new(401, "CERTIFICATE_INVALID", "The QSEAL is not the caller's"));
    }
    let parameter = |name: &str| parameter(signature, name);
    if parameter("algorithm") != Some("rsa-sha256") {
        return Err(invalid("algorithm is not rsa-sha256"));
    }
    let names: Vec<&str> = parameter("headers").unwrap_or_default().split(' ').collect();
    let sent = |name: &&&str| headers.contains_key(**name);
    let wanted = SIGNED_ALWAYS.iter().chain(SIGNED_WHERE_SENT.iter().filter(sent));
    if let Some(name) = wanted.clone().find(|name| !names.contains(*name)) {
        return Err(invalid(&format!("{name} is not signed")));
    }
    let lines: Option<Vec<String>> =
        names.iter().map(|name| Some(format!("{name}: {}", text(headers, name)?))).collect();
    let message = lines.ok_or_else(|| invalid("a signed header is not sent"))?.join("\n");
    let value = parameter("signature").and_then(|text| STANDARD.decode(text).ok());
    let value = value.ok_or_else(|| invalid("signature is no base64"))?;
    let (_, parsed) =
        X509Certificate::from_der(&certificate).map_err(|_| invalid("the QSEAL is unreadable"))?;
    if parameter("keyId") != Some(key_id(&parsed).as_str()) {
        return Err(invalid("keyId does not name the QSEAL"));
    }
    let key = &parsed.public_key().subject_public_key.data;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
        .verify(message.as_bytes(), &value)
        .map_err(|_| invalid("the signature is wrong"))
}

/// The name of a seal as this bank writes it: number in hexadecimal digits, issuer with its most specific
/// part first and percent-encoded.
fn key_id(certificate: &X509Certificate<'_>) -> String {
    let serial: String =
        certificate.raw_serial().iter().map(|byte| format!("{byte:02X}")).collect();
    let serial = serial.strip_prefix("00").unwrap_or(&serial);
    let mut parts = Vec::new();
    for attribute in certificate.issuer().iter_attributes() {
        let name = match attribute.attr_type().to_id_string().as_str() {
            "2.5.4.3" => "CN",
            "2.5.4.6" => "C",
            "2.5.4.10" => "O",
            _ => "OU",
        };
        let text = attribute.as_str().unwrap_or_default();
        let encoded: String = text
            .bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                    char::from(byte).to_string()
                }
                _ => format!("%{byte:02X}"),
            })
            .collect();
        parts.push(format!("{name}={encoded}"));
    }
    parts.reverse();
    format!("SN={serial},CA={}", parts.join(","))
}

/// One parameter of `Signature`; each at most once.
fn parameter<'a>(signature: &'a str, name: &str) -> Option<&'a str> {
    let start = format!("{name}=\"");
    let mut found = signature
        .match_indices(&start)
        .filter(|(at, _)| *at == 0 || signature.as_bytes().get(at - 1) == Some(&b','));
    let (at, _) = found.next()?;
    if found.next().is_some() {
        return None;
    }
    let rest = &signature[at + start.len()..];
    rest.split_once('"').map(|(value, _)| value)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut all = headers.get_all(name).iter();
    let first = all.next().map(HeaderValue::to_str)?.ok()?;
    all.next().is_none().then_some(first)
}
