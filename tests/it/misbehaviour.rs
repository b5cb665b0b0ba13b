//! The service against the sandbox bank over TLS, with each of the bank's forty misbehaviours on.

mod score;

use std::sync::Arc;
use std::time::{Duration, Instant};

use opl::app::{App, Options};
use opl::world::Clock;
use sandbox::{Misbehaviour, Misbehaviours, Sandbox, SandboxClock, SandboxOptions};
use serde_json::json;

use crate::support::{Browser, Scratch, World};
use score::{Score, score};

/// Days the clocks are moved between reads: enough for pending rows to be booked or to vanish.
const DAYS_ON: u64 = 4;
/// Names at once.
const AT_ONCE: usize = 2;
const PASSWORD: &str = "long enough for tests";

/// What became of one name.
#[derive(Debug)]
enum Outcome {
    /// Read; the score after the last read, and how each run ended.
    Read(Score, Vec<String>),
    /// No connection came about, and this was said.
    Refused(String),
}

/// The names whose promise is that the person is told why nothing is connected.
fn is_refused(name: Misbehaviour) -> bool {
    matches!(name, Misbehaviour::OddIdToken | Misbehaviour::ClockSkew)
}

/// A bank and the service that live in one time of the test's own.
pub async fn open(on: impl Into<Misbehaviours>, clock: &SandboxClock) -> World {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let scratch = Scratch::new();
    let bank = Sandbox::start(SandboxOptions {
        data_dir: scratch.path().join("sandbox"),
        public_port: 0,
        mtls_port: 0,
        authorize_port: 0,
        auto_approve: true,
        authorize_plain_http: true,
        clock: clock.clone(),
        misbehaviours: on.into(),
        ..SandboxOptions::default()
    })
    .await
    .expect("a bank");
    let mut options = Options::in_directory(&scratch.path().join("state"));
    let bank_clock = clock.clone();
    options.clock = Clock::from_fn(move || bank_clock.now());
    let app = App::open(options).await.expect("an app");
    let listener = opl::service::listen("127.0.0.1:0".parse().expect("an address")).await;
    let listener = listener.expect("a listener");
    let page = format!("http://localhost:{}", listener.local_addr().expect("bound").port());
    let serving = Arc::clone(&app);
    let limits = opl::api::Limits::any_query();
    tokio::spawn(async move { opl::service::serve_within(&serving, listener, limits).await });
    let world = World { bank, app, page, scratch };
    let file = world.settings();
    opl::registration::register(&world.app, &file, |_| {}).await.expect("registered");
    world
}

pub async fn sign(person: &mut Browser, field: &str) {
    let text = format!(
        "mutation {{ {field}(email: \"a@example.fi\", password: \"{PASSWORD}\") {{ status }} }}"
    );
    let data = person.graphql(&text, json!({})).await;
    assert!(
        data[field]["status"].as_str().is_some_and(|said| said.starts_with("SIGNED")),
        "{data}"
    );
}

/// Asks for a bank, consents there and waits for the first read; or what was said instead.
pub async fn connect(person: &mut Browser) -> Result<(String, String), String> {
    let text = "mutation { connectBank(bankId: \"op\", historyDays: 120) { \
        status connectionId authorizeUrl } }";
    let data = person.graphql(text, json!({})).await;
    let url = data["connectBank"]["authorizeUrl"].as_str().ok_or(data.to_string())?;
    let answer = person.http.get(url).send().await.expect("an answer");
    let status = answer.status();
    let location = answer.headers().get("location").and_then(|text| text.to_str().ok());
    let location = location.ok_or(format!("the bank's page answered {status}"))?;
    let (address, fragment) = location.split_once('#').unwrap_or((location, ""));
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let body = json!({ "query": query, "fragment": fragment });
    let (status, body) = person.post("/callback/op", &body).await;
    if (status, body["outcome"].as_str()) != (200, Some("connected")) {
        return Err(format!("{status} {body}"));
    }
    let id = body["connectionId"].as_str().expect("an id").to_owned();
    let ended = person.read_to_the_end(&id).await;
    Ok((id, ended.to_string()))
}

pub async fn refresh(world: &World, person: &mut Browser, id: &str) -> String {
    let ended = world.runs_ended().await;
    let text = "mutation ($id: ID!) { refreshConnection(connectionId: $id) { status } }";
    let data = person.graphql(text, json!({ "id": id })).await;
    if data["refreshConnection"]["status"] != "STARTED" {
        return data.to_string();
    }
    world.until_runs_ended(ended + 1).await;
    person.read_to_the_end(id).await.to_string()
}

async fn live_through(name: Misbehaviour) -> Outcome {
    let clock = SandboxClock::real();
    let world = open(name, &clock).await;
    let mut person = world.browser();
    sign(&mut person, "signUp").await;
    let outcome = match connect(&mut person).await {
        Err(said) => Outcome::Refused(said),
        Ok((id, first)) => {
            let mut runs = vec![first];
            clock.advance(Duration::from_secs(DAYS_ON * 86_400));
            sign(&mut person, "signIn").await;
            runs.push(refresh(&world, &mut person, &id).await);
            runs.push(refresh(&world, &mut person, &id).await);
            let again = connect(&mut person).await;
            runs.push(again.map_or_else(|said| said, |(_, ended)| ended));
            Outcome::Read(score(&world, &mut person).await, runs)
        }
    };
    world.stop().await;
    outcome
}

/// Lives through names, a few at a time, and tells all that went wrong at once.
async fn live_through_all(names: &[Misbehaviour]) {
    let rooms = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    let mut tasks = Vec::new();
    for name in names.iter().copied() {
        let rooms = Arc::clone(&rooms);
        tasks.push((
            name,
            tokio::spawn(async move {
                let _room = rooms.acquire_owned().await.expect("open");
                let begun = Instant::now();
                (live_through(name).await, begun.elapsed())
            }),
        ));
    }
    let mut wrong = Vec::new();
    for (name, task) in tasks {
        let Ok((outcome, took)) = task.await else {
            wrong.push(format!("{}: broke off", name.name()));
            continue;
        };
        let fine = match &outcome {
            Outcome::Refused(said) => is_refused(name) && !said.is_empty(),
            Outcome::Read(score, _) => {
                !is_refused(name)
                    && score.lost.is_empty()
                    && score.doubled.is_empty()
                    && score.counted > 0
            }
        };
        let told = match &outcome {
            Outcome::Refused(said) => format!("refused: {said}"),
            Outcome::Read(score, runs) => format!(
                "lost {} doubled {} counted {} held {} pending {} accounts {} runs {runs:?} {:?} {:?}",
                score.lost.len(),
                score.doubled.len(),
                score.counted,
                score.held,
                score.pending,
                score.accounts,
                score.lost.iter().take(3).collect::<Vec<_>>(),
                score.doubled.iter().take(3).collect::<Vec<_>>(),
            ),
        };
        println!("{}\t{fine}\t{:.1}s\t{told}", name.name(), took.as_secs_f32());
        if !fine {
            wrong.push(format!("{}: {told}", name.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_under_odd_identifiers_are_neither_lost_nor_doubled() {
    live_through_all(&Misbehaviour::ALL[..10]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_are_pending_or_cut_off_are_neither_lost_nor_doubled() {
    live_through_all(&Misbehaviour::ALL[10..20]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_histories_and_balances_lose_and_double_nothing() {
    live_through_all(&Misbehaviour::ALL[20..30]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_consents_and_tokens_lose_and_double_nothing() {
    live_through_all(&Misbehaviour::ALL[30..]).await;
}
