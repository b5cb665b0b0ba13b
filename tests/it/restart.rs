//! What died is taken up where it was.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use opl::app::{App, Options};
use sandbox::Call;
use serde_json::json;
use sqlx::postgres::PgPoolOptions;

use crate::support::{Browser, Store, World, postgres_url};

/// Pages of transactions the bank gave out.
fn pages(world: &World) -> usize {
    let page = |call: &Call| call.path.ends_with("/transactions") && call.status == 200;
    world.calls("GET", "/accounts-psd2/v1/", page)
}

async fn until_pages(world: &World, wanted: usize) {
    for _ in 0..1_000 {
        if pages(world) >= wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the bank was not asked");
}

/// Opens the state once more, with another server before it.
async fn reopen(world: &mut World) {
    let state = world.scratch.path().join("state");
    // The lock of the one before goes when its last task has ended.
    let mut opened = App::open(Options::in_directory(&state)).await;
    for _ in 0..200 {
        if opened.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        opened = App::open(Options::in_directory(&state)).await;
    }
    world.app = opened.expect("an app");
    let listener = opl::service::listen("127.0.0.1:0".parse().expect("an address")).await;
    let listener = listener.expect("a listener");
    world.page = format!("http://localhost:{}", listener.local_addr().expect("bound").port());
    let serving = std::sync::Arc::clone(&world.app);
    let limits = opl::api::Limits::any_query();
    tokio::spawn(async move { opl::service::serve_within(&serving, listener, limits).await });
}

/// Lets go of an app, so that its directory can be opened again.
async fn close(world: &mut World) {
    let begun = std::time::Instant::now();
    world.app.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "a stop does not wait for a whole run");
    let nothing = world.scratch.path().join("nothing");
    world.app = App::open(Options::in_directory(&nothing)).await.expect("an app");
}

/// The run came to its end, and everything is here once. A page that was under way when the run broke
/// off is asked for again; it broke off at most `breaks` times.
async fn ended_well(world: &World, person: &mut Browser, id: &str, breaks: usize) {
    let connection = person.read_to_the_end(id).await;
    assert_eq!(connection["sync"]["state"], "DONE", "{connection}");
    let truth = world.bank.truth();
    let user = truth.users.first().expect("a customer");
    let rows: usize = user.accounts.iter().map(|account| account.transactions).sum();
    let posted: usize = user.cards.iter().map(|card| card.transactions).sum();
    assert_eq!(world.count("account.transaction_recorded").await, rows + posted, "once each");
    assert_eq!(world.count("fetch.started").await, 1);
    assert_eq!(world.count("fetch.completed").await, 1);
    let kept = world.events().await.into_iter().filter(|(_, event)| {
        matches!(event, domain::event::Event::Fetch(domain::fetch::FetchEvent::Answered(answer))
            if matches!(answer.subject, domain::fetch::Subject::Transactions { .. }))
    });
    let kept = kept.count();
    assert!((kept..=kept + breaks).contains(&pages(world)), "{kept} kept, {} asked", pages(world));
    let lists = |path: &str| world.calls("GET", path, |call| call.path == path);
    assert_eq!(lists("/accounts-psd2/v1/accounts"), 1, "a list that is kept is not asked for");
    assert_eq!(lists("/accounts-psd2/v1/cards"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_cut_by_a_stop_goes_on_at_the_next_start() {
    let mut world = World::registered(Store::Sqlite).await;
    let mut person = world.person().await;
    let returned = person.to_the_bank().await;
    assert_eq!(person.come_back(&returned).await.0, 200);
    until_pages(&world, 5).await;
    close(&mut world).await;
    let before = pages(&world);
    reopen(&mut world).await;
    person.page.clone_from(&world.page);
    ended_well(&world, &mut person, &returned.connection_id, 1).await;
    assert!(pages(&world) > before, "it was cut in the middle");
    world.stop().await;
}

/// How long the database drops every connection in the middle of a run.
const STORAGE_GONE: Duration = Duration::from_secs(4);
/// How often the run may break off for it: it rests for the length of its lease in between.
const MOST_BREAKS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_database_goes_away_in_the_middle_goes_on() {
    let url = postgres_url().await;
    let options = |data: &Path| Options {
        postgres_url: Some(url.clone().into()),
        ..Options::in_directory(data)
    };
    let world = World::unregistered(Store::Sqlite, options).await;
    opl::registration::register(&world.app, &world.settings(), |_| {}).await.expect("registered");
    let admin = PgPoolOptions::new().max_connections(1).connect(&url).await.expect("a connection");
    let mut person = world.person().await;
    let returned = person.to_the_bank().await;
    assert_eq!(person.come_back(&returned).await.0, 200);
    until_pages(&world, 5).await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let since = Instant::now();
    while since.elapsed() < STORAGE_GONE {
        sqlx::query(end).execute(&admin).await.expect("ended");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    ended_well(&world, &mut person, &returned.connection_id, MOST_BREAKS).await;
    world.stop().await;
}

/// The real program on this state, killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn serve(world: &World) -> (Running, String) {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("bound").port();
    drop(free);
    let child = Command::new(env!("CARGO_BIN_EXE_opl"))
        .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data"])
        .arg(world.scratch.path().join("state"))
        .env("OPL_ANY_QUERY", "true")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let running = Running(child.expect("the program"));
    let page = format!("http://localhost:{port}");
    for _ in 0..200 {
        if world.browser().http.get(format!("{page}/health/ready")).send().await.is_ok() {
            return (running, page);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the program does not answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_a_killed_process_goes_on_at_the_next_start() {
    let mut world = World::registered(Store::Sqlite).await;
    close(&mut world).await;
    let (running, page) = serve(&world).await;
    world.page = page;
    let mut person = world.person().await;
    let returned = person.to_the_bank().await;
    assert_eq!(person.come_back(&returned).await.0, 200);
    until_pages(&world, 5).await;
    drop(running);
    let before = pages(&world);
    reopen(&mut world).await;
    person.page.clone_from(&world.page);
    ended_well(&world, &mut person, &returned.connection_id, 1).await;
    assert!(pages(&world) > before, "it was cut in the middle");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_lost_the_bank_says_so_and_the_next_one_adds_the_rest() {
    let world = World::registered(Store::Sqlite).await;
    let mut person = world.person().await;
    let returned = person.to_the_bank().await;
    assert_eq!(person.come_back(&returned).await.0, 200);
    until_pages(&world, 3).await;
    world.bank.faults().drop_connection_next("/accounts-psd2/v1/", 10);
    let connection = person.read_to_the_end(&returned.connection_id).await;
    assert_eq!(connection["sync"]["state"], "FAILED", "{connection}");
    assert_eq!(connection["sync"]["problem"], "BANK_UNREACHABLE");
    assert_eq!(connection["status"], "ACTIVE");
    world.bank.faults().clear();
    let text = "mutation ($id: ID!) { refreshConnection(connectionId: $id) { status } }";
    let data = person.graphql(text, json!({ "id": returned.connection_id })).await;
    assert_eq!(data["refreshConnection"]["status"], "STARTED");
    world.until_runs_ended(2).await;
    let connection = person.connection(&returned.connection_id).await;
    assert_eq!(connection["sync"]["state"], "DONE", "{connection}");
    let truth = world.bank.truth();
    let user = truth.users.first().expect("a customer");
    let rows: usize = user.accounts.iter().map(|account| account.transactions).sum();
    let posted: usize = user.cards.iter().map(|card| card.transactions).sum();
    assert_eq!(world.count("account.transaction_recorded").await, rows + posted);
    world.stop().await;
}
