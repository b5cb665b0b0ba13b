//! The log in one SQLite file: one thread owns the only connection that writes, and every commit
//! carries all appends that wait (WAL, `synchronous=FULL`).

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use domain::stream::StreamId;
use futures_util::future::BoxFuture;
use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension, Row, TransactionBehavior, params,
};
use tokio::sync::{mpsc, oneshot, watch};
use transparency::tree::{Frontier, Hash};
use uuid::Uuid;

use super::batch::{self, Placed, Placing, Stood, Verdict, judge};
use super::{
    AppendError, Appended, ClockMicros, EventLog, Head, LONGEST_QUEUE, MOST_EVENTS_A_PAGE,
    OpenError, ReadError, Request, StoredEvent, StreamAppend, check_size,
};

/// The first SQLite version without the WAL-reset fault, as its number.
const OLDEST_SQLITE: i32 = 3_051_003;
/// The layout this program reads and writes.
const LAYOUT: i64 = 1;
const FIRST_LAYOUT: &str = include_str!("../../../migrations/sqlite/0001_log.sql");
/// How long a connection waits for another's lock.
const BUSY_MILLISECONDS: u32 = 5_000;
/// Connections kept open for reading.
const MOST_READERS: usize = 4;
/// Bytes the write-ahead log may keep on disk after a checkpoint.
const LARGEST_WAL: i64 = 64 * 1024 * 1024;

const INSERT: &str = "INSERT INTO event (position, stream_id, version, event_id, event_type, \
    schema_version, recorded_at, metadata, key_id, payload, hash) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
const COLUMNS: &str = "position, stream_id, version, event_id, event_type, schema_version, \
    recorded_at, metadata, key_id, payload, hash";

/// The event log in a SQLite file.
pub struct SqliteLog {
    path: PathBuf,
    queue: mpsc::Sender<Request>,
    hint: watch::Receiver<u64>,
    readers: Arc<Mutex<Vec<Connection>>>,
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
        let head = read_head(&connection).map_err(cannot_open)?;
        let last: u64 = connection
            .query_row("SELECT coalesce(max(position), 0) FROM event", [], |row| row.get(0))
            .map_err(cannot_open)?;
        if head.frontier.size() != last {
            return Err(OpenError::HeadMismatch { head: head.frontier.size(), events: last });
        }
        let (queue, requests) = mpsc::channel(LONGEST_QUEUE);
        let (announce, hint) = watch::channel(last);
        let writer = Writer { connection, head, clock, announce };
        std::thread::Builder::new()
            .name("event-writer".to_owned())
            .spawn(move || writer.run(requests))
            .map_err(|error| OpenError::Unavailable(error.to_string()))?;
        Ok(Self { path: path.to_owned(), queue, hint, readers: Arc::default() })
    }

    async fn read<T, F>(&self, work: F) -> Result<T, ReadError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, ReadError> + Send + 'static,
    {
        let (path, readers) = (self.path.clone(), Arc::clone(&self.readers));
        let task = tokio::task::spawn_blocking(move || {
            let idle = readers.lock().ok().and_then(|mut idle| idle.pop());
            let connection = match idle {
                Some(connection) => connection,
                None => open_reader(&path).map_err(cannot_read)?,
            };
            let result = work(&connection);
            if let Ok(mut idle) = readers.lock()
                && idle.len() < MOST_READERS
            {
                idle.push(connection);
            }
            result
        });
        task.await.map_err(|error| ReadError::Unavailable(error.to_string()))?
    }
}

fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    let pragmas = format!(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; \
         PRAGMA mmap_size=0; PRAGMA busy_timeout={BUSY_MILLISECONDS}; \
         PRAGMA journal_size_limit={LARGEST_WAL};"
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
    match found {
        0 => connection
            .execute_batch(&format!(
                "BEGIN IMMEDIATE; {FIRST_LAYOUT} PRAGMA user_version={LAYOUT}; COMMIT;"
            ))
            .map_err(cannot_open),
        LAYOUT => Ok(()),
        found => Err(OpenError::NewerLayout { found, known: LAYOUT }),
    }
}

fn read_head(connection: &Connection) -> rusqlite::Result<Placing> {
    connection.query_row("SELECT size, frontier, recorded_at FROM head", [], |row| {
        let size: u64 = row.get(0)?;
        let bytes: Vec<u8> = row.get(1)?;
        let frontier = Frontier::from_bytes(size, &bytes).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Blob, error.into())
        })?;
        Ok(Placing { frontier, recorded_at: row.get(2)? })
    })
}

/// The thread that writes.
struct Writer {
    connection: Connection,
    head: Placing,
    clock: ClockMicros,
    announce: watch::Sender<u64>,
}

