//! Tokens, ID tokens, the registration answer, the bank's clock.

use opl_sandbox::Misbehaviour as M;
use serde_json::{Value, json};

use super::{ACCOUNTS, World};
use crate::support::{claims, get, parameters};

#[tokio::test]
async fn token_answers_have_odd_scopes_types_and_no_expiry() {
    let mut world = World::with(1, M::OddToken).await;
    let mut scopes = Vec::new();
    // A client token comes before each user token, so one more answer shifts the turns.
    for _ in 0..2 {
        let (_, tokens) = world.consent(730).await;
        assert!(tokens["expires_in"].is_null() && tokens["token_type"] != "Bearer");
        assert!(tokens["token_type"].as_str().unwrap().eq_ignore_ascii_case("bearer"));
        scopes.push(tokens["scope"].as_str().unwrap().to_owned());
        world.advance_days(0).await;
    }
    scopes.sort_unstable();
    assert_eq!(scopes, ["", "accounts openid"]);
}

#[tokio::test]
async fn id_tokens_lack_acr_and_nonce_and_expire_in_words() {
    let world = World::with(1, M::OddIdToken).await;
    let asked: Value = world.ask(&world.asked(730)).await.json().await.unwrap();
    let id = asked["authorizationId"].as_str().unwrap();
    let response = world.provider.visit(&world.claims("code id_token", id)).await;
    let answer = parameters(&response, '#');
    let tokens = world.provider.exchange(get(&answer, "code")).await;
    let front = claims(get(&answer, "id_token"));
    let back = claims(tokens["id_token"].as_str().unwrap());
    for token in [&front, &back] {
        assert!(token["acr"].is_null() && token["exp"].is_string());
        assert!(token["exp"].as_str().unwrap().parse::<i64>().is_ok());
    }
    assert!(back["nonce"].is_null() && front["nonce"].is_string());
}

#[tokio::test]
async fn the_registration_answer_is_odd() {
    let world = World::with(1, M::OddRegistration).await;
    let request = world.provider.registration_request(&json!({}), &json!({}));
    let response = world.provider.register(&request).await;
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["content-type"], "text/plain;charset=UTF-8");
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["scope"][0], "openid");
    assert!(answer["aud"].is_array() && answer["client_id"].is_string());
    assert!(answer["tls_client_auth_subject_dn"].as_str().unwrap().starts_with("OID.2.5.4.97="));
}

#[tokio::test]
async fn the_clock_is_minutes_off() {
    for (seed, ahead) in [(1, true), (2, false)] {
        let mut world = World::with(seed, M::ClockSkew).await;
        let response = world.call(ACCOUNTS).await;
        let date = response.headers()["date"].to_str().unwrap();
        let date = chrono::DateTime::parse_from_rfc2822(date).unwrap().to_utc();
        let (_, tokens) = world.consent(730).await;
        let issued = claims(tokens["id_token"].as_str().unwrap())["iat"].as_i64().unwrap();
        let now = world.now();
        for minutes in [(date - now).num_minutes(), (issued - now.timestamp()) / 60] {
            assert_eq!(minutes > 0, ahead);
            assert!((2..=8).contains(&minutes.abs()), "{minutes}");
        }
    }
}
