//! Who could look, and what was shared, as of a moment. Who may ask is decided by now.

use chrono::TimeDelta;
use domain::role::Role;
use serde_json::{Value, json};

use crate::auditing::{ask, give, user_of};
use crate::support::{Browser, Store, World};

const MINE: &str = "query ($asOf: AsOf) {
    myRoles(asOf: $asOf) { id stands uses withdrawnAt knownAt { position } }
    readingsOfMe(asOf: $asOf) { what roleId knownAt { position } }
    mySharings(asOf: $asOf) { accountId with until knownAt { position } }
    sharedWithMe(asOf: $asOf) { id until knownAt { position } account { name identifier }
        transactions(month: \"2026-10\") { text } } }";

async fn head(world: &World) -> u64 {
    let head = world.app.ledger.log().head().await.expect("a head").position;
    let wait = std::time::Duration::from_secs(10);
    world.app.read.wait_for(head, wait).await.expect("caught up");
    head
}

/// What somebody is told about a position; every part of it names that position.
async fn then(person: &mut Browser, position: u64) -> Value {
    let as_of = json!({ "asOf": { "position": position.to_string() } });
    let mut answer = person.graphql(MINE, as_of).await;
    for list in answer.as_object_mut().expect("lists").values_mut() {
        for one in list.as_array_mut().expect("a list") {
            let place = one.as_object_mut().and_then(|one| one.remove("knownAt"));
            assert_eq!(place, Some(json!({ "position": position.to_string() })));
        }
    }
    answer
}

/// The same about now.
async fn now(person: &mut Browser) -> Value {
    let mut answer = person.graphql(MINE, json!({})).await;
    for list in answer.as_object_mut().expect("lists").values_mut() {
        for one in list.as_array_mut().expect("a list") {
            one.as_object_mut().and_then(|one| one.remove("knownAt")).expect("a place");
        }
    }
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_and_shared_is_answered_as_it_was() {
    let world = World::registered(Store::Sqlite).await;
    let (mut alice, mut bob) = (world.person().await, world.person().await);
    alice.connect().await;
    let (alice_id, bob_id) = (user_of(&mut alice).await, user_of(&mut bob).await);
    let accounts = alice.graphql("{ accounts { id } }", json!({})).await;
    let account = accounts["accounts"][0]["id"].clone();
    let nothing = head(&world).await;

    let text = "mutation ($id: ID!, $with: ID!) { shareAccount(accountId: $id, with: $with) {
        position } }";
    let both = json!({ "id": account, "with": bob_id.to_string() });
    alice.graphql(text, both.clone()).await;
    let shared = head(&world).await;
    let (hers, his) = (now(&mut alice).await, now(&mut bob).await);
    assert_eq!(hers["mySharings"][0]["accountId"], account);
    assert!(his["sharedWithMe"][0]["account"]["identifier"].is_string(), "{his}");

    let role = give(&world, bob_id, Role::Auditor, Some(vec![alice_id])).await;
    let given = head(&world).await;
    let text = "query ($role: ID!, $asOf: Position) {
        auditScope(roleId: $role, asOf: $asOf) { to }
        auditExceptions(roleId: $role, asOf: $asOf) { position } }";
    let place = json!({ "role": role, "asOf": shared.to_string() });
    let scope = bob.graphql(text, place).await;
    assert_eq!(scope["auditScope"]["to"], shared.to_string());
    assert_eq!(scope["auditExceptions"], json!([]));
    let text = "query ($role: ID!, $filter: String!) {
        auditTimeline(roleId: $role, filter: $filter) { more } }";
    let about = json!({ "role": role, "filter": format!("subject:{alice_id}") });
    bob.graphql(text, about).await;
    let used = head(&world).await;
    let read = now(&mut alice).await;
    assert_eq!(read["readingsOfMe"][0]["what"], "timeline", "{read}");
    let held = now(&mut bob).await;
    assert_eq!(held["myRoles"][0]["uses"], 3, "{held}");

    let by = opl::roles::By::CommandLine;
    let request = uuid::Uuid::new_v4();
    opl::roles::withdraw(&world.app, by, request, role, "done").await.expect("withdrawn");
    head(&world).await;

    let empty = json!({ "myRoles": [], "readingsOfMe": [], "mySharings": [], "sharedWithMe": [] });
    assert_eq!(then(&mut alice, nothing).await, empty);
    assert_eq!(then(&mut bob, nothing).await, empty);
    assert_eq!(then(&mut alice, shared).await, hers);
    assert_eq!(then(&mut bob, shared).await, his);
    let before_use = then(&mut bob, given).await;
    assert_eq!(before_use["myRoles"][0]["uses"], 0);
    assert_eq!(then(&mut alice, given).await["readingsOfMe"], json!([]));
    assert_eq!(then(&mut bob, used).await, held);
    assert_eq!(then(&mut alice, used).await, read);
    let (stood, over) = (&held["myRoles"][0], now(&mut bob).await["myRoles"][0].take());
    assert_eq!((&stood["stands"], &over["stands"]), (&json!(true), &json!(false)));

    // What is no longer shared is shown at no moment.
    let text = "mutation ($id: ID!, $with: ID!) { unshareAccount(accountId: $id, with: $with) {
        position } }";
    alice.graphql(text, both).await;
    head(&world).await;
    assert_eq!(then(&mut alice, shared).await, hers, "it is still what was known");
    assert_eq!(then(&mut bob, shared).await["sharedWithMe"], json!([]));
    assert_eq!(now(&mut bob).await["sharedWithMe"], json!([]));
    world.stop().await;
}