impl Writer {
    fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let mut waiting = Vec::new();
        while let Some(first) = requests.blocking_recv() {
            waiting.push(first);
            batch::fill(&mut waiting, &mut requests);
            let (appends, answers): (Vec<_>, Vec<_>) =
                waiting.drain(..).map(|request| (request.append, request.answer)).unzip();
            let results = self.commit(&appends);
            for (answer, result) in answers.into_iter().zip(results) {
                // A caller that went away has no use for the answer; its events stand all the same.
                let _ = answer.send(result);
            }
        }
    }

    /// One transaction for the whole batch.
    fn commit(&mut self, appends: &[StreamAppend]) -> Vec<Result<Appended, AppendError>> {
        match self.try_commit(appends) {
            Ok((head, results)) => {
                self.head = head;
                self.announce.send_replace(self.head.frontier.size());
                results
            }
            Err(error) => {
                let refused = append_error(&error);
                tracing::error!(cause = %refused, appends = appends.len(), "events were not written");
                appends.iter().map(|_| Err(refused.clone())).collect()
            }
        }
    }

    fn try_commit(
        &mut self,
        appends: &[StreamAppend],
    ) -> rusqlite::Result<(Placing, Vec<Result<Appended, AppendError>>)> {
        let now = (self.clock)();
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let stored = stored_already(&transaction, appends)?;
        let mut versions = versions_of(&transaction, appends)?;
        // Another process may have written since: the head in the file is the one that counts.
        let mut head = read_head(&transaction)?;
        let streams: Vec<String> = appends.iter().map(|append| append.stream.to_string()).collect();
        let mut placed = Vec::new();
        let mut seen = HashSet::new();
        let mut results = Vec::with_capacity(appends.len());
        for (append, stream) in appends.iter().zip(&streams) {
            results.push(match judge(append, &stored, &mut seen, &mut versions) {
                Verdict::Place => Ok(head.place(stream, append, now, &mut placed)),
                Verdict::Answer(result) => result,
            });
        }
        insert(&transaction, &placed)?;
        if !placed.is_empty() {
            transaction.prepare_cached(
                "UPDATE head SET size = ?1, frontier = ?2, root = ?3, recorded_at = ?4 WHERE id = 0",
            )?
            .execute(params![
                head.frontier.size(),
                head.frontier.to_bytes(),
                head.frontier.root(),
                head.recorded_at
            ])?;
        }
        transaction.commit()?;
        Ok((head, results))
    }
}

fn stored_already(
    connection: &Connection,
    appends: &[StreamAppend],
) -> rusqlite::Result<HashMap<Uuid, Stood>> {
    let mut find = connection
        .prepare_cached("SELECT position, version, stream_id FROM event WHERE event_id = ?1")?;
    let mut stored = HashMap::new();
    for event in appends.iter().flat_map(|append| &append.events) {
        let stood = find
            .query_row([event.event_id.as_bytes()], |row| {
                Ok(Stood {
                    position: row.get(0)?,
                    version: row.get(1)?,
                    stream: stream_of(row, 2)?,
                })
            })
            .optional()?;
        stored.extend(stood.map(|stood| (event.event_id, stood)));
    }
    Ok(stored)
}

fn versions_of(
    connection: &Connection,
    appends: &[StreamAppend],
) -> rusqlite::Result<HashMap<StreamId, u64>> {
    let mut find = connection
        .prepare_cached("SELECT coalesce(max(version), 0) FROM event WHERE stream_id = ?1")?;
    let mut versions = HashMap::new();
    for append in appends {
        if let std::collections::hash_map::Entry::Vacant(vacant) = versions.entry(append.stream) {
            vacant.insert(find.query_row([append.stream.to_string()], |row| row.get(0))?);
        }
    }
    Ok(versions)
}

fn insert(connection: &Connection, placed: &[Placed<'_>]) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(INSERT)?;
    for row in placed {
        insert.execute(params![
            row.position,
            row.stream,
            row.version,
            row.event.event_id.as_bytes(),
            row.event.event_type,
            row.event.schema_version,
            row.recorded_at,
            row.event.metadata,
            row.event.key_id.as_bytes(),
            row.event.payload,
            row.hash,
        ])?;
    }
    Ok(())
}

fn stream_of(row: &Row<'_>, index: usize) -> rusqlite::Result<StreamId> {
    let text: String = row.get(index)?;
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

fn cannot_open(error: rusqlite::Error) -> OpenError {
    OpenError::Unavailable(error.to_string())
}

fn cannot_read(error: rusqlite::Error) -> ReadError {
    ReadError::Unavailable(error.to_string())
}

fn append_error(error: &rusqlite::Error) -> AppendError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => AppendError::DiskFull,
        _ => AppendError::Unavailable(error.to_string()),
    }
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
        Box::pin(self.read(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM event WHERE stream_id = ?1 AND version > ?2 \
                 ORDER BY version LIMIT ?3"
            );
            let limit = max.min(MOST_EVENTS_A_PAGE);
            let mut select = connection.prepare_cached(&sql).map_err(cannot_read)?;
            let rows = select
                .query_map(params![stream.to_string(), after, limit], stored_event)
                .map_err(cannot_read)?;
            rows.collect::<Result<_, _>>().map_err(cannot_read)
        }))
    }

    fn read_all(
        &self,
        after: u64,
        max: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, ReadError>> {
        Box::pin(self.read(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM event WHERE position > ?1 ORDER BY position LIMIT ?2"
            );
            let limit = max.min(MOST_EVENTS_A_PAGE);
            let mut select = connection.prepare_cached(&sql).map_err(cannot_read)?;
            let rows =
                select.query_map(params![after, limit], stored_event).map_err(cannot_read)?;
            rows.collect::<Result<_, _>>().map_err(cannot_read)
        }))
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
        self.hint.clone()
    }
}
