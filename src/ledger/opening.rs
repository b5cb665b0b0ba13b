//! A page of stored events opened on all processors at once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use chrono::DateTime;
use projections::feed::{FeedError, Recorded};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::sealing;
use super::store::StoredEvent;
use crate::vault::crypto::DataKey;
use crate::vault::keys::Keys;

/// Fewer events than this are not worth another thread.
const FEWEST_A_THREAD: usize = 250;
/// Threads that open one page.
const MOST_THREADS: usize = 4;

/// The keys a page is sealed under; none for one that was destroyed.
type PageKeys = HashMap<Uuid, Option<Arc<DataKey>>>;

/// What became of a stored event.
pub(super) enum Opened {
    /// It was sealed and is opened.
    Fact(Box<Recorded>),
    /// It is not sealed, and left as it is.
    Left(StoredEvent),
}

/// Opens and decodes what is sealed, in the order of the log.
///
/// # Errors
/// [`FeedError`]; of several events that cannot be read it names the first.
pub(super) async fn open_sealed(
    keys: &Keys,
    stored: Vec<StoredEvent>,
) -> Result<Vec<Opened>, FeedError> {
    let mut page_keys = PageKeys::new();
    for event in stored.iter().filter(|event| !event.key_id.is_nil()) {
        if let Entry::Vacant(vacant) = page_keys.entry(event.key_id) {
            let key = keys.key(event.key_id).await;
            vacant.insert(key.map_err(|error| FeedError::Unavailable(error.to_string()))?);
        }
    }
    let page_keys = Arc::new(page_keys);
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = (stored.len() / FEWEST_A_THREAD).clamp(1, processors.min(MOST_THREADS));
    let (count, each) = (stored.len(), stored.len().div_ceil(threads).max(1));
    let mut left = stored.into_iter();
    let mut work = Vec::with_capacity(threads);
    while left.len() > 0 {
        let part: Vec<StoredEvent> = left.by_ref().take(each).collect();
        let page_keys = Arc::clone(&page_keys);
        work.push(tokio::task::spawn_blocking(move || open_part(&page_keys, part)));
    }
    let mut opened = Vec::with_capacity(count);
    for part in work {
        let stopped = |_| FeedError::Unavailable("the opening was stopped".to_owned());
        opened.extend(part.await.map_err(stopped)??);
    }
    Ok(opened)
}

fn open_part(keys: &PageKeys, part: Vec<StoredEvent>) -> Result<Vec<Opened>, FeedError> {
    let mut room = Zeroizing::new(Vec::new());
    part.into_iter()
        .map(|stored| {
            if stored.key_id.is_nil() {
                return Ok(Opened::Left(stored));
            }
            let position = stored.position;
            let unreadable = |error: sealing::OpenError| FeedError::Unreadable {
                position,
                reason: error.to_string(),
            };
            let event = match keys.get(&stored.key_id) {
                Some(Some(key)) => {
                    Some(sealing::open_under(key, &stored, &mut room).map_err(unreadable)?)
                }
                _ => None,
            };
            let recorded_at = DateTime::from_timestamp_micros(stored.recorded_at);
            Ok(Opened::Fact(Box::new(Recorded {
                position,
                event_id: stored.event_id,
                stream: stored.stream,
                version: stored.version,
                recorded_at: recorded_at.unwrap_or_default(),
                event_type: stored.event_type,
                event,
            })))
        })
        .collect()
}
