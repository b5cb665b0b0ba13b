//! Quotas and the life of consents.

use std::time::Duration;

use opl_sandbox::{Misbehaviour as M, Misbehaviours};
use serde_json::Value;

use super::{ACCOUNTS, World};

#[tokio::test]
async fn a_refusal_names_an_odd_waiting_time() {
    let world = World::with(1, M::OddRetryAfter).await;
    for _ in 0..4 {
        assert_eq!(world.unattended(ACCOUNTS).await.status(), 200);
    }
    let mut waits = Vec::new();
    for _ in 0..6 {
        let response = world.unattended(ACCOUNTS).await;
        assert_eq!(response.status(), 429);
        let wait = response.headers().get("retry-after");
        waits.push(wait.map(|wait| wait.to_str().unwrap().to_owned()));
    }
    assert!(waits.contains(&None) && waits.contains(&Some("-30".to_owned())));
    assert!(waits.contains(&Some("soon".to_owned())));
}

#[tokio::test]
async fn a_new_consent_brings_no_new_reads_until_a_day_has_passed() {
    for (on, after_renewal) in [(Misbehaviours::NONE, 200), (M::RollingQuota.into(), 429)] {
        let mut world = World::with(1, on).await;
        let path = world.path(ACCOUNTS, 0).await;
        for status in [200, 200, 200, 200, 429] {
            assert_eq!(world.unattended(&path).await.status(), status);
        }
        world.consent(730).await;
        assert_eq!(world.unattended(&path).await.status(), after_renewal, "{on}");
        let other = world.path(ACCOUNTS, 1).await;
        assert_eq!(world.unattended(&other).await.status(), 200);
        world.advance(Duration::from_secs(86_401)).await;
        assert_eq!(world.unattended(&path).await.status(), 200);
    }
}

#[tokio::test]
async fn a_new_consent_ends_the_old_one() {
    for (on, status) in [(Misbehaviours::NONE, 200), (M::SupersedingConsent.into(), 403)] {
        let mut world = World::with(1, on).await;
        let old = world.token.clone();
        world.consent(730).await;
        let response = world.provider.call(reqwest::Method::GET, ACCOUNTS, &old, None).await;
        assert_eq!(response.status(), status, "{on}");
        assert_eq!(world.call(ACCOUNTS).await.status(), 200);
    }
}

#[tokio::test]
async fn a_consent_is_granted_for_less_than_asked() {
    let mut world = World::with(1, M::ShorterConsent).await;
    let (id, _) = world.consent(730).await;
    let granted = world.read(&format!("/accounts-psd2/v1/authorizations/{id}")).await;
    let expires = chrono::DateTime::parse_from_rfc3339(granted["expires"].as_str().unwrap());
    assert_eq!((expires.unwrap().to_utc() - world.now()).num_days(), 6);
    world.sandbox.clock().advance(Duration::from_secs(8 * 86_400));
    let form = [("grant_type", "refresh_token"), ("refresh_token", world.refresh.as_str())];
    assert_eq!(world.provider.token(&form).await.status(), 400);
}

#[tokio::test]
async fn one_account_is_taken_back_at_the_bank() {
    let world = World::with(1, M::RevokedAtBank).await;
    let accounts: Value = world.read(ACCOUNTS).await;
    let mut statuses = Vec::new();
    for place in 0..accounts.as_array().unwrap().len() {
        let path = world.path(ACCOUNTS, place).await;
        statuses.push(world.call(&path).await.status().as_u16());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 401]);
}
