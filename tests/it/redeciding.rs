//! New rules over all history, with the real router, sandbox bank and stores: what is kept of the bank's
//! answers is decided again, shown, accepted and undone.

use std::process::Command;

use domain::account::AccountEvent;
use domain::event::Event;
use domain::id::{AccountId, TransactionId, UserId};
use domain::reconcile::RULES_VERSION;
use domain::redecide::Change;
use domain::transaction::{Decision, IdentifierHabits, Merged, Reason, WindowReconciled};
use opl::ledger::reading::Reader;
use opl::ledger::{Actor, Cause, Owner};
use opl::redeciding::{self, Clean, RedecideError, Scope};
use opl::sync::account_stream;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::auditing::user_of;
use crate::support::{Browser, Store, World};

fn cause() -> Cause {
    Cause::new(Actor::Operator, Uuid::new_v4())
}

/// A person who read their accounts twice.
async fn read_twice(store: Store) -> (World, Browser, UserId, String) {
    let world = World::registered(store).await;
    let mut person = world.person().await;
    let connection = person.connect().await;
    let ended = world.runs_ended().await;
    let text = "mutation ($id: ID!) { refreshConnection(connectionId: $id) { status } }";
    let data = person.graphql(text, json!({ "id": connection })).await;
    assert_eq!(data["refreshConnection"]["status"], "STARTED");
    world.until_runs_ended(ended + 1).await;
    let user_id = user_of(&mut person).await;
    (world, person, user_id, connection)
}

/// Two transactions of an account that count, with the account's identifier.
async fn two_of(person: &mut Browser) -> (AccountId, [TransactionId; 2]) {
    let text = "{ transactions(first: 60) { edges { node { id accountId } } } }";
    let data = person.graphql(text, json!({})).await;
    let edges = data["transactions"]["edges"].as_array().expect("rows");
    let nodes: Vec<_> = edges.iter().map(|edge| edge["node"].clone()).collect();
    let id = |row: &Value, name: &str| row[name].as_str().expect("an id").to_owned();
    let account = id(&nodes[0], "accountId");
    let of: Vec<_> = nodes.iter().filter(|row| id(row, "accountId") == account).collect();
    let ids = [of[0], of[1]].map(|row| id(row, "id").parse().expect("an id"));
    (account.parse().expect("an id"), ids)
}

async fn append(world: &World, user_id: UserId, account_id: AccountId, events: Vec<AccountEvent>) {
    let stream = account_stream(account_id);
    let loaded = world.app.ledger.load::<domain::account::Account>(stream).await.expect("loaded");
    let events = events.into_iter().map(Event::Account).collect();
    let owner = Owner::Person(user_id);
    let appended = world.app.ledger.append_at(stream, owner, cause(), loaded.version, events).await;
    appended.expect("appended");
}

/// What rules of before did: two transactions are one, in a reading that said nothing else. Its answers are
/// those of the newest run, so these rules can read them again.
async fn joined_by_older_rules(
    world: &World,
    account_id: AccountId,
    [stays, goes]: [TransactionId; 2],
) -> Vec<AccountEvent> {
    let rules = RULES_VERSION - 1;
    let decision = Decision { rules, score: 800, reasons: vec![Reason::SameAmount] };
    let merged = Merged { transaction_id: stays, absorbed: goes, decision };
    let mut newest = None;
    let mut events = Reader::of_stream(&**world.app.ledger.log(), account_stream(account_id), 0);
    while let Some((_, event)) = events.next_opened(&world.app.keys).await.expect("opens") {
        if let Some(AccountEvent::WindowReconciled(window)) = event {
            newest = Some(window);
        }
    }
    let newest = newest.expect("a window of the account");
    let habits = IdentifierHabits::default();
    let window = WindowReconciled { rules, new: 0, settled: 0, habits, ..newest };
    vec![AccountEvent::TransactionsMerged(merged), AccountEvent::WindowReconciled(window)]
}

