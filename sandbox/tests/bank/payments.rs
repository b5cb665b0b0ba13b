//! Payments.

use opl_sandbox::Sandbox;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::keys::url;
use crate::support::{API_KEY, Directory, Provider, get, options};

const BASE: &str = "/payments-psd2/v1";

fn payment(cents: &str) -> Value {
    json!({
        "count": 1, "amountEUR": cents, "message": "m",
        "payee": { "iban": "FI2112345600000785", "name": "Payee" },
    })
}

/// Creates a payment the way OP's own demo does: text/plain, detached signature, idempotency key.
async fn create(
    provider: &Provider,
    family: &str,
    token: &str,
    body: &Value,
    key: &str,
) -> Response {
    let body = body.to_string();
    provider
        .http
        .post(format!("{}{BASE}/{family}", provider.mtls))
        .header("x-api-key", API_KEY)
        .header("content-type", "text/plain;charset=UTF-8")
        .header("x-idempotency-key", key)
        .header("x-jws-signature", provider.qseal.sign_detached(body.as_bytes()))
        .bearer_auth(token)
        .body(body)
        .send()
        .await
        .unwrap()
}

async fn created(provider: &Provider, family: &str, token: &str, body: &Value) -> Value {
    let response = create(provider, family, token, body, &uuid::Uuid::new_v4().to_string()).await;
    assert_eq!(response.status(), 201);
    response.json().await.unwrap()
}

pub async fn user_token(provider: &Provider, scope: &str, id: &Value) -> String {
    let answer = provider.approved("code id_token", scope, id.as_str().unwrap()).await;
    let tokens = provider.exchange(get(&answer, "code")).await;
    tokens["access_token"].as_str().unwrap().to_owned()
}

