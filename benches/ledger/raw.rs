//! The raw limits: the same rows into the same tables and indexes by the fastest plain way, and the
//! cost of sealing and of the tree alone.

use std::sync::Arc;

use domain::account::AccountEvent;
use domain::event::{Encoded, Event};
use domain::stream::{Category, StreamId};
use opl::ledger::sealing::seal;
use opl::ledger::store::{NewEvent, StoredEvent};
use opl::ledger::{Actor, Cause};
use opl::vault::crypto::DataKey;
use opl::world::Chance;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use transparency::tree::Frontier;
use uuid::Uuid;

use crate::Failure;
use crate::measure::{Running, Sample, server, thread_cpu};
use crate::ours::{Ours, transaction};
use crate::place::Spot;

/// Events of one command, all of one stream.
const EVENTS_A_COMMAND: usize = 100;
/// Rows of one SQLite transaction.
const ROWS_A_TRANSACTION: usize = 1_000;
/// Rows of one `COPY`.
const ROWS_A_COPY: usize = 10_000;

const SQLITE: [&str; 2] = [
    include_str!("../../migrations/sqlite/0001_log.sql"),
    include_str!("../../migrations/sqlite/0002_keys_and_snapshots.sql"),
];
const POSTGRES: [&str; 2] = [
    include_str!("../../migrations/postgres/0001_log.sql"),
    include_str!("../../migrations/postgres/0002_keys_and_snapshots.sql"),
];

/// Rows as the ledger would store them, and what sealing and placing them took.
pub struct Rows {
    /// The rows.
    pub rows: Arc<Vec<StoredEvent>>,
    /// Processor time of sealing an event, in microseconds.
    pub sealing_us: f64,
    /// Processor time of its leaf hash and of the tree, in microseconds.
    pub tree_us: f64,
    /// Bytes of a payload before it is sealed.
    pub payload_bytes: usize,
}

/// Makes rows: sealed under the person's key, a command's to a stream, with their hashes.
pub async fn rows(ours: &Ours, count: u64) -> Result<Rows, Failure> {
    let (key_id, key) = ours.keys().key_of_person(ours.person).await?.ok_or("a key")?;
    let chance = Chance::real();
    let mut encoded = Vec::new();
    for number in 0..count {
        let recorded = transaction(number);
        let event_id = recorded.transaction_id.0;
        let event = Event::from(AccountEvent::TransactionRecorded(recorded)).encode()?;
        let stream = StreamId::new(
            Category::Account,
            Uuid::from_u128(u128::from(number / EVENTS_A_COMMAND as u64) + 1),
        );
        let metadata = serde_json::to_vec(&Cause::new(Actor::Bank, stream.id))?;
        encoded.push((stream, event_id, event, metadata));
    }
    let payload_bytes = encoded.first().map_or(0, |(_, _, event, _)| event.payload.len());
    // What everything but sealing takes is taken off: the same without a key.
    let (plain, bare) = timed(&chance, None, encoded.clone())?;
    drop(plain);
    let (sealed, sealing) = timed(&chance, Some((key_id, &key)), encoded)?;
    let sealing = (sealing - bare).max(0.0);
    let mut stored: Vec<StoredEvent> =
        (0..).zip(sealed).map(|(index, new)| row(index, new)).collect();
    let began = thread_cpu()?;
    let mut frontier = Frontier::default();
    for rows in stored.chunks_mut(EVENTS_A_COMMAND) {
        let stream = rows.first().map(|row| row.stream.to_string()).unwrap_or_default();
        for row in rows {
            row.hash = row.record(&stream).leaf_hash();
            frontier.push(row.hash);
        }
    }
    let root = frontier.root();
    let tree = thread_cpu()? - began;
    std::hint::black_box(root);
    let each = |seconds: f64| seconds * 1e6 / count as f64;
    let (sealing_us, tree_us) = (each(sealing), each(tree));
    Ok(Rows { rows: Arc::new(stored), sealing_us, tree_us, payload_bytes })
}

/// Puts events in the form that is stored, as the ledger does it: name and nonces once a command.
/// Gives the processor time, in seconds.
fn timed(
    chance: &Chance,
    key: Option<(Uuid, &DataKey)>,
    encoded: Vec<(StreamId, Uuid, Encoded, Vec<u8>)>,
) -> Result<(Vec<(StreamId, NewEvent)>, f64), Failure> {
    let mut sealed = Vec::with_capacity(encoded.len());
    let mut encoded = encoded.into_iter().peekable();
    let began = thread_cpu()?;
    while let Some((stream, ..)) = encoded.peek() {
        let name = stream.to_string();
        let nonces = match key {
            Some(_) => chance.draws(EVENTS_A_COMMAND)?,
            None => vec![[0; 12]; EVENTS_A_COMMAND],
        };
        for nonce in nonces {
            let Some((stream, event_id, event, metadata)) = encoded.next() else { break };
            let event = seal(nonce, key, &name, event_id, event, metadata);
            sealed.push((stream, event.map_err(|_| "an event could not be sealed")?));
        }
    }
    Ok((sealed, thread_cpu()? - began))
}

