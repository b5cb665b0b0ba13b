//! The log in KurrentDB: one stream there for each stream here, appended to at the exact revision the
//! caller decided on. A sequencer ([`sequencer`]) gives the events dense positions in an index
//! ([`index`]), which answers every read; an append is answered once the sequencer has passed it.

mod adopt;
mod connection;
pub(in crate::ledger::store) mod index;
mod record;
mod sequencer;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::stream::StreamId;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use transparency::tree::Hash;
use uuid::Uuid;

use super::batch::{Verdict, judge};
use super::{
    AdoptError, AppendError, Appended, ClockMicros, EventLog, Fence, Head, KeptSnapshot,
    LONGEST_QUEUE, OpenError, PostgresLog, ReadError, SqliteLog, StoredEvent, StreamAppend,
    check_size,
};
use connection::{CallError, Connection};
use index::{Index, Known};
use sequencer::{PassError, Sequencer};

/// Tries of one append in one call; the caller may ask again.
const MOST_TRIES: u32 = 4;
/// Pause before the second try; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// How long an append may wait for its events to be given their positions.
const PLACING_WAIT: Duration = Duration::from_secs(10);
/// Pause between two passes for an append whose events did not come with the first.
const BETWEEN_PASSES: Duration = Duration::from_millis(10);
/// Failed tries to follow the log at the start, one after the other.
const MOST_FAILURES: u32 = 10;
/// Letters a prefix has at most.
const LONGEST_PREFIX: usize = 64;

/// The event log in KurrentDB.
pub struct KurrentLog {
    shared: Arc<Shared>,
}

struct Shared {
    connection: Arc<Connection>,
    index: Arc<dyn Index>,
    clock: ClockMicros,
    ask: mpsc::Sender<oneshot::Sender<()>>,
    halted: watch::Receiver<Option<String>>,
    /// Identifiers of appends under way: KurrentDB knows an identifier only within its stream.
    under_way: Mutex<HashSet<Uuid>>,
}

impl KurrentLog {
    /// Takes the log of a server or cluster, with its index in a schema of a PostgreSQL database.
    ///
    /// # Errors
    /// [`OpenError`]: an address that is not understood, no connection, or an index of another log.
    pub async fn with_postgres(
        url: &str,
        prefix: &str,
        postgres_url: &str,
        clock: ClockMicros,
    ) -> Result<Self, OpenError> {
        let index = PostgresLog::index(postgres_url, Arc::clone(&clock)).await?;
        Self::open(url, prefix, Arc::new(index), clock).await
    }

    /// Takes the log of a server or cluster, with its index in a SQLite file.
    ///
    /// # Errors
    /// [`OpenError`]: an address that is not understood, no connection, or an index of another log.
    pub async fn with_sqlite(
        url: &str,
        prefix: &str,
        path: &std::path::Path,
        clock: ClockMicros,
    ) -> Result<Self, OpenError> {
        let index = SqliteLog::open(path, Arc::clone(&clock))?;
        Self::open(url, prefix, Arc::new(index), clock).await
    }

    async fn open(
        url: &str,
        prefix: &str,
        index: Arc<dyn Index>,
        clock: ClockMicros,
    ) -> Result<Self, OpenError> {
        let plain = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        if prefix.is_empty() || prefix.len() > LONGEST_PREFIX || !prefix.bytes().all(plain) {
            let cause = format!(
                "a prefix of streams has 1 to {LONGEST_PREFIX} small letters and digits, so that \
                 none begins with another and a hyphen"
            );
            return Err(OpenError::Unavailable(cause));
        }
        let connection = Connection::new(connection::settings(url)?, prefix.to_owned()).await?;
        let connection = Arc::new(connection);
        let mut sequencer = Sequencer::new(Arc::clone(&connection), Arc::clone(&index));
        caught_up(&mut sequencer).await?;
        let (ask, asked) = mpsc::channel(LONGEST_QUEUE);
        let (halt, halted) = watch::channel(None);
        tokio::spawn(sequencer.run(asked, halt));
        let under_way = Mutex::default();
        let shared = Shared { connection, index, clock, ask, halted, under_way };
        Ok(Self { shared: Arc::new(shared) })
    }
}

