//! Roles, and what an auditor sees by one: within what was given, kept in the log, and provable.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use domain::id::{RoleId, UserId};
use domain::role::Role;
use opl::roles::{self, By, Wanted};
use serde_json::{Value, json};
use transparency::policy::Policy;
use transparency::verify::{Subject, Verdict, verify_receipt};

use crate::support::{Browser, Store, World};

pub async fn user_of(person: &mut Browser) -> UserId {
    let me = person.graphql("{ me { id } }", json!({})).await;
    me["me"]["id"].as_str().expect("an identifier").parse().expect("a UUID")
}

/// Gives a role for a day and waits until it can be seen.
pub async fn give(
    world: &World,
    holder: UserId,
    role: Role,
    people: Option<Vec<UserId>>,
) -> RoleId {
    give_as(world, wanted(world, holder, role, people)).await
}

/// A role for a day over all time.
fn wanted(world: &World, holder: UserId, role: Role, people: Option<Vec<UserId>>) -> Wanted {
    Wanted {
        holder,
        role,
        people,
        facts_from: None,
        facts_to: None,
        ends_at: world.app.clock.now() + TimeDelta::days(1),
        reason: "yearly_audit".to_owned(),
    }
}

async fn give_as(world: &World, wanted: Wanted) -> RoleId {
    let given = roles::grant(&world.app, By::CommandLine, uuid::Uuid::new_v4(), wanted).await;
    let (role_id, position) = given.expect("given");
    world.app.read.wait_for(position, std::time::Duration::from_secs(10)).await.expect("caught up");
    role_id
}

/// The answer to a query, or the code it was refused with.
pub async fn ask(browser: &mut Browser, query: &str, variables: Value) -> Result<Value, String> {
    let (_, mut body) =
        browser.post("/graphql", &json!({ "query": query, "variables": variables })).await;
    match body["errors"][0]["extensions"]["code"].as_str() {
        Some(code) => Err(code.to_owned()),
        None if body["errors"].is_array() => Err(body["errors"].to_string()),
        None => Ok(body["data"].take()),
    }
}

const STORY: &str = "query ($role: ID!, $stream: String!, $asOf: Position) {
    auditStory(roleId: $role, stream: $stream, asOf: $asOf) { about more steps {
    position eventType actor says approvedBy facts { name value }
    changed { field before after } } } }";
const TIMELINE: &str = "query ($role: ID!, $filter: String!) {
    auditTimeline(roleId: $role, filter: $filter, first: 200) { more events {
    position eventType actor person correlation stream } } }";

