//! The event log: one trait, one contract, and the stores that keep it.
//!
//! The contract: positions are dense from 1 and become readable in order; a reader that has seen
//! position `n` will never see a new event at or before `n`; an error is never the end of a stream;
//! an append whose answer was lost can be sent again and is stored once.

mod batch;
mod gathering;
#[cfg(feature = "kurrent")]
mod kurrent;
mod postgres;
mod sqlite;

use domain::stream::StreamId;
use futures_util::future::BoxFuture;
use tokio::sync::{oneshot, watch};
use transparency::record::Record;
use transparency::tree::Hash;
use uuid::Uuid;

#[cfg(feature = "kurrent")]
pub use kurrent::KurrentLog;
pub use postgres::PostgresLog;
pub use sqlite::SqliteLog;

/// Most events one append may carry.
pub const MOST_EVENTS_AN_APPEND: usize = 1_000;
/// Most bytes one event's payload may have.
pub const LARGEST_PAYLOAD: usize = 8 * 1024 * 1024;
/// Most bytes one event's metadata may have.
pub const LARGEST_METADATA: usize = 64 * 1024;
/// Most events that share one commit.
const MOST_EVENTS_A_BATCH: usize = 2_000;
/// Most payload bytes that share one commit, unless a single append has more.
const MOST_BYTES_A_BATCH: usize = 4 * 1024 * 1024;
/// Most appends that wait for the writer; beyond it callers wait themselves.
const LONGEST_QUEUE: usize = 1_024;
/// Most events one page of a read may hold.
pub const MOST_EVENTS_A_PAGE: usize = 5_000;

/// An event about to be stored: its payload is already in the form that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Made by the caller, so that sending it again stores it once.
    pub event_id: Uuid,
    /// Kind of event.
    pub event_type: &'static str,
    /// Version of the payload's form.
    pub schema_version: u16,
    /// Actor and chain, without anything personal.
    pub metadata: Vec<u8>,
    /// The key the payload is sealed under; nil for a payload that is not.
    pub key_id: Uuid,
    /// The bytes to keep.
    pub payload: Vec<u8>,
}

/// Proof that whoever writes was the last to take a lease, as far as it knows. The numbers of one
/// scope only grow; the log refuses a number below the highest it has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    /// What is leased, by the stream it is about.
    pub scope: StreamId,
    /// Which taking of the lease it was.
    pub number: u64,
}

/// Events for one stream, at the version the caller decided on.
#[derive(Clone, Debug)]
pub struct StreamAppend {
    /// The stream they are added to.
    pub stream: StreamId,
    /// The version the stream has to have: 0 for a new one.
    pub expected_version: u64,
    /// What to add, in order.
    pub events: Vec<NewEvent>,
    /// The state after them, kept in the same commit, so that the next load is short.
    pub snapshot: Option<Snapshot>,
    /// The lease they were decided under: checked, and noted, in the transaction that stores them.
    pub fence: Option<Fence>,
}

/// The state of a stream, kept to shorten its loading. It is never the truth: one that does not fit
/// is ignored, and dropping all of them loses nothing but time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The version of the stream it is the state of.
    pub version: u64,
    /// Which program's fold made it; another program does not trust it.
    pub fingerprint: i64,
    /// The key the state is sealed under.
    pub key_id: Uuid,
    /// The sealed state.
    pub state: Vec<u8>,
}

/// A snapshot as found, with the position of its stream's last event then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptSnapshot {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// Position of the event at its version.
    pub position: u64,
}

/// The newest snapshot of a stream, if there is one, and the events after it.
pub type FromSnapshot = (Option<KeptSnapshot>, Vec<StoredEvent>);

/// Where an append came to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Position of its first event.
    pub first: u64,
    /// Position of its last event.
    pub last: u64,
    /// The stream's version now.
    pub version: u64,
}

