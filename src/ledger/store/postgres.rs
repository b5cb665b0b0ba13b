//! The log in PostgreSQL: each process has one writer task, and the head's row lock orders the
//! writers of all processes. One lock, one `INSERT … SELECT FROM unnest` and one commit carry all
//! appends that wait.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::stream::StreamId;
use futures_util::future::BoxFuture;
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use sqlx::{Acquire, Row};
use tokio::sync::{mpsc, oneshot, watch};
use transparency::tree::{Frontier, Hash};
use uuid::Uuid;

use super::batch::{self, Placed, Placing, Stood, Verdict, judge};
use super::{
    AppendError, Appended, ClockMicros, EventLog, Head, LONGEST_QUEUE, MOST_EVENTS_A_PAGE,
    OpenError, ReadError, Request, StoredEvent, StreamAppend, check_size,
};

/// The layout this program reads and writes.
const LAYOUT: i64 = 1;
const FIRST_LAYOUT: &str = include_str!("../../../migrations/postgres/0001_log.sql");
/// How often the head is looked at for what other processes wrote.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Tries of one batch when the database asks for another (serialisation failure, deadlock).
const MOST_TRIES: u32 = 5;
/// Held while the layout is made, so that two starting processes do not make it twice.
const MIGRATION_LOCK: i64 = 0x4f50_4c31;

const INSERT: &str = "INSERT INTO event (position, stream_id, version, event_id, event_type, \
    schema_version, recorded_at, metadata, key_id, payload, hash) \
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::uuid[], $5::text[], \
    $6::smallint[], $7::bigint[], $8::bytea[], $9::uuid[], $10::bytea[], $11::bytea[])";

/// The event log in a PostgreSQL database.
pub struct PostgresLog {
    pool: PgPool,
    queue: mpsc::Sender<Request>,
    hint: watch::Receiver<u64>,
}

impl PostgresLog {
    /// Takes the log of the pool's database, making it if it is not there, and starts its writer.
    ///
    /// # Errors
    /// [`OpenError`]: a newer layout, a head that does not fit, or no connection.
    pub async fn open(pool: PgPool, clock: ClockMicros) -> Result<Self, OpenError> {
        migrate(&pool).await?;
        let (size, last): (i64, i64) = sqlx::query_as(
            "SELECT size, (SELECT coalesce(max(position), 0) FROM event WHERE position <= size) \
             FROM head",
        )
        .fetch_one(&pool)
        .await
        .map_err(cannot_open)?;
        if size != last {
            return Err(OpenError::HeadMismatch { head: size as u64, events: last as u64 });
        }
        let (queue, requests) = mpsc::channel(LONGEST_QUEUE);
        let (announce, hint) = watch::channel(size as u64);
        let writer = Writer { pool: pool.clone(), clock, announce };
        tokio::spawn(writer.run(requests));
        Ok(Self { pool, queue, hint })
    }
}

async fn migrate(pool: &PgPool) -> Result<(), OpenError> {
    let mut transaction = pool.begin().await.map_err(cannot_open)?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(MIGRATION_LOCK)
        .execute(&mut *transaction)
        .await
        .map_err(cannot_open)?;
    sqlx::raw_sql("CREATE TABLE IF NOT EXISTS log_layout (layout bigint NOT NULL)")
        .execute(&mut *transaction)
        .await
        .map_err(cannot_open)?;
    let found: Option<i64> = sqlx::query_scalar("SELECT layout FROM log_layout")
        .fetch_optional(&mut *transaction)
        .await
        .map_err(cannot_open)?;
    match found {
        Some(LAYOUT) => {}
        Some(found) => return Err(OpenError::NewerLayout { found, known: LAYOUT }),
        None => {
            sqlx::raw_sql(FIRST_LAYOUT).execute(&mut *transaction).await.map_err(cannot_open)?;
            sqlx::query("INSERT INTO log_layout VALUES ($1)")
                .bind(LAYOUT)
                .execute(&mut *transaction)
                .await
                .map_err(cannot_open)?;
        }
    }
    transaction.commit().await.map_err(cannot_open)
}

