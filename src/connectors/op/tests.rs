//! What OP's connector sends and reads, against recorded forms with invented content.

use std::sync::OnceLock;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::*;
use crate::connectors::{ClientCredentials, IssuedCertificate};

mod accounts;
mod properties;
mod registering;
mod tokens;

fn moment(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("a moment").with_timezone(&Utc)
}

fn noon() -> DateTime<Utc> {
    moment("2026-01-05T12:00:00Z")
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date")
}

fn bank() -> Bank {
    Bank::op(&OpHosts::sandbox())
}

fn client() -> ClientCredentials {
    ClientCredentials {
        client_id: Secret::new("q3Xn8LkP0vZs5TbW2yRd"),
        client_secret: Some(Secret::new("Vh2s&Kq=8 1")),
        api_key: Some(Secret::new("portal-key")),
    }
}

fn caller(client: &ClientCredentials) -> Caller<'_> {
    let (interaction_id, now) = (Uuid::nil(), noon());
    Caller { client, seal: seal(), interaction_id, attended: None, now }
}

/// A seal, made once.
fn seal() -> &'static IssuedCertificate {
    static SEAL: OnceLock<IssuedCertificate> = OnceLock::new();
    SEAL.get_or_init(|| crate::connectors::certificate::tests::seal("qseal-1", Algorithm::Rs256))
}

fn permit<'a>(token: &'a Secret, authorization_id: &'a str) -> Permit<'a> {
    Permit { token: Some(token), authorization_id }
}

fn answer(status: u16, body: &str) -> BankAnswer {
    BankAnswer::replayed(status, body.to_owned(), noon())
}

fn body(request: &BankRequest) -> &str {
    let body = request.body.as_ref().expect("a body");
    std::str::from_utf8(body.expose()).expect("text")
}

/// Header and claims of a compact token, unchecked.
fn decoded(compact: &str) -> (Value, Value) {
    let part = |text: &str| {
        let bytes = crate::connectors::jose::from_base64url(text).expect("base64url");
        serde_json::from_slice(&bytes).expect("JSON")
    };
    let mut parts = compact.split('.');
    (part(parts.next().expect("a header")), part(parts.next().expect("claims")))
}
