//! A page of stored events opened on all processors at once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use chrono::DateTime;
use domain::event::Event;
use domain::user::UserEvent;
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

/// Opens and decodes a page, in the order of the log.
///
/// # Errors
/// [`FeedError`]; of several events that cannot be read it names the first.
pub(super) async fn open_all(
    keys: &Keys,
    stored: Vec<StoredEvent>,
) -> Result<Vec<Recorded>, FeedError> {
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
        opened.append(&mut part.await.map_err(stopped)??);
    }
    for event in &opened {
        if let Some(Event::User(UserEvent::Erased(erased))) = event.event.as_deref() {
            // Whichever process destroyed the key: from here on it is in no memory of this one.
            keys.forget(erased.key_id);
        }
    }
    Ok(opened)
}

fn open_part(keys: &PageKeys, part: Vec<StoredEvent>) -> Result<Vec<Recorded>, FeedError> {
    let mut room = Zeroizing::new(Vec::new());
    let mut opened = Vec::with_capacity(part.len());
    for stored in part {
        let position = stored.position;
        let event = if stored.key_id.is_nil() {
            sealing::decode(&stored, &stored.payload).map(Some)
        } else {
            let key = keys.get(&stored.key_id).and_then(Option::as_ref);
            key.map(|key| sealing::open_under(key, &stored, &mut room)).transpose()
        };
        let event =
            event.map_err(|error| FeedError::Unreadable { position, reason: error.to_string() })?;
        opened.push(Recorded {
            position,
            event_id: stored.event_id,
            stream: stored.stream,
            version: stored.version,
            recorded_at: DateTime::from_timestamp_micros(stored.recorded_at).unwrap_or_default(),
            event_type: stored.event_type,
            event: event.map(Box::new),
        });
    }
    Ok(opened)
}
