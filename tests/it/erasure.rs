//! Erasing a person: nothing of theirs can be read, and nothing else changes.

mod steps;
mod traces;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::erasure::{ErasureReason, RequestedBy};
use domain::id::UserId;
use domain::stream::{Category, StreamId};
use domain::user::{User, UserCommand};
use opl::app::{App, Options};
use opl::erasure;
use opl::ledger::store::StoredEvent;
use opl::ledger::{Actor, Cause, CommandError, LedgerError, Owner};
use opl::vault::crypto::hex;
use projections::Projection;
use serde_json::{Value, json};
use sqlx::postgres::PgPool;
use transparency::tree::Frontier;
use uuid::Uuid;

use crate::support::{Browser, Store, World, postgres_url, whole_log};

const PASSWORD: &str = "correct horse battery";
const SIGN_UP: &str = "mutation ($email: String!, $password: String!) { \
    signUp(email: $email, password: $password) { status me { id } } }";
const SIGN_IN: &str = "mutation ($email: String!, $password: String!) { \
    signIn(email: $email, password: $password) { status me { id } retryAt } }";
const ERASE_ME: &str = "mutation ($password: String!) { eraseMe(password: $password) { status \
    receipt { personId position leafHash keyId keyDestroyedAt recordedAt consentsEnded \
    banksNotTold secretsDeleted sessionsEnded } } }";

/// A world, and the way to its database if it is in PostgreSQL.
async fn world(store: Store) -> (World, Option<PgPool>) {
    let url = match store {
        Store::Sqlite => None,
        _ => Some(postgres_url().await),
    };
    let postgres_url = url.clone().map(Into::into);
    let options = |path: &std::path::Path| Options { postgres_url, ..Options::in_directory(path) };
    let world = World::unregistered(Store::Sqlite, options).await;
    let file = world.settings();
    opl::registration::register(&world.app, &file, |_| {}).await.expect("registered");
    let pool = match url {
        None => None,
        Some(url) => Some(PgPool::connect(&url).await.expect("connections")),
    };
    (world, pool)
}

async fn sign_up(world: &World, email: &str) -> (Browser, UserId) {
    let mut browser = world.browser();
    let data = browser.graphql(SIGN_UP, json!({ "email": email, "password": PASSWORD })).await;
    assert_eq!(data["signUp"]["status"], "SIGNED_UP", "{data}");
    let user_id = data["signUp"]["me"]["id"].as_str().expect("an identifier");
    (browser, user_id.parse().expect("an identifier"))
}

/// Connects as the bank's second customer, through the bank's own pages.
async fn connect_as_second_customer(world: &World, browser: &mut Browser) -> String {
    world.bank.faults().auto_approve(false);
    let text = "mutation { connectBank(bankId: \"op\") { status connectionId authorizeUrl } }";
    let data = browser.graphql(text, json!({})).await;
    let url = data["connectBank"]["authorizeUrl"].as_str().expect("an address");
    let bank = reqwest::Url::parse(url).expect("an address");
    let answer = browser.http.get(url).send().await.expect("an answer");
    let page = bank.join(answer.headers()["location"].to_str().expect("text")).expect("an address");
    let truth = world.bank.truth();
    let customer = &truth.users[1];
    let mut approve = "&step=approve".to_owned();
    for account in &customer.accounts {
        approve.push_str(&format!("&account={}", account.account_id));
    }
    for card in &customer.cards {
        approve.push_str(&format!("&card={}", card.card_id));
    }
    let mut location = String::new();
    for members in [format!("&step=sign-in&user={}", customer.user_id), approve] {
        let html = browser.http.get(page.clone()).send().await.expect("a page").text().await;
        let html = html.expect("a page");
        let (_, rest) = html.split_once("name=\"form_token\" value=\"").expect("a form");
        let token = rest.split('"').next().expect("a token");
        let form = "application/x-www-form-urlencoded";
        let post = browser.http.post(page.clone()).header("content-type", form);
        let answer = post.body(format!("form_token={token}{members}")).send().await;
        let answer = answer.expect("an answer");
        location = answer.headers()["location"].to_str().expect("text").to_owned();
    }
    world.bank.faults().auto_approve(true);
    let (address, fragment) = location.split_once('#').unwrap_or((&location, ""));
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let back = json!({ "query": query, "fragment": fragment });
    let (status, body) = browser.post("/callback/op", &back).await;
    assert_eq!((status, body["outcome"].as_str()), (200, Some("connected")), "{body}");
    let id = data["connectBank"]["connectionId"].as_str().expect("an identifier").to_owned();
    let ended = browser.read_to_the_end(&id).await;
    assert_eq!(ended["sync"]["state"], "DONE", "{ended}");
    id
}

