//! Accounts that a consent does not cover, over sockets: a bank that shows one of another customer all the same
//! is not believed, the person is told, and nothing of it is kept.

use domain::event::Event;
use domain::fetch::{FetchEvent, NOT_COVERED};
use sandbox::{Misbehaviours, Sandbox};
use serde_json::{Value, json};

use crate::connector_requirements::Beside;
use crate::enable_banking::{BANK, Route};
use crate::support::{Browser, World};

async fn identifiers(person: &mut Browser) -> Vec<String> {
    let data = person.graphql("{ accounts { identifier } }", json!({})).await;
    let accounts = data["accounts"].as_array().expect("accounts").iter();
    accounts.map(|one| one["identifier"].as_str().expect("text").to_owned()).collect()
}

/// What the log holds of accounts that were left out: how many, and the calls that told of them.
async fn left_out(world: &World) -> (u32, usize) {
    let (mut accounts, mut calls) = (0, 0);
    for (_, event) in world.events().await {
        match event {
            Event::Fetch(FetchEvent::AccountsLeftOut(left)) => accounts += left.accounts,
            Event::Fetch(FetchEvent::CallFailed(failed)) if failed.code == NOT_COVERED => {
                assert_eq!(failed.status, Some(200));
                calls += 1;
            }
            _ => {}
        }
    }
    (accounts, calls)
}

async fn told(person: &mut Browser, id: &str) -> Value {
    let text = "query ($id: ID!) { connection(id: $id) { sync { state accountsLeftOut } } }";
    person.graphql(text, json!({ "id": id })).await["connection"]["sync"].take()
}

/// After a bank began to list somebody else's account, and stopped again.
async fn leaves_out(
    person: &mut Browser,
    world: &World,
    bank: &Sandbox,
    id: &str,
    again: impl AsyncFn(&mut Browser),
) {
    let before = identifiers(person).await;
    let truth = bank.truth();
    let theirs = &truth.users[1].accounts[0].iban;
    assert!(!before.is_empty() && !before.contains(theirs));
    assert_eq!(left_out(world).await, (0, 0));
    bank.faults().list_a_stranger(true);
    again(person).await;
    assert_eq!(told(person, id).await, json!({ "state": "DONE", "accountsLeftOut": 1 }));
    assert_eq!(identifiers(person).await, before);
    assert_eq!(left_out(world).await, (1, 1));
    // No word of it is in what is kept, and nothing was asked about it.
    let kept = world.events().await.into_iter().filter_map(|(_, event)| match event {
        Event::Fetch(FetchEvent::Answered(answered)) => Some(answered.body),
        _ => None,
    });
    use base64::Engine as _;
    let decoded = kept.map(|body| base64::engine::general_purpose::STANDARD.decode(body));
    for body in decoded {
        let body = String::from_utf8(body.expect("base64")).expect("text");
        assert!(!body.contains(theirs.as_str()));
    }
    bank.faults().list_a_stranger(false);
    again(person).await;
    assert_eq!(told(person, id).await, json!({ "state": "DONE", "accountsLeftOut": 0 }));
    assert_eq!((identifiers(person).await, left_out(world).await), (before, (1, 1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_the_consent_does_not_name_is_left_out_at_nordvik() {
    let beside = Beside::nordvik(Misbehaviours::NONE).await;
    let mut person = beside.world.person().await;
    let id = person.connect_at(beside.id).await;
    let again = async |person: &mut Browser| {
        beside.read_again(person, &id).await;
    };
    leaves_out(&mut person, &beside.world, beside.bank(), &id, again).await;
    beside.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_the_session_did_not_open_is_left_out_at_enable_banking() {
    let route = Route::registered(Misbehaviours::NONE).await;
    let mut person = route.world.person().await;
    let id = person.connect_at(BANK).await;
    let again = async |person: &mut Browser| {
        route.read_again(person, &id).await;
    };
    leaves_out(&mut person, &route.world, &route.aggregator, &id, again).await;
    route.stop().await;
}
