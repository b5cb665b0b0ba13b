//! Many writers over several processes' worth of logs, and readers that must never be surprised;
//! and a network that cuts the connection around the commit.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use domain::stream::{Category, StreamId};
use opl::backup::check_log;
use opl::ledger::store::{AppendError, ClockMicros, EventLog, NewEvent, PostgresLog, StreamAppend};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixStream};
use uuid::Uuid;

use crate::load::{Seeded, times};
use crate::support::postgres_url;

/// Writers, each with a stream of its own.
const WRITERS: u128 = 64;
/// Logs over one database, each with connections of its own.
const LOGS: usize = 4;
/// Readers paging from the beginning to the end.
const READERS: usize = 16;

fn clock() -> ClockMicros {
    let clock = opl::world::Clock::real();
    Arc::new(move || clock.micros())
}

fn stream(number: u128) -> StreamId {
    StreamId::new(Category::Account, Uuid::from_u128(number))
}

fn append(number: u128, expected_version: u64, count: usize) -> StreamAppend {
    let event = |_| NewEvent {
        event_id: Uuid::new_v4(),
        event_type: "account.opened",
        schema_version: 1,
        metadata: b"{}".to_vec(),
        key_id: Uuid::nil(),
        payload: b"{}".to_vec(),
    };
    let events = (0..count).map(event).collect();
    StreamAppend { stream: stream(number), expected_version, events, snapshot: None, fence: None }
}

