//! A log in memory.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use chrono::DateTime;
use domain::event::Event;
use domain::stream::StreamId;
use opl_projections::feed::{BoxFuture, EventFeed, FeedError, FeedPage, Recorded};
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use uuid::Uuid;

/// A log in memory.
pub struct Log {
    inner: Mutex<Inner>,
    hint: watch::Sender<u64>,
}

#[derive(Default)]
struct Inner {
    events: Vec<Recorded>,
    unreadable: BTreeSet<u64>,
    unavailable: bool,
    salt: u8,
}

impl Log {
    /// An empty log.
    pub fn new() -> Arc<Self> {
        Arc::new(Self { inner: Mutex::default(), hint: watch::Sender::new(0) })
    }

    /// Appends an event and answers with its position.
    pub fn append(&self, stream: StreamId, event: impl Into<Event>) -> u64 {
        self.append_all(stream, [event.into()])
    }

    /// Appends many events of one stream and answers with the last position.
    pub fn append_all(&self, stream: StreamId, events: impl IntoIterator<Item = Event>) -> u64 {
        let mut inner = self.inner.lock().expect("the log");
        let before = inner.events.iter().filter(|recorded| recorded.stream == stream).count();
        for (version, event) in (before as u64 + 1..).zip(events) {
            let position = inner.events.len() as u64 + 1;
            inner.events.push(Recorded {
                position,
                event_id: Uuid::from_u128(u128::from(position)),
                stream,
                version,
                recorded_at: DateTime::from_timestamp(1_790_000_000 + position as i64, 0)
                    .expect("an instant"),
                event_type: String::new(),
                event: Some(Box::new(event)),
            });
        }
        let head = inner.events.len() as u64;
        drop(inner);
        self.hint.send_replace(head);
        head
    }

    /// Every event.
    pub fn all(&self) -> Vec<Recorded> {
        self.inner.lock().expect("the log").events.clone()
    }

    /// How many events it holds.
    pub fn len(&self) -> u64 {
        self.inner.lock().expect("the log").events.len() as u64
    }

    /// Makes an event's content unreadable, as if its key were destroyed.
    pub fn erase(&self, chosen: impl Fn(&Recorded) -> bool) {
        for recorded in &mut self.inner.lock().expect("the log").events {
            if chosen(recorded) {
                recorded.event = None;
            }
        }
    }

    /// Makes reading stop before an event, as if a newer program had written it.
    pub fn spoil(&self, position: u64) {
        self.inner.lock().expect("the log").unreadable.insert(position);
    }

    /// Makes the log answer, or not.
    pub fn set_available(&self, available: bool) {
        self.inner.lock().expect("the log").unavailable = !available;
    }

    /// Makes all hashes others, as in a log that was written anew.
    pub fn rewrite(&self) {
        self.inner.lock().expect("the log").salt += 1;
    }

    /// Forgets the events after a position.
    pub fn cut(&self, length: usize) {
        self.inner.lock().expect("the log").events.truncate(length);
    }
}

impl Inner {
    fn hash(&self, position: u64) -> [u8; 32] {
        let salt = if position == 0 { 0 } else { self.salt };
        let mut hasher = Sha256::new();
        hasher.update([salt]);
        hasher.update(position.to_be_bytes());
        hasher.finalize().into()
    }

    fn page(&self, after: u64, max: usize) -> Result<FeedPage, FeedError> {
        if self.unavailable {
            return Err(FeedError::Unavailable("switched off".to_owned()));
        }
        let from = usize::try_from(after).expect("a position").min(self.events.len());
        let events: Vec<Recorded> = self.events[from..].iter().take(max).cloned().collect();
        let upto = events.last().map_or(after, |recorded| recorded.position);
        if let Some(position) = self.unreadable.range(after + 1..=upto).next() {
            let reason = "written by a newer program".to_owned();
            return Err(FeedError::Unreadable { position: *position, reason });
        }
        Ok(FeedPage { events, upto, upto_hash: self.hash(upto) })
    }
}

impl EventFeed for Log {
    fn read_all(&self, after: u64, max: usize) -> BoxFuture<'_, Result<FeedPage, FeedError>> {
        Box::pin(async move { self.inner.lock().expect("the log").page(after, max) })
    }

    fn head(&self) -> BoxFuture<'_, Result<(u64, [u8; 32]), FeedError>> {
        Box::pin(async move {
            let inner = self.inner.lock().expect("the log");
            let head = inner.events.len() as u64;
            Ok((head, inner.hash(head)))
        })
    }

    fn hash_at(&self, position: u64) -> BoxFuture<'_, Result<Option<[u8; 32]>, FeedError>> {
        Box::pin(async move {
            let inner = self.inner.lock().expect("the log");
            Ok((position <= inner.events.len() as u64).then(|| inner.hash(position)))
        })
    }

    fn hint(&self) -> watch::Receiver<u64> {
        self.hint.subscribe()
    }
}
