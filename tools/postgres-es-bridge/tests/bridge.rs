//! Lines to a stock table and back, with stock postgres-es in between.

mod support;

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::Duration;

use cqrs_es::persist::PersistedEventStore;
use cqrs_es::{Aggregate, EventStore as _};
use domain::account::Account;
use domain::event::Event;
use postgres_es::{PostgresEventRepository, postgres_cqrs};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::{Connection as _, PgConnection, PgPool};
use support::{bridge, database, printed, refused};

/// Accounts of the sample.
const ACCOUNTS: u128 = 12;
/// Transactions of each.
const TRANSACTIONS: u64 = 120;

fn account(number: u128) -> String {
    format!("account-{}", uuid::Uuid::from_u128(0x5000 + number))
}

/// The stored form of an event, from the domain's own samples with members changed.
fn fields(event_type: &str, change: &Value) -> String {
    let path =
        format!("{}/../../domain/tests/history/{event_type}.v1.json", env!("CARGO_MANIFEST_DIR"));
    let mut sample: Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("a sample")).expect("JSON");
    for (name, value) in change.as_object().expect("members") {
        sample[name] = value.clone();
    }
    let bytes = serde_json::to_vec(&sample).expect("JSON");
    let event = Event::decode(event_type, 1, &bytes).expect("an event");
    String::from_utf8(event.encode().expect("bytes").payload).expect("UTF-8")
}

/// The version in which events of a type are written now.
fn schema_version(event_type: &str) -> u16 {
    let known = Event::types().find(|(name, _)| *name == event_type);
    known.expect("a known type").1
}

fn line(position: u64, stream: &str, version: u64, event_type: &str, change: &Value) -> String {
    let event_id = uuid::Uuid::from_u128(u128::from(position) + 0xe0e0_0000);
    let owner = if position.is_multiple_of(7) {
        "null".to_owned()
    } else {
        format!("\"{}\"", uuid::Uuid::from_u128(2))
    };
    let metadata = format!("{{\"correlation\":\"c{position}\",\"actor\":\"bank\"}}");
    let (recorded_at, payload) = (1_770_000_000_000_000 + position, fields(event_type, change));
    let schema = schema_version(event_type);
    format!(
        "{{\"position\":{position},\"stream\":\"{stream}\",\"version\":{version},\
         \"event_id\":\"{event_id}\",\"event_type\":\"{event_type}\",\"schema_version\":{schema},\
         \"recorded_at\":{recorded_at},\"metadata\":{metadata},\"owner\":{owner},\"payload\":{payload}}}\n"
    )
}

/// One event of every kind there is, and accounts whose events are interleaved.
fn sample() -> String {
    let mut lines = String::new();
    let mut position = 0;
    let mut versions: BTreeMap<String, u64> = BTreeMap::new();
    let mut add = |stream: &str, event_type: &str, change: &Value| {
        position += 1;
        let version = versions.entry(stream.to_owned()).or_default();
        *version += 1;
        lines += &line(position, stream, *version, event_type, change);
    };
    for (event_type, _) in Event::types() {
        let (family, _) = event_type.split_once('.').expect("family.kind");
        add(&format!("{family}-{}", uuid::Uuid::from_u128(0xa)), event_type, &json!({}));
    }
    for number in 0..ACCOUNTS {
        add(
            &account(number),
            "account.opened",
            &json!({"name": format!("Käyttötili \"{number}\" \u{1F4B6}")}),
        );
    }
    for round in 0..TRANSACTIONS {
        for number in 0..ACCOUNTS {
            let id = uuid::Uuid::from_u128(u128::from(round) * ACCOUNTS + number);
            add(&account(number), "account.transaction_recorded", &json!({"transaction_id": id}));
        }
    }
    lines
}

/// Compares line by line; the first that differs is told.
fn same(back: &str, lines: &str) {
    for (back, line) in back.lines().zip(lines.lines()) {
        assert_eq!(back, line);
    }
    assert_eq!(back.len(), lines.len());
}

/// Folds lines without any store.
fn folded(lines: &str) -> String {
    let mut states: BTreeMap<(String, String), (u64, Event, Vec<Event>)> = BTreeMap::new();
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let payload = serde_json::to_vec(&line["payload"]).expect("JSON");
        let event_type = line["event_type"].as_str().expect("a text");
        let event =
            Event::decode(event_type, schema_version(event_type), &payload).expect("an event");
        let (kind, id) =
            line["stream"].as_str().expect("a text").split_once('-').expect("a stream");
        let state =
            states.entry((kind.to_owned(), id.to_owned())).or_insert((0, event.clone(), vec![]));
        state.0 += 1;
        state.2.push(event);
    }
    let mut text = String::new();
    for ((kind, id), (version, first, events)) in states {
        macro_rules! digest {
            ($($family:ident($aggregate:ty)),+) => {
                match first {
                    $(Event::$family(_) => {
                        let mut state = <$aggregate>::default();
                        for event in events {
                            state.apply(event.try_into().expect("one family"));
                        }
                        serde_json::to_vec(&state).expect("JSON")
                    })+
                }
            };
        }
        let state = digest!(
            User(domain::user::User),
            TppRegistration(domain::tpp_registration::TppRegistration),
            Consent(domain::consent::Consent),
            Grant(domain::grant::Grant),
            Fetch(domain::fetch::Fetch),
            Import(domain::import::Import),
            Rates(domain::rates::Rates),
            Account(Account),
            Incident(domain::incident::Incident),
            Role(domain::role::GrantedRole),
            Guidance(domain::guidance::Guidance),
            Signing(domain::signing::Signing)
        );
        let digest = format!("{:x}", Sha256::digest(state));
        text += &format!(
            "{{\"type\":\"{kind}\",\"id\":\"{id}\",\"version\":{version},\"digest\":\"{digest}\"}}\n"
        );
    }
    text
}

