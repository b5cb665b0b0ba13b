//! The SQLite log as an index of events that are elsewhere.

use std::collections::HashMap;

use domain::stream::StreamId;
use futures_util::future::BoxFuture;
use rusqlite::{OptionalExtension, params};
use uuid::Uuid;

use super::super::batch::Stood;
use super::super::kurrent::index::{Index, Known};
use super::super::{ReadError, Snapshot};
use super::{SqliteLog, cannot_read, open_writer, stream_of};

const FIND: &str = "SELECT position, version, stream_id FROM event WHERE event_id = ?1";
const VERSION: &str = "SELECT coalesce(max(version), 0) FROM event WHERE stream_id = ?1";
const KEEP: &str = "INSERT INTO snapshot \
    (stream_id, version, position, fingerprint, key_id, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
    ON CONFLICT (stream_id) DO UPDATE SET version = excluded.version, \
    position = excluded.position, fingerprint = excluded.fingerprint, \
    key_id = excluded.key_id, state = excluded.state WHERE excluded.version > snapshot.version";

impl Index for SqliteLog {
    fn known(&self, stream: StreamId, ids: Vec<Uuid>) -> BoxFuture<'_, Result<Known, ReadError>> {
        Box::pin(self.read(move |connection| {
            let version = connection
                .prepare_cached(VERSION)
                .and_then(|mut find| find.query_row([stream.to_string()], |row| row.get(0)))
                .map_err(cannot_read)?;
            let mut stored = HashMap::new();
            let mut find = connection.prepare_cached(FIND).map_err(cannot_read)?;
            for id in ids {
                let stood = find.query_row([id.as_bytes()], |row| {
                    let stream = stream_of(row, 2)?;
                    Ok(Stood { position: row.get(0)?, version: row.get(1)?, stream })
                });
                let stood = stood.optional().map_err(cannot_read)?;
                stored.extend(stood.map(|stood| (id, stood)));
            }
            Ok(Known { version, stored })
        }))
    }

    fn keep_snapshot(
        &self,
        stream: StreamId,
        position: u64,
        snapshot: Snapshot,
    ) -> BoxFuture<'_, Result<(), ReadError>> {
        let path = self.path.clone();
        Box::pin(async move {
            let task = tokio::task::spawn_blocking(move || {
                let Snapshot { version, fingerprint, key_id, state } = snapshot;
                let name = stream.to_string();
                let values =
                    params![name, version, position, fingerprint, key_id.as_bytes(), state];
                open_writer(&path)?.execute(KEEP, values)
            });
            let kept = task.await.map_err(|error| ReadError::Unavailable(error.to_string()))?;
            kept.map(drop).map_err(cannot_read)
        })
    }
}