/// Why a batch did not commit.
enum BatchError {
    /// The database asks for the same again.
    Again,
    /// Refused as a whole; nothing was written.
    Refused(AppendError),
    /// The commit's answer was lost.
    Unknown,
}

impl From<sqlx::Error> for BatchError {
    fn from(error: sqlx::Error) -> Self {
        let code =
            error.as_database_error().and_then(|error| error.code()).map(|code| code.to_string());
        match code.as_deref() {
            Some("40001" | "40P01") => Self::Again,
            Some("53100") => Self::Refused(AppendError::DiskFull),
            Some(code) => Self::Refused(AppendError::Unavailable(format!("SQLSTATE {code}"))),
            None => Self::Refused(AppendError::Unavailable(error.to_string())),
        }
    }
}

struct Writer {
    pool: PgPool,
    clock: ClockMicros,
    announce: watch::Sender<u64>,
}

impl Writer {
    async fn run(self, mut requests: mpsc::Receiver<Request>) {
        let mut waiting = Vec::new();
        loop {
            match tokio::time::timeout(LOOK_EVERY, requests.recv()).await {
                Ok(Some(first)) => waiting.push(first),
                Ok(None) => return,
                Err(_) => {
                    self.look().await;
                    continue;
                }
            }
            batch::fill(&mut waiting, &mut requests);
            let (appends, answers): (Vec<_>, Vec<_>) =
                waiting.drain(..).map(|request| (request.append, request.answer)).unzip();
            let results = self.commit(&appends).await;
            for (answer, result) in answers.into_iter().zip(results) {
                // A caller that went away has no use for the answer; its events stand all the same.
                let _ = answer.send(result);
            }
        }
    }

    /// Announces what other processes wrote. A failed look is made up for by the next.
    async fn look(&self) {
        if let Ok(size) =
            sqlx::query_scalar::<_, i64>("SELECT size FROM head").fetch_one(&self.pool).await
        {
            self.announce_to(size as u64);
        }
    }

    fn announce_to(&self, position: u64) {
        self.announce.send_if_modified(|known| {
            let newer = position > *known;
            *known = position.max(*known);
            newer
        });
    }

    async fn commit(&self, appends: &[StreamAppend]) -> Vec<Result<Appended, AppendError>> {
        let mut outcome =
            AppendError::Unavailable("the database kept asking for another try".into());
        for _ in 0..MOST_TRIES {
            match self.try_commit(appends).await {
                Ok((position, results)) => {
                    self.announce_to(position);
                    return results;
                }
                Err(BatchError::Again) => continue,
                Err(BatchError::Refused(error)) => outcome = error,
                Err(BatchError::Unknown) => outcome = AppendError::Unknown,
            }
            break;
        }
        tracing::error!(cause = %outcome, appends = appends.len(), "events were not written");
        appends.iter().map(|_| Err(outcome.clone())).collect()
    }

    async fn try_commit(
        &self,
        appends: &[StreamAppend],
    ) -> Result<(u64, Vec<Result<Appended, AppendError>>), BatchError> {
        let mut connection = self.pool.acquire().await?;
        let mut transaction = connection.begin().await?;
        let mut head = lock_head(&mut transaction).await?;
        let now = (self.clock)();
        let stored = stored_already(&mut transaction, appends).await?;
        let mut versions = versions_of(&mut transaction, appends).await?;
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
        if !placed.is_empty() {
            insert(&mut transaction, &placed).await?;
            sqlx::query("UPDATE head SET size = $1, frontier = $2, root = $3, recorded_at = $4")
                .bind(head.frontier.size() as i64)
                .bind(head.frontier.to_bytes())
                .bind(&head.frontier.root()[..])
                .bind(head.recorded_at)
                .execute(&mut *transaction)
                .await?;
        }
        match transaction.commit().await {
            Ok(()) => Ok((head.frontier.size(), results)),
            Err(error) if error.as_database_error().is_some() => Err(error.into()),
            Err(_) => Err(BatchError::Unknown),
        }
    }
}

