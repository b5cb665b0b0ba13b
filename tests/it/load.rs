//! A state to try things on: people who sign in, without a bank.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use domain::account::{
    Account, AccountCommand, AccountRefusal, Linked, Opened, TransactionRecorded,
};
use domain::id::{AccountId, BankId, ConsentId, FetchId, TransactionId, UserId};
use domain::money::{Currency, Money};
use domain::observed::{AccountKind, Evidence, ObservedTransaction};
use domain::stream::{Category, StreamId};
use domain::user::{User, UserCommand};
use opl::app::{App, Options};
use opl::ledger::{Actor, Cause, CommandError, Done, Ledger, Owner};
use uuid::Uuid;

use crate::copies::closed;

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

/// A state in a directory, filled and closed again: its files are as they will stay.
pub async fn filled(directory: &Path, people: u128, times: u32) {
    let app = App::open(Options::in_directory(directory)).await.expect("an app");
    fill(&app.ledger, 0, people, times).await;
    close(app).await;
    closed(directory).await;
}

/// Stops an app and lets go of it. Its databases close their files a moment later
/// ([`closed`] waits for that).
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

fn account_of(number: u128) -> StreamId {
    StreamId::new(Category::Account, Uuid::from_u128(0xacc0_0000_0000_4000_8000 + number))
}

/// Person 0's account of a number, seen for the first time or again.
pub async fn open_account(
    ledger: &Ledger,
    number: u128,
) -> Result<StreamId, CommandError<AccountRefusal>> {
    let stream = account_of(number);
    let opened = Opened {
        account_id: AccountId(stream.id),
        user_id: user(0),
        bank_id: BankId("op".to_owned()),
        kind: AccountKind::Current,
        identifier: format!("FI{number:016}"),
        currency: Currency::EUR,
        name: format!("Account {number}"),
        owner: None,
        servicer: None,
    };
    let linked =
        Linked { consent_id: ConsentId(Uuid::from_u128(1)), bank_reference: number.to_string() };
    let command = AccountCommand::Observe {
        opened: Box::new(opened),
        linked,
        balances: Vec::new(),
        observed_at: DateTime::default(),
        fetch_id: FetchId(Uuid::from_u128(2)),
    };
    ledger.execute::<Account>(stream, Owner::Person(user(0)), cause(), command).await?;
    Ok(stream)
}

/// Records a few transactions that were never seen before, under a correlation.
pub async fn record(
    ledger: &Ledger,
    stream: StreamId,
    rows: u32,
    correlation: Uuid,
) -> Result<Done<Account>, CommandError<AccountRefusal>> {
    let row = |row: u32| {
        let minor = -i64::from(100 + row);
        let observed = ObservedTransaction {
            bank_reference: None,
            bank_identifier: None,
            state: domain::observed::RowState::Booked,
            booking_date: NaiveDate::from_ymd_opt(2026, 3, 1 + row % 28).expect("a day"),
            value_date: None,
            payment_date: None,
            amount: Money::new(minor, Currency::EUR),
            amount_text: format!("{}.{:02}", -minor / 100, -minor % 100),
            original_amount: None,
            counterparty: Some("Corner Shop".to_owned()),
            counterparty_identifier: None,
            counterparty_servicer: None,
            text: String::new(),
            reference: None,
            bank_type: None,
            unmapped: None,
        };
        TransactionRecorded {
            transaction_id: TransactionId(Uuid::new_v4()),
            observed,
            ordinal: 0,
            evidence: Evidence {
                fetch_id: FetchId(Uuid::from_u128(2)),
                answer: 0,
                row,
                received_at: DateTime::default(),
            },
        }
    };
    let command = AccountCommand::Record((0..rows).map(row).collect());
    let cause = Cause::new(Actor::Bank, correlation);
    ledger.execute::<Account>(stream, Owner::Person(user(0)), cause, command).await
}

/// The same numbers from the same seed.
pub struct Seeded(u64);

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end` (splitmix64).
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// How often something is tried: `usual` in the usual run; in `make soak`, which sets `OPL_SOAK` to
/// thousandths, as many of `soak`.
pub fn times(usual: u64, soak: u64) -> u64 {
    let thousandths = std::env::var("OPL_SOAK").ok().and_then(|text| text.parse::<u64>().ok());
    thousandths.map_or(usual, |thousandths| (soak * thousandths / 1_000).max(1))
}
