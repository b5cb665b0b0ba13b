//! What is compared: building all read models, and reading the log without keeping anything.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use domain::stream::StreamId;
use futures_util::TryStreamExt as _;
use opl::ledger::feed::LedgerFeed;
use opl::ledger::sealing;
use opl::ledger::store::{EventLog, StoredEvent};
use opl::vault::keys::Keys;
use projections::{Projection, ReadLocation, ReadModels};
use sqlx::PgPool;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::Failure;
use crate::processor::{seconds, server_of};

/// What the bare scans read of an event: all that opening and decoding it needs.
const COLUMNS: &str = "position, stream_id, event_id, event_type, schema_version, key_id, payload";

/// What reading or building took.
#[derive(Clone, Copy)]
pub struct Timed {
    /// Events a second.
    pub rate: f64,
    /// Processor time an event of this process and, on the same machine, the server, in
    /// microseconds.
    pub cpu_us: f64,
}

/// A measurement that runs.
pub struct Running {
    began: Instant,
    cpu: f64,
    server: Option<i32>,
}

impl Running {
    /// Begins now; `server` is the first process of the database server, if it is here.
    pub fn begin(server: Option<i32>) -> Self {
        Self { cpu: seconds(server), server, began: Instant::now() }
    }

    /// Ends now.
    pub fn end(self, events: u64) -> Timed {
        let rate = events as f64 / self.began.elapsed().as_secs_f64();
        let cpu_us = (seconds(self.server) - self.cpu) * 1e6 / events.max(1) as f64;
        Timed { rate, cpu_us }
    }
}

/// The first process of the database server; none if it is on another machine.
///
/// # Errors
/// Whatever the server says.
pub async fn server(pool: &PgPool) -> Result<Option<i32>, Failure> {
    Ok(server_of(sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(pool).await?))
}

/// What building read models took.
pub struct Built {
    /// All of them.
    pub all: Timed,
    /// The one that holds accounts and their balances alone, which is what the stock view holds.
    pub one: Timed,
    /// The digest of each.
    pub digests: Vec<[u8; 32]>,
}

/// Builds read models anew from the first event: rows, checkpoints and indexes.
///
/// # Errors
/// Whatever stopped it.
pub async fn rebuild(
    location: ReadLocation,
    log: &Arc<dyn EventLog>,
    keys: &Arc<Keys>,
) -> Result<Built, Failure> {
    let server = match &location {
        ReadLocation::Sqlite { .. } => None,
        ReadLocation::Postgres { pool } => server(pool).await?,
    };
    let feed = Arc::new(LedgerFeed::new(Arc::clone(log), Arc::clone(keys)));
    let models = ReadModels::open(location, feed).await?;
    let events = log.head().await?.position;
    let running = Running::begin(server);
    models.rebuild(None, |_| {}).await?;
    let all = running.end(events);
    let running = Running::begin(server);
    models.rebuild(Some(Projection::Accounts.name()), |_| {}).await?;
    let one = running.end(events);
    let mut digests = Vec::new();
    for projection in Projection::ALL {
        digests.push(models.digest(projection.name()).await?);
    }
    Ok(Built { all, one, digests })
}

/// One statement over the whole log in one thread: every row is read, opened, decoded and thrown
/// away.
///
/// # Errors
/// Whatever stopped it.
pub async fn scan_sqlite(file: &Path, keys: &Arc<Keys>) -> Result<Timed, Failure> {
    let (file, keys) = (file.to_owned(), Arc::clone(keys));
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let connection = rusqlite::Connection::open(file)?;
        let mut select =
            connection.prepare(&format!("SELECT {COLUMNS} FROM event ORDER BY position"))?;
        let running = Running::begin(None);
        let (mut rows, mut events) = (select.query([])?, 0_u64);
        let mut room = Zeroizing::new(Vec::new());
        while let Some(row) = rows.next()? {
            let stream: StreamId = row.get_ref(1)?.as_str()?.parse()?;
            let stored = StoredEvent {
                position: row.get(0)?,
                stream,
                version: 0,
                event_id: Uuid::from_bytes(row.get(2)?),
                event_type: row.get(3)?,
                schema_version: row.get(4)?,
                recorded_at: 0,
                metadata: Vec::new(),
                key_id: Uuid::from_bytes(row.get(5)?),
                payload: row.get(6)?,
                hash: [0; 32],
            };
            std::hint::black_box(open(&runtime, &keys, &stored, &mut room)?);
            events += 1;
        }
        Ok(running.end(events))
    })
    .await?
}