/// Nobody reads before the index holds what was there at the start: a short history is none.
async fn caught_up(sequencer: &mut Sequencer) -> Result<(), OpenError> {
    let mut pause = FIRST_PAUSE;
    let mut outcome = String::new();
    for _ in 0..MOST_FAILURES {
        match sequencer.catch_up().await {
            Ok(()) => return Ok(()),
            Err(PassError::Never(cause)) => return Err(OpenError::Unavailable(cause)),
            Err(PassError::Later(cause)) => outcome = cause,
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
    Err(OpenError::Unavailable(outcome))
}

/// Identifiers of an append under way, given free at its end.
struct UnderWay<'a> {
    shared: &'a Shared,
    ids: Vec<Uuid>,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut all = self.shared.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        for id in &self.ids {
            all.remove(id);
        }
    }
}

fn cannot_look(error: ReadError) -> AppendError {
    AppendError::Unavailable(error.to_string())
}

impl Shared {
    /// Takes the identifiers, unless another append has one of them.
    fn take(&self, ids: &[Uuid]) -> Option<UnderWay<'_>> {
        let mut all = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if ids.iter().any(|id| all.contains(id)) {
            return None;
        }
        all.extend(ids);
        Some(UnderWay { shared: self, ids: ids.to_vec() })
    }

    /// Waits for a pass of the sequencer that begins from now on.
    async fn pass(&self) -> Result<(), AppendError> {
        let halted = || self.halted.borrow().clone();
        if let Some(cause) = halted() {
            return Err(AppendError::Unavailable(cause));
        }
        let (answer, passed) = oneshot::channel();
        let sent = self.ask.send(answer).await.map_err(drop);
        if sent.is_err() || passed.await.is_err() {
            let cause = halted().unwrap_or_else(|| "the log is not followed any more".to_owned());
            return Err(AppendError::Unavailable(cause));
        }
        Ok(())
    }

    /// What the index says of an append, after passes until `enough`. Where that does not come in
    /// time, the outcome is not known.
    async fn known_when(
        &self,
        stream: StreamId,
        ids: &[Uuid],
        enough: impl Fn(&Known) -> bool + Send,
    ) -> Result<Known, AppendError> {
        let until = Instant::now() + PLACING_WAIT;
        loop {
            let passed = tokio::time::timeout_at(until, self.pass()).await;
            passed.map_err(|_| AppendError::Unknown)??;
            let known = self.index.known(stream, ids.to_vec()).await.map_err(cannot_look)?;
            if enough(&known) {
                return Ok(known);
            }
            if Instant::now() >= until {
                return Err(AppendError::Unknown);
            }
            tokio::time::sleep(BETWEEN_PASSES).await;
        }
    }

    async fn append(&self, append: StreamAppend) -> Result<Appended, AppendError> {
        let ids: Vec<Uuid> = append.events.iter().map(|event| event.event_id).collect();
        if ids.iter().collect::<HashSet<_>>().len() < ids.len() {
            return Err(AppendError::IdentifierInUse);
        }
        // The same append is under way; sent again, it meets the stored events.
        let _under_way = self.take(&ids).ok_or(AppendError::Unknown)?;
        if let Some(cause) = self.halted.borrow().clone() {
            return Err(AppendError::Unavailable(cause));
        }
        let mut known = self.index.known(append.stream, ids.clone()).await.map_err(cannot_look)?;
        if known.version < append.expected_version && known.stored.is_empty() {
            known = self.known_when(append.stream, &ids, |_| true).await?;
        }
        if let Verdict::Answer(result) = judged(&append, known) {
            return result;
        }
        // KurrentDB knows no fences and has no transaction over two things. The index is asked right
        // before; what slips between is refused by the version of its stream.
        if let Some(fence) = append.fence {
            self.index.raise_fence(fence).await?;
        }
        self.send(&append, &ids).await?;
        let all = |known: &Known| known.stored.len() == ids.len();
        let known = self.known_when(append.stream, &ids, all).await?;
        let Verdict::Answer(result) = judged(&append, known) else {
            return Err(AppendError::Unknown);
        };
        if let (Ok(appended), Some(snapshot)) = (&result, append.snapshot) {
            let kept = self.index.keep_snapshot(append.stream, appended.last, snapshot).await;
            if let Err(cause) = kept {
                tracing::warn!(%cause, "a snapshot was not kept; the next load is longer");
            }
        }
        result
    }

    /// Sends the events, again where no answer comes: the server stores them once.
    async fn send(&self, append: &StreamAppend, ids: &[Uuid]) -> Result<(), AppendError> {
        let now = (self.clock)();
        let events: Vec<_> = append
            .events
            .iter()
            .map(|event| record::proposed(event, now))
            .collect::<Result<_, _>>()
            .map_err(|_| AppendError::Size)?;
        let StreamAppend { stream, expected_version, .. } = *append;
        let mut pause = FIRST_PAUSE;
        for _ in 0..MOST_TRIES {
            match self.connection.append(stream, expected_version, events.clone()).await {
                Ok(()) => return Ok(()),
                Err(CallError::Elsewhere(last)) => return self.elsewhere(append, ids, last).await,
                Err(CallError::Refused(cause)) => return Err(AppendError::Unavailable(cause)),
                Err(CallError::Unclear(cause)) => {
                    tracing::warn!(cause, "an append to KurrentDB was not answered; sending again");
                }
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        Err(AppendError::Unknown)
    }

    /// Decides about an append to a stream that is elsewhere, once the index is where the stream is.
    async fn elsewhere(
        &self,
        append: &StreamAppend,
        ids: &[Uuid],
        last: Option<u64>,
    ) -> Result<(), AppendError> {
        let current = last.map_or(0, |revision| revision + 1);
        let there = |known: &Known| known.version >= current;
        let known = self.known_when(append.stream, ids, there).await?;
        match judged(append, known) {
            // Its events are there after all: where they stand is looked up like for any other.
            Verdict::Answer(Ok(_)) => Ok(()),
            Verdict::Answer(Err(refused)) => Err(refused),
            Verdict::Place => Err(AppendError::Unavailable(
                "KurrentDB and its index do not agree about a stream".to_owned(),
            )),
        }
    }
}

fn judged(append: &StreamAppend, known: Known) -> Verdict {
    let mut versions = HashMap::from([(append.stream, known.version)]);
    judge(append, &known.stored, &mut HashSet::new(), &mut versions, &BTreeMap::new())
}

impl EventLog for KurrentLog {
    fn append(&self, append: StreamAppend) -> BoxFuture<'_, Result<Appended, AppendError>> {
        Box::pin(async move {
            check_size(&append)?;
            let shared = Arc::clone(&self.shared);
            // A caller that goes away does not stop it half way.
            let task = tokio::spawn(async move { shared.append(append).await });
            task.await.map_err(|_| AppendError::Unknown)?
        })
    }

    fn read_stream(
        &self,
        stream: StreamId,
        after: u64,
        max: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, ReadError>> {
        self.shared.index.read_stream(stream, after, max)
    }

    fn read_all(
        &self,
        after: u64,
        max: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, ReadError>> {
        self.shared.index.read_all(after, max)
    }

    fn read_key(
        &self,
        key_id: Uuid,
        after: u64,
        max: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, ReadError>> {
        self.shared.index.read_key(key_id, after, max)
    }

    fn leaf_hashes(&self, after: u64, max: usize) -> BoxFuture<'_, Result<Vec<Hash>, ReadError>> {
        self.shared.index.leaf_hashes(after, max)
    }

    fn time_at(&self, position: u64) -> BoxFuture<'_, Result<Option<i64>, ReadError>> {
        self.shared.index.time_at(position)
    }

    fn snapshot(&self, stream: StreamId) -> BoxFuture<'_, Result<Option<KeptSnapshot>, ReadError>> {
        self.shared.index.snapshot(stream)
    }

    fn forget_snapshots(&self, key_id: Uuid) -> BoxFuture<'_, Result<(), AppendError>> {
        self.shared.index.forget_snapshots(key_id)
    }

    fn raise_fence(&self, fence: Fence) -> BoxFuture<'_, Result<(), AppendError>> {
        self.shared.index.raise_fence(fence)
    }

    fn adopt(&self, events: Vec<StoredEvent>) -> BoxFuture<'_, Result<Head, AdoptError>> {
        Box::pin(adopt::adopt(Arc::clone(&self.shared), events))
    }

    fn head(&self) -> BoxFuture<'_, Result<Head, ReadError>> {
        self.shared.index.head()
    }

    fn hash_at(&self, position: u64) -> BoxFuture<'_, Result<Option<Hash>, ReadError>> {
        self.shared.index.hash_at(position)
    }

    fn hint(&self) -> watch::Receiver<u64> {
        self.shared.index.hint()
    }
}
