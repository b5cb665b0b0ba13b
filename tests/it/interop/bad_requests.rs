//! What the server refuses: our own request with one thing broken, each time another. The request as
//! we make it is taken, so it is that one thing.

use opl::connectors::{AuthorizationStep, BankRequest, Endpoint, Method, SecretBytes};
use serde_json::{Value, json};

use super::flows::{FAPI1, FAPI2, JARM, Party, started};

/// The signed object of an address or a form.
fn object_in(text: &str) -> Value {
    let url = reqwest::Url::parse(&format!("https://x.example/?{text}")).expect("a form");
    let object = url.query_pairs().find(|(name, _)| name == "request").expect("an object").1;
    opl::connectors::jose::unverified_part(&object, 1).expect("claims")
}

/// The question of a step.
fn question(party: &Party) -> Box<BankRequest> {
    match party.step(&[]) {
        AuthorizationStep::Ask(question) => question,
        _ => panic!("the request is pushed"),
    }
}

fn body(request: &BankRequest) -> String {
    let body = request.body.as_ref().expect("a body");
    String::from_utf8(body.expose().to_vec()).expect("text")
}

fn changed(claims: &Value, changes: &Value) -> Value {
    let mut claims = claims.clone();
    for (name, value) in changes.as_object().expect("changes") {
        match value {
            Value::Null => claims.as_object_mut().expect("claims").remove(name),
            value => claims.as_object_mut().expect("claims").insert(name.clone(), value.clone()),
        };
    }
    claims
}

/// Sends the browser with an object; tells the error, if there is one.
async fn visit(party: &Party, object: Option<&str>, changes: &Value) -> Option<String> {
    let AuthorizationStep::Browser { url, .. } = party.step(&[]) else { panic!("a browser") };
    let mut url = reqwest::Url::parse(url.expose()).expect("an address");
    let outside: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| name != "request")
        .map(|(name, value)| {
            let value = changes[name.as_ref()].as_str().map_or(value.into_owned(), str::to_owned);
            (name.into_owned(), value)
        })
        .filter(|(name, _)| changes.get(name).is_none_or(|value| !value.is_null()))
        .collect();
    url.query_pairs_mut().clear().extend_pairs(&outside);
    if let Some(object) = object {
        url.query_pairs_mut().append_pair("request", object);
    }
    match party.visit(url.as_str()).await {
        Ok(back) => back.contains("error=").then_some(back),
        Err((status, page)) => Some(format!("{status} {page}")),
    }
}

/// The header says that it is unsigned.
fn unsigned(claims: &Value) -> String {
    use base64::Engine as _;
    let encode =
        |value: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", encode(&json!({ "alg": "none" })), encode(claims))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_broken_rule_is_refused_through_the_browser() {
    let (authority, _servers, issuers) = started();
    let party = Party::new(&authority, &issuers, &FAPI1);
    let AuthorizationStep::Browser { url, .. } = party.step(&[]) else { panic!("a browser") };
    let query = url.expose().split_once('?').expect("a query").1;
    let claims = object_in(query);
    let sign = |claims: &Value| party.seal.key.sign_compact(claims).expect("signed");
    let nothing = json!({});
    assert_eq!(visit(&party, Some(&sign(&claims)), &nothing).await, None, "as we make it");
    let now = chrono::Utc::now().timestamp();
    let table = [
        ("the request object is over", json!({ "exp": now - 120 })),
        ("it is for another server", json!({ "aud": "https://another.example" })),
        ("its nbf is more than an hour ago", json!({ "nbf": now - 3_700, "exp": now - 90 })),
        ("it has no end", json!({ "exp": null })),
        (
            "the redirect address is not registered",
            json!({ "redirect_uri": "https://evil.example/" }),
        ),
        ("there is no nonce", json!({ "nonce": null })),
        ("the response type is not registered", json!({ "response_type": "code" })),
    ];
    for (what, changes) in table {
        let object = sign(&changed(&claims, &changes));
        let refused = visit(&party, Some(&object), &changes).await;
        assert!(refused.is_some(), "{what}");
    }
    let refused = visit(&party, Some(&unsigned(&claims)), &nothing).await;
    assert!(refused.is_some(), "the request object is not signed");
    let refused = visit(&party, None, &nothing).await;
    assert!(refused.is_some(), "there is no request object");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_broken_rule_is_refused_when_it_is_pushed() {
    let (authority, _servers, issuers) = started();
    let party = Party::new(&authority, &issuers, &FAPI2);
    let good = question(&party);
    let status = |request: BankRequest| {
        let party = &party;
        async move {
            let answer = party.transport.send(&request).await.expect("an answer");
            (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
        }
    };
    let (made, said) = status(*good).await;
    assert_eq!(made, 201, "as we make it: {said}");
    let without = |name: &str, instead: Option<&str>| {
        let good = question(&party);
        let url =
            reqwest::Url::parse(&format!("https://x.example/?{}", body(&good))).expect("form");
        let mut form: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(known, _)| known != name)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        form.extend(instead.map(|value| (name.to_owned(), value.to_owned())));
        let fields: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        BankRequest::new(Method::Post, &good.url, Endpoint::PushedAuthorization)
            .body("application/x-www-form-urlencoded", opl::connectors::form::encode(&fields))
    };
    let table = [
        ("there is no PKCE", without("code_challenge", None)),
        ("PKCE is plain", without("code_challenge_method", Some("plain"))),
        (
            "the redirect address is not registered",
            without("redirect_uri", Some("https://e.example/")),
        ),
        ("the client does not say who it is", without("client_assertion", None)),
    ];
    for (what, request) in table {
        let (status, said) = status(request).await;
        assert!((400..500).contains(&status), "{what}: {status} {said}");
    }
    // An assertion is good once, whoever shows it again.
    let again = question(&party);
    let copy = BankRequest::new(Method::Post, &again.url, Endpoint::PushedAuthorization)
        .body("application/x-www-form-urlencoded", SecretBytes::new(body(&again)));
    assert_eq!(status(*again).await.0, 201);
    let (used, said) = status(copy).await;
    assert!((400..500).contains(&used), "the assertion was used before: {used} {said}");
    // And so is the name of a pushed request, once the person has gone on from it.
    let address = party.address().await;
    party.visit(address.expose()).await.expect("back at our address");
    assert!(party.visit(address.expose()).await.is_err(), "the request_uri was used before");
    // A client that is known by its certificate is nobody without it, and somebody else with another.
    let jarm = Party::new(&authority, &issuers, &JARM);
    assert_eq!(jarm.transport.send(&question(&jarm)).await.expect("an answer").status, 201);
    let refused = jarm.others.send(&question(&jarm)).await.expect("an answer").status;
    assert!((400..500).contains(&refused), "another certificate: {refused}");
    let request = question(&jarm);
    let bare = jarm.browser.post(&request.url).body(body(&request));
    let bare = bare.header("content-type", "application/x-www-form-urlencoded");
    let refused = bare.send().await.expect("an answer").status().as_u16();
    assert!((400..500).contains(&refused), "no certificate: {refused}");
}