async fn connection(at: &str) -> PgConnection {
    PgConnection::connect(at).await.expect("a connection")
}

async fn count(at: &str) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM events")
        .fetch_one(&mut connection(at).await)
        .await
        .expect("a count")
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_come_back_as_they_were_and_stock_loads_the_same_states() {
    let (at, lines) = (database().await, sample());
    printed(bridge(&["export", "--to", &at], &lines));
    assert_eq!(count(&at).await as usize, lines.lines().count());
    let back = printed(bridge(&["import", "--from", &at], ""));
    same(&back, &lines);
    let states = printed(bridge(&["aggregates", "--from", &at], ""));
    // One of every kind, and the accounts that fill the sample.
    assert_eq!(states.lines().count(), domain::stream::Category::ALL.len() + ACCOUNTS as usize);
    same(&states, &folded(&lines));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stock_program_goes_on_where_the_ledger_stopped() {
    let (at, lines) = (database().await, sample());
    printed(bridge(&["export", "--to", &at], &lines));
    let pool = PgPool::connect(&at).await.expect("a pool");
    let id = uuid::Uuid::from_u128(0x5003).to_string();
    let recorded: Event = Event::decode(
        "account.transaction_recorded",
        1,
        fields("account.transaction_recorded", &json!({})).as_bytes(),
    )
    .expect("an event");
    let Event::Account(domain::account::AccountEvent::TransactionRecorded(row)) = recorded else {
        panic!("a transaction")
    };
    let stock = postgres_cqrs::<Account>(pool.clone(), vec![], ());
    let command = domain::account::AccountCommand::Record(vec![row]);
    stock.execute(&id, command).await.expect("stock appends");
    let store =
        PersistedEventStore::<_, Account>::new_event_store(PostgresEventRepository::new(pool));
    let loaded = store.load_aggregate(&id).await.expect("stock loads");
    assert_eq!(loaded.aggregate.transactions, TRANSACTIONS + 1);

    let why = refused(bridge(&["import", "--from", &at], ""));
    assert!(
        why.contains(&id) && why.contains("sequence 122") && why.contains("--recorded-at"),
        "{why}"
    );
    let back = printed(bridge(&["import", "--from", &at, "--recorded-at", "99"], ""));
    let (known, new) = back.split_at(lines.len());
    same(known, &lines);
    let new: Value = serde_json::from_str(new).expect("one more line");
    assert_eq!(new["position"], lines.lines().count() + 1);
    assert_eq!((&new["version"], &new["recorded_at"]), (&json!(TRANSACTIONS + 2), &json!(99)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_in_use_needs_to_be_equal() {
    let (at, lines) = (database().await, sample());
    let half: String = lines.lines().take(700).map(|line| format!("{line}\n")).collect();
    printed(bridge(&["export", "--to", &at], &half));
    let why = refused(bridge(&["export", "--to", &at], &lines));
    assert!(why.contains("--append"), "{why}");
    let changed = lines.replacen("\"name\":\"K", "\"name\":\"X", 1);
    let why = refused(bridge(&["export", "--to", &at, "--append"], &changed));
    assert!(why.contains("another event there"), "{why}");
    assert_eq!(count(&at).await, 700);
    printed(bridge(&["export", "--to", &at, "--append"], &lines));
    printed(bridge(&["export", "--to", &at, "--append"], &lines));
    same(&printed(bridge(&["import", "--from", &at], "")), &lines);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_line_is_named_and_nothing_is_written() {
    let (at, lines) = (database().await, sample());
    let refuse = |lines: &str| refused(bridge(&["export", "--to", &at], lines));
    let why = refuse(
        &(lines.clone()
            + &lines
                .lines()
                .last()
                .expect("one")
                .replace("account.transaction_recorded", "account.frozen")),
    );
    assert!(why.contains("account.frozen") && why.contains(&account(ACCOUNTS - 1)), "{why}");
    let mut gap: Vec<&str> = lines.lines().collect();
    gap.remove(gap.len() - 20);
    let why = refuse(&(gap.join("\n") + "\n"));
    assert!(why.contains("a version before it is missing"), "{why}");
    let why = refuse(&(lines.clone() + "{\"position\":secret\n"));
    assert!(
        why.contains(&format!("line {}", lines.lines().count() + 1)) && !why.contains("secret"),
        "{why}"
    );
    let exists: Option<String> = sqlx::query_scalar("SELECT to_regclass('events')::text")
        .fetch_one(&mut connection(&at).await)
        .await
        .expect("an answer");
    assert_eq!(exists, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_row_is_named_and_no_line_is_written() {
    let changes = [
        ("event_type = 'account.frozen'", "account.frozen"),
        ("event_version = '2'", "version 2"),
        ("payload = '{\"Frozen\":{}}'", "cannot be read"),
        (
            "payload = (replace(payload::text, '\"ordinal\"', '\"secret\":1,\"ordinal\"'))::json",
            "/secret",
        ),
        ("sequence = 9000", "should be sequence 60"),
        ("metadata = '{\"opl.position\":\"3\"}'", "lacks"),
        (
            "metadata = (replace(metadata::text, '\"opl.position\":\"', '\"opl.position\":\"9'))::json",
            "sequence",
        ),
    ];
    let (at, lines) = (database().await, sample());
    printed(bridge(&["export", "--to", &at], &lines));
    let id = uuid::Uuid::from_u128(0x5004);
    for (change, reason) in changes {
        let mut connection = connection(&at).await;
        sqlx::query("CREATE TABLE kept AS TABLE events")
            .execute(&mut connection)
            .await
            .expect("kept");
        let place = format!("WHERE aggregate_id = '{id}' AND sequence = 60");
        let done = sqlx::query(&format!("UPDATE events SET {change} {place}"))
            .execute(&mut connection)
            .await
            .expect("changed");
        assert_eq!(done.rows_affected(), 1);
        let output = bridge(&["import", "--from", &at], "");
        assert!(output.stdout.is_empty(), "{change}");
        let why = refused(output);
        assert!(
            why.contains(&id.to_string()) && why.contains("sequence") && why.contains(reason),
            "{why}"
        );
        let text = "TRUNCATE events; INSERT INTO events TABLE kept; DROP TABLE kept";
        sqlx::raw_sql(text).execute(&mut connection).await.expect("as before");
    }
    same(&printed(bridge(&["import", "--from", &at], "")), &lines);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lost_in_the_middle_is_an_error() {
    let (at, lines) = (database().await, sample());
    printed(bridge(&["export", "--to", &at], &lines));
    // The output is not taken, so the program stands still in the middle of its reading.
    let mut importing = Command::new(env!("CARGO_BIN_EXE_postgres-es-bridge"))
        .args(["import", "--from", &at])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut first = [0; 1];
    let mut stdout = importing.stdout.take().expect("its output");
    std::io::Read::read_exact(&mut stdout, &mut first).expect("the first byte");
    let mut admin = connection(&at).await;
    let text = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%FROM events%'";
    let ended: i64 = sqlx::query_scalar(text).fetch_one(&mut admin).await.expect("ended");
    assert_eq!(ended, 1);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = std::io::Read::read_to_string(&mut stdout, &mut text);
        text
    });
    let output = importing.wait_with_output().expect("it ends");
    let taken = reading.join().expect("read");
    let why = refused(output);
    assert!(why.contains("the database cannot be used"), "{why}");
    assert!(taken.lines().count() < lines.lines().count());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stock_stores_are_measured_over_what_they_really_stored() {
    let folder = std::env::temp_dir().join(format!("bridge-test-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir_all(&folder).expect("a folder");
    for (store, at) in [
        ("sqlite", folder.join("stock.db").to_str().expect("a path").to_owned()),
        ("postgres", database().await),
    ] {
        let run = |words: &str| -> Value {
            let place = ["--store", store, "--at", &at];
            let words: Vec<&str> = words.split(' ').chain(place).collect();
            serde_json::from_str(&printed(bridge(&words, ""))).expect("one line of JSON")
        };
        let measured = run("stock replay --events 300");
        assert_eq!((&measured["events"], &measured["p50_ms"]), (&json!(300), &Value::Null));
        assert_eq!(run("stock replay --events 300 --view")["events"], 300);
        assert_eq!(run("stock replay --events 300 --view")["events"], 300);
        let words = "stock append --callers 4 --events-per-command 3 --commands 10";
        assert_eq!(run(words)["events"], 30);
        let measured = run(&format!("{words} --growing"));
        assert_eq!((&measured["events"], &measured["commands"]), (&json!(30), &json!(10)));
        assert!(measured["p99_ms"].as_f64() >= measured["p50_ms"].as_f64());
        assert_eq!(run("stock command --length 200 --commands 2")["commands"], 2);
        let place = ["stock", "replay", "--events", "300", "--store", store, "--at", &at];
        assert!(refused(bridge(&place, "")).contains("562"));
    }
    let _ = std::fs::remove_dir_all(&folder);
}
