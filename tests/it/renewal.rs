//! Renewing: the connection a person sees stays, nothing is doubled, and nobody is surprised by an end.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use domain::account::AccountEvent;
use domain::event::Event;
use domain::renewal::REMINDER_DAYS;
use opl::app::Options;
use opl::world::Clock;
use sandbox::Misbehaviour;
use serde_json::{Value, json};

use crate::support::{Browser, Returned, Store, World};

/// Renewals in a row.
const RENEWALS: usize = 5;

const SHOWN: &str = "{ connections { id status accounts { id } } accounts { id identifier \
    connectionId transactionCount } transactions(first: 1) { totalCount } }";

/// Asks for a renewal and goes to the bank, which sends back at once.
async fn to_the_bank(person: &mut Browser, id: &str) -> Returned {
    let text = "mutation ($id: ID!) { renewConnection(connectionId: $id) { status connectionId \
        authorizeUrl } }";
    let data = person.graphql(text, json!({ "id": id })).await;
    let renew = &data["renewConnection"];
    assert_eq!(renew["status"], "REDIRECT", "{data}");
    assert_eq!(renew["connectionId"], id);
    let url = renew["authorizeUrl"].as_str().expect("an address");
    let answer = person.http.get(url).send().await.expect("an answer");
    let location = answer.headers()["location"].to_str().expect("an address").to_owned();
    let (address, fragment) = location.split_once('#').unwrap_or((&location, ""));
    let (_, query) = address.split_once('?').unwrap_or((address, ""));
    let (query, fragment) = (query.to_owned(), fragment.to_owned());
    Returned { connection_id: id.to_owned(), query, fragment }
}

async fn renew(world: &World, person: &mut Browser, id: &str) -> String {
    let returned = to_the_bank(person, id).await;
    let ended = world.runs_ended().await;
    let (status, body) = person.come_back(&returned).await;
    assert_eq!((status, body["outcome"].as_str()), (200, Some("connected")), "{body}");
    world.until_runs_ended(ended + 1).await;
    body["connectionId"].as_str().expect("an identifier").to_owned()
}

async fn read_again(world: &World, person: &mut Browser, id: &str) {
    let ended = world.runs_ended().await;
    let text = "mutation ($id: ID!) { refreshConnection(connectionId: $id) { status } }";
    let data = person.graphql(text, json!({ "id": id })).await;
    assert_eq!(data["refreshConnection"]["status"], "STARTED");
    world.until_runs_ended(ended + 1).await;
}

async fn caught_up(world: &World) {
    let head = world.app.ledger.log().head().await.expect("a head").position;
    world.app.read.wait_for(head, Duration::from_secs(30)).await.expect("caught up");
}

/// A person's edits of three rows: a category and a note, a split, and two rows joined.
async fn edit(person: &mut Browser) -> Value {
    let text =
        "{ transactions(first: 60) { edges { node { id accountId amount { minor } standing } } } }";
    let data = person.graphql(text, json!({})).await;
    let rows: Vec<Value> = data["transactions"]["edges"].as_array().expect("rows").clone();
    let rows: Vec<&Value> = rows.iter().map(|edge| &edge["node"]).collect();
    let minor = |row: &Value| {
        row["amount"]["minor"].as_str().expect("text").parse::<i64>().expect("a number")
    };
    let of_one = |row: &&&Value| row["accountId"] == rows[0]["accountId"];
    let mut ours = rows.iter().filter(of_one).filter(|row| minor(row) < -1_000).copied();
    let [first, second, third] = [(); 3].map(|()| ours.next().expect("a row").clone());
    let whole = minor(&second);
    let parts = json!([
        { "minor": (whole + 300).to_string(), "categoryId": "groceries", "note": "mine" },
        { "minor": "-300", "categoryId": "pets" },
    ]);
    let text = "mutation ($a: ID!, $b: ID!, $c: ID!, $parts: [PartInput!]!) { \
        c: categoriseTransaction(transactionId: $a, categoryId: \"pets\") { status } \
        n: noteTransaction(transactionId: $a, note: \"kept\") { status } \
        s: splitTransaction(transactionId: $b, parts: $parts) { status } \
        m: mergeTransactions(transactionId: $a, absorbedId: $c) { status } }";
    let ids = json!({ "a": first["id"], "b": second["id"], "c": third["id"], "parts": parts });
    let done = person.graphql(text, ids.clone()).await;
    assert!(["c", "n", "s", "m"].iter().all(|field| done[field]["status"] == "DONE"), "{done}");
    ids
}

