//! As of a moment, the API answers what it answered then.

mod asking;
mod measured;

use std::sync::Arc;
use std::time::Duration;

use chrono::Days;
use domain::erasure::RequestedBy;
use domain::id::UserId;
use opl::ledger::feed::LedgerFeed;
use opl::ledger::history::{PersonHistory, WholeHistory};
use opl::ledger::store::SqliteLog;
use projections::as_of::{History, Limits, Pasts};
use projections::transactions::TransactionFilter;
use projections::{Projection, ReadLocation, ReadModels, View};
use serde_json::{Value, json};

use crate::support::{Browser, Scratch, Store, World};

/// An identifier that is nobody's.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// Everything that can be asked, but for cursors, which name the moment they belong to.
const EVERYTHING: &str = "query ($asOf: AsOf, $atLeast: Position) {
  knownAt(asOf: $asOf, atLeast: $atLeast) { position recordedAt }
  me(asOf: $asOf) { id email signedUpAt knownAt { position recordedAt } }
  banks(asOf: $asOf) { id status knownAt { position recordedAt } }
  connections(asOf: $asOf) { id status requestedAt grantedAt expiresAt endedAt endedReason
    historyFrom bankTold knownAt { position recordedAt } bank { status }
    sync { state startedAt finishedAt accountsDone accountsTotal transactionsRead transactionsNew
      problem }
    accounts { id live transactionCount booked { minor } knownAt { position } } }
  accounts(asOf: $asOf) { id connectionId kind name identifier currency owner balanceAt
    transactionCount lastReadAt live knownAt { position recordedAt }
    balances { kind observedAt amount { minor currency } } bank { id status } }
  transactions(first: 20, asOf: $asOf) { totalCount pageInfo { hasNextPage }
    knownAt { position recordedAt } edges { node { id accountId accountName bookingDate text
      position recordedAt categoryReason amount { minor currency } category { id kind } } } }
  transactionBuckets(asOf: $asOf) { month count inflow { minor } outflow { minor }
    knownAt { position } }
  spending(from: \"2000-01\", to: \"2099-12\", asOf: $asOf) { month count amount { minor }
    category { id } knownAt { position } }
}";

/// What was decided about rows, which days of an account are known, and what is to be renewed.
const JUDGED: &str = "query ($asOf: AsOf, $account: ID!, $transaction: ID!) {
  knownAt(asOf: $asOf) { position recordedAt }
  reviews(asOf: $asOf) { totalCount pageInfo { hasNextPage } knownAt { position recordedAt }
    nodes { position doubtedAt knownAt { position } transaction { id } candidates { score } } }
  resolvedReviews(asOf: $asOf) { position resolvedPosition verdict knownAt { position } }
  coverage(accountId: $account, asOf: $asOf) { knownAt { position recordedAt }
    days { from to } gaps { from to } lastGoodAt lastGoodDay balance breakingDay
    windows(first: 50) { position from to whole rows new balance readAt } }
  renewalNotices(asOf: $asOf) { daysLeft severity knownAt { position }
    connection { id knownAt { position } } }
  transaction(id: $transaction, asOf: $asOf) { id note state standing missedWindows
    decidedPosition category { id } ownCategory { id } parts { amount { minor } }
    decisions { position kind byPerson decidedAt undoneAt } review { position }
    otherReadings { id } knownAt { position recordedAt } }
  account(id: $account, asOf: $asOf) { id live knownAt { position } }
}";

/// An answer, and the position it stood for.
struct Remembered {
    position: u64,
    instant: String,
    answer: Value,
    /// The account and the transaction that were looked at closely, as variables.
    close: Value,
    judged: Value,
}

/// Takes what names the place out of an answer, and says which places were named.
fn without_places(value: &mut Value, places: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(place) = fields.remove("knownAt") {
                places.push(place["position"].as_str().expect("a position").to_owned());
            }
            fields.values_mut().for_each(|value| without_places(value, places));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| without_places(value, places)),
        _ => {}
    }
}

async fn head(world: &World) -> u64 {
    world.app.ledger.log().head().await.expect("a head").position
}

/// The newest transaction of an answer and its account, as variables; nobody's where there is none.
fn close_look(answer: &Value) -> Value {
    let newest = &answer["transactions"]["edges"][0]["node"];
    let or_nobody = |id: &Value| id.as_str().unwrap_or(NOBODY).to_owned();
    json!({ "account": or_nobody(&newest["accountId"]), "transaction": or_nobody(&newest["id"]) })
}

