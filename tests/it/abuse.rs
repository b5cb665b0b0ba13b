//! Attackers at the door: headers that lie, guesses that compare, failures that could tell, and
//! everything that is said of the service while it works.

use std::io::Write;
use std::sync::{Arc, Mutex};

use opl::app::{App, Options};
use projections::database::{Database, Durability, sql};
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::support::{Scratch, Store, World};

#[tokio::test(flavor = "multi_thread")]
async fn no_header_moves_the_way_back_from_a_bank() {
    let world = World::registered(Store::Sqlite).await;
    let person = world.person().await;
    let cookie = person.cookie.clone().expect("a cookie");
    let query = "mutation { connectBank(bankId: \"op\") { authorizeUrl } }";
    for (name, value) in [
        ("x-forwarded-host", "evil.example"),
        ("x-original-url", "https://evil.example/"),
        ("forwarded", "host=evil.example;proto=https"),
        ("x-host", "evil.example"),
        ("host", "evil.example"),
    ] {
        let post = person.http.post(format!("{}/graphql", world.page));
        let post = post.header("x-opl-request", "1").header("cookie", &cookie).header(name, value);
        let answer = post.json(&json!({ "query": query })).send().await.expect("an answer");
        let body: Value = answer.json().await.unwrap_or_default();
        let url = body["data"]["connectBank"]["authorizeUrl"].as_str().unwrap_or_default();
        assert!(!body.to_string().contains("evil"), "{name}: {body}");
        let claims = url.split("request=").nth(1).and_then(|token| token.split('.').nth(1));
        use base64::Engine as _;
        let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(claims.unwrap_or_default())
            .expect("a request object");
        let claims = String::from_utf8(claims).expect("text");
        assert!(claims.contains(&format!("{}/callback/op", world.page)), "{name}: {claims}");
        assert!(!claims.contains("evil"), "{name}: {claims}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_and_an_unknown_address_are_answered_alike() {
    let world = World::unregistered(Store::Sqlite, Options::in_directory).await;
    let mut person = world.person().await;
    let email = person.graphql("{ me { email } }", json!({})).await;
    let known = email["me"]["email"].as_str().expect("one").to_owned();
    let text = "mutation ($email: String!) { signIn(email: $email, \
        password: \"not the right one\") { status retryAt me { id } } }";
    let mut stranger = world.browser();
    let mut answers = Vec::new();
    for email in [known.as_str(), "nobody@example.fi", "no address at all"] {
        let body = json!({ "query": text, "variables": { "email": email } });
        answers.push(stranger.post("/graphql", &body).await);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(answers[0].1["data"]["signIn"]["status"], "REFUSED");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_ours_is_told_by_a_code_and_a_name_to_ask_for() {
    let world = World::unregistered(Store::Sqlite, Options::in_directory).await;
    let mut person = world.person().await;
    let read = world.scratch.path().join("state/read");
    let file = std::fs::read_dir(&read).expect("read models").flatten().find(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with("people.") && name.ends_with(".db")
    });
    let file = file.expect("the people").path();
    let database = Database::sqlite(&file, Durability::Normal).expect("opens");
    database.execute(sql("DROP TABLE people", vec![])).await.expect("dropped");
    let (status, body) = person.post("/graphql", &json!({ "query": "{ me { id } }" })).await;
    let error = &body["errors"][0];
    assert_eq!((status, error["extensions"]["code"].as_str()), (200, Some("INTERNAL")), "{body}");
    assert!(error["extensions"]["requestId"].as_str().is_some_and(|id| id.len() == 36));
    let told = body.to_string().to_lowercase();
    for word in ["sql", "table", "people", "database", ".rs", "panicked", "sqlite"] {
        assert!(!told.contains(word), "{word} in {told}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_root_key_opens_nothing_and_writes_nothing() {
    let scratch = Scratch::new();
    let state = scratch.path().join("state");
    let app = App::open(Options::in_directory(&state)).await.expect("opened");
    let head = app.ledger.log().head().await.expect("a head");
    app.stop().await;
    drop(app);
    std::fs::write(state.join("root.key"), [9; 32]).expect("another key");
    let opened = App::open(Options::in_directory(&state)).await;
    let told = opened.err().expect("refused").to_string();
    assert!(told.contains("does not open under this root key"), "{told}");
    let log = opl::ledger::store::SqliteLog::open_to_read(&state.join("log.db")).expect("there");
    let log: Arc<dyn opl::ledger::store::EventLog> = Arc::new(log);
    assert_eq!(log.head().await.expect("a head"), head);
}

/// Everything that is said, as the service's own log would hold it.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a lock").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Somebody who collects traces: what was posted, and the address.
async fn collector() -> (Arc<Mutex<Vec<String>>>, String) {
    let collected: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&collected);
    let take = move |body: String| {
        kept.lock().expect("a lock").push(body);
        std::future::ready("{}")
    };
    let router = axum::Router::new()
        .route("/v1/traces", axum::routing::post(take))
        .layer(axum::extract::DefaultBodyLimit::disable());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move { axum::serve(listener, router).await });
    (collected, format!("http://{address}"))
}

/// A span as it was collected.
struct Span {
    name: String,
    parent: Option<String>,
    said: String,
}

/// Every span by its identifier.
fn spans(batches: &[String]) -> std::collections::BTreeMap<String, Span> {
    let mut spans = std::collections::BTreeMap::new();
    for batch in batches {
        let batch: serde_json::Value = serde_json::from_str(batch).expect("JSON");
        let found = &batch["resourceSpans"][0]["scopeSpans"][0]["spans"];
        for span in found.as_array().expect("spans") {
            let text = |name: &str| span[name].as_str().map(str::to_owned);
            let (name, parent) = (text("name").expect("a name"), text("parentSpanId"));
            let said = span["attributes"].to_string();
            spans.insert(text("spanId").expect("an identifier"), Span { name, parent, said });
        }
    }
    spans
}

/// Canaries of a dozen kinds through every flow, at the level that says the most.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_or_personal_is_said_at_any_level() {
    let said = Said::default();
    let writer = said.clone();
    let lines = tracing_subscriber::fmt::layer().with_writer(move || writer.clone());
    let started = tracing_subscriber::registry()
        .with(lines.with_filter(LevelFilter::TRACE))
        .with(opl::traces::layer())
        .try_init();
    started.expect("no other test of this program writes");
    let (collected, collector) = collector().await;
    let (end, ended) = tokio::sync::watch::channel(false);
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let sending = opl::traces::send_to(&collector, 100.0, ended).expect("a collector");
    let sending = tokio::spawn(sending);
    let world = World::registered(Store::Sqlite).await;
    let (password, wrong) = ("canary-password-4711", "canary-wrong-password-4712");
    let mut person = world.browser();
    let sign_up = "mutation ($password: String!) { signUp(email: \"canary-mail@example.fi\", \
        password: $password) { status } }";
    person.graphql(sign_up, json!({ "password": password })).await;
    let returned = person.to_the_bank().await;
    let (status, _) = person.come_back(&returned).await;
    assert_eq!(status, 200);
    let connection = person.read_to_the_end(&returned.connection_id).await;
    assert_eq!(connection["status"], "ACTIVE");
    let tokens = world.tokens(&returned.connection_id).await.expect("tokens");
    let data = person
        .graphql(
            "{ accounts { identifier owner } transactions(first: 50) { edges { node { \
             counterparty text } } } }",
            json!({}),
        )
        .await;
    // Failures say more than successes: a wrong password, a second use, a broken query, a bank's no.
    let sign_in = "mutation ($password: String!) { signIn(email: \"canary-mail@example.fi\", \
        password: $password) { status } }";
    world.browser().graphql(sign_in, json!({ "password": wrong })).await;
    person.come_back(&returned).await;
    person.post("/graphql", &json!({ "query": "{ canaryfield }" })).await;
    world.bank.faults().fail_next("/accounts-psd2/v1/accounts", 500, 1);
    let again = "mutation ($id: ID!) { refreshConnection(connectionId: $id) { status } }";
    person.graphql(again, json!({ "id": returned.connection_id })).await;
    world.until_runs_ended(2).await;
    let stop = "mutation ($id: ID!) { revokeConnection(connectionId: $id) { status } }";
    person.graphql(stop, json!({ "id": returned.connection_id })).await;

    let parameter = |text: &str, name: &str| {
        let found = text.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        found.map(str::to_owned)
    };
    let both = format!("{}&{}", returned.query, returned.fragment);
    let cookie = person.cookie.clone().expect("a cookie");
    let mut canaries: Vec<(String, String)> = vec![
        ("password".to_owned(), password.to_owned()),
        ("wrong password".to_owned(), wrong.to_owned()),
        ("e-mail".to_owned(), "canary-mail".to_owned()),
        ("session".to_owned(), cookie.split_once('=').expect("a pair").1.to_owned()),
    ];
    for name in ["code", "state", "id_token"] {
        canaries.extend(parameter(&both, name).map(|value| (name.to_owned(), value)));
    }
    for name in ["access", "refresh"] {
        canaries.push((name.to_owned(), tokens[name].as_str().expect("one").to_owned()));
    }
    let bank = domain::id::BankId("op".into());
    let registered = world.app.access(&bank);
    let registered = registered.await.expect("registered");
    let secret = registered.client.client_secret.as_ref().map(|secret| secret.expose().to_owned());
    canaries.extend(secret.map(|secret| ("client secret".to_owned(), secret)));
    for account in data["accounts"].as_array().expect("accounts") {
        for name in ["identifier", "owner"] {
            let value = account[name].as_str().map(str::to_owned);
            canaries.extend(value.map(|value| (name.to_owned(), value)));
        }
    }
    for edge in data["transactions"]["edges"].as_array().expect("rows") {
        let value = edge["node"]["counterparty"].as_str().filter(|value| value.len() > 6);
        canaries.extend(value.map(|value| ("counterparty".to_owned(), value.to_owned())));
    }
    world.stop().await;
    let said = String::from_utf8_lossy(&said.0.lock().expect("a lock")).into_owned();
    assert!(said.lines().count() > 50, "something was said at all: {}", said.len());
    let kinds: std::collections::BTreeSet<&String> =
        canaries.iter().map(|(kind, _)| kind).collect();
    assert!(kinds.len() >= 12, "{kinds:?}");
    // The same of traces: they are there, and say nothing of the kind.
    end.send_replace(true);
    sending.await.expect("it ends");
    let traces = collected.lock().expect("a lock").clone();
    let spans = spans(&traces);
    for (kind, canary) in &canaries {
        let batch = traces.iter().find(|batch| batch.contains(canary.as_str()));
        assert!(batch.is_none(), "a {kind} is in a trace: {batch:?}");
    }
    // From a request over its command to the append, and from a request to the bank.
    let above = |span: &Span| span.parent.as_ref().and_then(|parent| spans.get(parent));
    let chains: std::collections::BTreeSet<String> = spans
        .values()
        .map(|span| {
            let mut chain = vec![span.name.as_str()];
            let mut at = span;
            while let Some(next) = above(at) {
                chain.push(&next.name);
                at = next;
            }
            chain.join(" < ")
        })
        .collect();
    for wanted in ["append < command < request", "bank_call < request"] {
        assert!(chains.contains(wanted), "{wanted} in {chains:?}");
    }
    let requests = spans.values().filter(|span| span.name == "request");
    let named = requests.filter(|span| span.said.contains("request_id")).count();
    assert!(named > 5, "{named}");
    for (kind, canary) in &canaries {
        let line = said.lines().find(|line| line.contains(canary.as_str()));
        assert!(line.is_none(), "a {kind} was said: {line:?}");
    }
}