async fn submit(
    provider: &Provider,
    token: &str,
    payment_id: &Value,
    submission: &str,
    scenario: &str,
) -> Value {
    let path =
        format!("{BASE}/sepa-payments/{}/submissions/{submission}", payment_id.as_str().unwrap());
    let request = provider.http.put(format!("{}{path}", provider.mtls));
    let request = request.header("x-api-key", API_KEY).header("x-sandbox-scenario", scenario);
    request.bearer_auth(token).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn a_bundle_is_created_approved_and_submitted_once() {
    let directory = Directory::new();
    let sandbox = Sandbox::start(options(&directory)).await.unwrap();
    let provider = Provider::registered(&sandbox).await;
    let client = provider.client_token("payments").await;
    let response = create(&provider, "sepa-payments", &client, &payment("1.50"), "key-1").await;
    assert_eq!(response.status(), 201);
    let signature = response.headers()["x-jws-signature"].to_str().unwrap().to_owned();
    let bytes = response.bytes().await.unwrap();
    let address = format!("{}/psd2/sandbox/jwks/payments/jwks.json", provider.public);
    let keys: Value = provider.browser.get(address).send().await.unwrap().json().await.unwrap();
    let (header, end) = signature.split_once("..").unwrap();
    assert!(crate::support::verifies(&format!("{header}.{}.{end}", url(&bytes)), &keys));
    let first: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(first["status"], "Unauthorized");

    let again = create(&provider, "sepa-payments", &client, &payment("1.50"), "key-1").await;
    assert_eq!(again.json::<Value>().await.unwrap()["paymentId"], first["paymentId"]);
    let clash = create(&provider, "sepa-payments", &client, &payment("2"), "key-1").await;
    assert_eq!(clash.status(), 400);
    assert_eq!(clash.json::<Value>().await.unwrap()["violations"][0]["type"], "DuplicatePayment");

    let mut second = payment("2.00");
    second["authorizationId"] = first["authorizationId"].clone();
    let second = created(&provider, "sepa-payments", &client, &second).await;
    let id = &first["authorizationId"];
    let token = user_token(&provider, "payments", id).await;
    let mut late = payment("3.00");
    late["authorizationId"] = id.clone();
    assert_eq!(create(&provider, "sepa-payments", &client, &late, "key-3").await.status(), 400);

    let path = format!("{BASE}/authorizations/{}/payments", id.as_str().unwrap());
    let listed = provider.get(&path, &token).await;
    let listed = listed["payments"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    let debited = &sandbox.truth().users[0].accounts[0].iban;
    assert!(listed.iter().all(|payment| payment["status"] == "Authorized"));
    assert!(listed.iter().all(|payment| payment["payer"]["iban"] == debited.as_str()));

    let one = uuid::Uuid::new_v4().to_string();
    let paid = submit(&provider, &token, &first["paymentId"], &one, "").await;
    assert_eq!(paid["status"], "Accepted");
    assert_eq!(submit(&provider, &token, &first["paymentId"], &one, "").await, paid);
    let other = uuid::Uuid::new_v4().to_string();
    let twice = submit(&provider, &token, &first["paymentId"], &other, "").await;
    assert_eq!(twice["violations"][0]["type"], "IllegalState");
    let later = submit(&provider, &token, &first["paymentId"], &one, "PaymentSubmitSuccess").await;
    assert_eq!(later["status"], "Submitted");

    let two = uuid::Uuid::new_v4().to_string();
    for (scenario, status) in [
        ("PaymentSystemUnavailable", "Pending"),
        ("InsufficientFunds", "Error"),
        ("FutureSimulation=PT24H", "Submitted"),
    ] {
        let answer = submit(&provider, &token, &second["paymentId"], &two, scenario).await;
        assert_eq!(answer["status"], status);
    }
    let path = format!("{BASE}/authorizations/{}?include=payments", id.as_str().unwrap());
    let bundle = provider.get(&path, &token).await;
    assert_eq!(bundle["status"], "Completed");
    assert_eq!(bundle["sepaPayments"].as_array().unwrap().len(), 2);
    assert_eq!(bundle["foreignPayments"], json!([]));
    assert!(exemption(&provider, &token, debited).await);
}

/// A small payment of a customer who authenticated before needs no browser; a larger one does.
async fn exemption(provider: &Provider, token: &str, payer: &str) -> bool {
    let mut results = Vec::new();
    for amount in ["30.00", "30.01"] {
        let mut body = payment(amount);
        body["payer"] = json!({ "iban": payer });
        let made = created(provider, "sepa-payments", token, &body).await;
        let id = &made["authorizationId"];
        let assertion = provider.qseal.sign_claims(&json!({
            "max_age": 86400, "aud": "https://mtls.apis.op.fi", "scope": "payments", "iss": provider.client_id,
            "client_id": provider.client_id, "response_type": "token", "state": "s", "nonce": "n",
            "claims": { "id_token": { "authorizationId": { "value": id, "essential": true } } },
        }));
        let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        let form =
            [("grant_type", grant), ("scope", "payments"), ("assertion", assertion.as_str())];
        let response = provider.token(&form).await;
        results.push(response.status().as_u16());
        let answer: Value = response.json().await.unwrap();
        if let Some(token) = answer["access_token"].as_str() {
            let submission = uuid::Uuid::new_v4().to_string();
            let paid = submit(provider, token, &made["paymentId"], &submission, "").await;
            assert_eq!(paid["status"], "Accepted");
        }
    }
    results == [200, 400]
}

#[tokio::test]
async fn foreign_payments_go_through_the_sepa_path_too() {
    let directory = Directory::new();
    let sandbox = Sandbox::start(options(&directory)).await.unwrap();
    let provider = Provider::registered(&sandbox).await;
    let client = provider.client_token("payments").await;
    let body = json!({
        "amount": "10.00", "currency": "USD", "message": "m", "count": 1,
        "payee": {
            "name": "Payee",
            "bankAccount": { "id": "123456789", "schemeName": "BBAN", "issuer": "CHASUS33" },
            "financialInstitution": { "bic": "CHASUS33" },
            "foreignAddress": { "addressLine1": "1 Main Street", "addressLine2": "New York", "country": "US" },
        },
    });
    let made = created(&provider, "foreign-payments", &client, &body).await;
    assert_eq!(made["paymentType"], "ForeignPayment");
    let token = user_token(&provider, "payments", &made["authorizationId"]).await;
    let submission = uuid::Uuid::new_v4().to_string();
    let paid = submit(&provider, &token, &made["paymentId"], &submission, "").await;
    assert_eq!(paid["status"], "Accepted");

    // The shortcuts of the sandbox, then a submission without OAuth.
    let made = created(&provider, "foreign-payments", &client, &body).await;
    let id = made["authorizationId"].as_str().unwrap();
    let post = |action: &str| {
        provider.http.post(format!("{}{BASE}/authorizations/{id}/{action}", provider.mtls))
    };
    let approved: Value = post("sandbox-authorize").send().await.unwrap().json().await.unwrap();
    assert_eq!(approved["status"], "Authorized");
    assert_eq!(post("sandbox-reject").send().await.unwrap().status(), 400);
    let scenario = format!("SandboxAuthorized={id}");
    let paid = submit(&provider, "none", &made["paymentId"], &submission, &scenario).await;
    assert_eq!(paid["status"], "Accepted");

    // A wrong signature over the body is refused.
    let request = provider.http.post(format!("{}{BASE}/foreign-payments", provider.mtls));
    let request = request.header("x-api-key", API_KEY).header("x-idempotency-key", "k");
    let request = request.header("x-jws-signature", provider.qseal.sign_detached(b"other bytes"));
    let response = request.bearer_auth(&client).json(&body).send().await.unwrap();
    assert_eq!(response.status(), 400);
}

#[tokio::test]
async fn payments_are_revoked_before_submission() {
    let directory = Directory::new();
    let sandbox = Sandbox::start(options(&directory)).await.unwrap();
    let provider = Provider::registered(&sandbox).await;
    let client = provider.client_token("payments").await;
    let made = created(&provider, "sepa-payments", &client, &payment("1.50")).await;
    let path = format!("{BASE}/sepa-payments/{}", made["paymentId"].as_str().unwrap());
    let revoked = provider.call(Method::DELETE, &path, &client, None).await;
    assert_eq!(revoked.json::<Value>().await.unwrap()["status"], "Revoked");
    let again = provider.call(Method::DELETE, &path, &client, None).await;
    assert_eq!(again.status(), 400);
    let path = format!("{BASE}/authorizations/{}", made["authorizationId"].as_str().unwrap());
    let revoked = provider.call(Method::DELETE, &path, &client, None).await;
    assert_eq!(revoked.json::<Value>().await.unwrap()["status"], "Revoked");
}

#[tokio::test]
async fn a_customer_confirms_a_payment_from_the_named_account() {
    let directory = Directory::new();
    let sandbox = Sandbox::start(options(&directory)).await.unwrap();
    sandbox.faults().auto_approve(false);
    let provider = Provider::registered(&sandbox).await;
    let client = provider.client_token("payments").await;
    let truth = &sandbox.truth().users[0];
    let mut body = payment("12.00");
    body["payer"] = json!({ "iban": truth.accounts[2].iban });
    let made = created(&provider, "sepa-payments", &client, &body).await;
    let id = made["authorizationId"].as_str().unwrap();
    let claims = provider.request_claims("code", "payments", id);
    let page = crate::consent_page::begin(&provider, &claims).await;
    let path = format!("{BASE}/authorizations/{id}");
    assert_eq!(provider.get(&path, &client).await["status"], "Authorizing");
    page.post(&provider, &[("step", "sign-in"), ("user", "88888881")]).await;
    let page = crate::consent_page::open(&provider, page.address).await;
    assert!(page.html.contains("12.00 EUR to Payee"));
    let named = format!("value=\"{}\" checked", truth.accounts[2].account_id);
    assert!(page.html.contains(&named));
    let ticked = ("account", truth.accounts[2].account_id.as_str());
    let response = page.post(&provider, &[("step", "approve"), ticked]).await;
    assert_eq!(response.status(), 302);
    let path = format!("{path}/payments");
    let listed = provider.get(&path, &client).await;
    assert_eq!(listed["payments"][0]["payer"]["iban"], truth.accounts[2].iban.as_str());
}
