//! What the connector sends and reads, against recorded forms with invented content; the list of what every
//! connector is tested for: amounts, days, links, words, refusals, bodies that are no JSON.

use std::sync::OnceLock;

use chrono::{DateTime, NaiveDate, Utc};
use domain::money::Currency;
use domain::observed::AccountKind;
use domain::plan::Days;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::connectors::banks::Profile as _;
use crate::connectors::jose::Algorithm;
use crate::connectors::{ClientCredentials, IssuedCertificate};

mod asking;
mod properties;
mod reading;
mod registering;

fn noon() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-01-05T12:00:00Z").expect("a moment").with_timezone(&Utc)
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn bank() -> Bank {
    albion::Albion.bank()
}

fn client() -> ClientCredentials {
    ClientCredentials { client_id: Secret::new("client-7"), client_secret: None, api_key: None }
}

fn caller(client: &ClientCredentials) -> Caller<'_> {
    Caller { client, seal: seal(), interaction_id: Uuid::nil(), attended: None, now: noon() }
}

/// A seal, made once.
fn seal() -> &'static IssuedCertificate {
    static SEAL: OnceLock<IssuedCertificate> = OnceLock::new();
    SEAL.get_or_init(|| crate::connectors::certificate::tests::seal("seal-1", Algorithm::Ps256))
}

fn answer(status: u16, body: impl Into<bytes::Bytes>) -> BankAnswer {
    BankAnswer::replayed(status, body, noon())
}

fn account(kind: AccountKind, reference: &str) -> ObservedAccount {
    ObservedAccount {
        bank_reference: reference.to_owned(),
        kind,
        identifier: "GB82ALBN10942198765432".to_owned(),
        currency: Currency::parse("GBP").expect("a currency"),
        name: String::new(),
        owner: None,
        servicer: None,
        balances: Vec::new(),
    }
}

fn page(reference: &str, continuation: Option<&str>) -> Result<BankRequest, BankError> {
    let (client, token) = (client(), Secret::new("at-1"));
    let account = account(AccountKind::Current, reference);
    let days = Days { from: day("2025-11-01"), to: day("2026-01-05") };
    let wish = PageWish { account: &account, days: Some(days), continuation, after: None };
    let permit = Permit { token: Some(&token), authorization_id: "c-1" };
    V4.page(&bank(), &caller(&client), &permit, &wish)
}

fn read_page(answer: &BankAnswer) -> Result<ObservedPage, BankError> {
    let request = page("22289", None).expect("a request");
    V4.read_page(&bank(), &request, &account(AccountKind::Current, "22289"), answer)
}

/// A page with these rows.
fn rows(rows: &[Value]) -> BankAnswer {
    answer(200, json!({ "Data": { "Transaction": rows }, "Links": {} }).to_string())
}

/// A booked row, with changes.
fn row(changes: &Value) -> Value {
    let mut row = json!({
        "AccountId": "22289", "TransactionId": "t", "CreditDebitIndicator": "Debit", "Status": "Booked",
        "BookingDateTime": "2026-01-05T00:00:00+00:00", "Amount": { "Amount": "1.00", "Currency": "GBP" },
    });
    for (name, value) in changes.as_object().expect("an object") {
        row[name.as_str()] = value.clone();
    }
    row
}

#[test]
fn a_server_that_describes_itself_otherwise_is_refused() {
    use crate::connectors::oauth::metadata;
    use crate::connectors::registrar::RegistrationError;
    let mut bank = bank();
    let server = bank.server.as_mut().expect("a server");
    // With pushed requests, PKCE is asked for.
    server.pushed_url = Some("https://auth.albion.example/par".to_owned());
    let good = json!({
        "issuer": server.issuer, "authorization_endpoint": server.authorize_url,
        "token_endpoint": server.token_url, "jwks_uri": server.keys_url,
        "pushed_authorization_request_endpoint": server.pushed_url,
        "code_challenge_methods_supported": ["plain", "S256"],
        "tls_client_certificate_bound_access_tokens": true,
        "authorization_response_iss_parameter_supported": true,
    });
    let described =
        |description: &Value| metadata::check(&bank, &answer(200, description.to_string()));
    assert!(described(&good).is_ok(), "{:?}", described(&good));
    let issuer = server_issuer(&bank);
    for (member, value) in [
        ("issuer", json!("https://evil.example")),
        ("issuer", json!(format!("{issuer}/"))),
        ("issuer", Value::Null),
        ("token_endpoint", json!("https://evil.example/token")),
        ("authorization_endpoint", json!("https://evil.example/authorize")),
        ("jwks_uri", json!("https://evil.example/jwks")),
        ("code_challenge_methods_supported", json!(["plain"])),
        ("code_challenge_methods_supported", Value::Null),
        ("tls_client_certificate_bound_access_tokens", json!(false)),
        ("response_types_supported", json!(["token"])),
        ("request_object_signing_alg_values_supported", json!(["none"])),
    ] {
        let mut other = good.clone();
        other[member] = value;
        let refused = described(&other);
        let right =
            matches!(refused, Err(RegistrationError::MetadataDiffers(named)) if named == member);
        assert!(right, "{member}: {refused:?}");
    }
    assert!(metadata::check(&bank, &answer(500, "")).is_err());
    assert!(metadata::check(&bank, &answer(200, "<html>")).is_err());
}

fn server_issuer(bank: &Bank) -> &str {
    &bank.server().expect("a server").issuer
}
