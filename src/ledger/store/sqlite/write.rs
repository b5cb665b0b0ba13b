//! The thread that owns the only connection that writes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use domain::stream::StreamId;
use rusqlite::{
    Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params,
};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use transparency::tree::Frontier;
use uuid::Uuid;

use super::super::batch::{
    self, KnownVersions, Placed, Placing, Recent, Stood, Verdict, fenced, follow, judge, snapshots,
};
use super::super::gathering::{Rhythm, fill};
use super::super::{
    AdoptError, AppendError, Appended, ClockMicros, Fence, Head, Request, StoredEvent, StreamAppend,
};
use super::{append_error, open_writer, stream_of};

const INSERT: &str = "INSERT INTO event (position, stream_id, version, event_id, event_type, \
    schema_version, recorded_at, metadata, key_id, payload, hash) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
const MOVE_HEAD: &str =
    "UPDATE head SET size = ?1, frontier = ?2, root = ?3, recorded_at = ?4 WHERE id = 0";
const KEEP_SNAPSHOT: &str = "INSERT INTO snapshot \
    (stream_id, version, position, fingerprint, key_id, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
    ON CONFLICT (stream_id) DO UPDATE SET version = excluded.version, \
    position = excluded.position, fingerprint = excluded.fingerprint, \
    key_id = excluded.key_id, state = excluded.state";

const RAISE_FENCE: &str = "INSERT INTO fence (scope, number) VALUES (?1, ?2) \
    ON CONFLICT (scope) DO UPDATE SET number = max(number, excluded.number) RETURNING number";

type Results = Vec<Result<Appended, AppendError>>;

pub(super) fn read_head(connection: &Connection) -> rusqlite::Result<Placing> {
    connection.query_row("SELECT size, frontier, recorded_at FROM head", [], |row| {
        let size: u64 = row.get(0)?;
        let bytes: Vec<u8> = row.get(1)?;
        let frontier = Frontier::from_bytes(size, &bytes).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Blob, error.into())
        })?;
        Ok(Placing { frontier, recorded_at: row.get(2)?, grown: Vec::new() })
    })
}

/// The thread that writes.
pub(super) struct Writer {
    connection: Connection,
    clock: ClockMicros,
    announce: watch::Sender<u64>,
    recent: Recent,
    versions: KnownVersions,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        clock: ClockMicros,
        announce: watch::Sender<u64>,
        recent: Recent,
    ) -> Self {
        Self { connection, clock, announce, recent, versions: KnownVersions::default() }
    }

    pub(super) fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let (mut waiting, mut rhythm) = (Vec::new(), Rhythm::default());
        while let Some(first) = requests.blocking_recv() {
            waiting.push(first);
            let more = |waiting: &mut Vec<Request>| fill(waiting, &mut requests);
            rhythm.gather_on_thread(&mut waiting, more);
            let (appends, answers): (Vec<_>, Vec<_>) =
                waiting.drain(..).map(|request| (request.append, request.answer)).unzip();
            let began = Instant::now();
            let results = self.commit(&appends);
            rhythm.note(results.len(), requests.len(), began.elapsed());
            for (answer, result) in answers.into_iter().zip(results) {
                // A caller that went away has no use for the answer; its events stand all the same.
                let _ = answer.send(result);
            }
        }
    }

    /// One transaction for the whole batch.
    fn commit(&mut self, appends: &[StreamAppend]) -> Results {
        match self.try_commit(appends) {
            Ok((mut head, results)) => {
                self.versions.note(appends, &results);
                self.recent.note(&mut head);
                self.announce.send_replace(head.frontier.size());
                results
            }
            Err(error) => {
                self.versions.forget();
                let refused = append_error(&error);
                tracing::error!(cause = %refused, appends = appends.len(), "events were not written");
                appends.iter().map(|_| Err(refused.clone())).collect()
            }
        }
    }

    /// Places the batch on what this thread knows; where the unique indexes say that it knew too
    /// little, asks the file about every append and places those that fit.
    fn try_commit(&mut self, appends: &[StreamAppend]) -> rusqlite::Result<(Placing, Results)> {
        let now = (self.clock)();
        let mut trusted = self.versions.agree_with(appends);
        let carried = batch::fences(appends);
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have written since: the head in the file is the one that counts.
        let mut head = read_head(&transaction)?;
        let mut highest = raise(&transaction, &carried)?;
        trusted &= appends.iter().all(|append| fenced(append, &highest).is_none());
        if trusted {
            match place_all(&transaction, head.clone(), appends, now, None) {
                Ok(placed) => {
                    transaction.commit()?;
                    return Ok(placed);
                }
                Err(error) if is_taken(&error) => {
                    transaction.rollback()?;
                    let transaction = self
                        .connection
                        .transaction_with_behavior(TransactionBehavior::Immediate)?;
                    head = read_head(&transaction)?;
                    highest = raise(&transaction, &carried)?;
                    return judged(transaction, head, appends, now, &highest);
                }
                Err(error) => return Err(error),
            }
        }
        judged(transaction, head, appends, now, &highest)
    }
}