/// Everything the API tells a person.
async fn everything(browser: &mut Browser) -> Value {
    let text = "{ me { id email signedUpAt } connections { id status grantedAt bankTold } \
        accounts { id name identifier owner transactionCount live balances { kind observedAt \
        amount { minor } } } spending(from: \"2000-01\", to: \"2099-12\") { month category { id } \
        amount { minor } } transactionBuckets { month count } }";
    let mut all = browser.graphql(text, json!({ "at": u32::MAX.to_string() })).await;
    let text = "query ($after: String) { transactions(first: 200, after: $after) { totalCount \
        pageInfo { hasNextPage endCursor } edges { node { id bookingDate counterparty text \
        counterpartyIdentifier reference archiveId position amount { minor } category { id } } } } }";
    let (mut rows, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = browser.graphql(text, json!({ "after": after })).await;
        let page = &page["transactions"];
        rows.extend(page["edges"].as_array().expect("rows").clone());
        if page["pageInfo"]["hasNextPage"] != true {
            all["transactions"] = rows.into();
            return all;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

fn as_a_bank_writes(minor: &Value) -> String {
    let minor: i64 = minor.as_str().expect("text").parse().expect("a number");
    format!("{}.{:02}", minor / 100, (minor % 100).abs())
}

/// Texts that tell of one person and of nobody else here.
fn canaries(theirs: &Value, others: &Value) -> Vec<String> {
    let mut other = others.to_string();
    for row in others["transactions"].as_array().expect("rows") {
        other.push_str(&as_a_bank_writes(&row["node"]["amount"]["minor"]));
        other.push(' ');
    }
    let mut found = BTreeSet::new();
    let mut add = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        if text.len() >= 8 && !other.contains(text) {
            found.insert(text.to_owned());
        }
    };
    add(&theirs["me"]["email"]);
    for account in theirs["accounts"].as_array().expect("accounts") {
        for member in ["name", "identifier", "owner"] {
            add(&account[member]);
        }
    }
    for row in theirs["transactions"].as_array().expect("rows") {
        let row = &row["node"];
        for member in ["counterparty", "counterpartyIdentifier", "text", "reference", "archiveId"] {
            add(&row[member]);
        }
        add(&as_a_bank_writes(&row["amount"]["minor"]).into());
    }
    found.into_iter().collect()
}

async fn digests(app: &App) -> Vec<[u8; 32]> {
    let mut found = Vec::new();
    for projection in Projection::ALL {
        found.push(app.read.digest(projection.name()).await.expect("a digest"));
    }
    found
}

async fn kept(world: &World, pool: Option<&PgPool>) -> traces::Pieces {
    let mut pieces = traces::files(&world.scratch.path().join("state"));
    if let Some(pool) = pool {
        pieces.extend(traces::dump(pool).await);
    }
    pieces
}

async fn refused(browser: &mut Browser, query: &str) -> String {
    let (_, body) = browser.post("/graphql", &json!({ "query": query })).await;
    body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
}

async fn nothing_is_left(store: Store) {
    let (world, pool) = world(store).await;
    let email = format!("{}@example.fi", Uuid::new_v4());
    let (mut maija, user_id) = sign_up(&world, &email).await;
    maija.connect().await;
    let (mut olli, _) = sign_up(&world, "olli.unaffected@example.fi").await;
    connect_as_second_customer(&world, &mut olli).await;
    let (theirs, others) = (everything(&mut maija).await, everything(&mut olli).await);
    let canaries = canaries(&theirs, &others);
    assert!(canaries.len() >= 100, "{}", canaries.len());
    let held = traces::hits(&kept(&world, pool.as_ref()).await, &canaries);
    assert!(held.len() >= canaries.len() / 2, "the search finds what is there: {}", held.len());
    let before = whole_log(&**world.app.ledger.log()).await;
    let root = world.app.ledger.log().head().await.expect("a head").root;

    let data = maija.graphql(ERASE_ME, json!({ "password": "not my password" })).await;
    assert_eq!(data["eraseMe"]["status"], "REFUSED");
    let mut stale = maija.clone();
    let data = maija.graphql(ERASE_ME, json!({ "password": PASSWORD })).await;
    assert_eq!(data["eraseMe"]["status"], "ERASED", "{data}");
    let receipt = &data["eraseMe"]["receipt"];
    assert_eq!((&receipt["consentsEnded"], &receipt["banksNotTold"]), (&json!(1), &json!(0)));
    assert!(receipt["secretsDeleted"].as_u64() >= Some(2) && receipt["sessionsEnded"] == 1);

    assert_eq!(traces::hits(&kept(&world, pool.as_ref()).await, &canaries), BTreeSet::new());
    the_log_only_grew(&world, &before, root, receipt).await;
    let live = digests(&world.app).await;
    world.app.read.rebuild(None, |_| {}).await.expect("a rebuild");
    assert_eq!(digests(&world.app).await, live, "rebuilt rows are the live ones");
    assert_eq!(traces::hits(&kept(&world, pool.as_ref()).await, &canaries), BTreeSet::new());
    assert_eq!(everything(&mut olli).await, others, "nobody else is touched");
    answers_as_to_a_stranger(&world, &mut stale, user_id, &email).await;
    world.stop().await;
}

/// Every record stands as it was, and the new one is the receipt's.
async fn the_log_only_grew(world: &World, before: &[StoredEvent], root: [u8; 32], receipt: &Value) {
    let log = world.app.ledger.log();
    let after = whole_log(&**world.app.ledger.log()).await;
    assert_eq!(&after[..before.len()], before);
    // The root over the records as they are now, computed from their bytes.
    let mut frontier = Frontier::default();
    for stored in &after[..before.len()] {
        frontier.push(stored.record(&stored.stream.to_string()).leaf_hash());
    }
    assert_eq!(frontier.root(), root);
    let erased = after.iter().filter(|stored| stored.event_type == "user.erased");
    let erased: Vec<&StoredEvent> = erased.collect();
    let [stored] = erased[..] else { panic!("{} events", erased.len()) };
    assert!(stored.key_id.is_nil());
    assert_eq!(receipt["position"], stored.position.to_string());
    let name = stored.stream.to_string();
    let leaf = stored.record(&name).leaf_hash();
    assert_eq!(receipt["leafHash"], hex(&leaf));
    let root_after = log.head().await.expect("a head").root;
    assert_ne!(root_after, root);
}

async fn answers_as_to_a_stranger(
    world: &World,
    stale: &mut Browser,
    user_id: UserId,
    email: &str,
) {
    let data = stale.graphql("{ me { id } }", json!({})).await;
    assert!(data["me"].is_null());
    assert_eq!(refused(stale, "{ connections { id } }").await, "UNAUTHENTICATED");
    assert_eq!(
        refused(stale, "mutation { eraseMe(password: \"x\") { status } }").await,
        "UNAUTHENTICATED"
    );
    let mut browser = world.browser();
    let mut answers = Vec::new();
    for known in [email, "nobody.at.all@example.fi"] {
        let sign_in = json!({ "email": known, "password": PASSWORD });
        answers.push(browser.graphql(SIGN_IN, sign_in).await);
    }
    assert_eq!(answers[0]["signIn"]["status"], "REFUSED");
    assert_eq!(answers[0], answers[1]);
    let command = UserCommand::SignIn { session_label: "a".to_owned() };
    let cause = Cause::new(Actor::Person, Uuid::new_v4());
    let stream = StreamId::new(Category::User, user_id.0);
    let ledger = &world.app.ledger;
    let done = ledger.execute::<User>(stream, Owner::Person(user_id), cause, command).await;
    assert!(matches!(done, Err(CommandError::Ledger(LedgerError::Erased))), "{done:?}");
    let (mut again, new) = sign_up(world, email).await;
    assert_ne!(new, user_id);
    let data = again.graphql("{ connections { id } accounts { id } }", json!({})).await;
    assert_eq!(data, json!({ "connections": [], "accounts": [] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_erased_person_is_left_in_files() {
    nothing_is_left(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_erased_person_is_left_in_postgres() {
    nothing_is_left(Store::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_does_not_answer_does_not_stop_an_erasure() {
    let (world, _) = world(Store::Sqlite).await;
    let (mut maija, user_id) = sign_up(&world, "maija@example.fi").await;
    let connection = maija.connect().await;
    world.bank.faults().drop_connection_next("/", 1_000);
    let data = maija.graphql(ERASE_ME, json!({ "password": PASSWORD })).await;
    assert_eq!(data["eraseMe"]["status"], "ERASED", "{data}");
    assert_eq!(data["eraseMe"]["receipt"]["banksNotTold"], 1);
    assert!(world.tokens(&connection).await.is_none());
    let receipt = erasure::receipt(&world.app, user_id).await.expect("a log").expect("a receipt");
    assert_eq!((receipt.erased.consents_ended, receipt.erased.banks_not_told), (1, 1));
    assert_eq!(receipt.erased.requested_by, RequestedBy::Person);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_under_way_ends_with_its_person() {
    let (world, _) = world(Store::Sqlite).await;
    let (mut maija, user_id) = sign_up(&world, "maija@example.fi").await;
    let returned = maija.to_the_bank().await;
    assert_eq!(maija.come_back(&returned).await.0, 200);
    let pages =
        || world.calls("GET", "/accounts-psd2/v1/", |call| call.path.ends_with("/transactions"));
    while pages() < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let data = maija.graphql(ERASE_ME, json!({ "password": PASSWORD })).await;
    assert_eq!(data["eraseMe"]["status"], "ERASED", "{data}");
    let asked = pages();
    let receipt = erasure::receipt(&world.app, user_id).await.expect("a log").expect("a receipt");
    let truth = world.bank.truth();
    let rows: usize = truth.users[0].accounts.iter().map(|account| account.transactions).sum();
    let log = whole_log(&**world.app.ledger.log()).await;
    let read = log.iter().filter(|stored| stored.event_type == "account.transaction_recorded");
    assert!(read.count() < rows, "it was cut in the middle");
    tokio::time::sleep(Duration::from_millis(500)).await;
    let head = world.app.ledger.log().head().await.expect("a head").position;
    assert_eq!((head, pages()), (receipt.position, asked), "nothing came after it");
    assert_eq!(world.app.read.fetches().unfinished(10).await.expect("rows"), []);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_forgets_the_key() {
    let url = postgres_url().await;
    let scratch = crate::support::Scratch::new();
    let postgres_url = Some(url.into());
    let options = Options { postgres_url, ..Options::in_directory(scratch.path()) };
    let here = App::open(options.clone()).await.expect("an app");
    let there = App::open(options).await.expect("an app");
    let user_id = steps::person(&here, "maija@example.fi").await;
    let (key_id, _) = there.keys.key_of_person(user_id).await.expect("keys").expect("a key");
    let reason: ErasureReason = "asked_by_letter".parse().expect("a reason");
    let asked = erasure::request(&here, user_id, RequestedBy::Operator, &reason).await;
    asked.expect("asked");
    let receipt = erasure::run(&here, user_id, |_| {}).await.expect("a receipt");
    there.read.wait_for(receipt.position, Duration::from_secs(10)).await.expect("no lag");
    // Its reader meets the event, however long the key would have stayed in memory.
    let begun = std::time::Instant::now();
    while there.keys.key(key_id).await.expect("keys").is_some() {
        assert!(begun.elapsed() < Duration::from_secs(10), "the key is still in memory");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let stopping: [Arc<App>; 2] = [here, there];
    for app in stopping {
        app.stop().await;
    }
}
