//! The statements the writer writes with.

use std::collections::{BTreeMap, HashMap};

use domain::stream::StreamId;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::query::Query;
use sqlx::{Postgres, Row};
use transparency::tree::Frontier;
use uuid::Uuid;

use super::super::batch::{Placed, Placing, Stood};
use super::super::{AppendError, Snapshot, StreamAppend};
use super::stream_of;
use super::write::BatchError;

/// Moves the head and writes the rows in one statement, if the head is where this process left it:
/// one round trip carries the lock, the rows and the commit.
const APPEND: &str = "WITH moved AS (UPDATE head SET size = $1, frontier = $2, root = $3, \
    recorded_at = $4 WHERE id = 0 AND size = $5 RETURNING id) \
    INSERT INTO event (position, stream_id, version, event_id, event_type, schema_version, \
    recorded_at, metadata, key_id, payload, hash) \
    SELECT added.* FROM moved, unnest($6::bigint[], $7::text[], $8::bigint[], $9::uuid[], \
    $10::text[], $11::smallint[], $12::bigint[], $13::bytea[], $14::uuid[], $15::bytea[], \
    $16::bytea[]) AS added";
const KEEP_SNAPSHOT: &str = "INSERT INTO snapshot \
    (stream_id, version, position, fingerprint, key_id, state) VALUES ($1, $2, $3, $4, $5, $6) \
    ON CONFLICT (stream_id) DO UPDATE SET version = excluded.version, \
    position = excluded.position, fingerprint = excluded.fingerprint, \
    key_id = excluded.key_id, state = excluded.state";

/// Notes fences and tells the highest of each scope. The rows are locked to the end of the
/// transaction, before the head is, and in the order of their names: no two batches wait for each
/// other in a circle.
const RAISE_FENCES: &str = "INSERT INTO fence AS kept (scope, number) \
    SELECT * FROM unnest($1::text[], $2::bigint[]) \
    ON CONFLICT (scope) DO UPDATE SET number = greatest(kept.number, excluded.number) \
    RETURNING scope, number";

/// Notes fences; tells the highest of each of their scopes.
pub(super) async fn raise(
    connection: &mut PgConnection,
    carried: &BTreeMap<String, u64>,
) -> Result<BTreeMap<String, u64>, BatchError> {
    if carried.is_empty() {
        return Ok(BTreeMap::new());
    }
    let scopes: Vec<&str> = carried.keys().map(String::as_str).collect();
    let numbers: Vec<i64> = carried.values().map(|number| *number as i64).collect();
    let rows = sqlx::query(RAISE_FENCES).bind(scopes).bind(numbers).fetch_all(connection).await?;
    let highest = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get::<i64, _>(1)? as u64)));
    highest.collect::<Result<_, sqlx::Error>>().map_err(BatchError::from)
}

/// Locks the head and tells where the log ends.
pub(super) async fn lock_head(connection: &mut PgConnection) -> Result<Placing, BatchError> {
    let row = sqlx::query("SELECT size, frontier, recorded_at FROM head WHERE id = 0 FOR UPDATE")
        .fetch_one(connection)
        .await?;
    let (size, bytes): (i64, Vec<u8>) = (row.try_get(0)?, row.try_get(1)?);
    let frontier = Frontier::from_bytes(size as u64, &bytes)
        .map_err(|error| BatchError::Refused(AppendError::Unavailable(error.to_string())))?;
    Ok(Placing { frontier, recorded_at: row.try_get(2)?, grown: Vec::new() })
}

/// Which of the events are stored already, and where.
pub(super) async fn stored_already(
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

/// The versions of the streams, as far as they exist.
pub(super) async fn versions_of(
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

/// Moves the head and adds the rows.
pub(super) fn append<'q>(
    head: &'q Placing,
    from: u64,
    placed: &'q [Placed<'q>],
) -> Query<'q, Postgres, PgArguments> {
    fn column<'q, T>(placed: &'q [Placed<'q>], of: impl Fn(&Placed<'q>) -> T) -> Vec<T> {
        placed.iter().map(of).collect()
    }
    sqlx::query(APPEND)
        .bind(head.frontier.size() as i64)
        .bind(head.frontier.to_bytes())
        .bind(head.frontier.root().to_vec())
        .bind(head.recorded_at)
        .bind(from as i64)
        .bind(column(placed, |row| row.position as i64))
        .bind(column(placed, |row| row.stream))
        .bind(column(placed, |row| row.version as i64))
        .bind(column(placed, |row| row.event_id))
        .bind(column(placed, |row| row.event_type))
        .bind(column(placed, |row| row.schema_version as i16))
        .bind(column(placed, |row| row.recorded_at))
        .bind(column(placed, |row| row.metadata))
        .bind(column(placed, |row| row.key_id))
        .bind(column(placed, |row| row.payload))
        .bind(column(placed, |row| row.hash.to_vec()))
}

/// Keeps the newest snapshot of a stream.
pub(super) async fn keep_snapshot(
    connection: &mut PgConnection,
    stream: StreamId,
    position: u64,
    snapshot: &Snapshot,
) -> Result<(), BatchError> {
    sqlx::query(KEEP_SNAPSHOT)
        .bind(stream.to_string())
        .bind(snapshot.version as i64)
        .bind(position as i64)
        .bind(snapshot.fingerprint)
        .bind(snapshot.key_id)
        .bind(snapshot.state.as_slice())
        .execute(connection)
        .await?;
    Ok(())
}
