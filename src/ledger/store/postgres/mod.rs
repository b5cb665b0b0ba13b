//! The log in PostgreSQL: each process has one writer task, and the head's row lock orders the
//! writers of all processes. One lock, one `INSERT … SELECT FROM unnest` and one commit carry all
//! appends that wait.

mod copy;
#[cfg(feature = "kurrent")]
mod index;
mod readers;
mod reading;
mod statements;
mod write;

use std::time::Duration;

use domain::stream::StreamId;
use futures_util::future::BoxFuture;
use projections::database::sending;
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};
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
use write::Writer;

/// The layout this program reads and writes.
const LAYOUT: i64 = LAYOUTS.len() as i64;
/// What leads from each layout to the next, from the empty one on.
const LAYOUTS: [&str; 3] = [
    include_str!("../../../../migrations/postgres/0001_log.sql"),
    include_str!("../../../../migrations/postgres/0002_keys_and_snapshots.sql"),
    include_str!("../../../../migrations/postgres/0003_fences.sql"),
];
/// How often the head is looked at for what other processes wrote.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Events from which on a page is read by `COPY`.
const COPY_OUT_FROM: usize = 1_000;
/// Held while the layout is made, so that two starting processes do not make it twice.
const MIGRATION_LOCK: i64 = 0x4f50_4c31;

const COLUMNS: &str = "position, stream_id, version, event_id, event_type, schema_version, \
    recorded_at, metadata, key_id, payload, hash";

/// The event log in a PostgreSQL database.
pub struct PostgresLog {
    pool: PgPool,
    queue: mpsc::Sender<Request>,
    announce: watch::Sender<u64>,
    readers: Readers,
    recent: Recent,
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
        let announce = watch::Sender::new(size as u64);
        let recent = Recent::default();
        let writer = Writer::new(pool.clone(), clock, announce.clone(), recent.clone());
        tokio::spawn(writer.run(requests));
        let readers = Readers::start(&pool);
        Ok(Self { pool, queue, announce, readers, recent })
    }
}

type PgQuery<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

