//! Changing our certificates at a bank while it is read: both pairs are known there, nobody is asked to
//! confirm anything, what is under way ends with the pair it began with, and the way back is open.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use domain::id::BankId;
use domain::tpp_registration::{SwitchReason, TppRegistration};
use opl::registration::certificates::{self, CertificatesError};
use opl::registration::{register, stream};
use serde_json::json;

use crate::support::{Browser, Store, World};

fn op() -> BankId {
    BankId("op".to_owned())
}

/// The certificates the bank was shown at reads of rows, since a number of calls.
fn shown(world: &World, since: usize) -> BTreeSet<String> {
    let calls = world.bank.calls();
    let rows = calls.iter().skip(since).filter(|call| call.path.ends_with("/transactions"));
    rows.filter_map(|call| call.certificate.clone()).collect()
}

async fn used(world: &World) -> String {
    let loaded = world.app.ledger.load::<TppRegistration>(stream(&op())).await.expect("a state");
    loaded.aggregate.certificates.expect("certificates").qwac.fingerprint
}

async fn read_again(world: &World, browser: &mut Browser, id: &str) {
    let ended = world.runs_ended().await;
    let text = "mutation ($id: ID!) { refreshConnection(connectionId: $id) { status } }";
    let data = browser.graphql(text, json!({ "id": id })).await;
    assert_eq!(data["refreshConnection"]["status"], "STARTED");
    world.until_runs_ended(ended + 1).await;
    let read = browser.read_to_the_end(id).await;
    assert_eq!(
        (&read["sync"]["state"], &read["sync"]["transactionsNew"]),
        (&json!("DONE"), &json!(0))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_change_while_a_bank_is_read() {
    let world = World::registered(Store::Sqlite).await;
    let mut browser = world.person().await;
    let old = used(&world).await;
    let refused = certificates::switch(&world.app, &op(), SwitchReason::Asked).await;
    assert!(matches!(refused, Err(CertificatesError::Refused(_))), "nothing is prepared");
    let prepared = certificates::prepare(&world.app, &op(), None).await.expect("prepared");
    let new = prepared.qwac.fingerprint.clone();
    assert_eq!(used(&world).await, old, "prepared is not used");

    // A first reading is under way when the certificates are switched.
    let returned = browser.to_the_bank().await;
    let (status, _) = browser.come_back(&returned).await;
    assert_eq!(status, 200);
    for _ in 0..600 {
        if !shown(&world, 0).is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    certificates::switch(&world.app, &op(), SwitchReason::Asked).await.expect("switched");
    let id = returned.connection_id;
    let read = browser.read_to_the_end(&id).await;
    assert_eq!(read["sync"]["state"], "DONE", "{read}");
    assert!(shown(&world, 0).contains(&old), "what was under way went on with the old one");

    // What begins afterwards uses the new one, by the same consent.
    let since = world.bank.calls().len();
    read_again(&world, &mut browser, &id).await;
    assert_eq!(shown(&world, since), BTreeSet::from([new.clone()]));

    // And back.
    certificates::roll_back(&world.app, &op()).await.expect("rolled back");
    let since = world.bank.calls().len();
    read_again(&world, &mut browser, &id).await;
    assert_eq!(shown(&world, since), BTreeSet::from([old]));
    let again = certificates::roll_back(&world.app, &op()).await;
    assert!(matches!(again, Err(CertificatesError::Refused(_))), "one step back and no further");

    assert_eq!(world.count("consent.granted").await, 1, "nobody was asked to confirm again");
    assert_eq!(world.count("registration.client_registered").await, 1);
    assert_eq!(world.count("registration.certificates_prepared").await, 1);
    assert_eq!(world.count("registration.certificates_switched").await, 2);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_change_by_themselves_when_their_time_comes() {
    let world = World::registered(Store::Sqlite).await;
    let old = used(&world).await;
    let later = Utc::now() + TimeDelta::hours(1);
    certificates::prepare(&world.app, &op(), Some(later)).await.expect("prepared");
    let op = op();
    let look = || certificates::switch_if_due(&world.app, &op);
    assert!(!look().await.expect("looked"), "not yet");
    assert_eq!(used(&world).await, old);
    let now = Some(Utc::now());
    let prepared = certificates::prepare(&world.app, &op, now).await.expect("prepared anew");
    assert!(look().await.expect("looked"), "its time has come");
    assert!(!look().await.expect("looked"), "once");
    assert_eq!(used(&world).await, prepared.qwac.fingerprint);
    let access = world.app.access(&op).await.expect("a registration");
    assert_eq!(access.certificate.fingerprint, prepared.qwac.fingerprint);
    assert_eq!(access.seal.certificate.fingerprint, prepared.qseal.fingerprint);
    // A registration that is run again finds everything in place.
    let mut done = Vec::new();
    register(&world.app, &world.settings(), |step| {
        done.extend((!step.already).then_some(step.step))
    })
    .await
    .expect("registered");
    assert_eq!(done, Vec::<&str>::new());
    world.stop().await;
}
