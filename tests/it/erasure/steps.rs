//! An erasure that dies after any of its steps is taken up, and is told once.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use domain::erasure::{ErasureReason, RequestedBy};
use domain::id::UserId;
use domain::stream::{Category, StreamId};
use domain::user::{User, UserCommand};
use opl::app::{App, Options};
use opl::connectors::Secret;
use opl::erasure::{self, ErasureError, Step};
use opl::ledger::{Actor, Cause, Owner};
use opl::vault::keys::{HeldRootKey, Keys};
use opl::vault::secrets::SecretOwner;
use opl::world::{Chance, Clock};
use projections::database::{Database, Durability};
use serde_json::Value;
use uuid::Uuid;

use crate::support::{Scratch, postgres_url};

/// A person who signed up, with a session and a secret.
pub async fn person(app: &App, email: &str) -> UserId {
    let user_id = UserId(Uuid::new_v4());
    let password = Secret::new("correct horse battery".to_owned());
    assert!(app.credentials.add(email, &password, user_id).await.expect("the vault"));
    let command = UserCommand::SignUp { user_id, email: email.to_owned() };
    let cause = Cause::new(Actor::Person, Uuid::new_v4());
    let stream = StreamId::new(Category::User, user_id.0);
    let done = app.ledger.execute::<User>(stream, Owner::Person(user_id), cause, command).await;
    done.expect("signed up");
    app.sessions.begin(user_id).await.expect("a session");
    let secret = (SecretOwner::Person(user_id), format!("test/{user_id}"));
    app.secrets.put(secret.0, &secret.1, &"a token").await.expect("the vault");
    user_id
}

/// Opens a state; the lock of the process or app before goes when its last task has ended.
async fn open(options: &Options) -> Arc<App> {
    let mut opened = App::open(options.clone()).await;
    for _ in 0..200 {
        if opened.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        opened = App::open(options.clone()).await;
    }
    opened.expect("an app")
}

/// How often the log says that a person was erased.
async fn told(app: &App, user_id: UserId) -> usize {
    let events = app.ledger.log().read_stream(StreamId::new(Category::User, user_id.0), 0, 500);
    let events = events.await.expect("a stream");
    events.iter().filter(|stored| stored.event_type == "user.erased").count()
}

async fn is_gone(app: &App, user_id: UserId, email: &str) {
    assert_eq!(told(app, user_id).await, 1);
    assert!(app.keys.key_of_person(user_id).await.expect("keys").is_none());
    let name = format!("test/{user_id}");
    assert_eq!(app.secrets.get::<String>(&name).await.expect("the vault"), None);
    assert_eq!(app.credentials.person_of(email).await.expect("the vault"), None);
    assert_eq!(app.read.people().one(user_id).await.expect("rows"), None);
    let receipt = erasure::receipt(app, user_id).await.expect("a log").expect("a receipt");
    let erased = receipt.erased;
    assert_eq!((erased.secrets_deleted, erased.sessions_ended), (2, 1));
    assert_eq!(erased.reason.code(), "asked_by_letter");
    let again = app.ledger.log().hash_at(receipt.position).await.expect("a log").expect("a hash");
    assert_eq!(receipt.leaf_hash, opl::vault::crypto::hex(&again));
}

