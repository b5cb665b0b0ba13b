//! Confirmation of funds.

use opl_sandbox::Sandbox;
use reqwest::Method;
use serde_json::{Value, json};

use crate::payments::user_token;
use crate::support::{API_KEY, Directory, Provider, options};

#[tokio::test]
async fn funds_are_confirmed_for_one_account() {
    let directory = Directory::new();
    let sandbox = Sandbox::start(options(&directory)).await.unwrap();
    let provider = Provider::registered(&sandbox).await;
    let base = "/confirmation-of-funds-psd2/v1";
    let client = provider.client_token("fundsconfirmations").await;
    let path = format!("{base}/authorizations");
    let made = provider.call(Method::POST, &path, &client, Some(&json!({}))).await;
    assert_eq!(made.status(), 201);
    let made: Value = made.json().await.unwrap();
    let id = made["authorizationId"].as_str().unwrap();
    let token = user_token(&provider, "fundsconfirmations", &made["authorizationId"]).await;
    let read = provider.get(&format!("{path}/{id}"), &token).await;
    let account = &sandbox.truth().users[0].accounts[0];
    assert_eq!(read["iban"], account.iban.as_str());
    assert_eq!(read["status"], "Authorized");
    let confirm = format!("{base}/funds-confirmations");
    let amount = |minor: i64| format!("{}.{:02}", minor / 100, minor % 100);
    for (text, status, available) in [
        (amount(account.available_minor), 201, Some(true)),
        (amount(account.available_minor + 1), 201, Some(false)),
        ("12,50".to_owned(), 400, None),
        (String::new(), 400, None),
    ] {
        let body = json!({ "authorizationId": id, "amountEUR": text });
        let response = provider.call(Method::POST, &confirm, &token, Some(&body)).await;
        assert_eq!(response.status(), status, "{text}");
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["fundsAvailable"].as_bool(), available);
    }
    let bare = provider.http.get(format!("{}{path}/{id}", provider.mtls));
    let bare = bare.header("x-api-key", API_KEY).header("accept", "*/*").bearer_auth(&token);
    assert_eq!(bare.send().await.unwrap().status(), 400);
    let revoked = provider.call(Method::DELETE, &format!("{path}/{id}"), &token, None).await;
    assert_eq!(revoked.json::<Value>().await.unwrap()["status"], "Revoked");
}