async fn standing(person: &mut Browser, id: TransactionId) -> Value {
    let text = "query ($id: ID!, $at: Position) { transaction(id: $id, atLeast: $at) { standing note \
        decisions { kind rulesVersion position undoable } rulesVersion } }";
    let at = u32::MAX.to_string();
    person.graphql(text, json!({ "id": id.to_string(), "at": at })).await["transaction"].take()
}

/// What the page shows, once the look is over.
async fn newer(person: &mut Browser) -> Value {
    let text = "query ($at: Position) { newerRules(atLeast: $at) { state totalCount digest keptCount \
        unreadWindows rulesVersion changes { kind reasons { kind } rows { edited transaction { id } \
        before { standing } now { standing } } } } }";
    for _ in 0..600 {
        let data = person.graphql(text, json!({ "at": u32::MAX.to_string() })).await;
        if data["newerRules"]["state"] != "UNDER_WAY" {
            return data["newerRules"].clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the look did not end");
}

async fn shown_accepted_and_undone(store: Store) {
    let (world, mut person, user_id, _) = read_twice(store).await;
    let app = &world.app;
    let scope = Scope { user_id: Some(user_id), ..Scope::default() };
    // The same rules over what nobody touched: every answer is read again, and nothing changes.
    let untouched =
        redeciding::preview(app, scope, &mut Clean::new(), |_| {}).await.expect("a look");
    assert_eq!(untouched.changes(), 0, "{:?}", untouched.accounts);
    let differences = || untouched.accounts.iter().map(|account| &account.difference);
    assert!(differences().map(|one| one.windows).sum::<u32>() >= 4, "both reads of each account");
    assert_eq!(differences().map(|one| one.unread).sum::<u32>(), 0, "every answer is read again");
    assert_eq!(newer(&mut person).await["state"], "NOTHING_OLDER");

    // Older rules joined two that are two; the person noted something on the one that stays.
    let (account_id, [stays, goes]) = two_of(&mut person).await;
    append(
        &world,
        user_id,
        account_id,
        joined_by_older_rules(&world, account_id, [stays, goes]).await,
    )
    .await;
    assert_eq!(standing(&mut person, goes).await["standing"], "ABSORBED");
    let before = redeciding::preview(app, scope, &mut Clean::new(), |_| {}).await.expect("a look");
    assert_eq!(before.changes(), 1);
    let text =
        "mutation ($id: ID!) { noteTransaction(transactionId: $id, note: \"oma\") { status } }";
    let data = person.graphql(text, json!({ "id": stays.to_string() })).await;
    assert_eq!(data["noteTransaction"]["status"], "DONE");

    // What was shown before that is accepted no more.
    let late = redeciding::accept(app, scope, cause(), &before.digest, |_| {}).await;
    assert!(matches!(late, Err(RedecideError::MovedOn { .. })), "{late:?}");
    let shown = newer(&mut person).await;
    assert_eq!((&shown["state"], &shown["totalCount"]), (&json!("DONE"), &json!(1)), "{shown}");
    let change = &shown["changes"][0];
    assert_eq!(change["kind"], "PARTED");
    let row = |id: TransactionId| {
        let rows = change["rows"].as_array().expect("rows");
        rows.iter().find(|row| row["transaction"]["id"] == id.to_string()).cloned()
    };
    let parted = row(goes).expect("the one that was joined");
    assert_eq!(parted["before"]["standing"], "ABSORBED");
    assert_eq!(parted["now"]["standing"], "COUNTED");
    let accept =
        "mutation ($digest: String!) { acceptNewerRules(digest: $digest) { status changes } }";
    let data = person.graphql(accept, json!({ "digest": before.digest })).await;
    assert_eq!(data["acceptNewerRules"]["status"], "MOVED_ON");
    let data = person.graphql(accept, json!({ "digest": shown["digest"] })).await;
    assert_eq!(data["acceptNewerRules"], json!({ "status": "ACCEPTED", "changes": 1 }));

    // It is so, it says by which rules, and there is nothing left to show.
    let now = standing(&mut person, goes).await;
    assert_eq!(now["standing"], "COUNTED");
    assert_eq!(now["decisions"][0]["kind"], "REDECIDED");
    assert_eq!(now["decisions"][0]["rulesVersion"], RULES_VERSION);
    assert_eq!(now["rulesVersion"], RULES_VERSION, "and by which it was recorded");
    assert_eq!(standing(&mut person, stays).await["note"], "oma", "every edit stays");
    assert_eq!(newer(&mut person).await["state"], "NOTHING_OLDER");
    let after = redeciding::preview(app, scope, &mut Clean::new(), |_| {}).await.expect("a look");
    assert_eq!(after.changes(), 0, "{:?}", after.accounts);
    assert_eq!(world.count("account.transactions_redecided").await, 1, "one event for one change");
    let rebuilt = app.read.rebuild_and_compare(None, |_| {}).await.expect("rebuilt");
    assert!(rebuilt.iter().all(|one| one.comparison == projections::Comparison::Equal));

    // One event undoes it, and no rules come back to it.
    let position = &now["decisions"][0]["position"];
    let text = "mutation ($at: Position!) { undoDecision(position: $at) { status } }";
    let data = person.graphql(text, json!({ "at": position })).await;
    assert_eq!(data["undoDecision"]["status"], "DONE");
    assert_eq!(standing(&mut person, goes).await["standing"], "ABSORBED");
    let again = redeciding::preview(app, scope, &mut Clean::new(), |_| {}).await.expect("a look");
    assert_eq!(again.changes(), 0, "{:?}", again.accounts);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn newer_rules_are_shown_accepted_and_undone_on_files() {
    shown_accepted_and_undone(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn newer_rules_are_shown_accepted_and_undone_on_postgresql() {
    shown_accepted_and_undone(Store::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_shows_what_would_change_and_makes_it_so() {
    let (world, mut person, user_id, _) = read_twice(Store::Sqlite).await;
    let (account_id, two) = two_of(&mut person).await;
    append(&world, user_id, account_id, joined_by_older_rules(&world, account_id, two).await).await;
    let World { bank, app, scratch, .. } = world;
    app.stop().await;
    // The program takes the directory once nobody here has it.
    for _ in 0..600 {
        if std::sync::Arc::strong_count(&app) == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    drop(app);
    let data = scratch.path().join("state");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_opl"));
        command.arg("reconcile").args(arguments).arg("--data").arg(&data).env_remove("OPL_DATA");
        let output = command.output().expect("the program runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    };
    let user = user_id.to_string();
    let (done, told, error) = run(&["preview", "--json", "--user", &user]);
    assert!(done, "{error}");
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["changes"], 1);
    let changes = |account: &Value| account["changes"].as_array().expect("changes").clone();
    let accounts = told["accounts"].as_array().expect("accounts");
    let change = accounts.iter().flat_map(changes).next().expect("a change");
    assert_eq!(change["change"], json!(Change::Parted));
    // In words, and again: what showed nothing is not looked at a second time.
    let (done, words, error) = run(&["preview", "--user", &user]);
    assert!(done, "{error}");
    assert!(words.contains("parted") && words.contains("then counts"), "{words}");
    let digest = told["digest"].as_str().expect("a digest");
    assert!(words.contains(&format!("opl reconcile accept --digest {digest}")), "{words}");
    let kept = std::fs::read_to_string(data.join("reconcile-preview.json")).expect("kept");
    assert!(kept.contains("clean") && !kept.contains(&account_id.to_string()), "{kept}");
    let (done, _, error) = run(&["accept", "--digest", &"0".repeat(64), "--user", &user]);
    assert!(!done && error.contains("moved on") && error.contains(digest), "{error}");
    let (done, told, error) = run(&["accept", "--digest", digest, "--user", &user]);
    assert!(done, "{error}");
    assert!(told.starts_with("1 changes"), "{told}");
    let (_, told, _) = run(&["preview", "--json"]);
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["changes"], 0, "{told}");
    bank.stop().await;
}