/// Appends until there is an answer, sending the same events again each time.
async fn insist(log: &dyn EventLog, append: StreamAppend) -> opl::ledger::store::Appended {
    loop {
        match log.append(append.clone()).await {
            Ok(appended) => return appended,
            Err(AppendError::Unknown | AppendError::Unavailable(_)) => {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

async fn write(log: Arc<PostgresLog>, writer: u128, events: u64) {
    let mut seeded = Seeded::new(writer as u64);
    let mut version = 0;
    while version < events {
        let count = (1 + seeded.below(3)).min(events - version);
        let appended = insist(&*log, append(writer, version, count as usize)).await;
        version += count;
        assert_eq!(appended.version, version);
        assert_eq!(appended.last - appended.first + 1, count);
        if seeded.below(4) == 0 {
            tokio::time::sleep(Duration::from_millis(seeded.below(4))).await;
        }
    }
}

/// Pages to the end: no position is skipped, none comes late, none out of order in its stream.
async fn read(log: Arc<PostgresLog>, reader: u64, total: u64) {
    let mut seeded = Seeded::new(1_000 + reader);
    let mut versions: HashMap<StreamId, u64> = HashMap::new();
    let mut after = 0;
    while after < total {
        let most = 1 + seeded.below(500) as usize;
        // A read that lost its connection is asked again; an error is never an end.
        let Ok(page) = log.read_all(after, most).await else { continue };
        if page.is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        for stored in page {
            assert_eq!(stored.position, after + 1, "reader {reader}: a gap, or a late arrival");
            after = stored.position;
            let version = versions.entry(stored.stream).or_default();
            *version += 1;
            assert_eq!(stored.version, *version, "reader {reader}: out of order in its stream");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_writers_on_four_logs_skip_nothing() {
    let url = postgres_url().await;
    let pool = |most| PgPoolOptions::new().max_connections(most).connect(&url);
    let mut logs = Vec::new();
    for _ in 0..LOGS {
        let pool = pool(8).await.expect("connections");
        logs.push(Arc::new(PostgresLog::open(pool, clock()).await.expect("a log")));
    }
    let events = times(20_000, 1_000_000) / WRITERS as u64;
    let total = events * WRITERS as u64;
    let mut running = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        running.spawn(write(Arc::clone(&logs[writer as usize % LOGS]), writer, events));
    }
    for reader in 0..READERS {
        running.spawn(read(Arc::clone(&logs[reader % LOGS]), reader as u64, total));
    }
    let admin = pool(1).await.expect("a connection");
    let ended = Arc::new(AtomicBool::new(false));
    let killing = tokio::spawn(end_some_backends(admin.clone(), Arc::clone(&ended)));
    while let Some(done) = running.join_next().await {
        done.expect("a writer or reader");
    }
    ended.store(true, Ordering::Relaxed);
    let killed = killing.await.expect("the killer");
    assert!(killed > 0, "no backend was ended meanwhile");
    let checked = check_log(&*logs[0], |_| {}).await.expect("readable");
    assert_eq!((checked.first, checked.size), (None, total));
}

/// Ends one connection of the database after the other.
async fn end_some_backends(admin: PgPool, ended: Arc<AtomicBool>) -> u64 {
    let end = "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid() \
        ORDER BY random() LIMIT 3) AS chosen";
    let mut killed = 0;
    while !ended.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(150)).await;
        killed += sqlx::query_scalar::<_, i64>(end).fetch_one(&admin).await.expect("ended") as u64;
    }
    killed
}

/// A way to the server that breaks after a number of bytes in one direction or the other.
struct Cutter {
    port: u16,
    cuts: Arc<AtomicU64>,
}

/// Bytes a connection may carry before it is cut, at least and at most; a commit lies in there.
const CUT_AFTER: (u64, u64) = (200, 6_000);

impl Cutter {
    async fn start(socket: PathBuf, cutting: Arc<AtomicBool>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let cuts = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&cuts);
        tokio::spawn(async move {
            let mut seeded = Seeded::new(16);
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(&socket).await.expect("the server");
                let (asked, answered) = (client.into_split(), server.into_split());
                let after = CUT_AFTER.0 + seeded.below(CUT_AFTER.1 - CUT_AFTER.0);
                // Either the question is lost on its way or the answer is.
                let lose_question = seeded.below(2) == 0;
                let limit = |this: bool| if this { after } else { u64::MAX };
                let (there, back) = (limit(lose_question), limit(!lose_question));
                let (cutting, counted) = (Arc::clone(&cutting), Arc::clone(&counted));
                tokio::spawn(async move {
                    let cut = tokio::select! {
                        cut = carry(asked.0, answered.1, there, &cutting) => cut,
                        cut = carry(answered.0, asked.1, back, &cutting) => cut,
                    };
                    counted.fetch_add(u64::from(cut), Ordering::Relaxed);
                });
            }
        });
        Self { port, cuts }
    }
}

/// Carries bytes until one side ends or the limit is reached; says whether it cut.
async fn carry(
    mut from: impl tokio::io::AsyncRead + Unpin,
    mut to: impl tokio::io::AsyncWrite + Unpin,
    limit: u64,
    cutting: &AtomicBool,
) -> bool {
    let (mut carried, mut block) = (0, [0; 2_048]);
    loop {
        let Ok(read @ 1..) = from.read(&mut block).await else { return false };
        let left = if cutting.load(Ordering::Relaxed) { limit - carried } else { u64::MAX };
        if (read as u64) >= left {
            // Part of the bytes arrives; then both directions end.
            let _ = to.write_all(&block[..left as usize]).await;
            return true;
        }
        if to.write_all(&block[..read]).await.is_err() {
            return false;
        }
        carried = (carried + read as u64).min(limit - 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_around_the_commit_doubles_and_loses_nothing() {
    if std::env::var_os("OPL_TEST_POSTGRES").is_some() {
        // The cutter speaks to the private server's socket.
        return eprintln!(
            "SKIPPED: cutting connections needs the private server; \
            unset OPL_TEST_POSTGRES"
        );
    }
    let url = postgres_url().await;
    let direct = PgPoolOptions::new().max_connections(4).connect(&url).await.expect("a pool");
    let socket: Option<String> =
        sqlx::query_scalar("SELECT split_part(current_setting('unix_socket_directories'), ',', 1)")
            .fetch_one(&direct)
            .await
            .expect("a setting");
    let socket = PathBuf::from(socket.expect("a folder")).join(".s.PGSQL.5432");
    let cutting = Arc::new(AtomicBool::new(false));
    let cutter = Cutter::start(socket, Arc::clone(&cutting)).await;
    let parsed: PgConnectOptions = url.parse().expect("an address");
    let through = PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .port(cutter.port)
        .username("opl")
        .ssl_mode(sqlx::postgres::PgSslMode::Disable)
        .database(parsed.get_database().expect("a name"));
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(5))
        .connect_with(through)
        .await
        .expect("through the cutter");
    let log = Arc::new(PostgresLog::open(pool, clock()).await.expect("a log"));
    cutting.store(true, Ordering::Relaxed);
    let wanted = times(300, 10_000);
    let done = Arc::new(AtomicBool::new(false));
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8_u128 {
        let (log, done) = (Arc::clone(&log), Arc::clone(&done));
        writers.spawn(async move {
            let mut version = 0;
            while !done.load(Ordering::Relaxed) {
                let appended = insist(&*log, append(writer, version, 1)).await;
                version += 1;
                assert_eq!(appended.version, version, "stored once");
            }
            (writer, version)
        });
    }
    while cutter.cuts.load(Ordering::Relaxed) < wanted {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    done.store(true, Ordering::Relaxed);
    let mut total = 0;
    let log = PostgresLog::open(direct, clock()).await.expect("a log");
    while let Some(ended) = writers.join_next().await {
        let (writer, version) = ended.expect("a writer");
        let stored = log.read_stream(stream(writer), version - 1, 10).await.expect("read");
        assert_eq!(stored.len(), 1, "writer {writer} has {version} events and no more");
        total += version;
    }
    let checked = check_log(&log, |_| {}).await.expect("readable");
    assert_eq!((checked.first, checked.size), (None, total));
}

/// A log can be opened, for a backup or a copy, while another process appends.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_a_file_opens_while_it_is_written() {
    use opl::ledger::store::SqliteLog;
    let scratch = crate::support::Scratch::new();
    let path = scratch.path().join("log.db");
    let log = Arc::new(SqliteLog::open(&path, clock()).expect("a log"));
    let done = Arc::new(AtomicBool::new(false));
    let (writing, ended) = (Arc::clone(&log), Arc::clone(&done));
    let writer = tokio::spawn(async move {
        let mut version = 0;
        while !ended.load(Ordering::Relaxed) {
            insist(&*writing, append(1, version, 1)).await;
            version += 1;
        }
    });
    let mut openers = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let path = path.clone();
        openers.spawn_blocking(move || {
            for _ in 0..1_500 {
                drop(SqliteLog::open(&path, clock()).expect("it opens"));
            }
        });
    }
    while let Some(opened) = openers.join_next().await {
        opened.expect("every opening");
    }
    done.store(true, Ordering::Relaxed);
    writer.await.expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_beginning_that_is_none_is_decided_on_what_is_there() {
    use crate::child::small_ledger;
    use crate::load::{cause, sign_in, sign_up, stream, user};
    use domain::user::{User, UserCommand};
    use opl::ledger::{CommandError, Owner};
    let scratch = crate::support::Scratch::new();
    let clock = opl::world::Clock::real();
    let one = small_ledger(scratch.path(), clock.clone()).await.expect("a ledger");
    let other = small_ledger(scratch.path(), clock).await.expect("another process's");
    sign_up(&one, user(1)).await.expect("signed up");
    sign_in(&one, user(1), "s".to_owned()).await.expect("signed in");
    let begin = async |label: &str| {
        let command = UserCommand::SignIn { session_label: label.to_owned() };
        other.begin::<User>(stream(user(1)), Owner::Person(user(1)), cause(), command).await
    };
    assert_eq!(begin("t").await.expect("signed in").version, 3);
    let command = UserCommand::SignUp { user_id: user(1), email: "x@example.fi".to_owned() };
    let again =
        other.begin::<User>(stream(user(1)), Owner::Person(user(1)), cause(), command).await;
    assert!(matches!(again, Err(CommandError::Refused(_))), "{again:?}");
    let nobody = UserCommand::SignIn { session_label: "s".to_owned() };
    let refused =
        other.begin::<User>(stream(user(2)), Owner::Person(user(2)), cause(), nobody).await;
    assert!(matches!(refused, Err(CommandError::Refused(_))), "{refused:?}");
}
