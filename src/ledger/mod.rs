//! Executes commands: load the aggregate, decide, append; answers with the position.

mod executing;
pub mod feed;
pub mod history;
mod opening;
pub mod reading;
pub mod sealing;
pub mod store;

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_es::Aggregate;
use domain::event::Event;
use domain::id::UserId;
use domain::stream::StreamId;
use serde::Serialize;
use uuid::Uuid;

use crate::vault::crypto::DataKey;
use crate::vault::keys::{Keys, KeysError};
use crate::world::{Chance, Clock, NoChance};
use reading::Reader;
use store::{AppendError, EventLog, Fence, ReadError, Snapshot};

/// Tries of one command when others write to its stream at the same time.
const MOST_TRIES: u32 = 16;
/// How long a store may rest before it is asked again what became of an append.
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// Aggregates kept in memory.
const MOST_HOT_AGGREGATES: usize = 1_024;
/// Events of a stream between two snapshots of its state.
pub const EVENTS_A_SNAPSHOT: u64 = 200;
/// Events read with the snapshot of a stream, or in place of it.
const FIRST_PAGE: usize = EVENTS_A_SNAPSHOT as usize;
/// Locks that put commands on one stream in a queue; streams share them by hash.
const STREAM_LOCKS: usize = 4_096;

/// Whom a stream is about, and so under which key its payloads are sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// This platform; nothing personal.
    Platform,
    /// A person.
    Person(UserId),
}

/// Who caused an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A person in a browser.
    Person,
    /// Somebody at the command line.
    Operator,
    /// The service by itself.
    Service,
    /// A bank's answer.
    Bank,
}

/// Who caused a command, and which chain it belongs to.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Cause {
    /// Who asked for it.
    pub actor: Actor,
    /// One identifier for everything that follows from one request or run.
    pub correlation: Uuid,
    /// The lease it is done under; not kept with the event.
    #[serde(skip)]
    pub fence: Option<Fence>,
}

impl Cause {
    /// A cause with its chain.
    #[must_use]
    pub const fn new(actor: Actor, correlation: Uuid) -> Self {
        Self { actor, correlation, fence: None }
    }

    /// The same under a lease: the log refuses it once somebody else has taken that.
    #[must_use]
    pub const fn under(self, fence: Option<Fence>) -> Self {
        Self { fence, ..self }
    }
}

/// What a command led to.
#[derive(Debug)]
pub struct Done<A: Aggregate> {
    /// Position of its last event; if nothing happened, that of the stream's end as far as known.
    pub position: u64,
    /// The events it led to; none where it was so already.
    pub events: Vec<A::Event>,
    /// The aggregate after it.
    pub aggregate: A,
    /// The stream's version.
    pub version: u64,
}