async fn dies_after_each_step(options: Options) {
    let reason: ErasureReason = "asked_by_letter".parse().expect("a reason");
    for taken in 0..=Step::ALL.len() {
        let email = format!("person{taken}@example.fi");
        let app = open(&options).await;
        let user_id = person(&app, &email).await;
        assert!(matches!(erasure::receipt(&app, user_id).await, Ok(None)));
        erasure::request(&app, user_id, RequestedBy::Operator, &reason).await.expect("asked");
        for step in &Step::ALL[..taken] {
            let done = erasure::advance(&app, user_id).await.expect("a step");
            assert_eq!(done, Some(*step));
            let key = app.keys.key_of_person(user_id).await.expect("keys");
            assert!(key.is_none() || told(&app, user_id).await == 0, "told before it was so");
        }
        // Nothing more is done by this one.
        app.stop().await;
        drop(app);
        let app = open(&options).await;
        erasure::resume_unfinished(&app).await.expect("looked for");
        let begun = std::time::Instant::now();
        while !app.erasures.unfinished(10).await.expect("the vault").is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(30), "not taken up after {taken}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        is_gone(&app, user_id, &email).await;
        // Asking again changes nothing.
        erasure::request(&app, user_id, RequestedBy::Person, &reason).await.expect("asked");
        while let Err(ErasureError::Busy) = erasure::run(&app, user_id, |_| {}).await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        is_gone(&app, user_id, &email).await;
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_died_after_any_step_is_taken_up_in_files() {
    let scratch = Scratch::new();
    dies_after_each_step(Options::in_directory(scratch.path())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_died_after_any_step_is_taken_up_in_postgres() {
    let scratch = Scratch::new();
    let postgres_url = Some(postgres_url().await.into());
    dies_after_each_step(Options { postgres_url, ..Options::in_directory(scratch.path()) }).await;
}

fn opl(state: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_opl"));
    command.args(["people"]).args(arguments).arg("--data").arg(state).stdin(Stdio::null());
    command
}

async fn output(mut command: Command) -> Output {
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    output.expect("not cancelled").expect("the program")
}

/// Runs the program and kills it right after its n-th line.
fn killed_after(mut command: Command, lines: usize) {
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the program");
    let mut out = BufReader::new(child.stdout.take().expect("its output"));
    let mut line = String::new();
    for _ in 0..lines {
        out.read_line(&mut line).expect("a line");
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    assert_eq!(line.lines().count(), lines, "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_program_goes_on_where_it_was() {
    let scratch = Scratch::new();
    let options = Options::in_directory(scratch.path());
    for lines in 1..=Step::ALL.len() {
        let email = format!("person{lines}@example.fi");
        let app = open(&options).await;
        let user_id = person(&app, &email).await;
        app.stop().await;
        drop(app);
        // Free again, so that the program can have it.
        drop(open(&options).await);
        let user = user_id.to_string();
        let erase = ["erase", &user, "--reason", "asked_by_letter", "--yes", "--json"];
        let command = opl(scratch.path(), &erase);
        let killed = tokio::task::spawn_blocking(move || killed_after(command, lines));
        killed.await.expect("killed");
        let done = output(opl(scratch.path(), &erase)).await;
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let text = String::from_utf8(done.stdout).expect("text");
        let last: Value = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
        let receipt = output(opl(scratch.path(), &["receipt", &user, "--json"])).await;
        let kept: Value = serde_json::from_slice(&receipt.stdout).expect("JSON");
        assert_eq!(kept, last);
        assert_eq!(kept["receipt"]["user_id"], user);
        let app = open(&options).await;
        is_gone(&app, user_id, &email).await;
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_erased_by_mistake() {
    let scratch = Scratch::new();
    let app = open(&Options::in_directory(scratch.path())).await;
    let user_id = person(&app, "maija@example.fi").await;
    app.stop().await;
    drop(app);
    drop(open(&Options::in_directory(scratch.path())).await);
    let (user, stranger) = (user_id.to_string(), Uuid::new_v4().to_string());
    let table: [(&[&str], &str); 5] = [
        (&["erase", &user, "--reason", "asked_by_letter"], "--yes"),
        (&["erase", &user, "--reason", "Maija asked", "--yes"], "lower-case letters"),
        (&["erase", &stranger, "--reason", "a", "--yes"], "there is no such person"),
        (&["erase", "olli@example.fi", "--reason", "a", "--yes"], "there is no such person"),
        (&["receipt", &user], "was not erased"),
    ];
    for (arguments, told) in table {
        let done = output(opl(scratch.path(), arguments)).await;
        let error = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(!done.status.success() && error.contains(told), "{arguments:?}: {error}");
    }
    let app = open(&Options::in_directory(scratch.path())).await;
    assert!(app.keys.key_of_person(user_id).await.expect("keys").is_some());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_memory_is_asked_for_again_within_a_minute() {
    let scratch = Scratch::new();
    let vault = Database::sqlite(&scratch.path().join("vault.db"), Durability::Full);
    let vault = vault.expect("a file");
    opl::vault::prepare(&vault).await.expect("tables");
    let (clock, now) = Clock::held(chrono::DateTime::UNIX_EPOCH);
    let keys = || {
        let root = HeldRootKey::from_file(&scratch.path().join("root.key"), Chance::real());
        let root = Box::new(root.expect("a root key"));
        Arc::new(Keys::new(vault.clone(), root, Chance::real(), clock.clone()))
    };
    let (here, there) = (keys(), keys());
    let user_id = UserId(Uuid::new_v4());
    let (key_id, _) = there.key_of_person(user_id).await.expect("keys").expect("a key");
    let erasures = opl::vault::erasures::Erasures::new(vault.clone(), here.clone(), clock.clone());
    let reason = ErasureReason::asked_by_person();
    erasures.ask(user_id, key_id, RequestedBy::Person, &reason).await.expect("asked");
    let erasure = erasures.of(user_id).await.expect("a row").expect("a row");
    erasures.destroy(&erasure).await.expect("destroyed");
    assert!(here.key(key_id).await.expect("keys").is_none());
    assert!(there.key(key_id).await.expect("keys").is_some(), "it is in memory");
    *now.lock().expect("the clock") += chrono::TimeDelta::seconds(60);
    assert!(there.key(key_id).await.expect("keys").is_none());
    // Whoever reads pages learns of it at the next one.
    let user_id = UserId(Uuid::new_v4());
    let (key_id, _) = there.key_of_person(user_id).await.expect("keys").expect("a key");
    erasures.ask(user_id, key_id, RequestedBy::Person, &reason).await.expect("asked");
    let erasure = erasures.of(user_id).await.expect("a row").expect("a row");
    erasures.destroy(&erasure).await.expect("destroyed");
    there.notice([key_id]).await.expect("the table");
    assert!(there.key(key_id).await.expect("keys").is_none());
}
