//! Taking over another log's events. KurrentDB has no append to several streams at once, so they go
//! there in runs of one stream each, in the order of the log; a takeover that breaks off leaves a
//! beginning, and goes on at the position after its end. Nobody else may append meanwhile.

use std::sync::Arc;

use super::super::{AdoptError, AppendError, Head, ReadError, StoredEvent};
use super::connection::CallError;
use super::index::Known;
use super::{FIRST_PAUSE, MOST_TRIES, Shared, cannot_look, record};

/// Payload bytes of a run, unless a single event has more: half of what a server takes by default.
const MOST_BYTES_A_RUN: usize = 512 * 1024;
/// Events of a run.
const MOST_EVENTS_A_RUN: usize = 500;

pub(super) async fn adopt(
    shared: Arc<Shared>,
    events: Vec<StoredEvent>,
) -> Result<Head, AdoptError> {
    let cannot_look = |error: ReadError| AdoptError::Store(cannot_look(error));
    shared.pass().await?;
    let head = shared.index.head().await.map_err(cannot_look)?;
    let time = shared.index.time_at(head.position).await.map_err(cannot_look)?;
    follows(head.position, time.unwrap_or(0), &events)?;
    let Some(last) = events.last() else { return Ok(head) };
    for run in runs(&events) {
        send(&shared, run).await?;
    }
    let ids = [last.event_id];
    let there = |known: &Known| !known.stored.is_empty();
    shared.known_when(last.stream, &ids, there).await?;
    for event in &events {
        let hash = shared.index.hash_at(event.position).await.map_err(cannot_look)?;
        if hash != Some(event.hash) {
            return Err(AdoptError::Damaged(event.position));
        }
    }
    shared.index.head().await.map_err(cannot_look)
}

/// Checks events of another log against the end of this one.
fn follows(mut end: u64, mut time: i64, events: &[StoredEvent]) -> Result<(), AdoptError> {
    for event in events {
        if event.position != end + 1 {
            return Err(AdoptError::DoesNotFollow { head: end, first: event.position });
        }
        let leaf_hash = event.record(&event.stream.to_string()).leaf_hash();
        if leaf_hash != event.hash || event.recorded_at < time {
            return Err(AdoptError::Damaged(event.position));
        }
        (end, time) = (event.position, event.recorded_at);
    }
    Ok(())
}

/// Neighbours of one stream, within the limits of one append.
fn runs(mut events: &[StoredEvent]) -> impl Iterator<Item = &[StoredEvent]> {
    std::iter::from_fn(move || {
        let stream = events.first()?.stream;
        let mut bytes = 0;
        let fits = |(place, event): &(usize, &StoredEvent)| {
            bytes += event.payload.len();
            event.stream == stream
                && *place < MOST_EVENTS_A_RUN
                && (*place == 0 || bytes <= MOST_BYTES_A_RUN)
        };
        let length = events.iter().enumerate().take_while(fits).count();
        let (run, rest) = events.split_at(length);
        events = rest;
        Some(run)
    })
}

async fn send(shared: &Shared, run: &[StoredEvent]) -> Result<(), AdoptError> {
    let Some(first) = run.first() else { return Ok(()) };
    let events: Vec<_> =
        run.iter().map(record::adopted).collect::<Result<_, _>>().map_err(|_| AppendError::Size)?;
    let mut pause = FIRST_PAUSE;
    for _ in 0..MOST_TRIES {
        let before = first.version - 1;
        match shared.connection.append(first.stream, before, events.clone()).await {
            Ok(()) => return Ok(()),
            Err(CallError::Elsewhere(last)) => {
                let current = last.map_or(0, |revision| revision + 1);
                return Err(AppendError::Conflict { current }.into());
            }
            Err(CallError::Refused(cause)) => return Err(AppendError::Unavailable(cause).into()),
            Err(CallError::Unclear(cause)) => {
                tracing::warn!(cause, "an append to KurrentDB was not answered; sending again");
            }
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    Err(AppendError::Unknown.into())
}
