//! The log in one SQLite file: one thread owns the only connection that writes, and every commit
//! carries all appends that wait (WAL, `synchronous=FULL`).

#[cfg(feature = "kurrent")]
mod index;
mod readers;
mod reading;
mod write;

use std::path::{Path, PathBuf};

use domain::stream::StreamId;
use futures_util::future::BoxFuture;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Params, Row, params};
use tokio::sync::{mpsc, oneshot, watch};
use transparency::tree::Hash;
use uuid::Uuid;

use super::batch::Recent;
use super::{
    AdoptError, AppendError, Appended, ClockMicros, EventLog, Fence, FromSnapshot, Head,
    KeptSnapshot, LONGEST_QUEUE, MOST_EVENTS_A_PAGE, OpenError, ReadError, Request, Snapshot,
    StoredEvent, StreamAppend, check_size,
};
use readers::Readers;
use write::{Writer, read_head};

/// The first SQLite version without the WAL-reset fault, as its number.
const OLDEST_SQLITE: i32 = 3_051_003;
/// The layout this program reads and writes.
const LAYOUT: i64 = LAYOUTS.len() as i64;
/// What leads from each layout to the next, from the empty one on.
const LAYOUTS: [&str; 3] = [
    include_str!("../../../../migrations/sqlite/0001_log.sql"),
    include_str!("../../../../migrations/sqlite/0002_keys_and_snapshots.sql"),
    include_str!("../../../../migrations/sqlite/0003_fences.sql"),
];
/// How long a connection waits for another's lock.
const BUSY_MILLISECONDS: u32 = 5_000;
/// Pages of 4 KiB that gather in the write-ahead log before they are moved into the file: 16 MiB.
/// Appends touch the same pages of the indexes again and again; each is moved once.
const PAGES_A_CHECKPOINT: u32 = 4_096;
/// Memory for the pages of the connection that writes.
const WRITER_CACHE_KIBIBYTES: u32 = 16 * 1_024;
/// Bytes the write-ahead log may keep on disk after a checkpoint.
const LARGEST_WAL: i64 = 64 * 1024 * 1024;

const COLUMNS: &str = "position, stream_id, version, event_id, event_type, schema_version, \
    recorded_at, metadata, key_id, payload, hash";

/// Which events of a stream are read, and in which order.
const OF_STREAM: &str = "stream_id = ?1 AND version > ?2 ORDER BY version LIMIT ?3";

/// The event log in a SQLite file.
pub struct SqliteLog {
    /// Dropped before the queue, and so closed before the writer closes the file.
    readers: Readers,
    path: PathBuf,
    queue: mpsc::Sender<Request>,
    announce: watch::Sender<u64>,
    recent: Recent,
}

impl SqliteLog {
    /// Opens the file, making it if it is not there, and starts its writer.
    ///
    /// # Errors
    /// [`OpenError`]: an old SQLite, a newer layout, a head that does not fit, or no access.
    pub fn open(path: &Path, clock: ClockMicros) -> Result<Self, OpenError> {
        let version = rusqlite::version_number();
        if version < OLDEST_SQLITE {
            return Err(OpenError::OldSqlite(rusqlite::version().to_owned()));
        }
        let connection = open_writer(path).map_err(cannot_open)?;
        migrate(&connection)?;
        // In one view: another process may be writing.
        connection.execute_batch("BEGIN").map_err(cannot_open)?;
        let head = read_head(&connection).map_err(cannot_open)?;
        let last: u64 = connection
            .query_row("SELECT coalesce(max(position), 0) FROM event", [], |row| row.get(0))
            .map_err(cannot_open)?;
        connection.execute_batch("COMMIT").map_err(cannot_open)?;
        if head.frontier.size() != last {
            return Err(OpenError::HeadMismatch { head: head.frontier.size(), events: last });
        }
        let (queue, requests) = mpsc::channel(LONGEST_QUEUE);
        let announce = watch::Sender::new(last);
        let recent = Recent::default();
        let writer = Writer::new(connection, clock, announce.clone(), recent.clone());
        std::thread::Builder::new()
            .name("event-writer".to_owned())
            .spawn(move || writer.run(requests))
            .map_err(|error| OpenError::Unavailable(error.to_string()))?;
        let readers = Readers::start(path)?;
        Ok(Self { path: path.to_owned(), queue, announce, readers, recent })
    }

    async fn read<T, F>(&self, work: F) -> Result<T, ReadError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, ReadError> + Send + 'static,
    {
        projections::database::sending(1);
        self.readers.ask(work).await
    }
}

fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    let pragmas = format!(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; \
         PRAGMA mmap_size=0; PRAGMA busy_timeout={BUSY_MILLISECONDS}; \
         PRAGMA journal_size_limit={LARGEST_WAL}; \
         PRAGMA wal_autocheckpoint={PAGES_A_CHECKPOINT}; \
         PRAGMA cache_size=-{WRITER_CACHE_KIBIBYTES};"
    );
    connection.execute_batch(&pragmas)?;
    Ok(connection)
}

fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    let pragmas = format!(
        "PRAGMA query_only=ON; PRAGMA mmap_size=0; PRAGMA busy_timeout={BUSY_MILLISECONDS};"
    );
    connection.execute_batch(&pragmas)?;
    Ok(connection)
}

fn migrate(connection: &Connection) -> Result<(), OpenError> {
    let found: i64 =
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(cannot_open)?;
    let known = usize::try_from(found).ok().and_then(|found| LAYOUTS.get(found..));
    let missing = known.ok_or(OpenError::NewerLayout { found, known: LAYOUT })?;
    for (offset, layout) in (1..).zip(missing) {
        let next = found + offset;
        connection
            .execute_batch(&format!(
                "BEGIN IMMEDIATE; {layout} PRAGMA user_version={next}; COMMIT;"
            ))
            .map_err(cannot_open)?;
    }
    Ok(())
}

fn stream_of(row: &Row<'_>, index: usize) -> rusqlite::Result<StreamId> {
    let text = row.get_ref(index)?.as_str()?;
    text.parse().map_err(|error: domain::stream::NoStreamName| {
        rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, error.into())
    })
}

fn stored_event(row: &Row<'_>) -> rusqlite::Result<StoredEvent> {
    Ok(StoredEvent {
        position: row.get(0)?,
        stream: stream_of(row, 1)?,
        version: row.get(2)?,
        event_id: Uuid::from_bytes(row.get(3)?),
        event_type: row.get(4)?,
        schema_version: row.get(5)?,
        recorded_at: row.get(6)?,
        metadata: row.get(7)?,
        key_id: Uuid::from_bytes(row.get(8)?),
        payload: row.get(9)?,
        hash: row.get(10)?,
    })
}

/// Events that fit a condition.
fn page(
    connection: &Connection,
    condition: &str,
    parameters: impl Params,
) -> Result<Vec<StoredEvent>, ReadError> {
    let sql = format!("SELECT {COLUMNS} FROM event WHERE {condition}");
    let mut select = connection.prepare_cached(&sql).map_err(cannot_read)?;
    let mut rows = select.query(parameters).map_err(cannot_read)?;
    let mut events = Vec::new();
    while let Some(row) = rows.next().map_err(cannot_read)? {
        let damaged = |_| match row.get(0) {
            Ok(position) => ReadError::Damaged(position),
            Err(error) => cannot_read(error),
        };
        events.push(stored_event(row).map_err(damaged)?);
    }
    Ok(events)
}

fn cannot_open(error: rusqlite::Error) -> OpenError {
    OpenError::Unavailable(error.to_string())
}

fn cannot_read(error: rusqlite::Error) -> ReadError {
    ReadError::Unavailable(error.to_string())
}

fn append_error(error: &rusqlite::Error) -> AppendError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => AppendError::DiskFull,
        // What was written but not synchronised may be found by the next start.
        Some(ErrorCode::SystemIoFailure) => AppendError::Unknown,
        _ => AppendError::Unavailable(error.to_string()),
    }
}

fn snapshot_of(
    connection: &Connection,
    stream: StreamId,
) -> Result<Option<KeptSnapshot>, ReadError> {
    let sql = "SELECT version, fingerprint, key_id, state, position FROM snapshot \
               WHERE stream_id = ?1";
    let mut select = connection.prepare_cached(sql).map_err(cannot_read)?;
    let kept = |row: &Row<'_>| {
        let snapshot = Snapshot {
            version: row.get(0)?,
            fingerprint: row.get(1)?,
            key_id: Uuid::from_bytes(row.get(2)?),
            state: row.get(3)?,
        };
        Ok(KeptSnapshot { snapshot, position: row.get(4)? })
    };
    select.query_row([stream.to_string()], kept).optional().map_err(cannot_read)
}

