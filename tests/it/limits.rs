//! How much one person may ask for over time: connections begun, and the weight of queries.

use std::sync::atomic::{AtomicBool, Ordering};

use opl::api::visit::LINKS_AN_HOUR;
use opl::pace::Allowance;
use serde_json::{Value, json};

use crate::auditing::user_of;
use crate::support::{Browser, Store, World};

/// Status, `Retry-After` in seconds if there is one, and the answer.
async fn asked(person: &Browser, query: &str) -> (u16, Option<u64>, Value) {
    let post = person.http.post(format!("{}/graphql", person.page)).header("x-opl-request", "1");
    let post = post.header("cookie", person.cookie.as_deref().expect("a session"));
    let answer = post.json(&json!({ "query": query })).send().await.expect("an answer");
    let after = answer.headers().get("retry-after").map(|after| after.to_str().expect("text"));
    let after = after.map(|after| after.parse().expect("seconds"));
    (answer.status().as_u16(), after, answer.json().await.expect("JSON"))
}

fn limited((status, after, body): &(u16, Option<u64>, Value)) -> bool {
    let code = &body["errors"][0]["extensions"]["code"];
    *status == 429 && after.is_some_and(|after| after > 0) && code == "RATE_LIMITED"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_begins_so_many_connections_an_hour_and_others_are_not_kept_from_it() {
    let world = World::registered(Store::Sqlite).await;
    let (person, other) = (world.person().await, world.person().await);
    let begin = "mutation { connectBank(bankId: \"op\") { status authorizeUrl } }";
    for number in 0..LINKS_AN_HOUR {
        let answer = asked(&person, begin).await;
        assert_eq!(answer.0, 200, "{number}: {answer:?}");
        assert!(answer.2["data"]["connectBank"]["authorizeUrl"].is_string(), "{answer:?}");
    }
    let before = world.count("consent.requested").await;
    let answer = asked(&person, begin).await;
    assert!(limited(&answer), "{answer:?}");
    assert_eq!(world.count("consent.requested").await, before, "nothing was begun");
    // A bank that is not known is no connection, and is told as before.
    let unknown = begin.replace("\"op\"", "\"nowhere\"");
    assert_eq!(asked(&person, &unknown).await.0, 200);
    assert_eq!(asked(&other, begin).await.0, 200);
    // Everything else goes on for whoever was stopped.
    assert_eq!(asked(&person, "{ me { id } }").await.0, 200);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_very_much_waits_and_nobody_else_does() {
    let world = World::unregistered(Store::Sqlite, opl::app::Options::in_directory).await;
    let (mut person, other) = (world.person().await, world.person().await);
    let user = user_of(&mut person).await;
    // Everything that is there is taken, as by queries of that weight, and goes on being taken.
    let (app, stop) =
        (std::sync::Arc::clone(&world.app), std::sync::Arc::new(AtomicBool::new(false)));
    let (empty, stopped) = (std::sync::Arc::new(AtomicBool::new(false)), stop.clone());
    let told = empty.clone();
    let taking = std::thread::spawn(move || {
        let take = |many| app.pace.take_many(Allowance::Weight, user.0, many).is_ok();
        while !stopped.load(Ordering::Acquire) {
            while take(1_000) || take(1) {}
            told.store(true, Ordering::Release);
        }
    });
    while !empty.load(Ordering::Acquire) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let heavy = "{ transactions(first: 200) { edges { node { id counterparty text } } } }";
    let answer = asked(&person, heavy).await;
    assert!(limited(&answer), "{answer:?}");
    assert!(answer.2["data"].is_null(), "nothing was looked up");
    assert_eq!(asked(&other, heavy).await.0, 200);
    // It comes back with time.
    stop.store(true, Ordering::Release);
    taking.join().expect("it ends");
    let mut waited = 0;
    while asked(&person, heavy).await.0 != 200 {
        waited += 1;
        assert!(waited < 200, "it comes back");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    world.stop().await;
}
