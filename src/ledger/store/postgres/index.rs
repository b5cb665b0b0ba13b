//! The PostgreSQL log as an index of events that are elsewhere.

use std::str::FromStr as _;

use domain::stream::StreamId;
use futures_util::future::BoxFuture;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgPool, Row};
use uuid::Uuid;

use super::super::batch::Stood;
use super::super::kurrent::index::{Index, Known};
use super::super::{ClockMicros, OpenError, ReadError, Snapshot};
use super::{PostgresLog, cannot_open, cannot_read, stream_of};

/// The schema of the index, apart from everything else, so that it is not taken for a log.
pub const SCHEMA: &str = "kurrent";
/// Connections for the index.
const MOST_CONNECTIONS: u32 = 8;

const KNOWN: &str = "SELECT coalesce((SELECT max(version) FROM event WHERE stream_id = $1), 0), \
    event_id, position, version, stream_id \
    FROM (SELECT 1) AS one LEFT JOIN event ON event_id = ANY($2)";
const KEEP: &str = "INSERT INTO snapshot \
    (stream_id, version, position, fingerprint, key_id, state) VALUES ($1, $2, $3, $4, $5, $6) \
    ON CONFLICT (stream_id) DO UPDATE SET version = excluded.version, \
    position = excluded.position, fingerprint = excluded.fingerprint, \
    key_id = excluded.key_id, state = excluded.state WHERE excluded.version > snapshot.version";

impl PostgresLog {
    /// An index in a schema of its own in the database of an address.
    ///
    /// # Errors
    /// [`OpenError`] if the database cannot be reached or the schema not be made.
    pub async fn index(url: &str, clock: ClockMicros) -> Result<Self, OpenError> {
        let misread = |_| OpenError::Unavailable("the PostgreSQL address is not understood".into());
        let options =
            PgConnectOptions::from_str(url).map_err(misread)?.options([("search_path", SCHEMA)]);
        let pool: PgPool = PgPoolOptions::new()
            .max_connections(MOST_CONNECTIONS)
            .connect_with(options)
            .await
            .map_err(cannot_open)?;
        let schema = format!("CREATE SCHEMA IF NOT EXISTS {SCHEMA}");
        let made = sqlx::raw_sql(sqlx::AssertSqlSafe(schema)).execute(&pool).await;
        // Two processes at once: the other one was first.
        let there = |error: &sqlx::Error| {
            error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
        };
        if let Err(error) = made
            && !there(&error)
        {
            return Err(cannot_open(error));
        }
        Self::open(pool, clock).await
    }
}

impl Index for PostgresLog {
    fn known(&self, stream: StreamId, ids: Vec<Uuid>) -> BoxFuture<'_, Result<Known, ReadError>> {
        Box::pin(async move {
            let rows = sqlx::query(KNOWN)
                .bind(stream.to_string())
                .bind(ids)
                .fetch_all(&self.pool)
                .await
                .map_err(cannot_read)?;
            let mut known = Known::default();
            let mut note = |row| -> Result<(), sqlx::Error> {
                let row: &sqlx::postgres::PgRow = row;
                known.version = row.try_get::<i64, _>(0)? as u64;
                if let Some(id) = row.try_get::<Option<Uuid>, _>(1)? {
                    let position = row.try_get::<i64, _>(2)? as u64;
                    let version = row.try_get::<i64, _>(3)? as u64;
                    let stood = Stood { position, version, stream: stream_of(row, 4)? };
                    known.stored.insert(id, stood);
                }
                Ok(())
            };
            rows.iter().try_for_each(&mut note).map_err(cannot_read)?;
            Ok(known)
        })
    }

    fn keep_snapshot(
        &self,
        stream: StreamId,
        position: u64,
        snapshot: Snapshot,
    ) -> BoxFuture<'_, Result<(), ReadError>> {
        Box::pin(async move {
            sqlx::query(KEEP)
                .bind(stream.to_string())
                .bind(snapshot.version as i64)
                .bind(position as i64)
                .bind(snapshot.fingerprint)
                .bind(snapshot.key_id)
                .bind(snapshot.state)
                .execute(&self.pool)
                .await
                .map(drop)
                .map_err(cannot_read)
        })
    }
}