impl EventLog for SqliteLog {
    fn append(&self, append: StreamAppend) -> BoxFuture<'_, Result<Appended, AppendError>> {
        Box::pin(async move {
            check_size(&append)?;
            let (answer, result) = oneshot::channel();
            let closed = |_| AppendError::Unavailable("the writer has stopped".to_owned());
            let request = Request { append, answer };
            self.queue.send(request).await.map_err(|error| closed(error.to_string()))?;
            result.await.map_err(|_| AppendError::Unknown)?
        })
    }

    fn read_stream(
        &self,
        stream: StreamId,
        after: u64,
        max: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, ReadError>> {
        let limit = max.min(MOST_EVENTS_A_PAGE);
        Box::pin(self.read(move |connection| {
            page(connection, OF_STREAM, params![stream.to_string(), after, limit])
        }))
    }

    fn read_all(
        &self,
        after: u64,
        max: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, ReadError>> {
        let condition = "position > ?1 ORDER BY position LIMIT ?2";
        let limit = max.min(MOST_EVENTS_A_PAGE);
        Box::pin(self.read(move |connection| page(connection, condition, params![after, limit])))
    }

    fn read_key(
        &self,
        key_id: Uuid,
        after: u64,
        max: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, ReadError>> {
        let condition = "key_id = ?1 AND position > ?2 ORDER BY position LIMIT ?3";
        let limit = max.min(MOST_EVENTS_A_PAGE);
        Box::pin(self.read(move |connection| {
            page(connection, condition, params![key_id.as_bytes(), after, limit])
        }))
    }

    fn leaf_hashes(&self, after: u64, max: usize) -> BoxFuture<'_, Result<Vec<Hash>, ReadError>> {
        let limit = max.min(MOST_EVENTS_A_PAGE);
        Box::pin(self.read(move |connection| {
            let sql = "SELECT hash FROM event WHERE position > ?1 ORDER BY position LIMIT ?2";
            let mut select = connection.prepare_cached(sql).map_err(cannot_read)?;
            let rows =
                select.query_map(params![after, limit], |row| row.get(0)).map_err(cannot_read)?;
            rows.collect::<Result<_, _>>().map_err(cannot_read)
        }))
    }

    fn recent_leaves(&self, after: u64, max: usize) -> Vec<Hash> {
        self.recent.after(after, max)
    }

    fn time_at(&self, position: u64) -> BoxFuture<'_, Result<Option<i64>, ReadError>> {
        Box::pin(self.read(move |connection| {
            let sql = "SELECT recorded_at FROM event WHERE position = ?1";
            let mut select = connection.prepare_cached(sql).map_err(cannot_read)?;
            select.query_row([position], |row| row.get(0)).optional().map_err(cannot_read)
        }))
    }

    fn snapshot(&self, stream: StreamId) -> BoxFuture<'_, Result<Option<KeptSnapshot>, ReadError>> {
        Box::pin(self.read(move |connection| snapshot_of(connection, stream)))
    }

    fn read_from_snapshot(
        &self,
        stream: StreamId,
        max: usize,
    ) -> BoxFuture<'_, Result<FromSnapshot, ReadError>> {
        let limit = max.min(MOST_EVENTS_A_PAGE);
        Box::pin(self.read(move |connection| {
            let kept = snapshot_of(connection, stream)?;
            let after = kept.as_ref().map_or(0, |kept| kept.snapshot.version);
            let events = page(connection, OF_STREAM, params![stream.to_string(), after, limit])?;
            Ok((kept, events))
        }))
    }

    fn forget_snapshots(&self, key_id: Uuid) -> BoxFuture<'_, Result<(), AppendError>> {
        let path = self.path.clone();
        Box::pin(async move {
            let task = tokio::task::spawn_blocking(move || write::forget_snapshots(&path, key_id));
            task.await.map_err(|error| AppendError::Unavailable(error.to_string()))?
        })
    }

    fn raise_fence(&self, fence: Fence) -> BoxFuture<'_, Result<(), AppendError>> {
        let path = self.path.clone();
        Box::pin(async move {
            let task = tokio::task::spawn_blocking(move || write::raise_fence(&path, fence));
            task.await.map_err(|error| AppendError::Unavailable(error.to_string()))?
        })
    }

    fn adopt(&self, events: Vec<StoredEvent>) -> BoxFuture<'_, Result<Head, AdoptError>> {
        let (path, announce) = (self.path.clone(), self.announce.clone());
        Box::pin(async move {
            let task = tokio::task::spawn_blocking(move || write::adopt(&path, &events));
            let stopped = |error: tokio::task::JoinError| {
                AdoptError::Store(AppendError::Unavailable(error.to_string()))
            };
            let head = task.await.map_err(stopped)??;
            announce.send_replace(head.position);
            Ok(head)
        })
    }

    fn head(&self) -> BoxFuture<'_, Result<Head, ReadError>> {
        Box::pin(self.read(|connection| {
            connection
                .query_row("SELECT size, root FROM head", [], |row| {
                    Ok(Head { position: row.get(0)?, root: row.get(1)? })
                })
                .map_err(cannot_read)
        }))
    }

    fn hash_at(&self, position: u64) -> BoxFuture<'_, Result<Option<Hash>, ReadError>> {
        Box::pin(self.read(move |connection| {
            connection
                .query_row("SELECT hash FROM event WHERE position = ?1", [position], |row| {
                    row.get(0)
                })
                .optional()
                .map_err(cannot_read)
        }))
    }

    fn hint(&self) -> watch::Receiver<u64> {
        self.announce.subscribe()
    }
}
