//! Banks that are ill: calls that may pass are made again, a bank that stays ill is left alone, and
//! no connection breaks by it.

use std::sync::{Arc, Mutex};

use chrono::{TimeDelta, Utc};
use domain::event::Event;
use domain::fetch::{CallFailed, FetchEvent};
use domain::id::BankId;
use opl::app::Options;
use opl::connectors::{BankError, BankRequest, Endpoint, Method};
use opl::world::Clock;
use serde_json::json;

use crate::support::{Browser, Store, World};

async fn read_again(world: &World, person: &mut Browser, id: &str) -> serde_json::Value {
    let ended = world.runs_ended().await;
    let text = "mutation ($id: ID!) { refreshConnection(connectionId: $id) { status } }";
    let data = person.graphql(text, json!({ "id": id })).await;
    assert_eq!(data["refreshConnection"]["status"], "STARTED");
    world.until_runs_ended(ended + 1).await;
    person.connection(id).await
}

async fn failed_calls(world: &World) -> Vec<CallFailed> {
    let failed = |(_, event): (String, Event)| match event {
        Event::Fetch(FetchEvent::CallFailed(failed)) => Some(failed),
        _ => None,
    };
    world.events().await.into_iter().filter_map(failed).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_503_is_waited_out_and_every_try_is_noted() {
    let world = World::registered(Store::Sqlite).await;
    let mut person = world.person().await;
    let id = person.connect().await;
    let list = "/accounts-psd2/v1/accounts";
    let before = world.calls("GET", list, |call| call.path == list);
    world.bank.faults().fail_next(list, 503, 2);
    let connection = read_again(&world, &mut person, &id).await;
    assert_eq!(connection["sync"]["state"], "DONE", "{connection}");
    assert_eq!(world.calls("GET", list, |call| call.path == list), before + 3);
    let failed = failed_calls(&world).await;
    assert_eq!(failed.len(), 2);
    assert!(failed.iter().all(|call| call.status == Some(503) && call.sent_at.is_some()));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_429_is_not_tried_again_and_breaks_nothing() {
    let world = World::registered(Store::Sqlite).await;
    let mut person = world.person().await;
    let id = person.connect().await;
    let list = "/accounts-psd2/v1/accounts";
    let before = world.calls("GET", list, |call| call.path == list);
    world.bank.faults().fail_next(list, 429, 1);
    let connection = read_again(&world, &mut person, &id).await;
    assert_eq!(connection["sync"]["state"], "FAILED", "{connection}");
    assert_eq!(connection["sync"]["problem"], "BANK_BUSY");
    assert_eq!(connection["status"], "ACTIVE");
    assert_eq!(world.calls("GET", list, |call| call.path == list), before + 1);
    let connection = read_again(&world, &mut person, &id).await;
    assert_eq!(connection["sync"]["state"], "DONE", "{connection}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_stays_ill_is_left_alone_but_for_a_probe() {
    let ahead = Arc::new(Mutex::new(TimeDelta::zero()));
    let seen = Arc::clone(&ahead);
    let clock = Clock::from_fn(move || Utc::now() + *seen.lock().expect("a clock"));
    let world =
        World::unregistered(Store::Sqlite, |path| Options { clock, ..Options::in_directory(path) })
            .await;
    opl::registration::register(&world.app, &world.settings(), |_| {}).await.expect("registered");
    let access = world.app.access(&BankId("op".to_owned())).await.expect("a bank");
    let request = access.bank.standard.keys(&access.bank).expect("keys");
    let path = "/oauth/jwks";
    let before = world.calls("GET", path, |_| true);
    let asked = || world.calls("GET", path, |_| true) - before;
    world.bank.faults().fail_next(path, 503, 900);
    let mut refused = 0;
    for _ in 0..60 {
        match access.transport.send_once(&request, true).await {
            Ok(answer) => assert_eq!(answer.status, 503),
            Err(BankError::CircuitOpen { until }) => {
                assert!(until > world.app.clock.now());
                refused += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((asked(), refused), (20, 40), "it opens at twenty calls");
    // Ten minutes, a second at a time: at most one call in thirty seconds.
    for _ in 0..600 {
        *ahead.lock().expect("a clock") += TimeDelta::seconds(1);
        let _ = access.transport.send_once(&request, true).await;
    }
    let probes = asked() - 20;
    assert!((15..=20).contains(&probes), "{probes} probes in ten minutes");
    // Another class of endpoint is another breaker.
    let url = format!("{}/accounts", access.bank.accounts_url);
    let other = BankRequest::new(Method::Get, url, Endpoint::Accounts);
    let answer = access.transport.send_once(&other, true).await.expect("an answer");
    assert_eq!(answer.status, 401);
    world.bank.faults().clear();
    *ahead.lock().expect("a clock") += TimeDelta::seconds(40);
    let answer = access.transport.send_once(&request, true).await.expect("an answer");
    assert_eq!(answer.status, 200, "one good answer and it is closed");
    world.stop().await;
}