/// Whether a unique index refused a row.
fn is_taken(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}

/// Asks the file about every append, places those that fit and commits.
fn judged(
    transaction: Transaction<'_>,
    head: Placing,
    appends: &[StreamAppend],
    now: i64,
    highest: &BTreeMap<String, u64>,
) -> rusqlite::Result<(Placing, Results)> {
    let stored = stored_already(&transaction, appends)?;
    let mut versions = versions_of(&transaction, appends)?;
    let mut seen = HashSet::new();
    let verdicts = appends
        .iter()
        .map(|append| judge(append, &stored, &mut seen, &mut versions, highest))
        .collect();
    let placed = place_all(&transaction, head, appends, now, Some(verdicts))?;
    transaction.commit()?;
    Ok(placed)
}

/// Writes every append that is to be placed: all of them without verdicts.
fn place_all(
    connection: &Connection,
    mut head: Placing,
    appends: &[StreamAppend],
    now: i64,
    verdicts: Option<Vec<Verdict>>,
) -> rusqlite::Result<(Placing, Results)> {
    let streams: Vec<String> = appends.iter().map(|append| append.stream.to_string()).collect();
    let mut placed = Vec::new();
    let mut verdicts = verdicts.map(Vec::into_iter);
    let mut results = Vec::with_capacity(appends.len());
    for (append, stream) in appends.iter().zip(&streams) {
        results.push(match verdicts.as_mut().and_then(Iterator::next) {
            None | Some(Verdict::Place) => Ok(head.place(stream, append, now, &mut placed)),
            Some(Verdict::Answer(result)) => result,
        });
    }
    insert(connection, &placed)?;
    if !placed.is_empty() {
        move_head(connection, &head)?;
    }
    for (stream, position, snapshot) in snapshots(appends, &results) {
        connection.prepare_cached(KEEP_SNAPSHOT)?.execute(params![
            stream.to_string(),
            snapshot.version,
            position,
            snapshot.fingerprint,
            snapshot.key_id.as_bytes(),
            snapshot.state,
        ])?;
    }
    Ok((head, results))
}

fn move_head(connection: &Connection, head: &Placing) -> rusqlite::Result<()> {
    let Placing { frontier, recorded_at, .. } = head;
    connection.prepare_cached(MOVE_HEAD)?.execute(params![
        frontier.size(),
        frontier.to_bytes(),
        frontier.root(),
        recorded_at
    ])?;
    Ok(())
}

/// Takes over events of another log on a connection of its own; the writer reads the head anew for
/// every batch.
pub(super) fn adopt(path: &Path, events: &[StoredEvent]) -> Result<Head, AdoptError> {
    let failed = |error: rusqlite::Error| AdoptError::Store(append_error(&error));
    let streams: Vec<String> = events.iter().map(|event| event.stream.to_string()).collect();
    let mut connection = open_writer(path).map_err(failed)?;
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let mut head = read_head(&transaction).map_err(failed)?;
    follow(&mut head, events, &streams)?;
    let rows: Vec<Placed<'_>> =
        events.iter().zip(&streams).map(|(event, stream)| Placed::adopted(event, stream)).collect();
    insert(&transaction, &rows).map_err(failed)?;
    move_head(&transaction, &head).map_err(failed)?;
    transaction.commit().map_err(failed)?;
    Ok(Head { position: head.frontier.size(), root: head.frontier.root() })
}

/// Drops the snapshots of a key, on a connection of its own.
pub(super) fn forget_snapshots(path: &Path, key_id: Uuid) -> Result<(), AppendError> {
    let failed = |error: rusqlite::Error| append_error(&error);
    let connection = open_writer(path).map_err(failed)?;
    let forget = "DELETE FROM snapshot WHERE key_id = ?1";
    connection.execute(forget, [key_id.as_bytes()]).map(drop).map_err(failed)
}

/// Notes a fence, on a connection of its own.
pub(super) fn raise_fence(path: &Path, fence: Fence) -> Result<(), AppendError> {
    let failed = |error: rusqlite::Error| append_error(&error);
    let connection = open_writer(path).map_err(failed)?;
    let carried = BTreeMap::from([(fence.scope.to_string(), fence.number)]);
    match raise(&connection, &carried).map_err(failed)?.into_values().next() {
        Some(highest) if highest > fence.number => Err(AppendError::Fenced { highest }),
        _ => Ok(()),
    }
}

/// Notes fences; tells the highest of each of their scopes.
fn raise(
    connection: &Connection,
    carried: &BTreeMap<String, u64>,
) -> rusqlite::Result<BTreeMap<String, u64>> {
    let mut highest = BTreeMap::new();
    for (scope, number) in carried {
        let mut raise = connection.prepare_cached(RAISE_FENCE)?;
        highest.insert(scope.clone(), raise.query_row(params![scope, number], |row| row.get(0))?);
    }
    Ok(highest)
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
            row.event_id.as_bytes(),
            row.event_type,
            row.schema_version,
            row.recorded_at,
            row.metadata,
            row.key_id.as_bytes(),
            row.payload,
            row.hash,
        ])?;
    }
    Ok(())
}