async fn lock_head(connection: &mut PgConnection) -> Result<Placing, BatchError> {
    let row = sqlx::query("SELECT size, frontier, recorded_at FROM head WHERE id = 0 FOR UPDATE")
        .fetch_one(connection)
        .await?;
    let (size, bytes): (i64, Vec<u8>) = (row.try_get(0)?, row.try_get(1)?);
    let frontier = Frontier::from_bytes(size as u64, &bytes)
        .map_err(|error| BatchError::Refused(AppendError::Unavailable(error.to_string())))?;
    Ok(Placing { frontier, recorded_at: row.try_get(2)? })
}

async fn stored_already(
    connection: &mut PgConnection,
    appends: &[StreamAppend],
) -> Result<HashMap<Uuid, Stood>, BatchError> {
    let ids: Vec<Uuid> =
        appends.iter().flat_map(|append| &append.events).map(|event| event.event_id).collect();
    let rows = sqlx::query(
        "SELECT event_id, position, version, stream_id FROM event WHERE event_id = ANY($1)",
    )
    .bind(ids)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let stood = Stood {
                position: row.try_get::<i64, _>(1)? as u64,
                version: row.try_get::<i64, _>(2)? as u64,
                stream: stream_of(row, 3)?,
            };
            Ok((row.try_get(0)?, stood))
        })
        .collect::<Result<_, sqlx::Error>>()
        .map_err(BatchError::from)
}

async fn versions_of(
    connection: &mut PgConnection,
    appends: &[StreamAppend],
) -> Result<HashMap<StreamId, u64>, BatchError> {
    let streams: Vec<String> = appends.iter().map(|append| append.stream.to_string()).collect();
    let rows = sqlx::query(
        "SELECT stream_id, max(version) FROM event WHERE stream_id = ANY($1) GROUP BY stream_id",
    )
    .bind(streams)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| Ok((stream_of(row, 0)?, row.try_get::<i64, _>(1)? as u64)))
        .collect::<Result<_, sqlx::Error>>()
        .map_err(BatchError::from)
}

async fn insert(connection: &mut PgConnection, placed: &[Placed<'_>]) -> Result<(), BatchError> {
    fn column<'a, T>(placed: &'a [Placed<'a>], of: impl Fn(&Placed<'a>) -> T) -> Vec<T> {
        placed.iter().map(of).collect()
    }
    sqlx::query(INSERT)
        .bind(column(placed, |row| row.position as i64))
        .bind(column(placed, |row| row.stream.to_owned()))
        .bind(column(placed, |row| row.version as i64))
        .bind(column(placed, |row| row.event.event_id))
        .bind(column(placed, |row| row.event.event_type))
        .bind(column(placed, |row| row.event.schema_version as i16))
        .bind(column(placed, |row| row.recorded_at))
        .bind(column(placed, |row| row.event.metadata.as_slice()))
        .bind(column(placed, |row| row.event.key_id))
        .bind(column(placed, |row| row.event.payload.as_slice()))
        .bind(column(placed, |row| row.hash.to_vec()))
        .execute(connection)
        .await?;
    Ok(())
}

fn stream_of(row: &PgRow, index: usize) -> Result<StreamId, sqlx::Error> {
    let text: String = row.try_get(index)?;
    text.parse().map_err(|error: domain::stream::NoStreamName| sqlx::Error::Decode(error.into()))
}

fn hash_of(row: &PgRow, index: usize) -> Result<Hash, sqlx::Error> {
    let bytes: Vec<u8> = row.try_get(index)?;
    Hash::try_from(bytes.as_slice()).map_err(|error| sqlx::Error::Decode(error.into()))
}

