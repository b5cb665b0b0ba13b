//! What past rows are built from: one person's events with the platform's own, or the whole log.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use projections::as_of::{History, HistoryPage};
use projections::feed::FeedError;
use uuid::Uuid;

use super::feed::unavailable;
use super::opening::open_all;
use super::store::{EventLog, StoredEvent};
use crate::vault::keys::Keys;

/// Everything sealed under one key, and everything that is sealed under none: what this platform
/// did by itself, such as registering with banks.
pub struct PersonHistory {
    log: Arc<dyn EventLog>,
    keys: Arc<Keys>,
    key_id: Option<Uuid>,
}

impl PersonHistory {
    /// The history of whom a key belongs to; without a key, the platform's own alone.
    #[must_use]
    pub fn new(log: Arc<dyn EventLog>, keys: Arc<Keys>, key_id: Option<Uuid>) -> Self {
        Self { log, keys, key_id }
    }
}

impl History for PersonHistory {
    fn page(
        &self,
        after: u64,
        upto: u64,
        max: usize,
    ) -> BoxFuture<'_, Result<HistoryPage, FeedError>> {
        Box::pin(async move {
            let mut events =
                self.log.read_key(Uuid::nil(), after, max).await.map_err(unavailable)?;
            let mut reached = end(&events, max, upto);
            if let Some(key_id) = self.key_id {
                let own = self.log.read_key(key_id, after, max).await.map_err(unavailable)?;
                reached = reached.min(end(&own, max, upto));
                events.extend(own);
            }
            // What stands behind the shorter of the two pages is read again with the next.
            events.retain(|stored| stored.position <= reached);
            events.sort_by_key(|stored| stored.position);
            Ok(HistoryPage { events: open_all(&self.keys, events).await?, upto: reached })
        })
    }
}

/// How far a page shows everything: a full one to its last event.
fn end(events: &[StoredEvent], max: usize, upto: u64) -> u64 {
    match events.last() {
        Some(last) if events.len() >= max => last.position.min(upto),
        _ => upto,
    }
}

/// Every event of the log.
pub struct WholeHistory {
    log: Arc<dyn EventLog>,
    keys: Arc<Keys>,
}

impl WholeHistory {
    /// Reads this log with these keys.
    #[must_use]
    pub fn new(log: Arc<dyn EventLog>, keys: Arc<Keys>) -> Self {
        Self { log, keys }
    }
}

impl History for WholeHistory {
    fn page(
        &self,
        after: u64,
        upto: u64,
        max: usize,
    ) -> BoxFuture<'_, Result<HistoryPage, FeedError>> {
        Box::pin(async move {
            let mut events = self.log.read_all(after, max).await.map_err(unavailable)?;
            let reached = end(&events, max, upto);
            events.retain(|stored| stored.position <= reached);
            Ok(HistoryPage { events: open_all(&self.keys, events).await?, upto: reached })
        })
    }
}
