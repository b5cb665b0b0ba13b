//! What operators, machines and disks do to the service at bad moments: a database that turns read-only,
//! a log nobody can write to, a root key that is changed while the program is killed, a layout that
//! breaks off, a reader that never ends, and files that come back damaged.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use opl::app::{App, Options, RootKey};
use opl::vault::keys::{HeldRootKey, Keys, KeysError};
use opl::world::{Chance, Clock};
use projections::database::{Database, Durability, Value as Cell, sql};
use serde_json::json;
use sqlx::postgres::PgPoolOptions;

use crate::auditing::{give, user_of};
use crate::copies::{closed, copied};
use crate::load::{Seeded, bad, close, fill, filled, good, opl, text, times, user};
use crate::support::{Scratch, Store, World, postgres_pool, postgres_url};

/// Runs one statement as the database's owner.
async fn admin(pool: &sqlx::PgPool, statement: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(pool).await.expect("done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_no_writes_is_told_from_one_that_is_down() {
    let url = postgres_url().await;
    let world = World::unregistered(Store::Sqlite, |path| Options {
        postgres_url: Some(url.as_str().into()),
        ..Options::in_directory(path)
    })
    .await;
    let mut operator = world.person().await;
    let holder = user_of(&mut operator).await;
    give(&world, holder, domain::role::Role::Operator, None).await;
    assert!(opl::metrics::text(&world.app).await.contains("opl_database_read_only 0"));
    // Another database of the server: what is changed holds for connections of the service alone.
    let name = url.split(['/', '?']).nth(3).expect("a name").to_owned();
    let server = url.replacen(&format!("/{name}?"), "/postgres?", 1);
    let pool =
        PgPoolOptions::new().max_connections(1).connect(&server).await.expect("a connection");
    let turn = async |on: &str| {
        admin(&pool, format!("ALTER DATABASE {name} SET default_transaction_read_only = {on}"))
            .await;
        let end = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        );
        admin(&pool, end).await;
    };
    let grant = format!(
        "mutation {{ grantRole(role: {{ holder: \"{holder}\", role: ANALYST, reason: \"x\",
            endsAt: \"{}\" }}) {{ id }} }}",
        (world.app.clock.now() + chrono::TimeDelta::days(1)).to_rfc3339()
    );
    turn("on").await;
    // The first answers may still be about connections that were cut.
    let mut code = String::new();
    for _ in 0..100 {
        let (_, body) = operator.post("/graphql", &json!({ "query": grant })).await;
        code = body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned();
        if code == "READ_ONLY" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(code, "READ_ONLY", "a write is refused for what it is");
    let reads = "{ me { id } accounts { id } position { head } }";
    let data = operator.graphql(reads, json!({})).await;
    assert!(data["me"]["id"].is_string(), "reading goes on: {data}");
    assert!(opl::metrics::text(&world.app).await.contains("opl_database_read_only 1"), "an alarm");
    turn("off").await;
    for _ in 0..100 {
        let (_, body) = operator.post("/graphql", &json!({ "query": grant })).await;
        if body["errors"].is_null() {
            world.stop().await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("writing did not come back");
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_written_stops_nothing() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let scratch = Scratch::new();
    let free = || {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        free.local_addr().expect("bound").port()
    };
    let (port, numbers) = (free(), free());
    // Every write to it says that no space is left.
    let full = || OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let child = Command::new(env!("CARGO_BIN_EXE_opl"))
        .args(["serve", "--listen", &format!("127.0.0.1:{port}")])
        .args(["--metrics", &format!("127.0.0.1:{numbers}"), "--data", text(scratch.path())])
        .env("OPL_LOG", "trace")
        .env("OPL_ANY_QUERY", "true")
        .stdout(full())
        .stderr(full())
        .spawn();
    let mut running = Running(child.expect("the program"));
    let http = reqwest::Client::new();
    let ready = format!("http://127.0.0.1:{port}/health/ready");
    let mut up = false;
    for _ in 0..400 {
        up = http.get(&ready).send().await.is_ok_and(|answer| answer.status() == 200);
        if up {
            break;
        }
        assert!(running.0.try_wait().expect("a child").is_none(), "it ended");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(up, "it is ready, whatever it cannot say");
    let sign_up = "mutation { signUp(email: \"a@example.fi\", password: \"long enough for tests\") \
        { status } }";
    let post = http.post(format!("http://127.0.0.1:{port}/graphql")).header("x-opl-request", "1");
    let answer = post.json(&json!({ "query": sign_up })).send().await.expect("an answer");
    assert!(answer.text().await.expect("text").contains("SIGNED_UP"));
    let metrics = http.get(format!("http://127.0.0.1:{numbers}/metrics")).send().await;
    let metrics = metrics.expect("an answer").text().await.expect("text");
    let dropped =
        metrics.lines().find_map(|line| line.strip_prefix("opl_log_lines_dropped_total "));
    assert!(dropped.is_some_and(|count| count != "0"), "what was lost is counted: {metrics}");
    assert!(running.0.try_wait().expect("a child").is_none());
}

fn root_key_file(path: &Path, byte: u8) {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.expect("a file").write_all_at(&[byte; 32], 0).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_change_of_the_root_key_goes_on() {
    let scratch = Scratch::new();
    let state = scratch.path().join("state");
    filled(&state, 2, 1).await;
    let (old, new) = (state.join("root.key"), scratch.path().join("new.key"));
    root_key_file(&new, 7);
    let vault = || Database::sqlite(&state.join("vault.db"), Durability::Full).expect("a vault");
    let under = |path: &Path| {
        let provider = HeldRootKey::from_file(path, Chance::real()).expect("a root key");
        Keys::new(vault(), Box::new(provider), Chance::real(), Clock::real())
    };
    let people = 450_u128;
    let keys = under(&old);
    let mut made = Vec::new();
    for number in 0..people {
        made.push(keys.key_of_person(user(number)).await.expect("keys").expect("a key").0);
    }
    drop(keys);
    let arguments = [
        "rewrap-keys",
        "--data",
        text(&state),
        "--root-key-file",
        text(&new),
        "--former-root-key-file",
        text(&old),
    ];
    // Killed after the first parts, again and again; each run finds what is left.
    for parts in [1, 2] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_opl"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program");
        let out = BufReader::new(child.stdout.take().expect("a pipe"));
        let said = out.lines().take(parts).filter(|line| line.is_ok()).count();
        assert!(said > 0, "it had begun");
        child.kill().expect("killed");
        child.wait().expect("ended");
        // In between everything opens with both, and the service runs.
        let mut options = Options::in_directory(&state);
        options.root_key = RootKey::File(new.clone());
        options.former_root_key = Some(old.clone());
        let app = App::open(options).await.expect("an app");
        for key_id in &made {
            assert!(app.keys.key(*key_id).await.expect("opens").is_some());
        }
        close(app).await;
    }
    assert!(good(&opl(&arguments).await).contains("No data key is left"));
    let (with_new, with_old) = (under(&new), under(&old));
    for key_id in &made {
        assert!(with_new.key(*key_id).await.expect("opens").is_some());
        assert!(matches!(with_old.key(*key_id).await, Err(KeysError::WrongRoot(_))));
    }
    let missing = scratch.path().join("nowhere");
    let without = ["rewrap-keys", "--data", text(&state), "--former-root-key-file", text(&missing)];
    assert!(bad(&opl(&without).await).contains("nowhere"));
    assert!(!missing.exists(), "a former key is never made");
}

/// Every table there is, and how far the vault's layout is.
async fn tables(vault: &Database, postgres: bool) -> Vec<String> {
    let text = if postgres {
        "SELECT tablename::text FROM pg_tables WHERE schemaname = 'vault' ORDER BY tablename"
    } else {
        "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
    };
    let rows = vault.query(sql(text, vec![])).await.expect("tables");
    let name = |row: Vec<Cell>| match row.into_iter().next() {
        Some(Cell::Text(name)) => name,
        other => panic!("{other:?}"),
    };
    rows.into_iter().map(name).collect()
}

async fn breaks_off(vault: Database, postgres: bool) {
    // Something of the same name is in the way of the last of the first layout's tables.
    let obstacle = "CREATE TABLE lease (x BIGINT)";
    vault.execute(sql(obstacle, vec![])).await.expect("made");
    let before = tables(&vault, postgres).await;
    assert!(opl::vault::prepare(&vault).await.is_err(), "it breaks off");
    let after: Vec<String> =
        tables(&vault, postgres).await.into_iter().filter(|name| name != "vault_layout").collect();
    assert_eq!(after, before, "and nothing of it is left");
    vault.execute(sql("DROP TABLE lease", vec![])).await.expect("gone");
    opl::vault::prepare(&vault).await.expect("made");
    opl::vault::prepare(&vault).await.expect("a second time is nothing new");
    let all = tables(&vault, postgres).await;
    assert!(all.contains(&"cosignature".to_owned()) && all.contains(&"data_key".to_owned()));
    // A newer program's layout is refused, not guessed at.
    vault.execute(sql("UPDATE vault_layout SET layout = 99", vec![])).await.expect("set");
    assert!(matches!(
        opl::vault::prepare(&vault).await,
        Err(opl::vault::VaultError::NewerLayout(99))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layout_that_breaks_off_leaves_nothing_and_is_made_again() {
    let scratch = Scratch::new();
    let file = scratch.path().join("vault.db");
    breaks_off(Database::sqlite(&file, Durability::Full).expect("a vault"), false).await;
    let vault = Database::postgres(postgres_pool().await, "vault");
    vault.create_schema().await.expect("a schema");
    breaks_off(vault, true).await;
}

/// The whole start, killed at moments all over it.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_killed_anywhere_is_begun_again() {
    let scratch = Scratch::new();
    let state = scratch.path().join("state");
    let list = ["roles", "list", "--data", text(&state)];
    let mut random = Seeded::new(44);
    for _ in 0..times(6, 200) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_opl"))
            .args(list)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program");
        tokio::time::sleep(Duration::from_millis(random.below(120))).await;
        let _ = child.kill();
        child.wait().expect("ended");
    }
    good(&opl(&list).await);
    let app = App::open(Options::in_directory(&state)).await.expect("whole");
    fill(&app.ledger, 0, 2, 1).await;
    assert_eq!(app.ledger.log().head().await.expect("a head").position, 4);
    close(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_stuck_holds_up_nobody() {
    /// Largest write-ahead log once nobody is in its way, in bytes.
    const LARGEST_WAL: u64 = 64 * 1024 * 1024;
    let scratch = Scratch::new();
    let state = scratch.path().join("state");
    filled(&state, 1, 0).await;
    let app = App::open(Options::in_directory(&state)).await.expect("an app");
    // Some other program that opened the file, began to read, and never goes on.
    let stuck = rusqlite::Connection::open(state.join("log.db")).expect("opens");
    stuck.execute_batch("BEGIN").expect("begun");
    let seen: i64 =
        stuck.query_row("SELECT COUNT(*) FROM event", [], |row| row.get(0)).expect("one");
    fill(&app.ledger, 10, 10 + u128::from(times(60, 2_000)), 3).await;
    let head = app.ledger.log().head().await.expect("a head").position;
    assert!(head > seen.unsigned_abs() + 200, "writing goes on");
    app.read.wait_for(head, Duration::from_secs(60)).await.expect("so do the read models");
    let again: i64 =
        stuck.query_row("SELECT COUNT(*) FROM event", [], |row| row.get(0)).expect("one");
    assert_eq!(again, seen, "it sees what it saw, and no more");
    drop(stuck);
    // Once it is gone the next commits clear the log away.
    fill(&app.ledger, 5_000, 5_040, 3).await;
    close(app).await;
    let wal = std::fs::metadata(state.join("log.db-wal")).map_or(0, |file| file.len());
    assert!(wal <= LARGEST_WAL, "{wal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_recovered_or_refused_and_never_guessed_at() {
    let scratch = Scratch::new();
    let state = scratch.path().join("state");
    // A program that is killed leaves its write-ahead log behind.
    filled(&state, 30, 4).await;
    let app = App::open(Options::in_directory(&state)).await.expect("an app");
    fill(&app.ledger, 100, 110, 2).await;
    let head = app.ledger.log().head().await.expect("a head");
    let live = scratch.path().join("live");
    copied(&state, &live);
    close(app).await;
    closed(&state).await;
    let wal = std::fs::metadata(live.join("log.db-wal")).expect("a write-ahead log").len();
    assert!(wal > 10_000, "{wal}");

    // A torn tail: what was committed before it is there, and the log goes on.
    let torn = scratch.path().join("torn");
    copied(&live, &torn);
    let file = OpenOptions::new().write(true).open(torn.join("log.db-wal")).expect("a file");
    file.set_len(wal - 100).expect("cut");
    // Everything else is as old as the log can be: it is made again or finds its way back.
    match App::open(Options::in_directory(&torn)).await {
        Ok(app) => {
            let found = app.ledger.log().head().await.expect("a head").position;
            assert!(found <= head.position && found + 10 > head.position, "{found}");
            fill(&app.ledger, 200, 202, 1).await;
            close(app).await;
        }
        Err(error) => panic!("a torn tail is a crash, not damage: {error}"),
    }

    // Zeroed pages and a cut file: the check names what is wrong, and nothing is made up.
    let whole = std::fs::metadata(state.join("log.db")).expect("a file").len();
    for (name, hurt) in [("zeroed", true), ("cut", false)] {
        let damaged = scratch.path().join(name);
        copied(&state, &damaged);
        let path = damaged.join("log.db");
        let file = OpenOptions::new().write(true).open(&path).expect("a file");
        if hurt {
            for page in (4..whole / 4_096).step_by(3) {
                file.write_all_at(&[0; 4_096], page * 4_096).expect("zeroed");
            }
        } else {
            file.set_len(whole / 2 / 4_096 * 4_096).expect("cut");
        }
        drop(file);
        let output = opl(&["store", "verify", "--data", text(&damaged)]).await;
        assert!(!output.status.success(), "{name} is not passed over");
        let told = format!("{}{}", crate::load::out(&output), crate::load::err(&output));
        assert!(!told.contains("panicked") && !told.trim().is_empty(), "{name}: {told}");
    }
}
