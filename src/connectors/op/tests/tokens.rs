use serde_json::json;

use super::*;
use crate::connectors::ScopeChange;
use crate::connectors::form;

const GOOD: &str = r#"{"token_type":"Bearer","access_token":"at","refresh_token":"rt","id_token":"a.b.c","scope":"openid accounts","expires_in":3600}"#;

fn read(body: &str) -> Result<Tokens, BankError> {
    Op.read_tokens(&answer(200, body), CONSENT_SCOPE)
}

#[test]
fn a_token_request_identifies_us_in_an_encoded_form() {
    let (client, bank) = (client(), bank());
    let caller = caller(&client);
    let redirect_uri = "https://localhost:8181/callback/op";
    let code = Secret::new("c+/=&1");
    let exchange = CodeExchange { code: &code, redirect_uri, code_verifier: None };
    let request = Op.exchange_code(&bank, &caller, &exchange).expect("a request");
    assert_eq!(request.url, "https://psd2.mtls.sandbox.apis.op.fi/oauth/token");
    assert!(request.client_certificate);
    let fields = form::decode(body(&request), 9).expect("a form");
    let expected = [
        ("grant_type", "authorization_code"),
        ("code", "c+/=&1"),
        ("redirect_uri", redirect_uri),
        ("client_id", "q3Xn8LkP0vZs5TbW2yRd"),
        ("client_secret", "Vh2s&Kq=8 1"),
    ];
    assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let request = Op.client_token(&bank, &caller).expect("a request").expect("a request");
    assert!(body(&request).starts_with("grant_type=client_credentials&scope=accounts&client_id="));
    let request = Op.refresh(&bank, &caller, &Secret::new("rt")).expect("a request");
    assert!(body(&request).starts_with("grant_type=refresh_token&refresh_token=rt&client_id="));
    assert_eq!(request.answer_limit_bytes, 64 * 1024);
}