/// Opens and decodes one event as the feed does it: the key is looked up, the room used again.
fn open(
    runtime: &tokio::runtime::Handle,
    keys: &Keys,
    stored: &StoredEvent,
    room: &mut Zeroizing<Vec<u8>>,
) -> Result<Option<domain::event::Event>, Failure> {
    match runtime.block_on(keys.key(stored.key_id))? {
        Some(key) => Ok(Some(sealing::open_under(&key, stored, room)?)),
        None => Ok(None),
    }
}

/// `COPY … TO STDOUT` of the whole log in binary form, thrown away as it comes.
///
/// # Errors
/// Whatever stopped it.
pub async fn copy_out(pool: &PgPool) -> Result<Timed, Failure> {
    let events: i64 = sqlx::query_scalar("SELECT count(*) FROM event").fetch_one(pool).await?;
    let server = server(pool).await?;
    let mut connection = pool.acquire().await?;
    let text = format!(
        "COPY (SELECT {COLUMNS} FROM event ORDER BY position) TO STDOUT WITH (FORMAT binary)"
    );
    let running = Running::begin(server);
    let mut rows = connection.copy_out_raw(&text).await?;
    let mut bytes = 0_usize;
    while let Some(part) = rows.try_next().await? {
        bytes += std::hint::black_box(part).len();
    }
    drop(rows);
    std::hint::black_box(bytes);
    Ok(running.end(events.unsigned_abs()))
}

/// The same, with every row opened and decoded.
///
/// # Errors
/// Whatever stopped it.
pub async fn copy_out_decoded(pool: &PgPool, keys: &Arc<Keys>) -> Result<Timed, Failure> {
    let server = server(pool).await?;
    let mut connection = pool.acquire().await?;
    let text = format!(
        "COPY (SELECT {COLUMNS} FROM event ORDER BY position) TO STDOUT WITH (FORMAT binary)"
    );
    let running = Running::begin(server);
    let mut rows = connection.copy_out_raw(&text).await?;
    // The server sends a header of 19 bytes, and each row in a message of its own.
    let (mut header, mut events) = (19, 0_u64);
    let mut room = Zeroizing::new(Vec::new());
    while let Some(part) = rows.try_next().await? {
        let row = part.get(header..).unwrap_or_default();
        header = 0;
        if let Some(stored) = copied(row)? {
            let key = keys.key(stored.key_id).await?.ok_or("a key")?;
            std::hint::black_box(sealing::open_under(&key, &stored, &mut room)?);
            events += 1;
        }
    }
    drop(rows);
    Ok(running.end(events))
}

/// Reads one row of `COPY` in binary form; none at the trailer.
fn copied(row: &[u8]) -> Result<Option<StoredEvent>, Failure> {
    let mut rest = row;
    let mut take = |length: usize| {
        let (taken, left) = rest.split_at_checked(length).ok_or("a short row")?;
        rest = left;
        Ok::<_, Failure>(taken)
    };
    if i16::from_be_bytes(take(2)?.try_into()?) != 7 {
        return Ok(None);
    }
    let mut field = || {
        let length = u32::from_be_bytes(take(4)?.try_into()?);
        take(length as usize)
    };
    Ok(Some(StoredEvent {
        position: u64::from_be_bytes(field()?.try_into()?),
        stream: std::str::from_utf8(field()?)?.parse()?,
        version: 0,
        event_id: Uuid::from_slice(field()?)?,
        event_type: std::str::from_utf8(field()?)?.to_owned(),
        schema_version: u16::from_be_bytes(field()?.try_into()?),
        recorded_at: 0,
        metadata: Vec::new(),
        key_id: Uuid::from_slice(field()?)?,
        payload: field()?.to_vec(),
        hash: [0; 32],
    }))
}