fn row(index: u64, (stream, event): (StreamId, NewEvent)) -> StoredEvent {
    StoredEvent {
        position: index + 1,
        stream,
        version: index % EVENTS_A_COMMAND as u64 + 1,
        event_id: event.event_id,
        event_type: event.event_type.to_owned(),
        schema_version: event.schema_version,
        recorded_at: 1_770_000_000_000_000 + index as i64,
        metadata: event.metadata,
        key_id: event.key_id,
        payload: event.payload,
        hash: [0; 32],
    }
}

/// `rusqlite`, prepared inserts, 1,000 rows a transaction, `synchronous=FULL`.
pub async fn sqlite(spot: &Spot, rows: Arc<Vec<StoredEvent>>) -> Result<Sample, Failure> {
    let path = spot.at.clone();
    tokio::task::spawn_blocking(move || {
        let mut connection = rusqlite::Connection::open(path)?;
        connection.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")?;
        connection.execute_batch(&SQLITE.concat())?;
        let streams: Vec<String> = rows.iter().map(|row| row.stream.to_string()).collect();
        let running = Running::begin(None);
        for (rows, streams) in
            rows.chunks(ROWS_A_TRANSACTION).zip(streams.chunks(ROWS_A_TRANSACTION))
        {
            let transaction = connection.transaction()?;
            let mut insert = transaction
                .prepare_cached("INSERT INTO event VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)")?;
            for (row, stream) in rows.iter().zip(streams) {
                insert.execute(rusqlite::params![
                    row.position as i64,
                    stream,
                    row.version as i64,
                    row.event_id.as_bytes().as_slice(),
                    row.event_type,
                    row.schema_version,
                    row.recorded_at,
                    row.metadata,
                    row.key_id.as_bytes().as_slice(),
                    row.payload,
                    row.hash.as_slice(),
                ])?;
            }
            drop(insert);
            transaction.commit()?;
        }
        Ok(running.end(rows.len() as u64, Vec::new()))
    })
    .await?
}

/// `COPY` in binary form, 10,000 rows a time.
pub async fn postgres(spot: &Spot, rows: Arc<Vec<StoredEvent>>) -> Result<Sample, Failure> {
    use std::str::FromStr as _;
    let options = PgConnectOptions::from_str(&spot.at)?;
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
    for statements in POSTGRES {
        sqlx::raw_sql(statements).execute(&pool).await?;
    }
    let copies: Vec<Vec<u8>> = rows.chunks(ROWS_A_COPY).map(binary).collect();
    let server = server(&pool).await?;
    let mut connection = pool.acquire().await?;
    let running = Running::begin(server);
    for copy in copies {
        let mut into = connection.copy_in_raw("COPY event FROM STDIN WITH (FORMAT binary)").await?;
        into.send(copy).await?;
        into.finish().await?;
    }
    let sample = running.end(rows.len() as u64, Vec::new());
    drop(connection);
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM event").fetch_one(&pool).await?;
    pool.close().await;
    if stored as usize == rows.len() {
        return Ok(sample);
    }
    Err("COPY did not store all rows".into())
}

/// Rows in PostgreSQL's binary form of `COPY` (its manual, "COPY", file formats).
fn binary(rows: &[StoredEvent]) -> Vec<u8> {
    const COLUMNS: i16 = 11;
    let mut out = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
    for row in rows {
        out.extend_from_slice(&COLUMNS.to_be_bytes());
        let stream = row.stream.to_string();
        let fields: [&[u8]; 11] = [
            &row.position.to_be_bytes(),
            stream.as_bytes(),
            &row.version.to_be_bytes(),
            row.event_id.as_bytes(),
            row.event_type.as_bytes(),
            &row.schema_version.to_be_bytes(),
            &row.recorded_at.to_be_bytes(),
            &row.metadata,
            row.key_id.as_bytes(),
            &row.payload,
            &row.hash,
        ];
        for field in fields {
            out.extend_from_slice(&(field.len() as i32).to_be_bytes());
            out.extend_from_slice(field);
        }
    }
    out.extend_from_slice(&(-1_i16).to_be_bytes());
    out
}
