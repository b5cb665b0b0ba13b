//! What the bank refuses, and how it says so.

use opl_sandbox::Sandbox;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Directory, Provider, REDIRECT, get, http, options};

#[tokio::test]
async fn wrong_calls_get_the_banks_errors() {
    let directory = Directory::new();
    let sandbox = Sandbox::start(options(&directory)).await.unwrap();
    let provider = Provider::registered(&sandbox).await;
    let (id, tokens) = provider.user_token(true).await;
    let token = tokens["access_token"].as_str().unwrap();
    let client = provider.client_token("accounts").await;
    let base = "/accounts-psd2/v1";
    let account = &sandbox.truth().users[0].accounts[0].account_id;
    let other = &sandbox.truth().users[1].accounts[0].account_id;
    let table = [
        (Method::GET, format!("{base}/accounts"), "wrong", None, 401, "/fault/detail/errorcode"),
        (Method::GET, format!("{base}/accounts"), &client, None, 403, "/type"),
        (Method::GET, format!("{base}/accounts/{other}"), token, None, 404, "/message"),
        (Method::GET, format!("{base}/nothing"), token, None, 404, "/message"),
        (Method::PUT, format!("{base}/accounts"), token, None, 405, "/message"),
        (
            Method::GET,
            format!("{base}/accounts/{account}/transactions?continuationToken=00000032ff"),
            token,
            None,
            400,
            "/violations/0/path",
        ),
        (Method::POST, format!("{base}/authorizations"), token, Some(json!({})), 403, "/message"),
        (
            Method::POST,
            format!("{base}/authorizations"),
            &client,
            Some(json!({"permissions": []})),
            400,
            "/violations/0/type",
        ),
        (Method::GET, format!("{base}/authorizations/{id}x"), &client, None, 404, "/message"),
        (
            Method::GET,
            "/payments-psd2/v1/authorizations/x".to_owned(),
            &client,
            None,
            403,
            "/message",
        ),
    ];
    for (method, path, token, body, status, member) in table {
        let response = provider.call(method, &path, token, body.as_ref()).await;
        assert_eq!(response.status(), status, "{path}");
        let answer: Value = response.json().await.unwrap();
        assert!(answer.pointer(member).is_some(), "{path}: {answer}");
    }
    // Another provider's certificate does not open this provider's token.
    let stranger = Provider::registered(&sandbox).await;
    let response = stranger.call(Method::GET, &format!("{base}/accounts"), token, None).await;
    assert_eq!(response.status(), 403);
    // No certificate: the handshake fails.
    let bare = http(sandbox.ca_certificate_pem(), None);
    assert!(bare.get(format!("{}{base}/accounts", provider.mtls)).send().await.is_err());
    // No API key.
    let request = provider.http.get(format!("{}{base}/accounts", provider.mtls)).bearer_auth(token);
    assert_eq!(request.send().await.unwrap().status(), 401);
    // A body without an end.
    let long = "x".repeat(200_000);
    let response = provider.register(&long).await;
    assert_eq!(response.status(), 413);
    assert!(response.json::<Value>().await.unwrap()["message"].is_string());
}

#[tokio::test]
async fn registration_refuses_what_is_not_in_order() {
    let directory = Directory::new();
    let sandbox = Sandbox::start(options(&directory)).await.unwrap();
    let provider = Provider::generated(&sandbox).await;
    let table = [
        (json!({}), json!({"aud": "https://example.invalid/"}), "invalid_client_metadata"),
        (json!({}), json!({"exp": 1}), "invalid_client_metadata"),
        (json!({"exp": 1}), json!({}), "invalid_software_statement"),
        (json!({"org_id": "somebody"}), json!({}), "invalid_software_statement"),
        (json!({"software_roles": ["AIS", "ASPSP"]}), json!({}), "invalid_software_statement"),
        (
            json!({}),
            json!({"redirect_uris": ["https://attacker.invalid/"]}),
            "invalid_redirect_uri",
        ),
        (json!({}), json!({"grant_types": ["password"]}), "invalid_client_metadata"),
        (json!({}), json!({"software_statement": null}), "invalid_software_statement"),
    ];
    for (statement, request, error) in table {
        let response =
            provider.register(&provider.registration_request(&statement, &request)).await;
        assert_eq!(response.status(), 400);
        assert_eq!(
            response.json::<Value>().await.unwrap()["error"],
            error,
            "{statement} {request}"
        );
    }
    // Tolerated: the registration address as audience in an array, an SSA issuer that is the name.
    let registration = format!("{}/tpp-registration/register", provider.mtls);
    let request =
        provider.registration_request(&json!({"iss": "TEST TPP"}), &json!({"aud": [registration]}));
    assert_eq!(provider.register(&request).await.status(), 201);
    // Somebody else's statement over one's own certificate.
    let stranger = Provider::generated(&sandbox).await;
    let response = stranger.register(&provider.registration_request(&json!({}), &json!({}))).await;
    assert_eq!(response.status(), 400);
}

#[tokio::test]
async fn the_token_endpoint_is_strict_about_codes_and_clients() {
    let directory = Directory::new();
    let sandbox = Sandbox::start(options(&directory)).await.unwrap();
    let provider = Provider::registered(&sandbox).await;
    let id = provider.authorization(false).await;
    let answer = provider.approved("code", "accounts", &id).await;
    let code = get(&answer, "code");
    let redirect = ("redirect_uri", REDIRECT);
    let grant = ("grant_type", "authorization_code");
    let wrong = provider
        .token(&[grant, ("code", code), ("redirect_uri", "https://localhost/second")])
        .await;
    assert_eq!(wrong.json::<Value>().await.unwrap()["error"], "invalid_grant");
    let stranger = Provider::registered(&sandbox).await;
    assert_eq!(stranger.token(&[grant, ("code", code), redirect]).await.status(), 400);
    // Raw, unencoded values.
    let body = format!(
        "grant_type=authorization_code&code={code}&redirect_uri={REDIRECT}&client_id={}&client_secret={}",
        provider.client_id, provider.client_secret
    );
    let post = provider.http.post(format!("{}/oauth/token", provider.mtls));
    let post = post.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(post.body(body).send().await.unwrap().status(), 200);
    let again = provider.token(&[grant, ("code", code), redirect]).await;
    assert_eq!(again.status(), 400);
    for (form, error) in [
        (vec![("grant_type", "password")], "unsupported_grant_type"),
        (
            vec![("grant_type", "client_credentials"), ("scope", "accounts payments")],
            "invalid_scope",
        ),
        (vec![("grant_type", "client_credentials"), ("grant_type", "x")], "invalid_request"),
        (vec![("scope", "accounts")], "invalid_request"),
    ] {
        let response = provider.token(&form).await;
        assert_eq!(response.status(), 400);
        assert_eq!(response.json::<Value>().await.unwrap()["error"], error);
    }
    let mut thief = stranger.clone();
    thief.client_id.clone_from(&provider.client_id);
    thief.client_secret.clone_from(&provider.client_secret);
    let response =
        thief.token(&[("grant_type", "client_credentials"), ("scope", "accounts")]).await;
    assert_eq!(response.status(), 401);
}