fn with(variables: &Value, name: &str, value: Value) -> Value {
    let mut variables = variables.clone();
    variables[name] = value;
    variables
}

/// The answer of now, when everything that is in the log is in the read models and nothing runs.
async fn remember(world: &World, person: &mut Browser) -> Remembered {
    loop {
        let before = head(world).await;
        let mut answer = person.graphql(EVERYTHING, json!({ "atLeast": before.to_string() })).await;
        let named = answer["knownAt"].clone();
        let close = close_look(&answer);
        let mut judged = person.graphql(JUDGED, close.clone()).await;
        let mut places = Vec::new();
        without_places(&mut answer, &mut places);
        without_places(&mut judged, &mut places);
        tokio::time::sleep(Duration::from_millis(50)).await;
        if head(world).await == before && places.iter().all(|place| *place == before.to_string()) {
            let instant = named["recordedAt"].as_str().expect("an instant").to_owned();
            return Remembered { position: before, instant, answer, close, judged };
        }
    }
}

async fn answers_again(person: &mut Browser, remembered: &Remembered) {
    let Remembered { position, instant, answer, close, judged } = remembered;
    for as_of in [json!({ "position": position.to_string() }), json!({ "instant": instant })] {
        let mut again = person.graphql(EVERYTHING, json!({ "asOf": as_of })).await;
        let mut judged_again = person.graphql(JUDGED, with(close, "asOf", as_of.clone())).await;
        let mut places = Vec::new();
        without_places(&mut again, &mut places);
        without_places(&mut judged_again, &mut places);
        assert!(places.iter().all(|place| *place == position.to_string()), "{as_of}: {places:?}");
        assert_eq!(again.to_string(), answer.to_string(), "as of {as_of}");
        assert_eq!(judged_again.to_string(), judged.to_string(), "as of {as_of}");
    }
}

async fn ask(person: &mut Browser, query: &str, variables: Value) -> (Value, String) {
    let (_, body) =
        person.post("/graphql", &json!({ "query": query, "variables": variables })).await;
    let code = body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned();
    (body["data"].clone(), code)
}

async fn refresh(world: &World, person: &mut Browser, id: &str) {
    let ended = world.runs_ended().await;
    let text = "mutation ($id: ID!) { refreshConnection(connectionId: $id) { status } }";
    person.graphql(text, json!({ "id": id })).await;
    world.until_runs_ended(ended + 1).await;
}

