//! What every store does with a batch of appends: take what waits, give out positions, grow the tree.

use std::collections::{HashMap, HashSet};

use domain::stream::StreamId;
use tokio::sync::mpsc;
use transparency::record::Record;
use transparency::tree::{Frontier, Hash};

use super::{
    AppendError, Appended, MOST_BYTES_A_BATCH, MOST_EVENTS_A_BATCH, NewEvent, Request, StreamAppend,
};

/// Adds to `batch` what already waits, up to the limits; never waits itself.
pub(super) fn fill(batch: &mut Vec<Request>, queue: &mut mpsc::Receiver<Request>) {
    let size = |request: &Request| -> (usize, usize) {
        let events = &request.append.events;
        (events.len(), events.iter().map(|event| event.payload.len()).sum())
    };
    let (mut events, mut bytes) =
        batch.iter().map(size).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    while events < MOST_EVENTS_A_BATCH && bytes < MOST_BYTES_A_BATCH {
        let Ok(request) = queue.try_recv() else { return };
        let (more_events, more_bytes) = size(&request);
        events += more_events;
        bytes += more_bytes;
        batch.push(request);
    }
}

/// An event with its place.
pub(super) struct Placed<'a> {
    pub position: u64,
    pub stream: &'a str,
    pub version: u64,
    pub recorded_at: i64,
    pub event: &'a NewEvent,
    pub hash: Hash,
}

/// The end of the log while a batch is being placed on it.
#[derive(Clone)]
pub(super) struct Placing {
    pub frontier: Frontier,
    /// Time of the last event: time in the log never goes back, whatever the clock does.
    pub recorded_at: i64,
}

impl Placing {
    /// Gives each event of an append its place after what is there.
    pub(super) fn place<'a>(
        &mut self,
        stream: &'a str,
        append: &'a StreamAppend,
        now: i64,
        out: &mut Vec<Placed<'a>>,
    ) -> Appended {
        let first = self.frontier.size() + 1;
        self.recorded_at = self.recorded_at.max(now);
        for (offset, event) in append.events.iter().enumerate() {
            let position = self.frontier.size() + 1;
            let version = append.expected_version + offset as u64 + 1;
            let hash = Record {
                position,
                stream,
                version,
                event_id: event.event_id.into_bytes(),
                event_type: event.event_type,
                schema_version: event.schema_version,
                recorded_at: self.recorded_at,
                metadata: &event.metadata,
                key_id: event.key_id.into_bytes(),
                payload: &event.payload,
            }
            .leaf_hash();
            self.frontier.push(hash);
            let recorded_at = self.recorded_at;
            out.push(Placed { position, stream, version, recorded_at, event, hash });
        }
        let version = append.expected_version + append.events.len() as u64;
        Appended { first, last: self.frontier.size(), version }
    }
}

/// Where an already stored event stands.
#[derive(Clone, Copy)]
pub(super) struct Stood {
    pub position: u64,
    pub version: u64,
    pub stream: StreamId,
}

/// What to do with one append of a batch, given what is stored and what the batch adds before it.
pub(super) enum Verdict {
    /// Place it.
    Place,
    /// Answer this and leave it out.
    Answer(Result<Appended, AppendError>),
}

/// Judges an append: stored before (a retry), in conflict, or to be placed.
pub(super) fn judge(
    append: &StreamAppend,
    stored: &HashMap<uuid::Uuid, Stood>,
    seen: &mut HashSet<uuid::Uuid>,
    versions: &mut HashMap<StreamId, u64>,
) -> Verdict {
    let stood: Vec<Option<&Stood>> =
        append.events.iter().map(|event| stored.get(&event.event_id)).collect();
    if stood.iter().any(Option::is_some) {
        return Verdict::Answer(retried(append, &stood));
    }
    if append.events.iter().any(|event| seen.contains(&event.event_id)) {
        // The same append is in this batch already; sent again, it meets the stored events.
        return Verdict::Answer(Err(AppendError::Unknown));
    }
    let current = versions.entry(append.stream).or_insert(0);
    if *current != append.expected_version {
        return Verdict::Answer(Err(AppendError::Conflict { current: *current }));
    }
    *current += append.events.len() as u64;
    seen.extend(append.events.iter().map(|event| event.event_id));
    Verdict::Place
}

/// The answer to an append whose identifiers are in use: its first answer again if it is the same
/// append, a refusal otherwise.
fn retried(append: &StreamAppend, stood: &[Option<&Stood>]) -> Result<Appended, AppendError> {
    let same = stood.iter().enumerate().all(|(offset, stood)| {
        stood.is_some_and(|stood| {
            stood.stream == append.stream
                && stood.version == append.expected_version + offset as u64 + 1
        })
    });
    match (same, stood.first().copied().flatten(), stood.last().copied().flatten()) {
        (true, Some(first), Some(last)) => {
            Ok(Appended { first: first.position, last: last.position, version: last.version })
        }
        _ => Err(AppendError::IdentifierInUse),
    }
}
