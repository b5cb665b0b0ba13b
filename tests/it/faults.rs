//! What happens when the machine fails: every input and output call in turn, a full disk, a clock
//! that jumps.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use opl::ledger::store::{AppendError, EventLog, PostgresLog, SqliteLog};
use opl::ledger::{CommandError, LedgerError};
use opl::world::Clock;
use uuid::Uuid;

use crate::child::{Journal, Load, Running, small_ledger};
use crate::copies::copied;
use crate::load::{good, open_account, opl, record, sign_in, sign_up, text, times, user};
use crate::support::{Scratch, postgres_pool};

fn real_clock() -> opl::ledger::store::ClockMicros {
    let clock = Clock::real();
    Arc::new(move || clock.micros())
}

fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|done| done.status.success())
}

/// Calls that a database in a file makes, with the error that each is answered with.
const CALLS: [(&str, &str); 7] = [
    ("pwrite64", "EIO"),
    ("pwrite64", "ENOSPC"),
    ("fdatasync", "EIO"),
    ("fsync", "EIO"),
    ("ftruncate", "EIO"),
    ("pread64", "EIO"),
    ("openat", "EMFILE"),
];
/// More calls of one kind than a run makes; a run without a fault ends the row earlier.
const MOST_CALLS: u64 = 2_000;

/// One run of the child with the n-th call of a kind failing in each of its threads. Says whether
/// any call failed.
fn run_with_fault(
    data: &Path,
    trace: &Path,
    call: &str,
    error: &str,
    at: &str,
) -> (bool, Vec<String>) {
    let inject = format!("inject={call}:error={error}:when={at}");
    let only = |file: &str| format!("{}/{file}", data.display());
    let files = ["log.db", "log.db-wal", "log.db-shm", "vault.db", "vault.db-wal", "vault.db-shm"];
    let paths: Vec<String> = files.into_iter().map(only).collect();
    let traced = format!("trace={call}");
    let mut behind = vec!["strace", "-f", "-qq", "-o", text(trace), "-e", &traced, "-e", &inject];
    for path in &paths {
        behind.extend(["-P", path]);
    }
    behind.push("--");
    let load = Load { data, postgres: None, callers: 4, commands: Some(3), projections: false };
    let complaints = trace.with_extension("complaints");
    let file = std::fs::File::create(&complaints).expect("a file");
    let child = load.command(&behind).stderr(file).spawn().expect("strace");
    let (status, lines) = Running::new(child).end();
    let seen = std::fs::read_to_string(trace).unwrap_or_default();
    let complaints = std::fs::read_to_string(complaints).expect("complaints");
    assert!(!complaints.contains("panicked"), "{call} {error} {at}: {complaints}");
    assert!(status.success(), "{call} {error} {at}: the child ended with {status}: {lines:?}");
    (seen.contains("INJECTED"), lines)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_to_the_disk_fails_in_turn() {
    if !has("strace") {
        return eprintln!("SKIPPED: failing calls are made with strace; install Debian's `strace`");
    }
    let scratch = Scratch::new();
    // In the usual run every call fails for the first few, then with growing steps.
    let thorough = times(0, 1) > 0;
    let mut faults = 0;
    let base = scratch.path().join("base");
    make_base(&base).await;
    let from = |existing| if existing { Some(&base) } else { None };
    let rows = CALLS.into_iter().flat_map(|call| [(call, from(false)), (call, from(true))]);
    for ((call, error), base) in rows {
        let mut at = 1;
        while at < MOST_CALLS {
            let data = scratch.path().join(format!("{call}-{error}-{at}"));
            std::fs::create_dir(&data).expect("a directory");
            base.iter().for_each(|base| copied(base, &data));
            let (trace, place) = (scratch.path().join("trace"), data.clone());
            let run = move || run_with_fault(&place, &trace, call, error, &at.to_string());
            let (injected, lines) = tokio::task::spawn_blocking(run).await.expect("it ran");
            let mut journal = Journal::default();
            journal.add(&lines);
            if let Ok(log) = SqliteLog::open(&data.join("log.db"), real_clock()) {
                journal.compare(&log, &format!("{call} {error} {at}")).await;
            } else {
                assert_eq!(journal.acknowledged(), 0, "{call} {error} {at}: does not open again");
            }
            // The next life opens it and works.
            let ledger = small_ledger(&data, Clock::real()).await.expect("it opens again");
            let _ = sign_up(&ledger, user(0)).await;
            let stream = open_account(&ledger, 77).await.expect("it works again");
            record(&ledger, stream, 1, Uuid::from_u128(1)).await.expect("it works again");
            std::fs::remove_dir_all(&data).expect("removed");
            if std::env::var_os("OPL_SHOW_FAULTS").is_some() {
                eprintln!("{call} {error} {at}: {injected} {lines:?}");
            }
            if !injected {
                break;
            }
            faults += 1;
            at += if thorough { 1 } else { 1 + at / 2 };
        }
    }
    assert!(faults > 10, "only {faults} calls failed");
}

/// A state with some events, closed.
async fn make_base(data: &Path) {
    let place = data.to_owned();
    let make = move || {
        std::fs::create_dir(&place).expect("a directory");
        let load = Load {
            data: &place,
            postgres: None,
            callers: 4,
            commands: Some(2),
            projections: false,
        };
        load.start().end().0
    };
    assert!(tokio::task::spawn_blocking(make).await.expect("it ran").success());
}

/// A commit whose bytes were written but not synchronised may be found by the next start. So an
/// append that met such a disk is not answered as refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_stays_broken_makes_the_outcome_unknown() {
    if !has("strace") {
        return eprintln!("SKIPPED: failing calls are made with strace; install Debian's `strace`");
    }
    let scratch = Scratch::new();
    let base = scratch.path().join("base");
    make_base(&base).await;
    let mut unknown = 0;
    for at in 1..6 {
        let data = scratch.path().join(format!("{at}"));
        std::fs::create_dir(&data).expect("a directory");
        copied(&base, &data);
        let (trace, place) = (scratch.path().join("trace"), data.clone());
        let run = move || run_with_fault(&place, &trace, "fsync", "EIO", &format!("{at}+"));
        let (_, lines) = tokio::task::spawn_blocking(run).await.expect("it ran");
        let mut journal = Journal::default();
        journal.add(&lines);
        unknown += journal.unknown;
        let log = SqliteLog::open(&data.join("log.db"), real_clock()).expect("it opens again");
        journal.compare(&log, &format!("from fsync {at} on")).await;
    }
    assert!(unknown > 0, "no append met the broken disk");
}

