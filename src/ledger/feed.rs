//! The log as projections pull it: opened, decoded, in order.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use projections::feed::{EventFeed, FeedError, FeedPage};
use tokio::sync::watch;

use super::opening;
use super::store::{EventLog, ReadError};
use crate::vault::keys::Keys;

/// A log with the keys to read it.
pub struct LedgerFeed {
    log: Arc<dyn EventLog>,
    keys: Arc<Keys>,
}

impl LedgerFeed {
    /// Reads this log with these keys.
    #[must_use]
    pub fn new(log: Arc<dyn EventLog>, keys: Arc<Keys>) -> Self {
        Self { log, keys }
    }
}

pub(super) fn unavailable(error: ReadError) -> FeedError {
    FeedError::Unavailable(error.to_string())
}

impl EventFeed for LedgerFeed {
    fn read_all(&self, after: u64, max: usize) -> BoxFuture<'_, Result<FeedPage, FeedError>> {
        Box::pin(async move {
            let stored = self.log.read_all(after, max).await.map_err(unavailable)?;
            let Some(last) = stored.last() else {
                let upto_hash = self.log.hash_at(after).await.map_err(unavailable)?;
                return Ok(FeedPage {
                    events: Vec::new(),
                    upto: after,
                    upto_hash: upto_hash.unwrap_or_default(),
                });
            };
            let (upto, upto_hash) = (last.position, last.hash);
            let sealed = stored.iter().map(|event| event.key_id).filter(|id| !id.is_nil());
            let noticed = self.keys.notice(sealed).await;
            noticed.map_err(|error| FeedError::Unavailable(error.to_string()))?;
            let events = opening::open_all(&self.keys, stored).await?;
            Ok(FeedPage { events, upto, upto_hash })
        })
    }

    fn head(&self) -> BoxFuture<'_, Result<(u64, [u8; 32]), FeedError>> {
        Box::pin(async move {
            let position = self.log.head().await.map_err(unavailable)?.position;
            let hash = self.log.hash_at(position).await.map_err(unavailable)?;
            Ok((position, hash.unwrap_or_default()))
        })
    }

    fn hash_at(&self, position: u64) -> BoxFuture<'_, Result<Option<[u8; 32]>, FeedError>> {
        Box::pin(async move { self.log.hash_at(position).await.map_err(unavailable) })
    }

    fn hint(&self) -> watch::Receiver<u64> {
        self.log.hint()
    }
}
