//! The whole way of an account information provider.

use std::collections::BTreeSet;

use opl_sandbox::{Sandbox, SandboxOptions, TokenKind};
use reqwest::Method;
use serde_json::Value;

use crate::support::{API_KEY, Directory, Provider, claims, get, options, verifies};

#[tokio::test]
async fn from_certificates_to_transactions_and_back_to_nothing() {
    let directory = Directory::new();
    let sandbox = Sandbox::start(options(&directory)).await.unwrap();
    let provider = Provider::registered(&sandbox).await;

    let id = provider.authorization(true).await;
    let answer = provider.approved("code id_token", "accounts", &id).await;
    assert_eq!(get(&answer, "state"), "state-3f9a");
    let front = get(&answer, "id_token");
    let address = format!("{}/oauth/jwks/PSD2_OIDC", provider.public);
    let key_set: Value = provider.browser.get(address).send().await.unwrap().json().await.unwrap();
    assert!(verifies(front, &key_set));
    let front = claims(front);
    assert_eq!(front["iss"], sandbox.addresses().authorize.as_str());
    assert_eq!(front["nonce"], "n-51c2");
    assert_eq!(front["s_hash"], "v_p2ux5IbypB2PeIIpAqcQ");
    assert_eq!(front["authorizationId"], id.as_str());

    let tokens = provider.exchange(get(&answer, "code")).await;
    let back = tokens["id_token"].as_str().unwrap();
    assert!(verifies(back, &key_set));
    assert_eq!(claims(back)["sub"], front["sub"]);
    assert!(claims(back)["at_hash"].is_string());
    let token = tokens["access_token"].as_str().unwrap();

    read_everything(&sandbox, &provider, token).await;

    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
    ];
    let refreshed: Value = provider.token(&form).await.json().await.unwrap();
    let token = refreshed["access_token"].as_str().unwrap();
    provider.get("/accounts-psd2/v1/accounts", token).await;
    // The replaced token stays good for a few seconds: two page loads may present it at once.
    assert_eq!(provider.token(&form).await.status(), 200);

    let path = format!("/accounts-psd2/v1/authorizations/{id}");
    for _ in 0..2 {
        let client = provider.client_token("accounts").await;
        let response = provider.call(Method::DELETE, &path, &client, None).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.json::<Value>().await.unwrap()["status"], "Revoked");
    }
    let response = provider.call(Method::GET, "/accounts-psd2/v1/accounts", token, None).await;
    assert_eq!(response.status(), 403);
    let body: Value = response.json().await.unwrap();
    assert!(body["message"].as_str().unwrap().starts_with("Authorization "));
    assert_eq!(body["errors"][0]["type"], "SECURITY");
    let refresh = refreshed["refresh_token"].as_str().unwrap();
    let response =
        provider.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh)]).await;
    assert_eq!(response.status(), 400);
    sandbox.stop().await;
}

async fn read_everything(sandbox: &Sandbox, provider: &Provider, token: &str) {
    let truth = &sandbox.truth().users[0];
    let accounts = provider.get("/accounts-psd2/v1/accounts", token).await;
    let accounts = accounts.as_array().unwrap();
    assert_eq!(accounts.len(), truth.accounts.len());
    for (account, known) in accounts.iter().zip(&truth.accounts) {
        assert_eq!(account["identifier"], known.iban.as_str());
        assert_eq!(cents(&account["grossBalance"]), known.booked_minor);
        assert_eq!(
            cents(&account["netBalance"]),
            known.booked_minor + cents(&account["coverReservationAmount"])
        );
        let path = format!("/accounts-psd2/v1/accounts/{}", account["accountId"].as_str().unwrap());
        assert_eq!(&provider.get(&path, token).await, account);
        let rows = all_rows(provider, token, &format!("{path}/transactions")).await;
        let sum: i64 = rows.iter().map(|row| cents(&row["amount"])).sum();
        assert_eq!(rows.len(), known.transactions);
        assert_eq!(known.opening_minor + sum, known.booked_minor);
        let days: Vec<&str> = rows.iter().map(|row| row["bookingDate"].as_str().unwrap()).collect();
        assert!(days.windows(2).all(|pair| pair[0] >= pair[1]));
    }
    let cards = provider.get("/accounts-psd2/v1/cards", token).await;
    for (card, known) in cards.as_array().unwrap().iter().zip(&truth.cards) {
        let path =
            format!("/accounts-psd2/v1/cards/{}/transactions", card["cardId"].as_str().unwrap());
        let rows = all_rows(provider, token, &path).await;
        assert_eq!(rows.len(), known.transactions);
        if known.transactions > 0 {
            assert_eq!(cents(&card["statementBalance"]), -known.owed_minor);
            assert!(rows.iter().any(|row| cents(&row["amount"]) < 0));
            // Which row is the newest depends on the day; purchases carry their town behind a tab.
            let tabbed = |row: &serde_json::Value| {
                row["description"].as_str().is_some_and(|text| text.contains('\t'))
            };
            assert!(rows.iter().any(tabbed));
        }
    }
}

