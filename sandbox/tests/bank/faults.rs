//! The switches that make the bank misbehave.

use opl_sandbox::{IdTokenMutation, Sandbox, TokenMutation};
use reqwest::Method;
use serde_json::Value;

use crate::support::{Directory, Provider, claims, get, options, verifies};

#[tokio::test]
async fn the_bank_fails_on_request() {
    let directory = Directory::new();
    let sandbox = Sandbox::start(options(&directory)).await.unwrap();
    let provider = Provider::registered(&sandbox).await;
    let (_, tokens) = provider.user_token(false).await;
    let token = tokens["access_token"].as_str().unwrap();
    let path = "/accounts-psd2/v1/accounts";
    sandbox.faults().fail_next(path, 503, 2);
    for status in [503, 503, 200] {
        let response = provider.call(Method::GET, path, token, None).await;
        assert_eq!(response.status(), status);
        assert!(response.json::<Value>().await.is_ok());
    }
    sandbox.faults().drop_connection_next(path, 1);
    let request = provider.http.get(format!("{}{path}", provider.mtls));
    // The client may try again on a fresh connection after a dropped idle one, so the record decides.
    let _ = request.send().await;
    let dropped = sandbox.calls().iter().filter(|call| call.status == 0).count();
    assert_eq!(dropped, 1);

    // The refresh takes effect, its answer is lost; the old token is good for a second try.
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let body = format!(
        "grant_type=refresh_token&refresh_token={refresh}&client_id={}&client_secret={}",
        provider.client_id, provider.client_secret
    );
    let post = || {
        let post = provider.http.post(format!("{}/oauth/token", provider.mtls));
        let post = post.header("content-type", "application/x-www-form-urlencoded");
        post.body(body.clone()).send()
    };
    sandbox.faults().drop_answer_next("/oauth/token", 1);
    assert!(post().await.is_err());
    assert_eq!(post().await.unwrap().status(), 200);
}

#[tokio::test]
async fn id_tokens_and_token_answers_are_spoiled_one_way_at_a_time() {
    let directory = Directory::new();
    let sandbox = Sandbox::start(options(&directory)).await.unwrap();
    let provider = Provider::registered(&sandbox).await;
    let address = format!("{}/oauth/jwks/PSD2_OIDC", provider.authorize);
    let key_set: Value = provider.browser.get(address).send().await.unwrap().json().await.unwrap();
    type Check = fn(&str, &Value) -> bool;
    let table: [(IdTokenMutation, Check); 7] = [
        (IdTokenMutation::SHashMissing, |token, _| claims(token)["s_hash"].is_null()),
        (IdTokenMutation::CHashWrong, |token, keys| verifies(token, keys)),
        (IdTokenMutation::ExpPast, |token, _| {
            claims(token)["exp"].as_i64().unwrap() < chrono::Utc::now().timestamp()
        }),
        (IdTokenMutation::AudienceExtra, |token, _| {
            claims(token)["aud"].as_array().unwrap().len() == 2
        }),
        (IdTokenMutation::AlgNone, |token, _| token.ends_with('.')),
        (IdTokenMutation::AlgHs256, |token, keys| !verifies(token, keys)),
        (IdTokenMutation::SignatureBroken, |token, keys| !verifies(token, keys)),
    ];
    for (mutation, check) in table {
        sandbox.faults().id_token_mutation(Some(mutation));
        let id = provider.authorization(false).await;
        let answer = provider.approved("code id_token", "accounts", &id).await;
        assert!(check(get(&answer, "id_token"), &key_set), "{mutation:?}");
    }
    sandbox.faults().id_token_mutation(Some(IdTokenMutation::OmitFront));
    let id = provider.authorization(false).await;
    let answer = provider.approved("code id_token", "accounts", &id).await;
    assert_eq!(get(&answer, "id_token"), "");
    sandbox.faults().id_token_mutation(None);

    sandbox.faults().token_lifetime(Some(5));
    sandbox.faults().token_mutation(Some(TokenMutation::NoRefreshToken));
    let tokens = provider.exchange(get(&answer, "code")).await;
    assert_eq!(tokens["expires_in"], 5);
    assert!(tokens["refresh_token"].is_null());
    sandbox.faults().token_mutation(Some(TokenMutation::HtmlBody));
    let form = [("grant_type", "client_credentials"), ("scope", "accounts")];
    let response = provider.token(&form).await;
    assert_eq!(response.status(), 200);
    assert!(response.text().await.unwrap().starts_with("<html"));
}