#[test]
fn only_a_plain_token_is_a_grant() {
    let long = format!(r#""access_token":"{}""#, "a".repeat(100 * 1024));
    let at = r#""access_token":"at""#;
    let kind = r#""token_type":"Bearer""#;
    let life = r#""expires_in":3600"#;
    let cases = [
        ("N47 error inside", GOOD.replacen('{', r#"{"error":"invalid_grant","#, 1)),
        ("N47 error twice", GOOD.replacen('{', r#"{"error":"x","error":null,"#, 1)),
        ("N47 empty", GOOD.replace(at, r#""access_token":"""#)),
        ("N47 null", GOOD.replace(at, r#""access_token":null"#)),
        ("N47 missing", GOOD.replace(at, r#""x":1"#)),
        ("N47 100 KiB", GOOD.replace(at, &long)),
        ("N47 a number", GOOD.replace(at, r#""access_token":7"#)),
        ("N47 line end", GOOD.replace(at, r#""access_token":"a\r\nb: c""#)),
        ("N47 twice", GOOD.replacen('{', r#"{"access_token":"x","#, 1)),
        ("N48 mac", GOOD.replace(kind, r#""token_type":"mac""#)),
        ("N48 missing", GOOD.replace(kind, r#""x":1"#)),
        ("N49 nothing in common", GOOD.replace("openid accounts", "payments")),
        ("odd life", GOOD.replace(life, r#""expires_in":"soon""#)),
        ("negative life", GOOD.replace(life, r#""expires_in":-1"#)),
    ];
    for (case, body) in cases {
        assert_ne!(body, GOOD, "{case}");
        assert!(read(&body).is_err(), "{case}");
    }
    // N59: the bank's code is kept, so that the caller ends the flow and does not try again.
    let refused = Op.read_tokens(&answer(400, r#"{"error":"invalid_grant"}"#), "accounts");
    let code = "invalid_grant".to_owned();
    assert_eq!(refused.map(|_| ()), Err(BankError::Refused { status: 400, code }));
}

#[test]
fn the_dialects_of_a_grant_are_read() {
    let change = |from: &str, to: &str| read(&GOOD.replace(from, to)).expect("tokens");
    let life = |text: &str| change(r#""expires_in":3600"#, text).expires_in_seconds;
    assert_eq!(life(r#""expires_in":"120""#), 120);
    assert_eq!(life(r#""expires_in":null"#), 300);
    assert_eq!(life(r#""x":1"#), 300);
    assert_eq!(change("Bearer", "bEARER").access.expose(), "at");
    assert_eq!(change("Bearer", "BearerToken").access.expose(), "at");
    let scope = |text: &str| {
        let tokens = change("openid accounts", text);
        (tokens.scope.clone(), tokens.scope_change)
    };
    assert_eq!(scope("openid accounts"), ("openid accounts".to_owned(), ScopeChange::AsAsked));
    assert_eq!(scope("accounts  openid"), ("openid accounts".to_owned(), ScopeChange::AsAsked));
    assert_eq!(scope(""), ("openid accounts".to_owned(), ScopeChange::AsAsked));
    assert_eq!(scope("accounts"), ("accounts".to_owned(), ScopeChange::Narrower));
    let wider = scope("openid accounts payments");
    assert_eq!(wider, ("openid accounts".to_owned(), ScopeChange::Wider));
    let tokens = change(r#""refresh_token":"rt""#, r#""refresh_token":"""#);
    assert!(tokens.refresh.is_none() && tokens.id_token.is_some());
    assert!(!format!("{tokens:?}").contains("at\""));
}

#[test]
fn the_browser_goes_with_a_signed_request() {
    let (client, bank) = (client(), bank());
    let (state, nonce) = (Secret::new("s".repeat(43)), Secret::new("n".repeat(43)));
    let consent = answer(201, r#"{"authorizationId":"5d0c1c3e","status":"Unauthorized"}"#);
    let consent = Op.read_created(&bank, &consent).expect("a consent");
    let address = |request: &AuthorizationRequest<'_>| {
        let step = Op.authorize(&bank, &caller(&client), request, &[])?;
        match step {
            AuthorizationStep::Browser { url, .. } => Ok(url.expose().to_owned()),
            other => panic!("a browser was expected: {other:?}"),
        }
    };
    let request = AuthorizationRequest {
        consent: &consent,
        redirect_uri: "https://localhost:8181/callback/op",
        state: &state,
        nonce: &nonce,
        code_verifier: &nonce,
        request_id: Uuid::nil(),
    };
    let url = address(&request).expect("an address");
    assert!(bank.may_send_browser_to(&url));
    let url = reqwest::Url::parse(&url).expect("an address");
    assert_eq!(url.host_str(), Some("authorize.psd2-sandbox.op.fi"));
    let outside: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let (header, claims) = decoded(&outside.last().expect("a request").1);
    assert_eq!(header, json!({"alg": "RS256", "kid": "qseal-1", "typ": "JWT"}));
    let now = noon().timestamp();
    let authorization = json!({"value": "5d0c1c3e", "essential": true});
    let expected = json!({
        "aud": "https://mtls.apis.op.fi", "iss": "q3Xn8LkP0vZs5TbW2yRd",
        "client_id": "q3Xn8LkP0vZs5TbW2yRd",
        "response_type": "code id_token", "scope": "openid accounts",
        "redirect_uri": "https://localhost:8181/callback/op",
        "state": state.expose(), "nonce": nonce.expose(), "max_age": 86400,
        "iat": now - 60, "nbf": now - 60, "exp": now + 300, "jti": Uuid::nil(),
        "claims": {"userinfo": {"authorizationId": authorization},
                   "id_token": {"authorizationId": authorization,
                                "acr": {"essential": true,
                                        "values": ["urn:openbanking:psd2:sca"]}}}});
    assert_eq!(claims, expected);
    let names: Vec<&str> = outside.iter().map(|(name, _)| name.as_str()).collect();
    let repeated =
        ["response_type", "client_id", "scope", "redirect_uri", "state", "nonce", "request"];
    assert_eq!(names, repeated);
    for (name, value) in &outside[..6] {
        assert_eq!(&claims[name], value, "{name}");
    }
    let long = Secret::new("n".repeat(65));
    for nonce in [&long, &Secret::new("short")] {
        let request = AuthorizationRequest { nonce, ..request };
        assert!(matches!(address(&request), Err(BankError::NotSent { .. })));
    }
}
