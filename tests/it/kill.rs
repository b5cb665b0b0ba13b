//! Kill tests: a process that appends is killed at random moments, on both stores, and so are the
//! database's own processes. Nothing acknowledged is lost, nothing is there twice, and the read
//! models end as a rebuild makes them. `make soak` kills far more often.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use opl::app::{App, Options};
use opl::ledger::store::{PostgresLog, SqliteLog};
use projections::Projection;
use sqlx::postgres::{PgPool, PgPoolOptions};

use crate::child::{Journal, Load, Running};
use crate::load::{Seeded, close, times};
use crate::support::{Scratch, postgres_program, postgres_url, start_postgres_in};

/// Callers of one child, at least and fewer than.
const CALLERS: (u64, u64) = (16, 33);
/// Milliseconds a burst lasts, at least and fewer than.
const BURST: (u64, u64) = (20, 200);

fn between(seeded: &mut Seeded, (from, to): (u64, u64)) -> u64 {
    from + seeded.below(to - from)
}

fn clock() -> opl::ledger::store::ClockMicros {
    let clock = opl::world::Clock::real();
    Arc::new(move || clock.micros())
}

/// One life of the child: started, left alone for a while, killed.
async fn live(load: &Load<'_>, seeded: &mut Seeded, hurt: impl AsyncFnOnce()) -> Vec<String> {
    let running = load.start();
    // One life in eight ends while the state is still being opened.
    if seeded.below(8) > 0 {
        let ready = move || {
            running.until_ready();
            running
        };
        let running: Running = tokio::task::spawn_blocking(ready).await.expect("waited");
        let burst = Duration::from_millis(between(seeded, BURST));
        tokio::time::sleep(burst / 2).await;
        hurt().await;
        tokio::time::sleep(burst / 2).await;
        return tokio::task::spawn_blocking(|| running.kill()).await.expect("killed");
    }
    tokio::time::sleep(Duration::from_millis(between(seeded, (1, 200)))).await;
    tokio::task::spawn_blocking(|| running.kill()).await.expect("killed")
}

