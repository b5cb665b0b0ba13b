//! Where the read models get their events from: the log, by position.

use std::future::Future;
use std::pin::Pin;

use chrono::{DateTime, Utc};
use domain::event::Event;
use domain::stream::StreamId;
use tokio::sync::watch;
use uuid::Uuid;

/// A boxed future, as `futures_util::future::BoxFuture` is.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A stored event with what the log says about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Its place in the log, from 1.
    pub position: u64,
    /// Its own identifier.
    pub event_id: Uuid,
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Its number in the stream, from 1.
    pub version: u64,
    /// When it was stored.
    pub recorded_at: DateTime<Utc>,
    /// Its kind.
    pub event_type: String,
    /// What happened; none once the key that sealed it was destroyed. In a place of its own: events are
    /// many hundred bytes long, and are handed on some five times between the log and the rows.
    pub event: Option<Box<Event>>,
}

/// Some events in the order of the log, and how far they reach.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedPage {
    /// The events after the position asked for.
    pub events: Vec<Recorded>,
    /// Every event up to here has been shown; at least the position asked for.
    pub upto: u64,
    /// The log's hash at `upto`.
    pub upto_hash: [u8; 32],
}

/// Why the log did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// It cannot be reached now; asking again later can help.
    #[error("the log is not available: {0}")]
    Unavailable(String),
    /// An event cannot be read by this program; those before it can.
    #[error("the event at position {position} cannot be read: {reason}")]
    Unreadable {
        /// Where it stands.
        position: u64,
        /// Why, in words without its content.
        reason: String,
    },
}

/// The log as the read models see it. Every event with a position up to a page's `upto` is in it
/// or in an earlier page: nothing appears later below a position that was shown.
pub trait EventFeed: Send + Sync + 'static {
    /// At most `max` events after `after`.
    fn read_all(&self, after: u64, max: usize) -> BoxFuture<'_, Result<FeedPage, FeedError>>;

    /// The last position and the hash there; position 0 of an empty log.
    fn head(&self) -> BoxFuture<'_, Result<(u64, [u8; 32]), FeedError>>;

    /// The hash at a position; none if the log does not reach so far. Position 0 has one too.
    fn hash_at(&self, position: u64) -> BoxFuture<'_, Result<Option<[u8; 32]>, FeedError>>;

    /// Moves when there is more to read. A hint, never the truth.
    fn hint(&self) -> watch::Receiver<u64>;
}
