//! The pages a bank customer sees.

use opl_sandbox::{Sandbox, SandboxOptions};
use reqwest::{Method, Response};
use serde_json::Value;

use crate::support::{Directory, Provider, get, options, parameters};

pub struct Page {
    pub address: String,
    form_token: String,
    pub html: String,
}

pub async fn open(provider: &Provider, address: String) -> Page {
    let response = provider.browser.get(&address).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("form-action"));
    let html = response.text().await.unwrap();
    let (_, rest) = html.split_once("name=\"form_token\" value=\"").unwrap();
    let form_token = rest.split('"').next().unwrap().to_owned();
    Page { address, form_token, html }
}

impl Page {
    pub async fn post(&self, provider: &Provider, members: &[(&str, &str)]) -> Response {
        let mut form = vec![("form_token", self.form_token.as_str())];
        form.extend(members);
        provider.browser.post(&self.address).form(&form).send().await.unwrap()
    }
}

pub async fn begin(provider: &Provider, claims: &Value) -> Page {
    let response = provider.visit(claims).await;
    assert_eq!(response.status(), 303);
    let path = response.headers()["location"].to_str().unwrap();
    open(provider, format!("{}{path}", provider.authorize)).await
}

#[tokio::test]
async fn a_customer_shares_one_account_and_one_card() {
    let directory = Directory::new();
    let options =
        SandboxOptions { auto_approve: false, authorize_plain_http: true, ..options(&directory) };
    let sandbox = Sandbox::start(options).await.unwrap();
    let provider = Provider::registered(&sandbox).await;
    assert!(provider.authorize.starts_with("http://localhost:"));
    let id = provider.authorization(true).await;
    let page = begin(&provider, &provider.request_claims("code", "accounts", &id)).await;
    assert!(page.html.contains("One Point Ledger") && page.html.contains("Aino Virtanen"));
    assert!(page.html.contains("simulated"));

    let forged = [("form_token", "x"), ("step", "approve")];
    let response = provider.browser.post(&page.address).form(&forged).send().await.unwrap();
    assert_eq!(response.status(), 403);

    let response = page.post(&provider, &[("step", "sign-in"), ("user", "88888881")]).await;
    assert_eq!(response.status(), 303);
    let page = open(&provider, page.address).await;
    let user = &sandbox.truth().users[0];
    assert!(user.accounts.iter().all(|account| page.html.contains(&account.iban)));

    let nothing = page.post(&provider, &[("step", "approve")]).await;
    assert!(nothing.text().await.unwrap().contains("at least one account"));
    let stranger = sandbox.truth().users[1].accounts[0].account_id.clone();
    let response = page
        .post(
            &provider,
            &[
                ("step", "approve"),
                ("account", &user.accounts[1].account_id),
                ("account", &stranger),
                ("card", &user.cards[1].card_id),
            ],
        )
        .await;
    assert_eq!(response.status(), 302);
    let answer = parameters(&response, '?');
    let tokens = provider.exchange(get(&answer, "code")).await;
    let token = tokens["access_token"].as_str().unwrap();
    let accounts = provider.get("/accounts-psd2/v1/accounts", token).await;
    assert_eq!(accounts.as_array().unwrap().len(), 1);
    assert_eq!(accounts[0]["identifier"], user.accounts[1].iban.as_str());
    let cards = provider.get("/accounts-psd2/v1/cards", token).await;
    assert_eq!(cards.as_array().unwrap().len(), 1);
    let hidden = format!("/accounts-psd2/v1/accounts/{}", user.accounts[0].account_id);
    assert_eq!(provider.call(Method::GET, &hidden, token, None).await.status(), 404);
    // The page is gone.
    let response = page.post(&provider, &[("step", "refuse")]).await;
    assert_eq!(response.status(), 404);
}

#[tokio::test]
async fn a_customer_refuses() {
    let directory = Directory::new();
    let options = SandboxOptions { auto_approve: false, ..options(&directory) };
    let sandbox = Sandbox::start(options).await.unwrap();
    let provider = Provider::registered(&sandbox).await;
    let id = provider.authorization(false).await;
    let page = begin(&provider, &provider.request_claims("code", "accounts", &id)).await;
    let response = page.post(&provider, &[("step", "refuse")]).await;
    assert_eq!(response.status(), 302);
    let answer = parameters(&response, '?');
    assert_eq!(get(&answer, "error"), "access_denied");
    assert_eq!(get(&answer, "state"), "state-3f9a");
    let client = provider.client_token("accounts").await;
    let path = format!("/accounts-psd2/v1/authorizations/{id}");
    assert_eq!(provider.get(&path, &client).await["status"], "Rejected");
    // A decided authorization cannot be visited again.
    let response = provider.visit(&provider.request_claims("code", "accounts", &id)).await;
    assert_eq!(get(&parameters(&response, '?'), "error"), "invalid_request");
}

#[tokio::test]
async fn requests_that_cannot_be_trusted_get_a_page_and_no_redirect() {
    let directory = Directory::new();
    let sandbox = Sandbox::start(options(&directory)).await.unwrap();
    let provider = Provider::registered(&sandbox).await;
    let id = provider.authorization(false).await;
    let good = provider.request_claims("code", "accounts", &id);
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    for claims in [
        with("redirect_uri", "https://attacker.invalid/".into()),
        with("iss", "somebody".into()),
        with("client_id", "somebody".into()),
    ] {
        let response = provider.visit(&claims).await;
        assert_eq!(response.status(), 400);
        assert!(response.headers().get("location").is_none());
        assert!(response.text().await.unwrap().contains("not accepted"));
    }
    let stranger = Provider::registered(&sandbox).await;
    let mut forger = provider.clone();
    forger.qseal = stranger.qseal.clone();
    assert_eq!(forger.visit(&good).await.status(), 400);
    // Errors after the address is trusted go to the address.
    for (claims, error) in [
        (with("exp", 1.into()), "invalid_request_object"),
        (with("aud", "https://other.invalid".into()), "invalid_request_object"),
        (with("scope", "openid payments".into()), "invalid_request"),
        (with("scope", "accounts".into()), "invalid_scope"),
    ] {
        let response = provider.visit(&claims).await;
        assert_eq!(get(&parameters(&response, '?'), "error"), error);
    }
    assert_eq!(provider.visit(&good).await.status(), 302);
}
