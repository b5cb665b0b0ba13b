use std::net::IpAddr;

use super::*;
use crate::connectors::bank::{ClientAuthentication, SecurityProfile};
use crate::connectors::jose::unverified_part;
use crate::connectors::{Attended, ConsentStatus, ConsentTerms, ResponseType};

fn body(request: &BankRequest) -> String {
    let body = request.body.as_ref().expect("a body");
    String::from_utf8(body.expose().to_vec()).expect("text")
}

fn form(text: &str, name: &str) -> Option<String> {
    let url = reqwest::Url::parse(&format!("https://x.example/?{text}")).expect("a form");
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

fn claims(compact: &str) -> Value {
    unverified_part(compact, 1).expect("claims")
}

#[test]
fn a_consent_asks_for_what_is_kept_and_its_rows_have_no_last_day() {
    let (client, token) = (client(), Secret::new("cc-1"));
    let terms = ConsentTerms::longest(&bank(), noon());
    let state = Secret::new("s");
    let redirect_uri = "https://us.example/";
    let wish = ConsentWish { terms: &terms, redirect_uri, state: &state, accounts: &[] };
    let request =
        V4.create_consent(&bank(), &caller(&client), Some(&token), &wish).expect("a request");
    let body: Value = serde_json::from_str(&body(&request)).expect("JSON");
    assert_eq!(body["Risk"], json!({}));
    assert_eq!(body["Data"]["Permissions"], json!(requests::PERMISSIONS));
    assert_eq!(body["Data"]["TransactionFromDateTime"], "2024-01-07T00:00:00Z");
    assert!(body["Data"]["TransactionToDateTime"].is_null());
    assert_eq!(request.header_value("authorization"), Some("Bearer cc-1"));
    let later = ConsentTerms { expires: noon() + chrono::TimeDelta::days(400), ..terms };
    let wish = ConsentWish { terms: &later, ..wish };
    assert!(V4.create_consent(&bank(), &caller(&client), Some(&token), &wish).is_err());
}

#[test]
fn headers_about_the_person_go_along_only_when_the_person_is_here() {
    let (client, token) = (client(), Secret::new("at-1"));
    let permit = Permit { token: Some(&token), authorization_id: "c-1" };
    let mut caller = caller(&client);
    let request = &V4.list_accounts(&bank(), &caller, &permit).expect("requests")[0];
    assert_eq!(request.header_value("x-fapi-customer-ip-address"), None);
    assert_eq!(request.header_value("accept"), Some("application/json"));
    assert!(request.header_value("x-fapi-interaction-id").is_some());
    let address: IpAddr = "2001:db8::7".parse().expect("an address");
    caller.attended = Some(Attended::from_live_request(address, noon(), Some("Browser/1")));
    let request = &V4.list_accounts(&bank(), &caller, &permit).expect("requests")[0];
    assert_eq!(request.header_value("x-fapi-customer-ip-address"), Some("2001:db8::7"));
    assert_eq!(request.header_value("x-fapi-auth-date"), Some("Mon, 05 Jan 2026 12:00:00 GMT"));
    assert_eq!(request.header_value("x-customer-user-agent"), Some("Browser/1"));
}

#[test]
fn a_token_stays_with_the_bank() {
    let base = "https://albion-bank.example/open-banking/v4.0/aisp";
    let first = page("22289", None).expect("a request").url;
    assert_eq!(
        first,
        format!("{base}/accounts/22289/transactions?fromBookingDateTime=2025-11-01T00%3A00%3A00")
    );
    assert!(page("a/../b", None).expect("a request").url.contains("a%2F..%2Fb"));
    assert!(page("..", None).is_err());
    let next = format!("{base}/accounts/22289/transactions?page=2&x=%20");
    assert_eq!(page("22289", Some(&next)).expect("a request").url, next, "to the letter");
    for elsewhere in [
        "https://evil.example/open-banking/v4.0/aisp/accounts".to_owned(),
        "http://albion-bank.example/open-banking/v4.0/aisp/accounts".to_owned(),
        format!("{base}evil/accounts"),
        "https://albion-bank.example/open-banking/v4.0/pisp/x".to_owned(),
        "https://albion-bank.example:8443/open-banking/v4.0/aisp/x".to_owned(),
        "https://u:p@albion-bank.example/open-banking/v4.0/aisp/x".to_owned(),
        format!("{base}/../../../x"),
        "file:///etc/passwd".to_owned(),
        "/accounts?page=2".to_owned(),
        format!("{base}/{}", "x".repeat(5_000)),
    ] {
        assert!(page("22289", Some(&elsewhere)).is_err(), "{elsewhere}");
        let leading = json!({ "Data": {}, "Links": { "Next": elsewhere } }).to_string();
        assert!(read_page(&answer(200, leading)).is_err(), "{elsewhere}");
    }
}

fn wish<'a>(secrets: &'a [Secret; 3], consent: &'a ObservedConsent) -> AuthorizationRequest<'a> {
    AuthorizationRequest {
        consent,
        redirect_uri: "https://us.example/callback/albion",
        state: &secrets[0],
        nonce: &secrets[1],
        code_verifier: &secrets[2],
        request_id: Uuid::nil(),
    }
}

fn consent() -> ObservedConsent {
    ObservedConsent {
        authorization_id: "c-1".to_owned(),
        status: ConsentStatus::Unauthorized,
        created: None,
        authorized: None,
        expires: None,
        history_from: None,
        history_to: None,
        links: Vec::new(),
        sca_approach: None,
        message: None,
        accounts: Vec::new(),
    }
}

fn secrets() -> [Secret; 3] {
    ["s", "n", "v"].map(|letter| Secret::new(letter.repeat(43)))
}

#[test]
fn a_request_is_pushed_signed_and_then_named() {
    let (client, secrets, consent) = (client(), secrets(), consent());
    let request = wish(&secrets, &consent);
    let step = V4.authorize(&bank(), &caller(&client), &request, &[]).expect("a step");
    let AuthorizationStep::Ask(pushed) = step else { panic!("it is pushed") };
    let body = body(&pushed);
    let object = claims(&form(&body, "request").expect("an object"));
    assert_eq!(object["aud"], "https://albion-bank.example");
    assert_eq!(
        (&object["response_type"], &object["response_mode"]),
        (&json!("code"), &json!("jwt"))
    );
    assert_eq!(object["code_challenge_method"], "S256");
    assert_eq!(object["claims"]["id_token"]["openbanking_intent_id"]["value"], "c-1");
    let life = object["exp"].as_i64().expect("exp") - object["nbf"].as_i64().expect("nbf");
    assert!((1..=3_600).contains(&life));
    // Only the issuer can use the assertion: a rogue server cannot pass it on (audience injection).
    let assertion = claims(&form(&body, "client_assertion").expect("an assertion"));
    assert_eq!(assertion["aud"], json!("https://albion-bank.example"));
    assert_eq!(assertion["iss"], assertion["sub"]);
    let named = answer(201, r#"{"request_uri":"urn:x:1","expires_in":60}"#);
    let step = V4.authorize(&bank(), &caller(&client), &request, &[named]).expect("a step");
    let AuthorizationStep::Browser { url, .. } = step else { panic!("a browser") };
    let url = url.expose();
    assert!(url.ends_with("?client_id=client-7&request_uri=urn%3Ax%3A1"), "{url}");
    for bad in [
        answer(400, r#"{"error":"invalid_request_object"}"#),
        answer(201, r#"{"request_uri":"","expires_in":60}"#),
        answer(201, r#"{"request_uri":"urn:x:1","expires_in":0}"#),
        answer(201, r#"{"request_uri":"urn:x 1","expires_in":60}"#),
        answer(201, "<html>"),
    ] {
        assert!(V4.authorize(&bank(), &caller(&client), &request, &[bad]).is_err());
    }
    let [state, nonce, _] = &secrets;
    let short = [state.clone(), nonce.clone(), Secret::new("too short")];
    let weak = wish(&short, &consent);
    assert!(V4.authorize(&bank(), &caller(&client), &weak, &[]).is_err());
}

#[test]
fn a_profile_that_would_not_protect_the_request_sends_none() {
    let (client, secrets, consent) = (client(), secrets(), consent());
    let request = wish(&secrets, &consent);
    let mut bank = bank();
    bank.response_type = ResponseType::CodeIdToken;
    let server = bank.server.as_mut().expect("a server");
    server.pushed_url = None;
    server.client_authentication = ClientAuthentication::Certificate;
    let step = V3.authorize(&bank, &caller(&client), &request, &[]).expect("a step");
    let AuthorizationStep::Browser { url, .. } = step else { panic!("a browser") };
    let query = url.expose().split_once('?').expect("a query").1.to_owned();
    let object = claims(&form(&query, "request").expect("an object"));
    for name in ["response_type", "client_id", "scope", "redirect_uri", "state", "nonce"] {
        assert_eq!(object[name].as_str(), form(&query, name).as_deref(), "{name}");
    }
    bank.server.as_mut().expect("a server").security = SecurityProfile::Fapi2;
    assert!(V3.authorize(&bank, &caller(&client), &request, &[]).is_err());
}