/// The roles an operator sees at a moment; the role of now decides whether they may.
#[tokio::test(flavor = "multi_thread")]
async fn operators_see_the_roles_of_then_by_the_role_of_now() {
    let world = World::unregistered(Store::Sqlite, opl::app::Options::in_directory).await;
    let (mut operator, mut other) = (world.person().await, world.person().await);
    let (operator_id, other_id) = (user_of(&mut operator).await, user_of(&mut other).await);
    let own = give(&world, operator_id, Role::Operator, None).await;
    let first = head(&world).await;
    give(&world, other_id, Role::Analyst, None).await;
    let second = head(&world).await;
    let text = "query ($asOf: AsOf) { roles(asOf: $asOf) { role stands knownAt { position } } }";
    let at = |position: u64| json!({ "asOf": { "position": position.to_string() } });
    let roles = async |operator: &mut Browser, position| {
        let answer = ask(operator, text, at(position)).await?;
        let names = answer["roles"].as_array().expect("a list").iter().map(|one| {
            assert_eq!(one["knownAt"]["position"], position.to_string());
            one["role"].as_str().expect("a role").to_owned()
        });
        Ok::<_, String>(names.collect::<Vec<_>>())
    };
    assert_eq!(roles(&mut operator, first).await, Ok(vec!["OPERATOR".to_owned()]));
    let both = vec!["ANALYST".to_owned(), "OPERATOR".to_owned()];
    assert_eq!(roles(&mut operator, second).await, Ok(both));
    assert_eq!(roles(&mut other, first).await, Err("NOT_ALLOWED".to_owned()));
    // Whoever held the role then and holds it no longer is told nothing.
    let by = opl::roles::By::CommandLine;
    let request = uuid::Uuid::new_v4();
    opl::roles::withdraw(&world.app, by, request, own, "done").await.expect("withdrawn");
    head(&world).await;
    assert_eq!(roles(&mut operator, first).await, Err("NOT_ALLOWED".to_owned()));
    world.stop().await;
}

/// What an analyst was shown is shown again as of then, and of too few people nothing.
pub async fn months_are_as_they_were(
    world: &World,
    analyst: &mut Browser,
    asked: &Value,
    few: u64,
) {
    let query = "query ($role: ID!, $month: String!, $asOf: AsOf) { analysis(roleId: $role,
        month: $month, asOf: $asOf) { people rows { person account day amount { minor } category }
        knownAt { position } } }";
    let many = head(world).await;
    let with = |position: u64| {
        let mut asked = asked.clone();
        asked["asOf"] = json!({ "position": position.to_string() });
        asked
    };
    let mut live = ask(analyst, query, asked.clone()).await.expect("an answer")["analysis"].take();
    let mut past = ask(analyst, query, with(many)).await.expect("an answer")["analysis"].take();
    let place = past["knownAt"].take();
    assert_eq!(place, json!({ "position": many.to_string() }));
    live["knownAt"] = Value::Null;
    assert_eq!(past, live);
    let past = ask(analyst, query, with(few)).await.expect("an answer");
    assert_eq!((&past["analysis"]["people"], &past["analysis"]["rows"]), (&json!(0), &json!([])));
    let ends = world.app.clock.now() + TimeDelta::days(1);
    let mut beyond = asked.clone();
    beyond["asOf"] = json!({ "instant": ends.to_rfc3339() });
    assert_eq!(ask(analyst, query, beyond).await, Err("AS_OF_IN_FUTURE".to_owned()));
}