fn stored_event(row: &PgRow) -> Result<StoredEvent, sqlx::Error> {
    Ok(StoredEvent {
        position: row.try_get::<i64, _>(0)? as u64,
        stream: stream_of(row, 1)?,
        version: row.try_get::<i64, _>(2)? as u64,
        event_id: row.try_get(3)?,
        event_type: row.try_get(4)?,
        schema_version: row.try_get::<i16, _>(5)? as u16,
        recorded_at: row.try_get(6)?,
        metadata: row.try_get(7)?,
        key_id: row.try_get(8)?,
        payload: row.try_get(9)?,
        hash: hash_of(row, 10)?,
    })
}

fn cannot_open(error: sqlx::Error) -> OpenError {
    OpenError::Unavailable(error.to_string())
}

fn cannot_read(error: sqlx::Error) -> ReadError {
    ReadError::Unavailable(error.to_string())
}

impl EventLog for PostgresLog {
    fn append(&self, append: StreamAppend) -> BoxFuture<'_, Result<Appended, AppendError>> {
        Box::pin(async move {
            check_size(&append)?;
            let (answer, result) = oneshot::channel();
            let stopped = "the writer has stopped";
            let request = Request { append, answer };
            let sent = self.queue.send(request).await;
            sent.map_err(|_| AppendError::Unavailable(stopped.to_owned()))?;
            result.await.map_err(|_| AppendError::Unknown)?
        })
    }

    fn read_stream(
        &self,
        stream: StreamId,
        after: u64,
        max: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, ReadError>> {
        Box::pin(async move {
            let rows = sqlx::query(
                "SELECT position, stream_id, version, event_id, event_type, schema_version, \
                 recorded_at, metadata, key_id, payload, hash FROM event \
                 WHERE stream_id = $1 AND version > $2 ORDER BY version LIMIT $3",
            )
            .bind(stream.to_string())
            .bind(after as i64)
            .bind(max.min(MOST_EVENTS_A_PAGE) as i64)
            .fetch_all(&self.pool)
            .await
            .map_err(cannot_read)?;
            rows.iter().map(stored_event).collect::<Result<_, _>>().map_err(cannot_read)
        })
    }

    fn read_all(
        &self,
        after: u64,
        max: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, ReadError>> {
        Box::pin(async move {
            let rows = sqlx::query(
                "SELECT position, stream_id, version, event_id, event_type, schema_version, \
                 recorded_at, metadata, key_id, payload, hash FROM event \
                 WHERE position > $1 ORDER BY position LIMIT $2",
            )
            .bind(after as i64)
            .bind(max.min(MOST_EVENTS_A_PAGE) as i64)
            .fetch_all(&self.pool)
            .await
            .map_err(cannot_read)?;
            rows.iter().map(stored_event).collect::<Result<_, _>>().map_err(cannot_read)
        })
    }

    fn head(&self) -> BoxFuture<'_, Result<Head, ReadError>> {
        Box::pin(async move {
            let row = sqlx::query("SELECT size, root FROM head")
                .fetch_one(&self.pool)
                .await
                .map_err(cannot_read)?;
            let position = row.try_get::<i64, _>(0).map_err(cannot_read)? as u64;
            Ok(Head { position, root: hash_of(&row, 1).map_err(cannot_read)? })
        })
    }

    fn hash_at(&self, position: u64) -> BoxFuture<'_, Result<Option<Hash>, ReadError>> {
        Box::pin(async move {
            let row = sqlx::query("SELECT hash FROM event WHERE position = $1")
                .bind(position as i64)
                .fetch_optional(&self.pool)
                .await
                .map_err(cannot_read)?;
            row.map(|row| hash_of(&row, 0)).transpose().map_err(cannot_read)
        })
    }

    fn hint(&self) -> watch::Receiver<u64> {
        self.hint.clone()
    }
}