/// Follows continuation tokens to the last page.
async fn all_rows(provider: &Provider, token: &str, path: &str) -> Vec<Value> {
    let (mut rows, mut seen) = (Vec::new(), BTreeSet::new());
    let mut address = path.to_owned();
    loop {
        let page = provider.get(&address, token).await;
        assert_eq!(page["_links"], page["links"]);
        assert_eq!(page["_links"]["self"]["href"], address.as_str());
        rows.extend(page["transactions"].as_array().unwrap().iter().cloned());
        let Some(next) = page["continuationToken"].as_str() else {
            assert!(page["_links"]["next"].is_null());
            return rows;
        };
        assert!(seen.insert(next.to_owned()));
        assert_eq!(page["transactions"].as_array().unwrap().len(), 50);
        address = format!("{path}?continuationToken={next}");
        assert_eq!(page["_links"]["next"]["href"], address.as_str());
    }
}

fn cents(value: &Value) -> i64 {
    value.as_str().unwrap().replace('.', "").parse().unwrap()
}

#[tokio::test]
async fn a_new_day_adds_rows_and_changes_none() {
    let directory = Directory::new();
    let today = chrono::Utc::now().date_naive();
    let options =
        SandboxOptions { today: Some(today - chrono::Duration::days(9)), ..options(&directory) };
    let sandbox = Sandbox::start(options).await.unwrap();
    let provider = Provider::registered(&sandbox).await;
    let (_, tokens) = provider.user_token(true).await;
    let token = tokens["access_token"].as_str().unwrap();
    let account = &sandbox.truth().users[0].accounts[0];
    let path = format!("/accounts-psd2/v1/accounts/{}/transactions", account.account_id);
    let before = all_rows(&provider, token, &path).await;
    sandbox.advance_to(today);
    sandbox.advance_to(today - chrono::Duration::days(30));
    let after = all_rows(&provider, token, &path).await;
    assert!(after.len() > before.len());
    let oldest = after[after.len() - 1]["bookingDate"].as_str().unwrap();
    let old: Vec<&Value> =
        before.iter().filter(|row| row["bookingDate"].as_str().unwrap() > oldest).collect();
    assert!(old.iter().all(|row| after.contains(row)));
    let later = &sandbox.truth().users[0].accounts[0];
    let path = format!("/accounts-psd2/v1/accounts/{}", account.account_id);
    let shown = provider.get(&path, token).await;
    assert_eq!(cents(&shown["grossBalance"]), later.booked_minor);
}

#[tokio::test]
async fn four_accesses_without_the_customer() {
    let directory = Directory::new();
    let sandbox = Sandbox::start(options(&directory)).await.unwrap();
    let provider = Provider::registered(&sandbox).await;
    let (_, tokens) = provider.user_token(false).await;
    let token = tokens["access_token"].as_str().unwrap();
    let get = || async {
        let request = provider.http.get(format!("{}/accounts-psd2/v1/accounts", provider.mtls));
        let request =
            request.header("x-api-key", API_KEY).header("x-fapi-interaction-id", "93bac548");
        request.bearer_auth(token).send().await.unwrap()
    };
    for _ in 0..4 {
        let response = get().await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["x-fapi-interaction-id"], "93bac548");
    }
    let response = get().await;
    assert_eq!(response.status(), 429);
    let wait: i64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((86_000..=86_401).contains(&wait));
    assert_eq!(response.json::<Value>().await.unwrap()["type"], "BUSINESS");
    provider.get("/accounts-psd2/v1/accounts", token).await;
    provider.get("/accounts-psd2/v1/cards", token).await;
    let calls = sandbox.calls();
    let accounts: Vec<_> = calls.iter().filter(|call| call.path.ends_with("/accounts")).collect();
    assert_eq!(accounts.iter().filter(|call| !call.attended).count(), 5);
    assert!(
        accounts
            .iter()
            .all(|call| call.token == Some(TokenKind::User) && call.certificate.is_some())
    );
    assert!(calls.iter().any(|call| call.grant_type.as_deref() == Some("authorization_code")));
}

#[tokio::test]
async fn a_default_authorization_shows_ninety_days() {
    let directory = Directory::new();
    let sandbox = Sandbox::start(options(&directory)).await.unwrap();
    let provider = Provider::registered(&sandbox).await;
    let (_, tokens) = provider.user_token(false).await;
    let token = tokens["access_token"].as_str().unwrap();
    for known in &sandbox.truth().users[0].accounts {
        let path = format!("/accounts-psd2/v1/accounts/{}/transactions", known.account_id);
        assert_eq!(all_rows(&provider, token, &path).await.len(), known.transactions_90_days);
    }
}