/// A file system of its own with little room, unmounted when dropped.
struct SmallDisk(Scratch);

impl SmallDisk {
    fn new(size: &str) -> Option<Self> {
        let scratch = Scratch::new();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size},mode=0700"), "tmpfs"])
            .arg(scratch.path())
            .output();
        mounted.is_ok_and(|done| done.status.success()).then(|| Self(scratch))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_writes_reads_on_and_recovers_alone() {
    let Some(disk) = SmallDisk::new("2m") else {
        return eprintln!(
            "SKIPPED: a small file system needs the right to mount one (run as root)"
        );
    };
    let data = disk.0.path().join("state");
    let ballast = disk.0.path().join("ballast");
    std::fs::write(&ballast, vec![0; 1_000_000]).expect("room");
    let ledger = small_ledger(&data, Clock::real()).await.expect("a ledger");
    sign_up(&ledger, user(0)).await.expect("signed up");
    let stream = open_account(&ledger, 1).await.expect("opened");
    let mut acknowledged = 0;
    let full = loop {
        match record(&ledger, stream, 20, Uuid::from_u128(1)).await {
            Ok(done) => acknowledged = done.position,
            Err(error) => break error,
        }
    };
    let told = |error: &CommandError<_>| {
        matches!(error, CommandError::Ledger(LedgerError::Append(AppendError::DiskFull)))
    };
    assert!(told(&full), "{full:?}");
    assert!(acknowledged > 100);
    for _ in 0..5 {
        let again = record(&ledger, stream, 20, Uuid::from_u128(1)).await.expect_err("still full");
        assert!(told(&again), "{again:?}");
        let page = ledger.log().read_all(0, 5_000).await.expect("reads go on");
        assert_eq!(page.len() as u64, acknowledged, "all that was acknowledged and nothing else");
    }
    std::fs::remove_file(&ballast).expect("removed");
    let done = record(&ledger, stream, 20, Uuid::from_u128(1)).await.expect("there is room again");
    assert_eq!(done.position, acknowledged + 20);
    drop(ledger);
    let log = SqliteLog::open(&data.join("log.db"), real_clock()).expect("it opens");
    Journal::default().compare(&log, "after the disk was full").await;
    assert_eq!(log.head().await.expect("a head").position, acknowledged + 20);
}

/// Time in the log never goes back, whatever the clock does, and every event is stored.
async fn jumps(log: Arc<dyn EventLog>, moved: impl Fn(TimeDelta)) {
    let mut version = 0;
    let stream =
        domain::stream::StreamId::new(domain::stream::Category::Account, Uuid::from_u128(5));
    let mut highest = i64::MIN;
    for jump in [0, 3_600, -3_600, 1, 200 * 86_400, -200 * 86_400, -86_400, 0, 5] {
        moved(TimeDelta::seconds(jump));
        let event = opl::ledger::store::NewEvent {
            event_id: Uuid::new_v4(),
            event_type: "account.opened",
            schema_version: 1,
            metadata: b"{\"correlation\":\"00000000-0000-0000-0000-000000000001\"}".to_vec(),
            key_id: Uuid::nil(),
            payload: b"{}".to_vec(),
        };
        let append = opl::ledger::store::StreamAppend {
            stream,
            expected_version: version,
            events: vec![event],
            snapshot: None,
            fence: None,
        };
        version = log.append(append).await.expect("appended").version;
        let recorded_at = log.time_at(version).await.expect("read").expect("a time");
        assert!(recorded_at >= highest, "{recorded_at} after {highest}");
        highest = recorded_at;
    }
    Journal::default().compare(&*log, "after the clock jumped").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_stands_a_clock_that_jumps() {
    let start: DateTime<Utc> = DateTime::from_timestamp(1_780_000_000, 0).expect("a time");
    for postgres in [false, true] {
        let (clock, handle) = Clock::held(start);
        let micros: opl::ledger::store::ClockMicros = Arc::new(move || clock.micros());
        let scratch = Scratch::new();
        let log: Arc<dyn EventLog> = if postgres {
            Arc::new(PostgresLog::open(postgres_pool().await, micros).await.expect("a log"))
        } else {
            Arc::new(SqliteLog::open(&scratch.path().join("log.db"), micros).expect("a log"))
        };
        jumps(log, |jump| *handle.lock().expect("a clock") += jump).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_stands_a_machine_whose_clock_jumped() {
    if !has("faketime") {
        return eprintln!("SKIPPED: the clock is moved with faketime; install Debian's `faketime`");
    }
    let scratch = Scratch::new();
    let data = scratch.path().join("state");
    let mut journal = Journal::default();
    for offset in ["+0", "+1h", "-1h", "+200d", "-1d", "+0"] {
        let place = data.clone();
        let run = move || {
            let load = Load {
                data: &place,
                postgres: None,
                callers: 4,
                commands: Some(4),
                projections: true,
            };
            let child = load.command(&["faketime", "-f", offset]).spawn().expect("faketime");
            Running::new(child).end()
        };
        let (status, lines) = tokio::task::spawn_blocking(run).await.expect("it ran");
        assert!(status.success(), "{offset}: {lines:?}");
        assert!(lines.iter().any(|line| line == "DONE"), "{offset}: {lines:?}");
        let before = journal.acknowledged();
        journal.add(&lines);
        assert_eq!(journal.acknowledged(), before + 16, "{offset}: {lines:?}");
        let log = SqliteLog::open(&data.join("log.db"), real_clock()).expect("it opens");
        journal.compare(&log, offset).await;
    }
    good(&opl(&["store", "verify", "--data", text(&data)]).await);
    good(&opl(&["projections", "rebuild", "--data", text(&data)]).await);
    // A log from the future still takes events today.
    let ledger = small_ledger(&data, Clock::real()).await.expect("a ledger");
    tokio::time::timeout(Duration::from_secs(10), sign_in(&ledger, user(0), "s".to_owned()))
        .await
        .expect("no waiting for the clock")
        .expect("signed in");
}
