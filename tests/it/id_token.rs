//! Every way the bank's signed words can be wrong, and what is done about each.

use sandbox::{IdTokenMutation as Spoilt, TokenMutation};
use serde_json::Value;

use crate::support::{Browser, Returned, Store, World};

const CODE: &str = "authorization_code";
/// Connections that one person of a test begins: fewer than anybody may within an hour.
const BEGUN_EACH: usize = 8;

/// Wrong in the browser already: the code is not used, and the connection waits on.
const IN_FRONT: [(Spoilt, &str); 23] = [
    (Spoilt::SHashMissing, "id_token_s_hash_missing"),
    (Spoilt::SHashWrong, "id_token_s_hash"),
    (Spoilt::CHashMissing, "id_token_c_hash_missing"),
    (Spoilt::CHashWrong, "id_token_c_hash"),
    (Spoilt::FrontNonceMissing, "id_token_nonce_missing"),
    (Spoilt::FrontNonceWrong, "id_token_nonce"),
    (Spoilt::IssuerWrong, "id_token_iss"),
    (Spoilt::AudienceWrong, "id_token_aud"),
    (Spoilt::AudienceExtra, "id_token_aud"),
    (Spoilt::AzpWrong, "id_token_azp"),
    (Spoilt::AcrMissing, "id_token_acr"),
    (Spoilt::AcrLower, "id_token_acr"),
    (Spoilt::ExpMissing, "id_token_exp"),
    (Spoilt::ExpPast, "id_token_exp"),
    (Spoilt::IatMissing, "id_token_iat"),
    (Spoilt::IatOld, "id_token_iat"),
    (Spoilt::IatFuture, "id_token_iat"),
    (Spoilt::SubMissing, "id_token_sub_missing"),
    (Spoilt::AuthorizationIdWrong, "id_token_authorization_id"),
    (Spoilt::AlgNone, "id_token_algorithm"),
    (Spoilt::AlgHs256, "id_token_algorithm"),
    (Spoilt::UnknownKid, "id_token_unknown_key"),
    (Spoilt::SignatureBroken, "id_token_signature"),
];

/// Wrong only where the code was exchanged: what came is thrown away.
const BEHIND: [(Spoilt, &str); 4] = [
    (Spoilt::AtHashWrong, "id_token_at_hash"),
    (Spoilt::BackNonceWrong, "id_token_nonce"),
    (Spoilt::SubDifferentInBack, "id_token_sub_changed"),
    (Spoilt::OmitBack, "id_token_missing"),
];

/// Spoilt after the browser came back right: common claims checked again at the token endpoint.
const BEHIND_ONLY: [(Spoilt, &str); 8] = [
    (Spoilt::IssuerWrong, "id_token_iss"),
    (Spoilt::AudienceExtra, "id_token_aud"),
    (Spoilt::AcrLower, "id_token_acr"),
    (Spoilt::ExpPast, "id_token_exp"),
    (Spoilt::AlgNone, "id_token_algorithm"),
    (Spoilt::UnknownKid, "id_token_unknown_key"),
    (Spoilt::SignatureBroken, "id_token_signature"),
    (Spoilt::AuthorizationIdWrong, "id_token_authorization_id"),
];

