//! A state to try things on: people who sign in, without a bank.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use domain::id::UserId;
use domain::stream::{Category, StreamId};
use domain::user::{User, UserCommand};
use opl::app::{App, Options};
use opl::ledger::{Actor, Cause, CommandError, Done, Ledger, Owner};
use uuid::Uuid;

pub fn user(number: u128) -> UserId {
    UserId(Uuid::from_u128(0x7000_0000_0000_4000_8000_0000_0000_0000 + number))
}

pub fn stream(user: UserId) -> StreamId {
    StreamId::new(Category::User, user.0)
}

pub fn cause() -> Cause {
    Cause::new(Actor::Service, Uuid::from_u128(1))
}

type Answer = Result<Done<User>, CommandError<domain::user::UserRefusal>>;

pub async fn sign_up(ledger: &Ledger, user: UserId) -> Answer {
    let command = UserCommand::SignUp { user_id: user, email: format!("{user}@example.fi") };
    ledger.execute::<User>(stream(user), Owner::Person(user), cause(), command).await
}

pub async fn sign_in(ledger: &Ledger, user: UserId, session_label: String) -> Answer {
    let command = UserCommand::SignIn { session_label };
    ledger.execute::<User>(stream(user), Owner::Person(user), cause(), command).await
}

/// People `from..to` sign up and sign in a few times.
pub async fn fill(ledger: &Ledger, from: u128, to: u128, times: u32) {
    for number in from..to {
        sign_up(ledger, user(number)).await.expect("signed up");
        for time in 0..times {
            sign_in(ledger, user(number), format!("s{time}")).await.expect("signed in");
        }
    }
}

/// A state in a directory, filled and closed again.
pub async fn filled(directory: &Path, people: u128, times: u32) {
    let app = App::open(Options::in_directory(directory)).await.expect("an app");
    fill(&app.ledger, 0, people, times).await;
    close(app).await;
}

/// Stops an app and waits until its directory is free.
pub async fn close(app: Arc<App>) {
    app.stop().await;
    let mut held = app;
    loop {
        match Arc::try_unwrap(held) {
            Ok(app) => return drop(app),
            Err(still) => held = still,
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// Runs the real program to its end.
pub async fn opl(arguments: &[&str]) -> Output {
    let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
    let run = move || {
        Command::new(env!("CARGO_BIN_EXE_opl"))
            .args(arguments)
            .env("TMPDIR", std::env::temp_dir())
            .output()
            .expect("the program")
    };
    tokio::task::spawn_blocking(run).await.expect("it ran")
}

pub fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What it wrote, if it came to a good end.
pub fn good(output: &Output) -> String {
    assert!(output.status.success(), "{}{}", out(output), err(output));
    out(output)
}

/// What it complained of, if it came to a bad end.
pub fn bad(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}{}", out(output), err(output));
    err(output)
}

pub fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
