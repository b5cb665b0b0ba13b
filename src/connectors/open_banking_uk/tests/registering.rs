use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;

use super::*;
use crate::connectors::registrar::{Registrar as _, RegistrationError as Error};

const SETTINGS: &str = include_str!("../../../../conf/albion.json");
const OWN: &str = "http://localhost:8080/callback/albion";

fn settings() -> Settings {
    Settings::parse(SETTINGS).expect("settings")
}

/// A statement as the directory signs one; its signature is the bank's to verify.
fn statement(changes: &Value) -> BankAnswer {
    let now = noon().timestamp();
    let mut claims = json!({
        "iss": "Directory", "iat": now - 10, "exp": now + 600, "software_id": "s-1",
        "software_redirect_uris": [OWN], "software_roles": ["AISP"],
    });
    for (name, value) in changes.as_object().expect("an object") {
        claims[name.as_str()] = value.clone();
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    answer(200, format!("{}.{}.c2ln", part(&json!({ "alg": "PS256" })), part(&claims)))
}

/// N75: what the bank is shown is the statement of this software, of now, and with no more than was asked for.
#[test]
fn only_a_statement_of_ours_and_of_now_is_shown_to_the_bank() {
    let read = |changes: Value| settings().read_statement(&statement(&changes), noon()).map(|_| ());
    let now = noon().timestamp();
    assert_eq!(read(json!({})), Ok(()));
    let table = [
        (json!({ "exp": now }), Error::StatementNotValid),
        (json!({ "exp": now - 600 }), Error::StatementNotValid),
        (json!({ "exp": now + 5 * 365 * 86_400 }), Error::StatementNotValid),
        (json!({ "iat": null }), Error::Missing("iat")),
        (json!({ "software_id": "" }), Error::Missing("software_id")),
        (json!({ "software_id": null }), Error::Missing("software_id")),
        (json!({ "software_redirect_uris": ["https://evil.example"] }), Error::RedirectUrisDiffer),
        (json!({ "software_redirect_uris": null }), Error::RedirectUrisDiffer),
        (json!({ "software_roles": ["AISP", "PISP"] }), Error::MoreRoles),
    ];
    for (changes, refusal) in table {
        assert_eq!(read(changes.clone()), Err(refusal), "{changes}");
    }
    for body in ["", "a.b", "a.%%.c", "<html>"] {
        assert!(settings().read_statement(&answer(200, body), noon()).is_err(), "{body}");
    }
    // One that was good, and is over by the time it would be used.
    let kept = settings().read_statement(&statement(&json!({})), noon()).expect("a statement");
    assert!(noon() + TimeDelta::minutes(11) >= kept.expires_at);
}

/// N76: a registration is taken only if it is the one that was asked for.
#[test]
fn only_the_registration_asked_for_is_accepted() {
    let good = json!({
        "client_id": "client-7", "redirect_uris": [OWN], "scope": "openid accounts",
        "token_endpoint_auth_method": "private_key_jwt",
    });
    let read = |changes: Value| {
        let mut body = good.clone();
        for (name, value) in changes.as_object().expect("an object") {
            body[name.as_str()] = value.clone();
        }
        let read = settings().read_registration(&answer(201, body.to_string()), noon());
        read.map(|registered| registered.client_id.expose().to_owned())
    };
    assert_eq!(read(json!({})), Ok("client-7".to_owned()));
    assert_eq!(read(json!({ "token_endpoint_auth_method": null })), Ok("client-7".to_owned()));
    let table = [
        (json!({ "client_id": null }), Error::Missing("client_id")),
        (json!({ "client_id": "" }), Error::Missing("client_id")),
        (json!({ "client_id": "a\r\nb: c" }), Error::Missing("client_id")),
        (json!({ "redirect_uris": null }), Error::Missing("redirect_uris")),
        (json!({ "redirect_uris": [] }), Error::RedirectUrisDiffer),
        (json!({ "redirect_uris": [OWN, "https://evil.example"] }), Error::RedirectUrisDiffer),
        (
            json!({ "token_endpoint_auth_method": "client_secret_post" }),
            Error::Differs("token_endpoint_auth_method"),
        ),
    ];
    for (changes, refusal) in table {
        assert_eq!(read(changes.clone()), Err(refusal), "{changes}");
    }
    let twice = r#"{"client_id":"a","client_id":"b","redirect_uris":[]}"#;
    for (status, body) in [(201, twice), (201, "<html>"), (400, "{}"), (500, "")] {
        assert!(settings().read_registration(&answer(status, body), noon()).is_err(), "{status}");
    }
}
