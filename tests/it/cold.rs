//! A stream that is in nobody's memory is read once, however many commands wait for it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::account::Account;
use domain::stream::StreamId;
use futures_util::future::BoxFuture;
use opl::ledger::Ledger;
use opl::ledger::store::{
    AdoptError, AppendError, Appended, EventLog, Fence, Head, KeptSnapshot, PostgresLog, ReadError,
    SqliteLog, StoredEvent, StreamAppend,
};
use opl::vault::keys::{HeldRootKey, Keys};
use opl::world::{Chance, Clock};
use projections::database::{Database, Durability};
use tokio::sync::watch;
use transparency::tree::Hash;
use uuid::Uuid;

use crate::load;
use crate::support::{Scratch, postgres_url};

/// Commands that arrive at the same time.
const COMMANDS: u32 = 24;

/// A log that counts what it is asked for of streams.
struct Counted {
    log: Arc<dyn EventLog>,
    reads: AtomicU64,
    events: AtomicU64,
}

impl Counted {
    fn new(log: &Arc<dyn EventLog>) -> Arc<Self> {
        let [reads, events] = [(); 2].map(|()| AtomicU64::new(0));
        Arc::new(Self { log: Arc::clone(log), reads, events })
    }

    /// Counts a question, which everybody who is going to ask has the time to ask.
    async fn ask(&self) {
        self.reads.fetch_add(1, Ordering::SeqCst);
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
    }

    fn asked(&self) -> [u64; 2] {
        [&self.reads, &self.events].map(|count| count.load(Ordering::SeqCst))
    }
}

type Answer<'a, T, E> = BoxFuture<'a, Result<T, E>>;

impl EventLog for Counted {
    fn append(&self, append: StreamAppend) -> Answer<'_, Appended, AppendError> {
        self.log.append(append)
    }

    fn read_stream(
        &self,
        stream: StreamId,
        after: u64,
        max: usize,
    ) -> Answer<'_, Vec<StoredEvent>, ReadError> {
        Box::pin(async move {
            self.ask().await;
            let page = self.log.read_stream(stream, after, max).await?;
            self.events.fetch_add(page.len() as u64, Ordering::SeqCst);
            Ok(page)
        })
    }

    fn read_all(&self, after: u64, max: usize) -> Answer<'_, Vec<StoredEvent>, ReadError> {
        self.log.read_all(after, max)
    }

    fn read_key(
        &self,
        key_id: Uuid,
        after: u64,
        max: usize,
    ) -> Answer<'_, Vec<StoredEvent>, ReadError> {
        self.log.read_key(key_id, after, max)
    }

    fn leaf_hashes(&self, after: u64, max: usize) -> Answer<'_, Vec<Hash>, ReadError> {
        self.log.leaf_hashes(after, max)
    }

    fn time_at(&self, position: u64) -> Answer<'_, Option<i64>, ReadError> {
        self.log.time_at(position)
    }

    fn snapshot(&self, stream: StreamId) -> Answer<'_, Option<KeptSnapshot>, ReadError> {
        Box::pin(async move {
            self.ask().await;
            self.log.snapshot(stream).await
        })
    }

    fn read_from_snapshot(
        &self,
        stream: StreamId,
        max: usize,
    ) -> Answer<'_, (Option<KeptSnapshot>, Vec<StoredEvent>), ReadError> {
        Box::pin(async move {
            self.ask().await;
            let (kept, page) = self.log.read_from_snapshot(stream, max).await?;
            self.events.fetch_add(page.len() as u64, Ordering::SeqCst);
            Ok((kept, page))
        })
    }

    fn forget_snapshots(&self, key_id: Uuid) -> Answer<'_, (), AppendError> {
        self.log.forget_snapshots(key_id)
    }

    fn raise_fence(&self, fence: Fence) -> Answer<'_, (), AppendError> {
        self.log.raise_fence(fence)
    }

    fn adopt(&self, events: Vec<StoredEvent>) -> Answer<'_, Head, AdoptError> {
        self.log.adopt(events)
    }

    fn head(&self) -> Answer<'_, Head, ReadError> {
        self.log.head()
    }

    fn hash_at(&self, position: u64) -> Answer<'_, Option<Hash>, ReadError> {
        self.log.hash_at(position)
    }

    fn hint(&self) -> watch::Receiver<u64> {
        self.log.hint()
    }
}

async fn keys(directory: &Path) -> Arc<Keys> {
    let vault = Database::sqlite(&directory.join("vault.db"), Durability::Normal).expect("a vault");
    opl::vault::prepare(&vault).await.expect("prepared");
    let root = HeldRootKey::from_file(&directory.join("root.key"), Chance::real());
    let root = Box::new(root.expect("a root key"));
    Arc::new(Keys::new(vault, root, Chance::real(), Clock::real()))
}

async fn read_once(log: Arc<dyn EventLog>) {
    let scratch = Scratch::new();
    let keys = keys(scratch.path()).await;
    let ledger = |log| Ledger::new(log, Arc::clone(&keys), Chance::real(), Clock::real());
    let warm = ledger(Arc::clone(&log));
    load::fill(&warm, 0, 1, 1).await;
    // One that ends within its first page, and one of which only what follows its snapshot is read.
    for (number, rows, most_events) in [(1, 30, 40), (2, 430, 230)] {
        let stream = load::open_account(&warm, number).await.expect("opened");
        let mut left = rows;
        while left > 0 {
            let count = left.min(100);
            left -= count;
            let correlation = Uuid::from_u128(1);
            load::record(&warm, stream, count, correlation).await.expect("recorded");
        }
        let version = warm.load::<Account>(stream).await.expect("an account").version;
        let counted = Counted::new(&log);
        let cold = Arc::new(ledger(Arc::clone(&counted) as Arc<dyn EventLog>));
        let mut callers = tokio::task::JoinSet::new();
        for caller in 0..COMMANDS {
            let cold = Arc::clone(&cold);
            let correlation = Uuid::from_u128(u128::from(caller) + 2);
            callers.spawn(async move { load::record(&cold, stream, 1, correlation).await });
        }
        while let Some(done) = callers.join_next().await {
            done.expect("it ran").expect("recorded");
        }
        let [asked, events] = counted.asked();
        assert_eq!(asked, 1, "questions about {rows} rows");
        assert!(events <= most_events, "{events} events were read of {rows} rows");
        let after = ledger(Arc::clone(&log)).load::<Account>(stream).await.expect("an account");
        assert_eq!(after.version, version + u64::from(COMMANDS), "each command was decided on");
    }
}

fn clock() -> opl::ledger::store::ClockMicros {
    let clock = Clock::real();
    Arc::new(move || clock.micros())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_stream_is_read_once() {
    let scratch = Scratch::new();
    let log = SqliteLog::open(&scratch.path().join("log.db"), clock()).expect("a log");
    read_once(Arc::new(log)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_stream_is_read_once_on_postgres() {
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(4);
    let pool = pool.connect(&postgres_url().await).await.expect("a pool");
    read_once(Arc::new(PostgresLog::open(pool, clock()).await.expect("a log"))).await;
}