/// The answer tells nothing of what came from the bank.
fn tells_nothing(body: &Value, returned: &Returned) {
    let text = body.to_string();
    let values = returned.fragment.split('&').filter_map(|pair| pair.split_once('='));
    for (name, value) in values {
        assert!(!text.contains(value), "{name} in {text}");
    }
    for secret in ["eyJ", "at-", "rt-", "secret"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

async fn not_trusted(person: &mut Browser, returned: &Returned, what: &str) {
    let (status, body) = person.come_back(returned).await;
    assert_eq!((status, body["code"].as_str()), (400, Some("answer_not_trusted")), "{what}");
    tells_nothing(&body, returned);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_in_the_browser_stops_before_the_code_is_used() {
    let world = World::registered(Store::Sqlite).await;
    let mut person = world.person().await;
    for (number, (spoilt, code)) in IN_FRONT.into_iter().enumerate() {
        if number % BEGUN_EACH == 0 {
            person = world.person().await;
        }
        world.bank.faults().id_token_mutation(Some(spoilt));
        let returned = person.to_the_bank().await;
        not_trusted(&mut person, &returned, code).await;
        assert_eq!(world.refusals().await.last().map(String::as_str), Some(code), "{spoilt:?}");
        assert_eq!(person.status(&returned.connection_id).await, "PENDING", "{spoilt:?}");
        assert!(world.tokens(&returned.connection_id).await.is_none());
    }
    world.bank.faults().id_token_mutation(Some(Spoilt::OmitFront));
    let returned = person.to_the_bank().await;
    let (status, body) = person.come_back(&returned).await;
    assert_eq!((status, body["code"].as_str()), (400, Some("malformed")));
    let refusals = world.refusals().await;
    assert_eq!(refusals.last().map(String::as_str), Some("callback_id_token_missing"));
    assert_eq!(refusals.len(), IN_FRONT.len() + 1, "one event each");
    assert_eq!(person.status(&returned.connection_id).await, "PENDING");
    assert_eq!(world.token_requests(CODE), 0);
    assert_eq!(world.calls("DELETE", "/accounts-psd2/v1/authorizations", |_| true), 0);
    // The bank's keys are fetched at most once a minute, however many unknown names come.
    assert_eq!(world.calls("GET", "/oauth/jwks", |_| true), 1);
    world.stop().await;
}

/// Refused where the code was exchanged: failed here, nothing kept, and the bank told.
async fn thrown_away(world: &World, person: &mut Browser, returned: &Returned, code: &str) {
    let exchanged = world.token_requests(CODE);
    let deleted = |world: &World| {
        world.calls("DELETE", "/accounts-psd2/v1/authorizations", |call| call.status == 200)
    };
    let before = deleted(world);
    not_trusted(person, returned, code).await;
    assert_eq!(world.token_requests(CODE), exchanged + 1, "{code}");
    assert_eq!(world.refusals().await.last().map(String::as_str), Some(code));
    let connection = person.connection(&returned.connection_id).await;
    assert_eq!(connection["status"], "FAILED", "{code}");
    assert_eq!(connection["endedReason"], "ANSWER_NOT_TRUSTED", "{code}");
    assert!(world.tokens(&returned.connection_id).await.is_none(), "{code}");
    assert_eq!(deleted(world), before + 1, "{code}: the bank is told");
}

async fn behind(store: Store) {
    let world = World::registered(store).await;
    let mut person = world.person().await;
    for (spoilt, code) in BEHIND {
        world.bank.faults().id_token_mutation(Some(spoilt));
        let returned = person.to_the_bank().await;
        thrown_away(&world, &mut person, &returned, code).await;
    }
    // Another person: each begins only so many an hour.
    person = world.person().await;
    for (spoilt, code) in BEHIND_ONLY {
        world.bank.faults().id_token_mutation(None);
        let returned = person.to_the_bank().await;
        world.bank.faults().id_token_mutation(Some(spoilt));
        thrown_away(&world, &mut person, &returned, code).await;
    }
    assert_eq!(world.count("grant.issued").await, 0);
    assert_eq!(world.count("consent.granted").await, 0);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_at_the_token_endpoint_is_thrown_away() {
    behind(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_at_the_token_endpoint_is_thrown_away_on_postgres() {
    behind(Store::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_answer_that_cannot_be_read_is_no_consent() {
    let world = World::registered(Store::Sqlite).await;
    let mut person = world.person().await;
    for spoilt in [
        TokenMutation::MissingAccessToken,
        TokenMutation::WrongTokenType,
        TokenMutation::HtmlBody,
        TokenMutation::ErrorInSuccess,
    ] {
        world.bank.faults().token_mutation(None);
        let returned = person.to_the_bank().await;
        let exchanged = world.token_requests(CODE);
        world.bank.faults().token_mutation(Some(spoilt));
        let (status, body) = person.come_back(&returned).await;
        assert_eq!((status, body["code"].as_str()), (502, Some("bank_error")), "{spoilt:?}");
        tells_nothing(&body, &returned);
        assert_eq!(world.token_requests(CODE), exchanged + 1);
        let connection = person.connection(&returned.connection_id).await;
        assert_eq!(connection["status"], "FAILED", "{spoilt:?}");
        assert!(world.tokens(&returned.connection_id).await.is_none());
        // The code is gone: it is not tried again.
        let (status, body) = person.come_back(&returned).await;
        assert_eq!((status, body["code"].as_str()), (409, Some("already_used")));
        assert_eq!(world.token_requests(CODE), exchanged + 1);
    }
    assert_eq!(world.count("consent.failed").await, 4);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_standard_allows_connects() {
    let world = World::registered(Store::Sqlite).await;
    for spoilt in [Spoilt::AudienceArray, Spoilt::AtHashMissing, Spoilt::BackNonceMissing] {
        world.bank.faults().id_token_mutation(Some(spoilt));
        let mut person = world.person().await;
        let returned = person.to_the_bank().await;
        let (status, body) = person.come_back(&returned).await;
        assert_eq!((status, body["outcome"].as_str()), (200, Some("connected")), "{spoilt:?}");
        tells_nothing(&body, &returned);
    }
    world.bank.faults().id_token_mutation(None);
    world.bank.faults().token_mutation(Some(TokenMutation::NoRefreshToken));
    let mut person = world.person().await;
    let returned = person.to_the_bank().await;
    let (_, body) = person.come_back(&returned).await;
    assert_eq!(body["outcome"], "connected");
    let tokens = world.tokens(&returned.connection_id).await.expect("tokens");
    assert_eq!(tokens["refresh"], Value::Null);
    assert_eq!(world.refusals().await, [""; 0]);
    world.stop().await;
}