async fn every_moment(store: Store) {
    let world = World::registered(store).await;
    let mut person = world.person().await;
    let mut moments = vec![remember(&world, &mut person).await];
    let id = person.connect().await;
    moments.push(remember(&world, &mut person).await);
    // Somebody else's life goes on in between.
    let mut other = world.person().await;
    let empty = remember(&world, &mut other).await;
    other.connect().await;
    let others = remember(&world, &mut other).await;
    person.to_the_bank().await;
    let newest = moments[1].close["transaction"].clone();
    let text = "mutation ($id: ID!) { noteTransaction(transactionId: $id, note: \"later\") {
        status } }";
    person.graphql(text, json!({ "id": newest })).await;
    moments.push(remember(&world, &mut person).await);
    let today = world.bank.truth().today;
    world.bank.advance_to(today.checked_add_days(Days::new(20)).expect("a day"));
    refresh(&world, &mut person, &id).await;
    moments.push(remember(&world, &mut person).await);
    let text = "mutation ($id: ID!) { revokeConnection(connectionId: $id) { status \
        connection { status knownAt { position } } } }";
    let revoked = person.graphql(text, json!({ "id": id })).await;
    assert_eq!(revoked["revokeConnection"]["connection"]["status"], "REVOKED");
    moments.push(remember(&world, &mut person).await);
    let counts: Vec<_> = moments
        .iter()
        .map(|moment| moment.answer["transactions"]["totalCount"].as_i64().expect("a count"))
        .collect();
    assert!(counts[0] == 0 && counts[1] > 100 && counts[3] > counts[1], "{counts:?}");
    assert_eq!(moments[4].answer["connections"][1]["status"], "REVOKED");
    assert_eq!(moments[1].answer["connections"][0]["status"], "ACTIVE");
    let notes: Vec<_> =
        moments[1..3].iter().map(|moment| &moment.judged["transaction"]["note"]).collect();
    assert_eq!(notes, [&Value::Null, &json!("later")]);
    assert_eq!(moments[2].judged["transaction"]["decisions"][0]["kind"], "NOTED");
    assert_eq!(moments[2].judged["coverage"]["days"].as_array().map(Vec::len), Some(1));
    for chosen in [4, 0, 2, 1, 3, 2, 4] {
        answers_again(&mut person, &moments[chosen]).await;
    }
    answers_again(&mut other, &empty).await;
    answers_again(&mut other, &others).await;
    nothing_of_others(&mut person, &mut other, &moments[2], &others).await;
    cursors_stay_with_their_moment(&mut person, &moments[1], &moments[2]).await;
    cut_logs_give_the_same_rows(&world, &mut person).await;
    erased_people_have_no_past(&world, &mut other, &others).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_moment_is_answered_as_it_was() {
    every_moment(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_moment_is_answered_as_it_was_on_postgres() {
    every_moment(Store::Postgres).await;
}

/// Nobody sees another's past, by no identifier of theirs and at no moment.
async fn nothing_of_others(
    person: &mut Browser,
    other: &mut Browser,
    mine: &Remembered,
    theirs: &Remembered,
) {
    let at = json!({ "position": theirs.position.to_string() });
    let text =
        "query ($asOf: AsOf, $a: ID!, $c: ID!, $t: ID!) { account(id: $a, asOf: $asOf) { id }
        connection(id: $c, asOf: $asOf) { id } transaction(id: $t, asOf: $asOf) { id }
        transactions(filter: { accountId: $a }, asOf: $asOf) { totalCount }
        transactionsInMonth(month: \"2026-01\", filter: { accountId: $a }, asOf: $asOf) { id }
        spending(from: \"2000-01\", to: \"2099-12\", accountId: $a, asOf: $asOf) { count } }";
    let ids = |of: &Remembered| {
        json!({
            "asOf": at,
            "a": of.answer["accounts"][0]["id"],
            "c": of.answer["connections"][0]["id"],
            "t": of.answer["transactions"]["edges"][0]["node"]["id"],
        })
    };
    let nothing = json!({ "account": null, "connection": null, "transaction": null,
        "transactions": { "totalCount": 0 }, "transactionsInMonth": [], "spending": [] });
    assert_eq!(person.graphql(text, ids(theirs)).await, nothing);
    assert_eq!(other.graphql(text, ids(mine)).await, nothing);
    let own = other.graphql(text, ids(theirs)).await;
    assert!(own["account"].is_object() && own["transaction"].is_object(), "{own}");
}

async fn cursors_stay_with_their_moment(
    person: &mut Browser,
    moment: &Remembered,
    later: &Remembered,
) {
    let text = "query ($asOf: AsOf, $after: String) { transactions(first: 90, after: $after, \
        asOf: $asOf) { totalCount edges { node { id } } pageInfo { hasNextPage endCursor } } }";
    let at = json!({ "position": moment.position.to_string() });
    let (mut after, mut seen) = (Value::Null, std::collections::BTreeSet::new());
    let (mut total, mut cursor) = (0, Value::Null);
    loop {
        let data = person.graphql(text, json!({ "asOf": at, "after": after })).await;
        let page = &data["transactions"];
        total = page["totalCount"].as_u64().unwrap_or(total);
        for edge in page["edges"].as_array().expect("rows") {
            assert!(seen.insert(edge["node"]["id"].to_string()), "twice");
        }
        after = page["pageInfo"]["endCursor"].clone();
        if cursor.is_null() {
            cursor = after.clone();
        }
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(seen.len() as u64, total);
    let live =
        person.graphql(text, json!({})).await["transactions"]["pageInfo"]["endCursor"].take();
    let bare = cursor.as_str().and_then(|cursor| cursor.split('@').next()).expect("text");
    let later = json!({ "position": later.position.to_string() });
    for (as_of, after) in [
        (&later, &cursor),
        (&Value::Null, &cursor),
        (&at, &live),
        (&at, &json!(format!("{bare}@"))),
        (&at, &json!(format!("{bare}@x"))),
        (&Value::Null, &json!(format!("{bare}@x"))),
    ] {
        let (_, code) = ask(person, text, json!({ "asOf": as_of, "after": after })).await;
        assert_eq!(code, "CURSOR_INVALID", "{after} as of {as_of}");
    }
}

/// Everything that is answered about a person, as text.
async fn rows(view: &View, user: UserId) -> String {
    let all = TransactionFilter::default();
    let accounts = view.accounts().list(user).await.expect("accounts");
    let mut windows = Vec::new();
    for account in &accounts {
        windows.push(view.coverage().windows(user, account.account_id).await);
    }
    format!(
        "{accounts:?} {windows:?} {:?} {:?}",
        (view.reviews().open(user, 50, None).await, view.reviews().resolved(user, 50).await),
        (
            view.people().one(user).await,
            view.registrations().all().await,
            view.consents().list(user).await,
            view.transactions().page(user, &all, 500, None).await,
            view.transactions().buckets(user, &all).await,
            view.spending().months(user, "2000-01", "2099-12", None).await,
            view.fetches().newest_of_each(user).await,
            view.fetches().calls(user, 500).await,
        )
    )
}

/// At places nobody chose, rows as they were equal those that a log cut there is folded to.
async fn cut_logs_give_the_same_rows(world: &World, person: &mut Browser) {
    let me = person.graphql("{ me { id } }", json!({})).await;
    let user: UserId = me["me"]["id"].as_str().expect("an identifier").parse().expect("one");
    let (log, keys) = (world.app.ledger.log(), Arc::clone(&world.app.keys));
    let (key_id, _) = keys.key_of_person(user).await.expect("keys").expect("a key");
    let head = head(world).await;
    let mut random = 0x5eed_u64;
    for _ in 0..6 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        let position = (random >> 20) % (head + 1);
        let (cut, scratch) = cut_log(world, position).await;
        let feed = Arc::new(LedgerFeed::new(cut, Arc::clone(&keys)));
        let location = ReadLocation::Sqlite { directory: scratch.path().join("read") };
        let rebuilt = ReadModels::open(location, feed).await.expect("read models");
        rebuilt.rebuild(None, |_| {}).await.expect("rebuilt");
        let whole: Arc<dyn History> =
            Arc::new(WholeHistory::new(Arc::clone(log), Arc::clone(&keys)));
        let pasts = Pasts::new(Limits::default());
        let view = pasts.at(uuid::Uuid::nil(), position, whole).await.expect("the past");
        for projection in Projection::ALL {
            let expected = rebuilt.digest(projection.name()).await.expect("a digest");
            let found = view.digest(projection).await.expect("a digest");
            assert_eq!(found, expected, "{} at {position}", projection.name());
        }
        let own = PersonHistory::new(Arc::clone(log), Arc::clone(&keys), Some(key_id));
        let kept = world.app.read.pasts();
        let view = kept.at(user.0, position, Arc::new(own)).await.expect("the past");
        assert_eq!(rows(&view, user).await, rows(&rebuilt.now(), user).await, "at {position}");
    }
}

/// A log of its own that ends at a position of the world's.
async fn cut_log(world: &World, position: u64) -> (Arc<SqliteLog>, Scratch) {
    use opl::ledger::store::EventLog as _;
    let scratch = Scratch::new();
    let cut = SqliteLog::open(&scratch.path().join("log.db"), Arc::new(|| 0)).expect("a log");
    let mut after = 0;
    while after < position {
        let most = usize::try_from(position - after).expect("a number").min(500);
        let page = world.app.ledger.log().read_all(after, most).await.expect("a page");
        after = page.last().expect("an event").position;
        cut.adopt(page).await.expect("taken over");
    }
    (Arc::new(cut), scratch)
}

async fn erased_people_have_no_past(world: &World, other: &mut Browser, then: &Remembered) {
    let user: UserId = then.answer["me"]["id"].as_str().expect("one").parse().expect("one");
    let app = &world.app;
    let (by, reason) = (RequestedBy::Operator, "asked_in_writing".parse().expect("a reason"));
    opl::erasure::request(app, user, by, &reason).await.expect("asked for");
    opl::erasure::run(app, user, |_| {}).await.expect("erased");
    // Nothing of theirs is kept in memory, and their session is over.
    let at = json!({ "asOf": { "position": then.position.to_string() } });
    let text = "query ($asOf: AsOf) { me(asOf: $asOf) { id } }";
    assert_eq!(other.graphql(text, at).await, json!({ "me": null }));
}

/// Prints how long answers about the past take: `cargo test --release --test it long_history --
/// --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn a_long_history() {
    measured::run().await;
}