/// Why an append did not happen, or may not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The stream has another version: load it again and decide again.
    #[error("the stream is at version {current}, not where the decision was made")]
    Conflict {
        /// Its version.
        current: u64,
    },
    /// The lease it was decided under was taken by somebody else meanwhile.
    #[error("the lease this was decided under was taken over: its fence is below {highest}")]
    Fenced {
        /// The highest fence the log has seen.
        highest: u64,
    },
    /// One of the event identifiers stands for another event already.
    #[error("an event identifier is in use for another event")]
    IdentifierInUse,
    /// Too many events, none, or one that is too large.
    #[error(
        "an append carries 1 to {MOST_EVENTS_AN_APPEND} events of at most {LARGEST_PAYLOAD} bytes \
         and {LARGEST_METADATA} bytes of metadata"
    )]
    Size,
    /// The disk is full.
    #[error("the disk is full: nothing can be written until there is room")]
    DiskFull,
    /// The database answers reads only: a standby, or a leader that was told so.
    #[error(
        "the database is read-only: this is a standby, or the leader was told to take no writes"
    )]
    ReadOnly,
    /// The outcome is not known: send the same events again.
    #[error("the outcome of the commit is not known; sending the same events again is safe")]
    Unknown,
    /// The store cannot write now.
    #[error("the event log cannot be written: {0}")]
    Unavailable(String),
}

/// Why a read failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The store cannot be read now.
    #[error("the event log cannot be read: {0}")]
    Unavailable(String),
    /// What is stored is not what was written.
    #[error("the event log is damaged at position {0}")]
    Damaged(u64),
}

/// Why stored events of another log were not taken over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdoptError {
    /// They do not follow what is here.
    #[error("this log ends at position {head}; events from position {first} do not follow it")]
    DoesNotFollow {
        /// Where this log ends.
        head: u64,
        /// The first position offered.
        first: u64,
    },
    /// An event is not what its hash says.
    #[error("the event at position {0} is not the one its hash stands for")]
    Damaged(u64),
    /// The store cannot write.
    #[error(transparent)]
    Store(#[from] AppendError),
}

/// Why a log could not be opened.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OpenError {
    /// SQLite is older than the first version without the WAL-reset fault.
    #[error("SQLite {0} can lose committed writes; 3.51.3 or newer is needed")]
    OldSqlite(String),
    /// The log was written by a newer program.
    #[error("the event log has layout {found}, newer than this program's {known}")]
    NewerLayout {
        /// Layout found.
        found: i64,
        /// Newest layout known here.
        known: i64,
    },
    /// Head and events do not agree.
    #[error("the event log is damaged: its head says {head} events, it holds {events}")]
    HeadMismatch {
        /// What the head says.
        head: u64,
        /// What is there.
        events: u64,
    },
    /// Anything else.
    #[error("the event log cannot be opened: {0}")]
    Unavailable(String),
}

/// An event as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Place in the log.
    pub position: u64,
    /// The stream.
    pub stream: StreamId,
    /// Place in the stream.
    pub version: u64,
    /// Identifier made by whoever appended it.
    pub event_id: Uuid,
    /// Kind of event.
    pub event_type: String,
    /// Version of the payload's form.
    pub schema_version: u16,
    /// Microseconds since 1970-01-01T00:00:00Z; never less than the position before.
    pub recorded_at: i64,
    /// Actor and chain.
    pub metadata: Vec<u8>,
    /// The key the payload is sealed under; nil for none.
    pub key_id: Uuid,
    /// The bytes kept.
    pub payload: Vec<u8>,
    /// Leaf hash over all of the above.
    pub hash: Hash,
}

/// The end of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Last position; 0 for an empty log.
    pub position: u64,
    /// Root of the tree over all events to it.
    pub root: Hash,
}

/// Microseconds since 1970-01-01T00:00:00Z, from the application's one clock.
pub type ClockMicros = std::sync::Arc<dyn Fn() -> i64 + Send + Sync>;