/// Why a command came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum CommandError<R: std::error::Error> {
    /// The aggregate refused.
    #[error(transparent)]
    Refused(R),
    /// The ledger could not do it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Why the ledger could not load or store.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The log could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A stored event could not be opened.
    #[error(transparent)]
    Open(#[from] sealing::OpenError),
    /// The person's key cannot be had.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The person's data was erased.
    #[error("the data of this person was erased")]
    Erased,
    /// No random bytes.
    #[error(transparent)]
    Chance(#[from] NoChance),
    /// An event could not be put into bytes.
    #[error("an event could not be encoded")]
    Encode,
}

/// An aggregate as loaded.
#[derive(Clone, Debug)]
pub struct Loaded<A> {
    /// Its state.
    pub aggregate: A,
    /// The stream's version.
    pub version: u64,
    /// Position of its last event; 0 for none.
    pub position: u64,
    /// The version of the newest snapshot of it.
    snapshot: u64,
}

impl<A: Default> Loaded<A> {
    /// An aggregate to which nothing has happened.
    fn nothing() -> Self {
        Self { aggregate: A::default(), version: 0, position: 0, snapshot: 0 }
    }
}

type PersonKey = (Uuid, Arc<DataKey>);

/// Aggregates in memory, none of them loaded under a key that has been destroyed since.
#[derive(Default)]
struct Hot {
    aggregates: HashMap<StreamId, Arc<dyn Any + Send + Sync>>,
    /// How many keys were known to be destroyed when the first of them was kept.
    destroyed: u64,
}

/// The write side.
pub struct Ledger {
    log: Arc<dyn EventLog>,
    keys: Arc<Keys>,
    chance: Chance,
    clock: Clock,
    hot: Mutex<Hot>,
    queues: Vec<tokio::sync::Mutex<()>>,
}

impl Ledger {
    /// A ledger over a log and the keys its payloads are sealed under.
    #[must_use]
    pub fn new(log: Arc<dyn EventLog>, keys: Arc<Keys>, chance: Chance, clock: Clock) -> Self {
        let queues = (0..STREAM_LOCKS).map(|_| tokio::sync::Mutex::new(())).collect();
        Self { log, keys, chance, clock, hot: Mutex::default(), queues }
    }

    /// The log underneath.
    #[must_use]
    pub fn log(&self) -> &Arc<dyn EventLog> {
        &self.log
    }

    /// The keys payloads are sealed under.
    #[must_use]
    pub fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// Loads an aggregate.
    ///
    /// # Errors
    /// [`LedgerError`] if its events cannot be read.
    pub async fn load<A>(&self, stream: StreamId) -> Result<Loaded<A>, LedgerError>
    where
        A: Aggregate + Clone + 'static,
        A::Event: TryFrom<Event>,
    {
        let (mut loaded, mut events) = match self.hot::<A>(stream) {
            Some(loaded) => {
                let events = Reader::of_stream(&*self.log, stream, loaded.version);
                (loaded, events)
            }
            None => self.begin_with_snapshot(stream).await?,
        };
        while let Some((stored, event)) = events.next_opened(&self.keys).await? {
            loaded.aggregate.apply(event.ok_or(LedgerError::Erased)?);
            loaded.version = stored.version;
            loaded.position = stored.position;
        }
        self.keep_hot(stream, &loaded);
        Ok(loaded)
    }

    /// The state in a stream's snapshot and a reader of what follows; without a snapshot, or with one
    /// that is of no use, nothing yet and a reader of everything.
    async fn begin_with_snapshot<A: Aggregate>(
        &self,
        stream: StreamId,
    ) -> Result<(Loaded<A>, Reader<'_>), LedgerError> {
        let (kept, page) = self.log.read_from_snapshot(stream, FIRST_PAGE).await?;
        let from = match &kept {
            Some(kept) => self.open_snapshot(stream, kept).await?,
            None => Some(Loaded::nothing()),
        };
        let reader = |after| Reader::of_stream(&*self.log, stream, after);
        Ok(match from {
            Some(from) => {
                let events = reader(from.version).beginning_with(page, FIRST_PAGE);
                (from, events)
            }
            None => (Loaded::nothing(), reader(0)),
        })
    }

    /// The state in a stream's snapshot, if this program made it and its key is there.
    async fn open_snapshot<A: Aggregate>(
        &self,
        stream: StreamId,
        kept: &store::KeptSnapshot,
    ) -> Result<Option<Loaded<A>>, LedgerError> {
        let store::KeptSnapshot { snapshot, position } = kept;
        if snapshot.fingerprint != domain::FINGERPRINT {
            return Ok(None);
        }
        let state = sealing::open_snapshot(&self.keys, stream, snapshot).await?;
        let aggregate = state.and_then(|state| serde_json::from_slice::<A>(&state).ok());
        let (version, position) = (snapshot.version, *position);
        Ok(aggregate.map(|aggregate| Loaded { aggregate, version, position, snapshot: version }))
    }

    /// The state to keep beside events that lead to a version.
    async fn snapshot<A: Aggregate>(
        &self,
        stream: StreamId,
        owner: Owner,
        loaded: &Loaded<A>,
        version: u64,
    ) -> Result<Option<Snapshot>, LedgerError> {
        if version < loaded.snapshot + EVENTS_A_SNAPSHOT {
            return Ok(None);
        }
        // Only what is sealed is also protected from being exchanged.
        let Some((key_id, key)) = self.key_of(owner).await? else { return Ok(None) };
        let state = serde_json::to_vec(&loaded.aggregate).map_err(|_| LedgerError::Encode)?;
        sealing::seal_snapshot(&self.chance, (key_id, &key), stream, version, &state)
            .map(Some)
            .map_err(|_| LedgerError::Encode)
    }

    /// The key of a person.
    ///
    /// # Errors
    /// [`LedgerError::Erased`] once it was destroyed.
    pub async fn key_of_person(&self, user_id: UserId) -> Result<Arc<DataKey>, LedgerError> {
        let (_, key) = self.keys.key_of_person(user_id).await?.ok_or(LedgerError::Erased)?;
        Ok(key)
    }

    async fn key_of(&self, owner: Owner) -> Result<Option<PersonKey>, LedgerError> {
        match owner {
            Owner::Platform => Ok(None),
            Owner::Person(user_id) => {
                Ok(Some(self.keys.key_of_person(user_id).await?.ok_or(LedgerError::Erased)?))
            }
        }
    }

    fn hot<A: Clone + Send + Sync + 'static>(&self, stream: StreamId) -> Option<Loaded<A>> {
        let hot = self.hot.lock().ok()?;
        if hot.destroyed != self.keys.destroyed() {
            return None;
        }
        hot.aggregates.get(&stream)?.downcast_ref::<Loaded<A>>().cloned()
    }

    fn keep_hot<A: Clone + Send + Sync + 'static>(&self, stream: StreamId, loaded: &Loaded<A>) {
        if let Ok(mut hot) = self.hot.lock() {
            let destroyed = self.keys.destroyed();
            if hot.destroyed != destroyed {
                *hot = Hot { aggregates: HashMap::new(), destroyed };
            }
            let aggregates = &mut hot.aggregates;
            if aggregates.len() >= MOST_HOT_AGGREGATES && !aggregates.contains_key(&stream) {
                let any = aggregates.keys().next().copied();
                any.map(|any| aggregates.remove(&any));
            }
            aggregates.insert(stream, Arc::new(loaded.clone()));
        }
    }

    fn cool(&self, stream: StreamId) {
        if let Ok(mut hot) = self.hot.lock() {
            hot.aggregates.remove(&stream);
        }
    }

    /// Drops every aggregate from memory, when one of them may hold what was erased.
    pub fn cool_all(&self) {
        if let Ok(mut hot) = self.hot.lock() {
            hot.aggregates.clear();
        }
    }
}