fn texts<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    let list = list.as_array().expect("a list");
    list.iter().filter_map(|item| item[field].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_sees_what_the_role_covers_and_the_log_remembers_it() {
    let world = World::registered(Store::Sqlite).await;
    let (mut alice, mut bob, mut auditor) =
        (world.person().await, world.person().await, world.person().await);
    let consent = alice.connect().await;
    let others = bob.connect().await;
    let (alice_id, auditor_id) = (user_of(&mut alice).await, user_of(&mut auditor).await);
    let role = give(&world, auditor_id, Role::Auditor, Some(vec![alice_id])).await;

    // The whole story, with who approved, what was signed, and the key that was shown.
    let stream = format!("consent-{consent}");
    let told = ask(&mut auditor, STORY, json!({ "role": role, "stream": stream })).await;
    let told = told.expect("a story")["auditStory"].take();
    let steps = told["steps"].as_array().expect("steps");
    let step = |kind: &str| {
        let found = steps.iter().find(|step| step["eventType"] == kind);
        found.unwrap_or_else(|| panic!("no {kind} in {told}"))
    };
    let fact = |kind: &str, name: &str| {
        let facts = step(kind)["facts"].as_array().expect("facts").clone();
        let found = facts.into_iter().find(|fact| fact["name"] == name);
        found.unwrap_or_else(|| panic!("{kind} has no {name}"))["value"].clone()
    };
    assert!(step("consent.granted")["approvedBy"].as_str().expect("one").contains("the person"));
    for (kind, name) in [
        ("consent.sent_to_bank", "request_object_digest"),
        ("consent.sent_to_bank", "key_id"),
        ("consent.authorization_created", "answer_digest"),
        ("fetch.answered", "certificate_fingerprint"),
        ("fetch.answered", "body_digest"),
        ("fetch.started", "purpose"),
    ] {
        assert!(fact(kind, name).as_str().is_some_and(|value| !value.is_empty()), "{kind} {name}");
    }
    let changed = step("consent.granted")["changed"].to_string();
    assert!(changed.contains("pending") && changed.contains("active"), "{changed}");
    assert!(!told.to_string().contains("\"body\""), "no bank's answer is shown");

    // As it was earlier.
    let granted: u64 =
        step("consent.granted")["position"].as_str().expect("one").parse().expect("a number");
    let before = json!({ "role": role, "stream": stream, "asOf": (granted - 1).to_string() });
    let earlier = ask(&mut auditor, STORY, before).await.expect("a story");
    let kinds = texts(&earlier["auditStory"]["steps"], "eventType").join(" ");
    assert!(
        kinds.contains("consent.sent_to_bank") && !kinds.contains("consent.granted"),
        "{kinds}"
    );

    // Nobody else's, by any way in.
    let foreign = json!({ "role": role, "stream": format!("consent-{others}") });
    assert_eq!(ask(&mut auditor, STORY, foreign).await, Err("NOT_ALLOWED".to_owned()));
    let lines = ask(&mut auditor, TIMELINE, json!({ "role": role, "filter": "" })).await;
    let lines = lines.expect("a timeline")["auditTimeline"]["events"].take();
    let people: std::collections::BTreeSet<&str> = texts(&lines, "person").into_iter().collect();
    assert_eq!(people, [alice_id.to_string().as_str()].into(), "{people:?}");
    let bob_id = user_of(&mut bob).await;
    let of_bob = json!({ "role": role, "filter": format!("subject:{bob_id}") });
    assert_eq!(ask(&mut auditor, TIMELINE, of_bob).await, Err("NOT_ALLOWED".to_owned()));
    let both = json!({ "role": role, "filter": format!("subject:{bob_id} subject:{alice_id}") });
    assert_eq!(ask(&mut auditor, TIMELINE, both).await, Err("NOT_ALLOWED".to_owned()));

    // Somebody else's role opens nothing.
    let stolen = json!({ "role": role, "stream": stream });
    assert_eq!(ask(&mut bob, STORY, stolen).await, Err("NOT_ALLOWED".to_owned()));
    assert_eq!(
        ask(&mut world.browser(), TIMELINE, json!({ "role": role, "filter": "" })).await,
        Err("UNAUTHENTICATED".to_owned())
    );

    // Filters and chains.
    let filter = json!({ "role": role, "filter": "actor:person type:consent.*" });
    let some = ask(&mut auditor, TIMELINE, filter).await.expect("a timeline");
    let some = &some["auditTimeline"]["events"];
    assert!(texts(some, "eventType").iter().all(|kind| kind.starts_with("consent.")));
    let chain = texts(some, "correlation")[0].to_owned();
    let filter = json!({ "role": role, "filter": format!("correlation:{chain}") });
    let linked = ask(&mut auditor, TIMELINE, filter).await.expect("a chain");
    let linked = &linked["auditTimeline"]["events"];
    assert!(texts(linked, "correlation").iter().all(|found| *found == chain));
    let wrong = json!({ "role": role, "filter": "colour:red" });
    assert_eq!(ask(&mut auditor, TIMELINE, wrong).await, Err("FILTER_INVALID".to_owned()));

    // Every one of those reads is in the log, and the person read can see them.
    let seen = alice.graphql("{ readingsOfMe { what object } }", json!({})).await;
    let seen = texts(&seen["readingsOfMe"], "what");
    assert!(seen.iter().filter(|what| **what == "story").count() >= 2, "{seen:?}");

    // Taken back, it ends at once, whatever the read models know.
    let taken = uuid::Uuid::new_v4();
    roles::withdraw(&world.app, By::CommandLine, taken, role, "audit_done").await.expect("taken");
    let again = json!({ "role": role, "stream": stream });
    assert_eq!(ask(&mut auditor, STORY, again).await, Err("NOT_ALLOWED".to_owned()));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fact_has_the_leave_it_was_fetched_by_and_a_proof() {
    let world = World::registered(Store::Sqlite).await;
    let (mut alice, mut auditor) = (world.person().await, world.person().await);
    let consent = alice.connect().await;
    let (alice_id, auditor_id) = (user_of(&mut alice).await, user_of(&mut auditor).await);
    let role = give(&world, auditor_id, Role::Auditor, None).await;

    let why = "query ($role: ID!, $position: Position!) { auditWhy(roleId: $role,
        position: $position) { stood leave { consentId purpose status } call { consentId purpose
        endpoint attended requestId status certificateFingerprint bodyDigest sentAt } } }";
    let filter = json!({ "role": role, "filter": "type:account.transaction_recorded" });
    let found = ask(&mut auditor, TIMELINE, filter).await.expect("a timeline");
    let position = texts(&found["auditTimeline"]["events"], "position")[0].to_owned();
    let told = ask(&mut auditor, why, json!({ "role": role, "position": position })).await;
    let told = told.expect("a reason")["auditWhy"].take();
    assert_eq!((&told["stood"], &told["call"]["attended"]), (&json!(true), &json!(true)), "{told}");
    assert_eq!(told["call"]["consentId"], json!(consent));
    assert_eq!(
        (&told["call"]["status"], &told["leave"]["status"]),
        (&json!(200), &json!("active"))
    );
    assert_eq!(told["call"]["certificateFingerprint"].as_str().expect("one").len(), 64);
    // The request is one the bank saw.
    let request = told["call"]["requestId"].as_str().expect("one").to_owned();
    assert!(!request.is_empty() && told["call"]["purpose"] == "first_read", "{told}");
    // What no bank said has no such reason.
    let consents = json!({ "role": role, "filter": "type:consent.requested" });
    let found = ask(&mut auditor, TIMELINE, consents).await.expect("a timeline");
    let asked = texts(&found["auditTimeline"]["events"], "position")[0].to_owned();
    let none = ask(&mut auditor, why, json!({ "role": role, "position": asked })).await;
    assert_eq!(none, Err("NOT_FETCHED".to_owned()));

    // What could be read now, and before anything was agreed.
    let access = "query ($role: ID!, $person: ID!, $at: Instant!) { auditAccess(roleId: $role,
        person: $person, at: $at) { could { consentId accounts } was { requestId attended } } }";
    let at = |at: chrono::DateTime<chrono::Utc>| json!({ "role": role, "person": alice_id.to_string(), "at": at.to_rfc3339() });
    let now = ask(&mut auditor, access, at(world.app.clock.now())).await.expect("an answer");
    let now = &now["auditAccess"];
    assert_eq!(now["could"].as_array().expect("a list").len(), 1);
    assert!(!now["could"][0]["accounts"].as_array().expect("a list").is_empty());
    let calls = now["was"].as_array().expect("a list").len();
    let at_bank = world.bank.calls();
    let data = at_bank.iter().filter(|call| {
        call.method == "GET" && (call.path.contains("/accounts") || call.path.contains("/cards"))
    });
    assert_eq!(calls, data.count(), "as many as the bank counts");
    let long_ago = world.app.clock.now() - TimeDelta::days(2);
    let before = ask(&mut auditor, access, at(long_ago)).await.expect("an answer");
    assert_eq!(before["auditAccess"], json!({ "could": [], "was": [] }));

    // Nothing was done that should not have been.
    let exceptions = "query ($role: ID!) { auditExceptions(roleId: $role) { kind position } }";
    let found = ask(&mut auditor, exceptions, json!({ "role": role })).await.expect("a list");
    assert_eq!(found["auditExceptions"], json!([]));

    // The proof convinces the verifier's own code.
    let proof = "query ($role: ID!, $position: Position!) { auditProof(roleId: $role,
        position: $position) { record leafHash path checkpoint key successions file } }";
    let proved = ask(&mut auditor, proof, json!({ "role": role, "position": position })).await;
    let proved = proved.expect("a proof")["auditProof"].take();
    let text = |name: &str| proved[name].as_str().expect("text").to_owned();
    let policy = Policy::parse(&format!("log {}\nquorum none\n", text("key"))).expect("a policy");
    let record = STANDARD.decode(text("record")).expect("base64");
    let report = verify_receipt(&text("file"), Subject::Record(&record), &policy);
    assert_eq!(report.verdict, Verdict::Proven, "{report:?}");
    assert_eq!(proved["successions"], json!([]), "the key was never changed");
    let mut changed = record.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    let report = verify_receipt(&text("file"), Subject::Record(&changed), &policy);
    assert_ne!(report.verdict, Verdict::Proven);

    // The difference between two places.
    let difference = "query ($role: ID!, $from: Position!, $to: Position!) { auditDifference(
        roleId: $role, from: $from, to: $to) { events types { eventType count } } }";
    let range = json!({ "role": role, "from": "0", "to": position });
    let counted = ask(&mut auditor, difference, range).await.expect("a difference");
    assert_eq!(counted["auditDifference"]["events"].to_string(), position);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_give_and_take_back_roles_and_read_nobody_s_data() {
    let world = World::unregistered(Store::Sqlite, opl::app::Options::in_directory).await;
    let (mut operator, mut other) = (world.person().await, world.person().await);
    let (operator_id, other_id) = (user_of(&mut operator).await, user_of(&mut other).await);
    let grant = "mutation ($role: RoleToGive!) { grantRole(role: $role) { id position } }";
    let ends = (world.app.clock.now() + TimeDelta::days(3)).to_rfc3339();
    let role = json!({ "role": { "holder": other_id.to_string(), "role": "ANALYST", "endsAt": ends,
        "reason": "research" } });
    assert_eq!(ask(&mut operator, grant, role.clone()).await, Err("NOT_ALLOWED".to_owned()));
    let own = give(&world, operator_id, Role::Operator, None).await;
    let given = ask(&mut operator, grant, role.clone()).await.expect("given")["grantRole"].take();
    let mine = "query ($at: Position) { myRoles(atLeast: $at) { id role stands endsAt uses } }";
    let held = other.graphql(mine, json!({ "at": given["position"] })).await;
    assert_eq!(
        (&held["myRoles"][0]["id"], &held["myRoles"][0]["role"]),
        (&given["id"], &json!("ANALYST"))
    );
    // What they were given does not let them give.
    assert_eq!(ask(&mut other, grant, role).await, Err("NOT_ALLOWED".to_owned()));
    let too_long = (world.app.clock.now() + TimeDelta::days(900)).to_rfc3339();
    let role = json!({ "role": { "holder": other_id.to_string(), "role": "AUDITOR",
        "endsAt": too_long, "reason": "research" } });
    assert_eq!(ask(&mut operator, grant, role).await, Err("ROLE_INVALID".to_owned()));
    // An operator's role is no auditor's.
    let reading = json!({ "role": own, "filter": "" });
    assert_eq!(ask(&mut operator, TIMELINE, reading).await, Err("NOT_ALLOWED".to_owned()));
    let withdraw = "mutation ($id: ID!) { withdrawRole(id: $id, reason: \"done\") { position } }";
    let done = ask(&mut operator, withdraw, json!({ "id": given["id"] })).await.expect("taken");
    let held = other.graphql(mine, json!({ "at": done["withdrawRole"]["position"] })).await;
    assert_eq!(held["myRoles"][0]["stands"], json!(false));
    assert_eq!(world.count("role.used").await, 3, "each of what an operator did");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_account_is_seen_and_nothing_beside_it() {
    let world = World::registered(Store::Sqlite).await;
    let (mut alice, mut bob) = (world.person().await, world.person().await);
    alice.connect().await;
    let bob_id = user_of(&mut bob).await.to_string();
    let data = alice.graphql("{ accounts { id identifier } }", json!({})).await;
    let shared = data["accounts"][0].clone();
    let share = "mutation ($id: ID!, $with: ID!) { shareAccount(accountId: $id, with: $with) {
        position } }";
    let both = json!({ "id": shared["id"], "with": bob_id });
    // Nobody shares what is not theirs.
    assert_eq!(ask(&mut bob, share, both.clone()).await, Err("SHARING_INVALID".to_owned()));
    let done = ask(&mut alice, share, both.clone()).await.expect("shared")["shareAccount"].take();
    let seen = "query ($at: Position) { sharedWithMe(atLeast: $at) { id account { identifier }
        transactions(month: \"2026-10\") { text } } }";
    let view = bob.graphql(seen, json!({ "at": done["position"] })).await["sharedWithMe"].take();
    assert_eq!(view.as_array().expect("a list").len(), 1);
    assert_eq!(view[0]["account"]["identifier"], shared["identifier"]);
    let text = view.to_string();
    for other in data["accounts"].as_array().expect("accounts").iter().skip(1) {
        // The number of a card stands in the rows of the account it belongs to.
        let identifier = other["identifier"].as_str().expect("one");
        assert!(!identifier.starts_with("FI") || !text.contains(identifier), "{text}");
    }
    let own = bob.graphql("{ accounts { id } transactions(first: 5) { totalCount } }", json!({}));
    assert_eq!(own.await["accounts"], json!([]), "it is not his own");
    let unshare = "mutation ($id: ID!, $with: ID!) { unshareAccount(accountId: $id, with: $with) {
        position } }";
    let done = ask(&mut alice, unshare, both).await.expect("taken back")["unshareAccount"].take();
    let view = bob.graphql(seen, json!({ "at": done["position"] })).await;
    assert_eq!(view["sharedWithMe"], json!([]));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_analyst_sees_nobody() {
    let world = World::registered(Store::Sqlite).await;
    let mut person = world.person().await;
    person.connect().await;
    let names = person
        .graphql(
            "{ me { id email } accounts { id identifier owner } transactions(first: 30) { edges {
             node { id counterparty text bookingDate } } } }",
            json!({}),
        )
        .await;
    let mut analyst = world.person().await;
    let analyst_id = user_of(&mut analyst).await;
    let role = give(&world, analyst_id, Role::Analyst, None).await;
    let month = names["transactions"]["edges"][0]["node"]["bookingDate"].as_str().expect("a day");
    let query = "query ($role: ID!, $month: String!) { analysis(roleId: $role, month: $month) {
        people rows { person account day amount { minor } category } } }";
    let asked = json!({ "role": role, "month": &month[..7] });
    // Of one person nothing is shown; of five there is, and nobody is in it.
    let few = ask(&mut analyst, query, asked.clone()).await.expect("an answer");
    assert_eq!(few["analysis"], json!({ "people": 0, "rows": [] }));
    let head_of_few = world.app.ledger.log().head().await.expect("a head").position;
    for _ in 0..4 {
        world.person().await.connect().await;
    }
    let many = ask(&mut analyst, query, asked.clone()).await.expect("an answer");
    let many = &many["analysis"];
    assert_eq!(many["people"], 5);
    let text = many.to_string();
    fn texts(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) if text.len() > 11 => found.push(text.clone()),
            Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
            Value::Object(members) => members.values().for_each(|item| texts(item, found)),
            _ => {}
        }
    }
    let mut identities = Vec::new();
    texts(&names, &mut identities);
    assert!(identities.len() > 20);
    for identity in identities {
        assert!(!text.contains(&identity), "{identity} is shown to an analyst");
    }
    crate::access_then::months_are_as_they_were(&world, &mut analyst, &asked, head_of_few).await;
    // What was recorded outside the time of the role is not shown.
    let now = world.app.clock.now();
    for (facts_from, facts_to) in [
        (Some(now + TimeDelta::seconds(1)), None),
        (None, Some(now - TimeDelta::days(1))),
        (Some(now - TimeDelta::days(1)), Some(now)),
    ] {
        let wanted =
            Wanted { facts_from, facts_to, ..wanted(&world, analyst_id, Role::Analyst, None) };
        let role = give_as(&world, wanted).await;
        let asked = json!({ "role": role, "month": &month[..7] });
        let shown = ask(&mut analyst, query, asked).await.expect("an answer");
        let covered = facts_from.is_some() && facts_to.is_some();
        assert_eq!(shown["analysis"]["people"], if covered { 5 } else { 0 }, "{facts_from:?}");
    }
    // Another role has other pseudonyms.
    let other = give(&world, analyst_id, Role::Analyst, None).await;
    let again = json!({ "role": other, "month": &month[..7] });
    let again = ask(&mut analyst, query, again).await.expect("an answer");
    let first = many["rows"][0]["person"].as_str().expect("one");
    assert!(!again.to_string().contains(first), "two roles cannot be joined");
    world.stop().await;
}