/// A store of events.
pub trait EventLog: Send + Sync + 'static {
    /// Stores events of one stream, all or none.
    fn append(&self, append: StreamAppend) -> BoxFuture<'_, Result<Appended, AppendError>>;

    /// Events of one stream after a version, at most `max`.
    fn read_stream(
        &self,
        stream: StreamId,
        after: u64,
        max: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, ReadError>>;

    /// Events of the log after a position, at most `max`; fewer means the end as of now.
    fn read_all(
        &self,
        after: u64,
        max: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, ReadError>>;

    /// Events sealed under one key after a position, at most `max`, in the order of the log.
    fn read_key(
        &self,
        key_id: Uuid,
        after: u64,
        max: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, ReadError>>;

    /// Leaf hashes after a position, at most `max`.
    fn leaf_hashes(&self, after: u64, max: usize) -> BoxFuture<'_, Result<Vec<Hash>, ReadError>>;

    /// Leaf hashes after a position as this process wrote them, at most `max`; none where it did not
    /// or no longer has them. What is stored by now may be something else: whoever looks for that
    /// asks [`EventLog::leaf_hashes`].
    fn recent_leaves(&self, after: u64, max: usize) -> Vec<Hash> {
        let _ = (after, max);
        Vec::new()
    }

    /// When the event at a position was stored, in microseconds since 1970-01-01T00:00:00Z.
    fn time_at(&self, position: u64) -> BoxFuture<'_, Result<Option<i64>, ReadError>>;

    /// The newest snapshot of a stream.
    fn snapshot(&self, stream: StreamId) -> BoxFuture<'_, Result<Option<KeptSnapshot>, ReadError>>;

    /// The newest snapshot of a stream with the events after it, at most `max`; all events from the
    /// first on where there is none.
    fn read_from_snapshot(
        &self,
        stream: StreamId,
        max: usize,
    ) -> BoxFuture<'_, Result<FromSnapshot, ReadError>> {
        Box::pin(async move {
            let kept = self.snapshot(stream).await?;
            let after = kept.as_ref().map_or(0, |kept| kept.snapshot.version);
            Ok((kept, self.read_stream(stream, after, max).await?))
        })
    }

    /// Drops the snapshots sealed under a key, when the key is destroyed.
    fn forget_snapshots(&self, key_id: Uuid) -> BoxFuture<'_, Result<(), AppendError>>;

    /// Notes a fence: from the answer on, nothing under a lower one is stored. Refused as
    /// [`AppendError::Fenced`] if a higher one was seen.
    fn raise_fence(&self, fence: Fence) -> BoxFuture<'_, Result<(), AppendError>>;

    /// Takes over stored events of another log exactly as they are, after the end of this one.
    fn adopt(&self, events: Vec<StoredEvent>) -> BoxFuture<'_, Result<Head, AdoptError>>;

    /// The end of the log.
    fn head(&self) -> BoxFuture<'_, Result<Head, ReadError>>;

    /// Whether the store answers reads only: a standby, or a leader that was told so.
    fn is_read_only(&self) -> BoxFuture<'_, Result<bool, ReadError>> {
        Box::pin(async { Ok(false) })
    }

    /// The leaf hash at a position, if there is one.
    fn hash_at(&self, position: u64) -> BoxFuture<'_, Result<Option<Hash>, ReadError>>;

    /// The last position this process knows of: a reason to look, never the truth.
    fn hint(&self) -> watch::Receiver<u64>;
}

/// The last position that was stored at or before an instant (microseconds since
/// 1970-01-01T00:00:00Z); 0 if nothing was. Times in the log never go back, so it is searched by
/// halves.
///
/// # Errors
/// [`ReadError`].
pub async fn position_at(log: &dyn EventLog, instant: i64) -> Result<u64, ReadError> {
    let (mut known_before, mut known_after) = (0, log.head().await?.position + 1);
    while known_after - known_before > 1 {
        let middle = known_before + (known_after - known_before) / 2;
        let recorded_at = log.time_at(middle).await?.ok_or(ReadError::Damaged(middle))?;
        if recorded_at <= instant {
            known_before = middle;
        } else {
            known_after = middle;
        }
    }
    Ok(known_before)
}

impl StoredEvent {
    /// The canonical record, of which `stream` is the stream's name.
    #[must_use]
    pub fn record<'a>(&'a self, stream: &'a str) -> Record<'a> {
        Record {
            position: self.position,
            stream,
            version: self.version,
            event_id: self.event_id.into_bytes(),
            event_type: &self.event_type,
            schema_version: self.schema_version,
            recorded_at: self.recorded_at,
            metadata: &self.metadata,
            key_id: self.key_id.into_bytes(),
            payload: &self.payload,
        }
    }
}

/// An append on its way to the writer.
struct Request {
    append: StreamAppend,
    answer: oneshot::Sender<Result<Appended, AppendError>>,
}

/// Whether a log of this layout can be read as it is.
fn readable(found: i64, known: i64) -> Result<(), OpenError> {
    match found.cmp(&known) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(OpenError::NewerLayout { found, known }),
        std::cmp::Ordering::Less => Err(OpenError::Unavailable(format!(
            "it has layout {found}; start the service once, which brings it to layout {known}"
        ))),
    }
}

fn check_size(append: &StreamAppend) -> Result<(), AppendError> {
    let count = append.events.len();
    let fits = append.events.iter().all(|event| {
        event.payload.len() <= LARGEST_PAYLOAD && event.metadata.len() <= LARGEST_METADATA
    });
    if (1..=MOST_EVENTS_AN_APPEND).contains(&count) && fits {
        Ok(())
    } else {
        Err(AppendError::Size)
    }
}
