//! Stored events read one after the other, a page at a time, and opened as what they are.

use std::vec::IntoIter;

use domain::event::Event;
use domain::stream::{Category, StreamId};
use uuid::Uuid;

use super::LedgerError;
use super::sealing;
use super::store::{EventLog, MOST_EVENTS_A_PAGE, ReadError, StoredEvent};
use crate::vault::keys::Keys;

/// Events in one page where some may be whole answers of banks, or parts of files.
const LARGE_EVENTS_A_PAGE: usize = 200;

/// Which events are read. Each is counted in its own way: the log and a key by positions, a stream by
/// versions.
#[derive(Clone, Copy, Debug)]
enum Source {
    Log,
    Key(Uuid),
    Stream(StreamId),
}

/// Reads events in their order. No more than a page of them is in memory; the end is the end of the
/// log at the time the last page was read.
pub struct Reader<'a> {
    log: &'a dyn EventLog,
    source: Source,
    page: IntoIter<StoredEvent>,
    events_a_page: usize,
    /// Position or version of the last event of the page.
    reached: u64,
    /// Position of the last event that is wanted.
    until: u64,
    /// Whether nothing follows the page.
    ended: bool,
}

impl<'a> Reader<'a> {
    fn new(log: &'a dyn EventLog, source: Source, after: u64, events_a_page: usize) -> Self {
        let page = Vec::new().into_iter();
        Self { log, source, page, events_a_page, reached: after, until: u64::MAX, ended: false }
    }

    /// The whole log after a position.
    #[must_use]
    pub fn of_log(log: &'a dyn EventLog, after: u64) -> Self {
        Self::new(log, Source::Log, after, LARGE_EVENTS_A_PAGE)
    }

    /// What is sealed under a key after a position; under the nil key, what is not sealed.
    #[must_use]
    pub fn of_key(log: &'a dyn EventLog, key_id: Uuid, after: u64) -> Self {
        Self::new(log, Source::Key(key_id), after, LARGE_EVENTS_A_PAGE)
    }

    /// A stream after a version.
    #[must_use]
    pub fn of_stream(log: &'a dyn EventLog, stream: StreamId, after: u64) -> Self {
        let events_a_page = match stream.category {
            Category::Fetch | Category::Import => LARGE_EVENTS_A_PAGE,
            _ => MOST_EVENTS_A_PAGE,
        };
        Self::new(log, Source::Stream(stream), after, events_a_page)
    }

    /// The same to a position and not beyond.
    #[must_use]
    pub fn until(self, position: u64) -> Self {
        Self { until: position, ..self }
    }

    /// The same with a page that was read before, for at most `asked` events.
    #[must_use]
    pub(super) fn beginning_with(mut self, page: Vec<StoredEvent>, asked: usize) -> Self {
        self.take(page, asked);
        self
    }

    fn take(&mut self, page: Vec<StoredEvent>, asked: usize) {
        self.ended = page.len() < asked;
        if let Some(last) = page.last() {
            self.reached = match self.source {
                Source::Stream(_) => last.version,
                Source::Log | Source::Key(_) => last.position,
            };
        }
        self.page = page.into_iter();
    }

    /// The next event as it is stored; none at the end.
    ///
    /// # Errors
    /// [`ReadError`]; asking again goes on at the same place.
    pub async fn next(&mut self) -> Result<Option<StoredEvent>, ReadError> {
        if self.page.as_slice().is_empty() && !self.ended {
            let (after, most) = (self.reached, self.events_a_page);
            let page = match self.source {
                Source::Log => self.log.read_all(after, most).await?,
                Source::Key(key_id) => self.log.read_key(key_id, after, most).await?,
                Source::Stream(stream) => self.log.read_stream(stream, after, most).await?,
            };
            self.take(page, most);
        }
        let next = self.page.next();
        let is_beyond = next.as_ref().is_some_and(|next| next.position > self.until);
        if is_beyond {
            (self.page, self.ended) = (Vec::new().into_iter(), true);
            return Ok(None);
        }
        Ok(next)
    }

    /// The next event and what it says; none at the end. Of an event whose key was destroyed nobody
    /// knows what it said: it comes without a fact, and the caller decides what that means.
    ///
    /// # Errors
    /// [`LedgerError::Read`] if the log cannot be read, or holds an event where none of its kind can
    /// be: that is [`ReadError::Damaged`], as bytes are that changed. [`LedgerError::Open`] for an
    /// event that does not open under its key, or that a newer program wrote.
    pub async fn next_opened<E: TryFrom<Event>>(
        &mut self,
        keys: &Keys,
    ) -> Result<Option<(StoredEvent, Option<E>)>, LedgerError> {
        let Some(stored) = self.next().await? else { return Ok(None) };
        let event = open(keys, &stored).await?;
        Ok(Some((stored, event)))
    }
}

/// What an event says, as one of a kind; none if its key was destroyed. For a caller that looks at what
/// stands beside an event before it opens it.
///
/// # Errors
/// As [`Reader::next_opened`].
pub async fn open<E: TryFrom<Event>>(
    keys: &Keys,
    stored: &StoredEvent,
) -> Result<Option<E>, LedgerError> {
    let event = sealing::open(keys, stored).await?;
    let misplaced = |_| ReadError::Damaged(stored.position);
    Ok(event.map(E::try_from).transpose().map_err(misplaced)?)
}

/// The event at a position; none if the log ends before it.
///
/// # Errors
/// [`ReadError`].
pub async fn event_at(log: &dyn EventLog, position: u64) -> Result<Option<StoredEvent>, ReadError> {
    let Some(before) = position.checked_sub(1) else { return Ok(None) };
    let found = log.read_all(before, 1).await?.pop();
    Ok(found.filter(|found| found.position == position))
}

/// The first event of a stream; none if there is no such stream.
///
/// # Errors
/// [`ReadError`].
pub async fn first_of(
    log: &dyn EventLog,
    stream: StreamId,
) -> Result<Option<StoredEvent>, ReadError> {
    Ok(log.read_stream(stream, 0, 1).await?.pop())
}