impl PostgresLog {
    /// Runs a query whose last parameter is the most rows wanted.
    async fn page(&self, query: PgQuery<'_>, max: usize) -> Result<Vec<StoredEvent>, ReadError> {
        sending(1);
        let limit = max.min(MOST_EVENTS_A_PAGE) as i64;
        let rows = query.bind(limit).fetch_all(&self.pool).await.map_err(cannot_read)?;
        rows.iter().map(read_event).collect()
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
    let found = found.unwrap_or(0);
    let known = usize::try_from(found).ok().and_then(|found| LAYOUTS.get(found..));
    for layout in known.ok_or(OpenError::NewerLayout { found, known: LAYOUT })? {
        sqlx::raw_sql(*layout).execute(&mut *transaction).await.map_err(cannot_open)?;
    }
    if found < LAYOUT {
        sqlx::raw_sql("DELETE FROM log_layout")
            .execute(&mut *transaction)
            .await
            .map_err(cannot_open)?;
        sqlx::query("INSERT INTO log_layout VALUES ($1)")
            .bind(LAYOUT)
            .execute(&mut *transaction)
            .await
            .map_err(cannot_open)?;
    }
    transaction.commit().await.map_err(cannot_open)
}

fn stream_of(row: &PgRow, index: usize) -> Result<StreamId, sqlx::Error> {
    let text: &str = row.try_get(index)?;
    text.parse().map_err(|error: domain::stream::NoStreamName| sqlx::Error::Decode(error.into()))
}

fn hash_of(row: &PgRow, index: usize) -> Result<Hash, sqlx::Error> {
    let bytes: &[u8] = row.try_get(index)?;
    Hash::try_from(bytes).map_err(|error| sqlx::Error::Decode(error.into()))
}

fn read_event(row: &PgRow) -> Result<StoredEvent, ReadError> {
    stored_event(row).map_err(|_| match row.try_get::<i64, _>(0) {
        Ok(position) => ReadError::Damaged(position as u64),
        Err(error) => cannot_read(error),
    })
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

/// Reads version, fingerprint, key, state and position from a column on.
fn kept_snapshot(row: &PgRow, from: usize) -> Result<KeptSnapshot, sqlx::Error> {
    let snapshot = Snapshot {
        version: row.try_get::<i64, _>(from)? as u64,
        fingerprint: row.try_get(from + 1)?,
        key_id: row.try_get(from + 2)?,
        state: row.try_get(from + 3)?,
    };
    Ok(KeptSnapshot { snapshot, position: row.try_get::<i64, _>(from + 4)? as u64 })
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

    fn is_read_only(&self) -> BoxFuture<'_, Result<bool, ReadError>> {
        Box::pin(async move {
            let ask =
                "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool";
            sqlx::query_scalar(ask).fetch_one(&self.pool).await.map_err(cannot_read)
        })
    }

    fn read_stream(
        &self,
        stream: StreamId,
        after: u64,
        max: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, ReadError>> {
        Box::pin(self.readers.stream(stream, after, max))
    }

    fn read_all(
        &self,
        after: u64,
        max: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, ReadError>> {
        Box::pin(async move {
            if max >= COPY_OUT_FROM {
                sending(1);
                let limit = max.min(MOST_EVENTS_A_PAGE);
                let select = format!(
                    "SELECT {COLUMNS} FROM event WHERE position > {after} ORDER BY position \
                     LIMIT {limit}"
                );
                return copy::read(&self.pool, select).await;
            }
            let select = format!(
                "SELECT {COLUMNS} FROM event WHERE position > $1 ORDER BY position LIMIT $2"
            );
            let query = sqlx::query(sqlx::AssertSqlSafe(select));
            self.page(query.bind(after as i64), max).await
        })
    }

    fn read_key(
        &self,
        key_id: Uuid,
        after: u64,
        max: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredEvent>, ReadError>> {
        Box::pin(async move {
            let select = format!(
                "SELECT {COLUMNS} FROM event WHERE key_id = $1 AND position > $2 \
                 ORDER BY position LIMIT $3"
            );
            let query = sqlx::query(sqlx::AssertSqlSafe(select)).bind(key_id);
            self.page(query.bind(after as i64), max).await
        })
    }

    fn leaf_hashes(&self, after: u64, max: usize) -> BoxFuture<'_, Result<Vec<Hash>, ReadError>> {
        Box::pin(async move {
            // As one value: a row each would cost more than the hashes.
            let select = "SELECT string_agg(hash, ''::bytea ORDER BY position) FROM (SELECT \
                position, hash FROM event WHERE position > $1 ORDER BY position LIMIT $2) AS page";
            let hashes: Option<Vec<u8>> = sqlx::query_scalar(select)
                .bind(after as i64)
                .bind(max.min(MOST_EVENTS_A_PAGE) as i64)
                .fetch_one(&self.pool)
                .await
                .map_err(cannot_read)?;
            let hashes = hashes.unwrap_or_default();
            let (hashes, rest) = hashes.as_chunks();
            // A hash of another length moves all that follow.
            if rest.is_empty() { Ok(hashes.to_vec()) } else { Err(ReadError::Damaged(after + 1)) }
        })
    }

    fn recent_leaves(&self, after: u64, max: usize) -> Vec<Hash> {
        self.recent.after(after, max)
    }

    fn time_at(&self, position: u64) -> BoxFuture<'_, Result<Option<i64>, ReadError>> {
        Box::pin(async move {
            sending(1);
            sqlx::query_scalar("SELECT recorded_at FROM event WHERE position = $1")
                .bind(position as i64)
                .fetch_optional(&self.pool)
                .await
                .map_err(cannot_read)
        })
    }

    fn snapshot(&self, stream: StreamId) -> BoxFuture<'_, Result<Option<KeptSnapshot>, ReadError>> {
        Box::pin(async move {
            let row = sqlx::query(
                "SELECT version, fingerprint, key_id, state, position FROM snapshot \
                 WHERE stream_id = $1",
            )
            .bind(stream.to_string())
            .fetch_optional(&self.pool)
            .await
            .map_err(cannot_read)?;
            row.as_ref().map(|row| kept_snapshot(row, 0)).transpose().map_err(cannot_read)
        })
    }

    fn read_from_snapshot(
        &self,
        stream: StreamId,
        max: usize,
    ) -> BoxFuture<'_, Result<FromSnapshot, ReadError>> {
        Box::pin(self.readers.read_from_snapshot(stream, max))
    }

    fn forget_snapshots(&self, key_id: Uuid) -> BoxFuture<'_, Result<(), AppendError>> {
        Box::pin(async move {
            let forget = sqlx::query("DELETE FROM snapshot WHERE key_id = $1").bind(key_id);
            let done = forget.execute(&self.pool).await;
            done.map(drop).map_err(|error| AppendError::Unavailable(error.to_string()))
        })
    }

    fn raise_fence(&self, fence: Fence) -> BoxFuture<'_, Result<(), AppendError>> {
        Box::pin(write::raise_fence(&self.pool, fence))
    }

    fn adopt(&self, events: Vec<StoredEvent>) -> BoxFuture<'_, Result<Head, AdoptError>> {
        Box::pin(async move {
            let head = write::adopt(&self.pool, &events).await?;
            self.announce.send_if_modified(|known| {
                let newer = head.position > *known;
                *known = head.position.max(*known);
                newer
            });
            Ok(head)
        })
    }

    fn head(&self) -> BoxFuture<'_, Result<Head, ReadError>> {
        Box::pin(async move {
            sending(1);
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
        self.announce.subscribe()
    }
}