/// What the edited rows say now.
async fn edited(person: &mut Browser, ids: &Value) -> Value {
    let text = "query ($a: ID!, $b: ID!, $c: ID!) { \
        a: transaction(id: $a) { note ownCategory { id } standing otherReadings { id } } \
        b: transaction(id: $b) { standing parts { amount { minor } category { id } note } } \
        c: transaction(id: $c) { standing sameAs } }";
    let data = person.graphql(text, ids.clone()).await;
    assert_eq!(data["a"]["note"], "kept");
    assert_eq!(data["a"]["otherReadings"][0]["id"], ids["c"]);
    assert_eq!(data["b"]["parts"].as_array().expect("parts").len(), 2);
    assert_eq!(data["c"]["standing"], "ABSORBED");
    data
}

async fn five_in_a_row(store: Store) {
    let world = World::registered(store).await;
    // Each consent shows the accounts under identifiers nobody has seen.
    world.bank.misbehave(Misbehaviour::AccountIdPerConsent);
    let mut person = world.person().await;
    let id = person.connect().await;
    let ids = edit(&mut person).await;
    caught_up(&world).await;
    let edits = edited(&mut person, &ids).await;
    let first = person.graphql(SHOWN, json!({})).await;
    let (opened, recorded) =
        (world.count("account.opened").await, world.count("account.transaction_recorded").await);
    let mut consent = id.clone();
    for round in 0..RENEWALS {
        if round == 0 {
            // The old consent works while the person is at the bank.
            let _on_the_way = to_the_bank(&mut person, &id).await;
            read_again(&world, &mut person, &id).await;
            assert_eq!(person.connection(&id).await["sync"]["state"], "DONE");
        }
        let next = renew(&world, &mut person, &id).await;
        assert_ne!(next, consent, "round {round}");
        assert!(world.tokens(&consent).await.is_none(), "the old tokens are gone");
        assert!(world.tokens(&next).await.is_some());
        caught_up(&world).await;
        assert_eq!(person.graphql(SHOWN, json!({})).await, first, "round {round}");
        assert_eq!(edited(&mut person, &ids).await, edits, "round {round}");
        // By whichever identifier of its consents, it is the same connection.
        assert_eq!(person.connection(&next).await, person.connection(&consent).await);
        consent = next;
    }
    let references: BTreeSet<String> = world
        .events()
        .await
        .into_iter()
        .filter_map(|(_, event)| match event {
            Event::Account(AccountEvent::Linked(linked)) => Some(linked.bank_reference),
            _ => None,
        })
        .collect();
    assert_eq!(references.len(), opened * (1 + RENEWALS), "the bank named each anew, every time");
    assert_eq!(world.count("account.opened").await, opened, "no new account");
    assert_eq!(world.count("account.transaction_recorded").await, recorded, "no new row");
    assert_eq!(world.count("consent.superseded").await, RENEWALS);
    for _ in 0..300 {
        if world.count("consent.bank_told").await == RENEWALS {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(world.count("consent.bank_told").await, RENEWALS, "the bank is told of each");
    caught_up(&world).await;
    let live = world.app.read.digest("consents").await.expect("a digest");
    world.app.read.rebuild(None, |_| {}).await.expect("rebuilt");
    assert_eq!(world.app.read.digest("consents").await.expect("a digest"), live);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_renewals_add_no_account_and_no_row() {
    five_in_a_row(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_renewals_add_no_account_and_no_row_on_postgres() {
    five_in_a_row(Store::Postgres).await;
}

async fn may_renew(person: &mut Browser, id: &str) -> Value {
    let text = "mutation ($id: ID!) { renewConnection(connectionId: $id) { status } }";
    person.graphql(text, json!({ "id": id })).await["renewConnection"]["status"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_person_renews_and_an_end_they_wanted_stays() {
    let world = World::registered(Store::Sqlite).await;
    let mut person = world.person().await;
    let id = person.connect().await;
    let mut other = world.person().await;
    assert_eq!(may_renew(&mut other, &id).await, "NOT_RENEWABLE");
    assert_eq!(may_renew(&mut person, "nonsense").await, "NOT_RENEWABLE");
    // Ended here while the person is at the bank: what comes back does not bring it to life.
    let returned = to_the_bank(&mut person, &id).await;
    caught_up(&world).await;
    let text = "mutation ($id: ID!) { revokeConnection(connectionId: $id) { status } }";
    let data = person.graphql(text, json!({ "id": id })).await;
    assert_eq!(data["revokeConnection"]["status"], "REVOKED", "{data}");
    assert_eq!(person.come_back(&returned).await.0, 410);
    assert_eq!(person.status(&id).await, "REVOKED");
    assert_eq!(may_renew(&mut person, &id).await, "NOT_RENEWABLE");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_that_is_gone_is_said_at_once_and_renewed() {
    let world = World::registered(Store::Sqlite).await;
    let mut person = world.person().await;
    let id = person.connect().await;
    // The token is refused, and the one after it too.
    world.bank.faults().fail_next("/accounts-psd2/v1/accounts", 401, 2);
    read_again(&world, &mut person, &id).await;
    caught_up(&world).await;
    let text = "{ renewalNotices { severity connection { id status sync { problem } \
        accounts { id } lastGoodReads { lastGoodRead account { id } } } } }";
    let data = person.graphql(text, json!({})).await;
    let notice = &data["renewalNotices"][0];
    assert_eq!(notice["severity"], "URGENT", "{data}");
    let connection = &notice["connection"];
    assert_eq!(connection["status"], "NEEDS_CONFIRMATION");
    assert_eq!(connection["sync"]["problem"], "CONSENT_ENDED");
    let reads = connection["lastGoodReads"].as_array().expect("reads");
    assert_eq!(reads.len(), connection["accounts"].as_array().expect("accounts").len());
    assert!(!reads.is_empty() && reads.iter().all(|read| read["lastGoodRead"].is_string()));
    renew(&world, &mut person, &id).await;
    caught_up(&world).await;
    assert_eq!(person.status(&id).await, "ACTIVE");
    assert_eq!(person.graphql(text, json!({})).await["renewalNotices"], json!([]));
    world.stop().await;
}

/// A bank that lets a customer have one consent only: the old one ends as soon as the new one is
/// confirmed there, before anybody came back.
#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_ends_the_old_consent_itself_ends_nothing_here() {
    let world = World::registered(Store::Sqlite).await;
    let mut person = world.person().await;
    let id = person.connect().await;
    let returned = to_the_bank(&mut person, &id).await;
    world.bank.faults().fail_next("/accounts-psd2/v1/accounts", 403, 1);
    read_again(&world, &mut person, &id).await;
    assert_eq!(person.status(&id).await, "REVOKED");
    let ended = world.runs_ended().await;
    assert_eq!(person.come_back(&returned).await.0, 200);
    world.until_runs_ended(ended + 1).await;
    let connection = person.connection(&id).await;
    assert_eq!((&connection["status"], &connection["bankTold"]), (&json!("ACTIVE"), &json!(true)));
    assert_eq!(connection["sync"]["state"], "DONE");
    assert_eq!(world.count("consent.superseded").await, 0, "it had ended already");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reminders_are_given_once_on_their_days() {
    let ahead = Arc::new(AtomicI64::new(0));
    let moved = Arc::clone(&ahead);
    let clock =
        Clock::from_fn(move || Utc::now() + TimeDelta::hours(moved.load(Ordering::Relaxed)));
    let options = |data: &std::path::Path| Options { clock, ..Options::in_directory(data) };
    let world = World::unregistered(Store::Sqlite, options).await;
    opl::registration::register(&world.app, &world.settings(), |_| {}).await.expect("registered");
    world.person().await.connect().await;
    caught_up(&world).await;
    for (given, days) in REMINDER_DAYS.into_iter().enumerate() {
        // An hour too early, and an hour after.
        for (hours, wanted) in [(-1, given), (1, given + 1)] {
            ahead.store((90 - i64::from(days)) * 24 + hours, Ordering::Relaxed);
            for _ in 0..2 {
                opl::renewal::remind(&world.app).await.expect("looked");
                caught_up(&world).await;
                assert_eq!(world.count("consent.reminded").await, wanted, "{days} days, {hours} h");
            }
        }
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_is_read_by_its_address_alone_and_can_be_taken_back() {
    let world = World::registered(Store::Sqlite).await;
    let mut person = world.person().await;
    let id = person.connect().await;
    let make = "mutation { makeCalendar }";
    let address = person.graphql(make, json!({})).await["makeCalendar"].take();
    let address = address.as_str().expect("an address").to_owned();
    let stranger = world.browser();
    let get = async |path: &str| {
        let answer = stranger.http.get(format!("{}{path}", world.page)).send().await;
        let answer = answer.expect("an answer");
        let kind = answer
            .headers()
            .get("content-type")
            .map(|kind| kind.to_str().expect("text").to_owned());
        (answer.status().as_u16(), kind, answer.text().await.expect("text"))
    };
    let (status, kind, text) = get(&address).await;
    assert_eq!((status, kind.as_deref()), (200, Some("text/calendar; charset=utf-8")));
    assert!(text.contains(&format!("UID:{id}@one-point-ledger\r\n")), "{text}");
    assert_eq!(text.matches("BEGIN:VALARM").count(), REMINDER_DAYS.len());
    let data = person.graphql("{ accounts { identifier owner } }", json!({})).await;
    for account in data["accounts"].as_array().expect("accounts") {
        for name in ["identifier", "owner"] {
            assert!(account[name].as_str().is_none_or(|told| !text.contains(told)));
        }
    }
    // After a renewal it is the same event.
    renew(&world, &mut person, &id).await;
    caught_up(&world).await;
    let (_, _, text) = get(&address).await;
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 1);
    assert!(text.contains(&format!("UID:{id}@one-point-ledger\r\n")));
    // Only its digest is kept.
    let token = address.trim_start_matches("/calendar/").trim_end_matches(".ics");
    for file in ["vault.db", "vault.db-wal", "log.db", "log.db-wal"] {
        let bytes =
            std::fs::read(world.scratch.path().join("state").join(file)).unwrap_or_default();
        assert!(!bytes.windows(token.len()).any(|window| window == token.as_bytes()), "{file}");
    }
    // A new address ends the old one; taken back, there is none.
    let next = person.graphql(make, json!({})).await["makeCalendar"].take();
    assert_eq!(get(&address).await.0, 404);
    assert_eq!(get(next.as_str().expect("an address")).await.0, 200);
    let data = person.graphql("mutation { revokeCalendar }", json!({})).await;
    assert_eq!(data["revokeCalendar"], true);
    assert_eq!(get(next.as_str().expect("an address")).await.0, 404);
    assert_eq!(person.graphql("{ hasCalendar }", json!({})).await["hasCalendar"], false);
    assert_eq!(get("/calendar/x.ics").await.0, 404);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_consent_is_shown_as_what_it_is() {
    let world = World::registered(Store::Sqlite).await;
    let mut person = world.person().await;
    let text = "mutation { connectBank(bankId: \"op\", consentDays: 5) { status } }";
    assert_eq!(person.graphql(text, json!({})).await["connectBank"]["status"], "REDIRECT");
    caught_up(&world).await;
    // Nothing stands yet, and so nothing ends.
    let notices = "{ renewalNotices { daysLeft severity } }";
    assert_eq!(person.graphql(notices, json!({})).await["renewalNotices"], json!([]));
    let row = person.graphql("{ connections { expiresAt } }", json!({})).await;
    let ends = row["connections"][0]["expiresAt"].as_str().expect("an instant").to_owned();
    let ends: chrono::DateTime<Utc> = ends.parse().expect("an instant");
    let left = domain::renewal::days_left(Utc::now(), ends);
    assert_eq!(left, 5);
    world.stop().await;
}