/// Live read models and built-again ones are the same.
async fn ends_equal(options: Options) {
    let app = App::open(options).await.expect("an app");
    let head = app.ledger.log().head().await.expect("a head").position;
    app.read.wait_for(head, Duration::from_secs(60)).await.expect("read models follow");
    let mut live = Vec::new();
    for projection in Projection::ALL {
        live.push(app.read.digest(projection.name()).await.expect("a digest"));
    }
    app.read.rebuild(None, |_| {}).await.expect("rebuilt");
    for (projection, live) in Projection::ALL.into_iter().zip(live) {
        let again = app.read.digest(projection.name()).await.expect("a digest");
        assert_eq!(again, live, "{projection:?}");
    }
    close(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_on_files_nothing_is_lost_or_doubled() {
    let scratch = Scratch::new();
    let data = scratch.path().join("state");
    let mut journal = Journal::default();
    let mut seeded = Seeded::new(1);
    for life in 0..times(50, 500) {
        let callers = between(&mut seeded, CALLERS) as u32;
        let load = Load { data: &data, postgres: None, callers, commands: None, projections: true };
        journal.add(&live(&load, &mut seeded, async || {}).await);
        let path = data.join("log.db");
        if path.exists() {
            let log = SqliteLog::open(&path, clock()).expect("it opens after a kill");
            journal.compare(&log, &format!("life {life}")).await;
        }
    }
    assert!(journal.acknowledged() > 200, "only {}", journal.acknowledged());
    assert_eq!(journal.refused(), 0, "nothing but the end of the process stood in the way");
    ends_equal(Options::in_directory(&data)).await;
}

/// Ends every connection to a database but ours.
async fn end_backends(pool: &PgPool) {
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let _ = sqlx::query(end).execute(pool).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_on_postgres_nothing_is_lost_or_doubled() {
    let scratch = Scratch::new();
    let data = scratch.path().join("state");
    let url = postgres_url().await;
    let pool = PgPoolOptions::new().max_connections(2).connect(&url).await.expect("connections");
    let mut journal = Journal::default();
    let mut seeded = Seeded::new(2);
    for life in 0..times(50, 500) {
        let callers = between(&mut seeded, CALLERS) as u32;
        let load =
            Load { data: &data, postgres: Some(&url), callers, commands: None, projections: true };
        // Every third life also loses all its connections, some of them twice.
        let lose = if life % 3 == 0 { 1 + seeded.below(2) } else { 0 };
        let hurt = async || {
            for _ in 0..lose {
                end_backends(&pool).await;
                tokio::time::sleep(Duration::from_millis(15)).await;
            }
        };
        journal.add(&live(&load, &mut seeded, hurt).await);
        let log = PostgresLog::open(pool.clone(), clock()).await.expect("it opens after a kill");
        journal.compare(&log, &format!("life {life}")).await;
    }
    assert!(journal.acknowledged() > 200, "only {}", journal.acknowledged());
    let mut options = Options::in_directory(&data);
    options.postgres_url = Some(url.into());
    ends_equal(options).await;
}

/// `pg_ctl`, as whom the server runs.
fn pg_ctl(home: &Path, arguments: &[&str]) {
    let mut command = postgres_program("pg_ctl");
    let (data, log) = (home.join("data"), home.join("server.log"));
    command.arg("-D").arg(data).arg("-w").arg("-l").arg(log).args(arguments);
    let done = command.status().expect("pg_ctl");
    assert!(done.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_server_that_falls_over_takes_nothing_along() {
    let scratch = Scratch::new();
    let (data, home) = (scratch.path().join("state"), scratch.path().join("server"));
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(scratch.path(), open).expect("a mode");
    let at = home.clone();
    let url = tokio::task::spawn_blocking(move || start_postgres_in(&at)).await.expect("started");
    let mut journal = Journal::default();
    for fall in 0..times(3, 30) {
        let load = Load {
            data: &data,
            postgres: Some(&url),
            callers: 16,
            commands: None,
            projections: true,
        };
        let running = load.start();
        let at = home.clone();
        let lines = tokio::task::spawn_blocking(move || {
            running.until_ready();
            std::thread::sleep(Duration::from_millis(150));
            // As after a power cut: no checkpoint, recovery at the start.
            pg_ctl(&at, &["-m", "immediate", "restart"]);
            std::thread::sleep(Duration::from_millis(300));
            running.kill()
        });
        journal.add(&lines.await.expect("fell"));
        let pool = PgPoolOptions::new().max_connections(4).connect(&url).await.expect("a pool");
        let log = PostgresLog::open(pool.clone(), clock()).await.expect("a log");
        journal.compare(&log, &format!("fall {fall}")).await;
    }
    assert!(journal.acknowledged() > 50, "only {}", journal.acknowledged());
    let at = home.clone();
    tokio::task::spawn_blocking(move || pg_ctl(&at, &["-m", "immediate", "stop"]))
        .await
        .expect("stopped");
}

/// A rebuild that is killed goes on, and ends with the same rows.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_rebuild_goes_on_and_ends_equal() {
    rebuild_killed(None, times(20, 200)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_rebuild_goes_on_and_ends_equal_on_postgres() {
    rebuild_killed(Some(postgres_url().await), times(12, 200)).await;
}

async fn rebuild_killed(postgres: Option<String>, lives: u64) {
    let scratch = Scratch::new();
    let data = scratch.path().join("state");
    let options = || {
        let mut options = Options::in_directory(&data);
        options.postgres_url = postgres.clone().map(Into::into);
        options
    };
    let app = App::open(options()).await.expect("an app");
    crate::load::fill(&app.ledger, 0, 1, 1).await;
    for account in 0..6 {
        let stream = crate::load::open_account(&app.ledger, account).await.expect("opened");
        for _ in 0..4 {
            let correlation = uuid::Uuid::from_u128(1);
            crate::load::record(&app.ledger, stream, 250, correlation).await.expect("recorded");
        }
    }
    let head = app.ledger.log().head().await.expect("a head").position;
    app.read.wait_for(head, Duration::from_secs(60)).await.expect("read models follow");
    let mut live = Vec::new();
    for projection in Projection::ALL {
        live.push(app.read.digest(projection.name()).await.expect("a digest"));
    }
    close(app).await;
    let mut seeded = Seeded::new(3);
    let mut cut = 0;
    for _ in 0..lives {
        let mut child = Command::new(env!("CARGO_BIN_EXE_opl"))
            .args(["projections", "rebuild", "--data"])
            .arg(&data)
            .args(postgres.iter().flat_map(|url| ["--postgres", url]))
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the program");
        tokio::time::sleep(Duration::from_millis(between(&mut seeded, (20, 700)))).await;
        cut += u64::from(child.try_wait().expect("a state").is_none());
        let _ = child.kill();
        child.wait().expect("ended");
    }
    assert!(cut > 0, "no kill hit a rebuild under way");
    // After the kills the rows that are read are whole, and a rebuild gives the same.
    let app = App::open(options()).await.expect("an app");
    for again in [false, true] {
        if again {
            app.read.rebuild(None, |_| {}).await.expect("rebuilt");
        }
        app.read.wait_for(head, Duration::from_secs(60)).await.expect("read models follow");
        for (projection, live) in Projection::ALL.into_iter().zip(&live) {
            let digest = app.read.digest(projection.name()).await.expect("a digest");
            assert_eq!(digest, *live, "{projection:?}");
        }
    }
    close(app).await;
}
