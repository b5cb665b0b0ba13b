//! Pulls events from the log into every projection, and answers how far each is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;

use crate::accounts::Accounts;
use crate::checkpoint::{self, Checkpoint};
use crate::consents::Consents;
use crate::database::DatabaseError;
use crate::definition::{Change, FoldError};
use crate::digest::digest;
use crate::feed::{EventFeed, FeedError, FeedPage};
use crate::fetches::Fetches;
use crate::location::{Generation, Pointer, ReadLocation};
use crate::people::People;
use crate::registrations::Registrations;
use crate::spending::Spending;
use crate::status::{Lagging, ProjectionState, ProjectionStatus, ReadModelError};
use crate::transactions::Transactions;
use crate::{Folded, Projection};

/// Most events folded in one transaction.
pub const PAGE: usize = 5_000;
/// How long the runner sleeps when nothing calls it.
const POLL: Duration = Duration::from_millis(500);
/// How long a projection rests after its database failed.
const REST: Duration = Duration::from_secs(2);
/// How often the runner looks whether another process switched a generation.
const POINTER_POLL: Duration = Duration::from_secs(5);
/// Changes that a slow subscriber may miss nothing of.
const MOST_CHANGES: usize = 1_024;

/// How far a projection is, for whoever waits for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    pub(crate) position: u64,
    pub(crate) failed: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Health {
    /// Why it stopped for good, and at which event.
    pub(crate) failure: Option<(Option<u64>, String)>,
    /// What went wrong for now, and when to try again.
    pub(crate) resting: Option<(Instant, String)>,
    pub(crate) rebuilding: Option<(u64, u64)>,
    reached_head: bool,
    beat: Option<DateTime<Utc>>,
}

/// One projection at work.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) projection: Projection,
    live: RwLock<Arc<Generation>>,
    pub(crate) mark: watch::Sender<Mark>,
    health: Mutex<Health>,
    /// Held while rows are written or the generation is switched.
    pub(crate) turn: tokio::sync::Mutex<()>,
    /// Held while it is rebuilt.
    pub(crate) rebuild: tokio::sync::Mutex<()>,
}

impl Slot {
    pub(crate) fn live(&self) -> Arc<Generation> {
        Arc::clone(&self.live.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads another generation from now on, and gives back the one before.
    pub(crate) fn switch(&self, generation: Arc<Generation>, position: u64) -> Arc<Generation> {
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *live, generation);
        drop(live);
        self.health(|health| {
            health.failure = None;
            health.resting = None;
        });
        self.mark.send_replace(Mark { position, failed: false });
        old
    }

    pub(crate) fn health<T>(&self, work: impl FnOnce(&mut Health) -> T) -> T {
        work(&mut self.health.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn fail(&self, position: Option<u64>, error: String) {
        tracing::error!(projection = self.projection.name(), position, error, "stopped");
        self.health(|health| health.failure = Some((position, error)));
        self.mark.send_modify(|mark| mark.failed = true);
    }

    fn rest(&self, error: String) {
        tracing::warn!(projection = self.projection.name(), error, "will try again");
        self.health(|health| health.resting = Some((Instant::now() + REST, error)));
    }

    fn is_ready(&self) -> bool {
        self.health(|health| {
            health.failure.is_none()
                && health.resting.as_ref().is_none_or(|(until, _)| *until <= Instant::now())
        })
    }
}

/// The rows of every projection: filled from the log, and open to questions.
pub struct ReadModels {
    pub(crate) location: ReadLocation,
    pub(crate) feed: Arc<dyn EventFeed>,
    slots: Vec<Slot>,
    head: watch::Sender<u64>,
    changes: broadcast::Sender<Change>,
    /// Held while the pointer is written.
    pub(crate) pointing: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for ReadModels {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ReadModels").field("slots", &self.slots).finish_non_exhaustive()
    }
}

/// What became of a page in one projection.
pub(crate) enum Applied {
    /// Rows and checkpoint hold up to here.
    Upto(u64),
    /// Somebody else moved the checkpoint; nothing was written.
    Moved,
}

impl ReadModels {
    /// Opens the rows of every projection. One whose version is new is built before this returns;
    /// one whose checkpoint does not fit the log is opened as failed.
    ///
    /// # Errors
    /// [`ReadModelError`] if the database or the log does not answer.
    pub async fn open(
        location: ReadLocation,
        feed: Arc<dyn EventFeed>,
    ) -> Result<Arc<Self>, ReadModelError> {
        location.prepare().await?;
        let pointers = location.pointers().await?;
        let (head, _) = feed.head().await?;
        let mut opened = Vec::new();
        for projection in Projection::ALL {
            let pointer = pointers.get(projection.name()).copied();
            opened.push(open_slot(&location, feed.as_ref(), projection, pointer, head).await?);
        }
        let models = Arc::new(Self {
            location,
            feed,
            slots: opened,
            head: watch::Sender::new(head),
            changes: broadcast::Sender::new(MOST_CHANGES),
            pointing: tokio::sync::Mutex::new(()),
        });
        for projection in Projection::ALL {
            let live = models.slot(projection).live().pointer;
            let pointer = pointers.get(projection.name()).copied();
            if pointer.is_some_and(|pointer| pointer.version != live.version) {
                models.build_in_place(projection).await?;
            }
            if pointer != Some(live) {
                models.location.point(projection.name(), live).await?;
            }
            models.clear(projection).await?;
        }
        Ok(models)
    }

    /// Deletes generations that are neither read nor half built for this version.
    async fn clear(&self, projection: Projection) -> Result<(), DatabaseError> {
        let live = self.slot(projection).live().pointer;
        for found in self.location.generations(projection.name()).await? {
            let half_built = found.version == live.version && found.generation > live.generation;
            if found != live && !half_built {
                self.location.delete(projection.name(), found).await?;
            }
        }
        Ok(())
    }

    pub(crate) fn slot(&self, projection: Projection) -> &Slot {
        // The slots stand in the order of the variants.
        &self.slots[projection as usize]
    }

    fn live(&self, projection: Projection) -> Arc<Generation> {
        self.slot(projection).live()
    }

    /// Questions about registrations.
    #[must_use]
    pub fn registrations(&self) -> Registrations {
        Registrations(self.live(Projection::Registrations))
    }

    /// Questions about people.
    #[must_use]
    pub fn people(&self) -> People {
        People(self.live(Projection::People))
    }

    /// Questions about permissions.
    #[must_use]
    pub fn consents(&self) -> Consents {
        Consents(self.live(Projection::Consents))
    }

    /// Questions about accounts.
    #[must_use]
    pub fn accounts(&self) -> Accounts {
        Accounts(self.live(Projection::Accounts))
    }

    /// Questions about transactions.
    #[must_use]
    pub fn transactions(&self) -> Transactions {
        Transactions(self.live(Projection::Transactions))
    }

    /// Questions about spending.
    #[must_use]
    pub fn spending(&self) -> Spending {
        Spending(self.live(Projection::Spending))
    }

    /// Questions about runs of reading.
    #[must_use]
    pub fn fetches(&self) -> Fetches {
        Fetches(self.live(Projection::Fetches))
    }

    /// Changes of rows, told after their commit. One that was missed shows as a lag of the
    /// receiver: then everything may have changed.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// SHA-256 over all rows of a projection in the order of their keys.
    ///
    /// # Errors
    /// [`ReadModelError`] if there is no such projection or its rows cannot be read.
    pub async fn digest(&self, name: &str) -> Result<[u8; 32], ReadModelError> {
        let projection =
            Projection::named(name).ok_or_else(|| ReadModelError::Unknown(name.to_owned()))?;
        Ok(digest(&self.live(projection).database, projection.definition()).await?)
    }

    /// How far every projection is.
    #[must_use]
    pub fn status(&self) -> Vec<ProjectionStatus> {
        let head = *self.head.borrow();
        let status = |slot: &Slot| {
            let position = slot.mark.borrow().position;
            slot.health(|health| ProjectionStatus {
                name: slot.projection.name(),
                version: slot.projection.definition().version,
                position,
                head: head.max(position),
                state: match (&health.failure, health.rebuilding) {
                    (_, Some((done, total))) => ProjectionState::Rebuilding { done, total },
                    (Some((position, _)), None) => ProjectionState::Failed { position: *position },
                    _ if health.reached_head && head.saturating_sub(position) <= PAGE as u64 => {
                        ProjectionState::Live
                    }
                    _ => ProjectionState::CatchingUp,
                },
                error: health
                    .failure
                    .as_ref()
                    .map(|(_, error)| error)
                    .or(health.resting.as_ref().map(|(_, error)| error))
                    .cloned(),
                beat: health.beat,
            })
        };
        self.slots.iter().map(status).collect()
    }

    /// Waits until every projection holds a position.
    ///
    /// # Errors
    /// [`Lagging`] names one that did not reach it in time, or stopped before it.
    pub async fn wait_for(&self, position: u64, longest: Duration) -> Result<(), Lagging> {
        let end = tokio::time::Instant::now() + longest;
        for slot in &self.slots {
            let mut mark = slot.mark.subscribe();
            let reached = mark.wait_for(|mark| mark.position >= position || mark.failed);
            // The sender lives as long as `self`, so only the time can run out.
            let _ = tokio::time::timeout_at(end, reached).await;
            let reached = slot.mark.borrow().position;
            if reached < position {
                return Err(Lagging { name: slot.projection.name(), asked: position, reached });
            }
        }
        Ok(())
    }

    /// Follows the log until `shutdown` turns true.
    pub async fn run(self: &Arc<Self>, mut shutdown: watch::Receiver<bool>) {
        let mut hint = self.feed.hint();
        let mut pointers_seen = Instant::now();
        while !*shutdown.borrow() {
            hint.borrow_and_update();
            if pointers_seen.elapsed() >= POINTER_POLL {
                pointers_seen = Instant::now();
                if let Err(error) = self.follow_pointers().await {
                    tracing::warn!(%error, "the pointer to the read models cannot be read");
                }
            }
            if self.round().await {
                continue;
            }
            tokio::select! {
                () = tokio::time::sleep(POLL) => {}
                // A feed that gives no more hints is asked at every poll.
                Ok(()) = hint.changed() => {}
                ended = shutdown.changed() => if ended.is_err() { return },
            }
        }
    }

    /// Reads one page for every position that some projection stands at, and folds it there.
    /// Says whether anything moved.
    async fn round(self: &Arc<Self>) -> bool {
        let now = DateTime::<Utc>::from(SystemTime::now());
        let mut standing: BTreeMap<u64, BTreeSet<Projection>> = BTreeMap::new();
        for slot in self.slots.iter().filter(|slot| slot.is_ready()) {
            slot.health(|health| health.beat = Some(now));
            let position = slot.mark.borrow().position;
            standing.entry(position).or_default().insert(slot.projection);
        }
        let mut moved = false;
        for (position, projections) in standing {
            match self.page_after(position, &projections).await {
                Some(page) if page.upto > position => {
                    self.head.send_if_modified(|head| {
                        let further = page.upto > *head;
                        *head = page.upto.max(*head);
                        further
                    });
                    moved |= self.apply_to(position, Arc::new(page), projections).await;
                }
                Some(_) => {
                    for projection in projections {
                        self.slot(projection).health(|health| health.reached_head = true);
                    }
                }
                None => {}
            }
        }
        moved
    }

    /// Reads a page, or notes in the projections why there is none.
    async fn page_after(&self, position: u64, waiting: &BTreeSet<Projection>) -> Option<FeedPage> {
        let error = match readable(self.feed.as_ref(), position).await {
            Ok(page) => {
                for projection in waiting {
                    self.slot(*projection).health(|health| health.resting = None);
                }
                return Some(page);
            }
            Err(error) => error,
        };
        for projection in waiting {
            match &error {
                FeedError::Unavailable(_) => self.slot(*projection).rest(error.to_string()),
                FeedError::Unreadable { position, .. } => {
                    self.slot(*projection).fail(Some(*position), error.to_string());
                }
            }
        }
        None
    }

    async fn apply_to(
        self: &Arc<Self>,
        from: u64,
        page: Arc<FeedPage>,
        projections: BTreeSet<Projection>,
    ) -> bool {
        let mut work = JoinSet::new();
        for projection in projections {
            let (models, page) = (Arc::clone(self), Arc::clone(&page));
            work.spawn(async move { models.advance(projection, from, &page).await });
        }
        let mut moved = false;
        while let Some(done) = work.join_next().await {
            moved |= done.unwrap_or(false);
        }
        moved
    }

    /// Folds a page into the live rows of one projection.
    async fn advance(&self, projection: Projection, from: u64, page: &FeedPage) -> bool {
        let slot = self.slot(projection);
        let _turn = slot.turn.lock().await;
        if slot.mark.borrow().position != from {
            return true;
        }
        let generation = slot.live();
        match apply(self.feed.as_ref(), projection, &generation, from, page, &self.changes).await {
            Ok(Applied::Upto(position)) => {
                slot.mark.send_modify(|mark| mark.position = position);
                true
            }
            Ok(Applied::Moved) => match checkpoint::read(&generation.database).await {
                Ok(checkpoint) => {
                    slot.mark.send_modify(|mark| mark.position = checkpoint.position);
                    true
                }
                Err(error) => {
                    slot.rest(error.to_string());
                    false
                }
            },
            Err(ReadModelError::Poison { position, reason, .. }) => {
                if let Ok(checkpoint) = checkpoint::read(&generation.database).await {
                    slot.mark.send_modify(|mark| mark.position = checkpoint.position);
                }
                slot.fail(Some(position), reason);
                false
            }
            Err(
                error @ (ReadModelError::Feed(_)
                | ReadModelError::Database(
                    DatabaseError::Unavailable(_) | DatabaseError::Full | DatabaseError::ReadOnly,
                )),
            ) => {
                slot.rest(error.to_string());
                false
            }
            Err(error) => {
                slot.fail(None, error.to_string());
                false
            }
        }
    }

    /// Opens generations that another process made the ones to be read.
    async fn follow_pointers(&self) -> Result<(), ReadModelError> {
        let pointers = self.location.pointers().await?;
        for slot in &self.slots {
            let definition = slot.projection.definition();
            let Some(pointer) = pointers.get(definition.name) else { continue };
            let _turn = slot.turn.lock().await;
            let live = slot.live().pointer;
            let newer = pointer.version == live.version && pointer.generation > live.generation;
            if newer {
                let generation = self
                    .location
                    .open(definition, *pointer, first_hash(&*self.feed).await?)
                    .await?;
                let checkpoint = checkpoint::read(&generation.database).await?;
                slot.switch(Arc::new(generation), checkpoint.position);
            }
        }
        Ok(())
    }
}

/// The hash of the empty log, where every checkpoint begins.
pub(crate) async fn first_hash(feed: &dyn EventFeed) -> Result<[u8; 32], FeedError> {
    Ok(feed.hash_at(0).await?.unwrap_or_default())
}

/// Whether a checkpoint was made from this log.
pub(crate) async fn fits(feed: &dyn EventFeed, checkpoint: &Checkpoint) -> Result<bool, FeedError> {
    let hash = if checkpoint.position == 0 {
        Some(first_hash(feed).await?)
    } else {
        feed.hash_at(checkpoint.position).await?
    };
    Ok(hash == Some(checkpoint.hash))
}

async fn open_slot(
    location: &ReadLocation,
    feed: &dyn EventFeed,
    projection: Projection,
    pointer: Option<Pointer>,
    head: u64,
) -> Result<Slot, ReadModelError> {
    let definition = projection.definition();
    let there = location.generations(definition.name).await?;
    let next = there.iter().map(|found| found.generation).max().unwrap_or_default() + 1;
    let chosen = match pointer {
        Some(pointer) if pointer.version == definition.version => pointer,
        // Rows of another version cannot be read. What was begun for this one goes on.
        _ => there
            .iter()
            .rev()
            .find(|found| found.version == definition.version)
            .copied()
            .unwrap_or(Pointer { version: definition.version, generation: next }),
    };
    let generation = location.open(definition, chosen, first_hash(feed).await?).await?;
    let indexes: Vec<&str> =
        definition.tables.iter().flat_map(|table| table.indexes).copied().collect();
    generation.database.define(&indexes).await?;
    let checkpoint = checkpoint::read(&generation.database).await?;
    let slot = Slot {
        projection,
        live: RwLock::new(Arc::new(generation)),
        mark: watch::Sender::new(Mark { position: checkpoint.position, failed: false }),
        health: Mutex::new(Health::default()),
        turn: tokio::sync::Mutex::new(()),
        rebuild: tokio::sync::Mutex::new(()),
    };
    let made_here = checkpoint.version == u64::from(definition.version);
    if checkpoint.position > head || !made_here || !fits(feed, &checkpoint).await? {
        let (name, position) = (definition.name, checkpoint.position);
        slot.fail(None, ReadModelError::OtherLog { name, position }.to_string());
    }
    Ok(slot)
}

/// A page after a position; one that ends before the first event that cannot be read.
pub(crate) async fn readable(feed: &dyn EventFeed, after: u64) -> Result<FeedPage, FeedError> {
    match feed.read_all(after, PAGE).await {
        Err(FeedError::Unreadable { position, .. }) if position > after + 1 => {
            let before = usize::try_from(position - 1 - after).unwrap_or(PAGE);
            feed.read_all(after, before.min(PAGE)).await
        }
        other => other,
    }
}

/// Folds a page and commits rows and checkpoint together. Where an event does not fit, everything
/// before it is committed and the event is named in the error.
pub(crate) async fn apply(
    feed: &dyn EventFeed,
    projection: Projection,
    generation: &Generation,
    from: u64,
    page: &FeedPage,
    changes: &broadcast::Sender<Change>,
) -> Result<Applied, ReadModelError> {
    let reader = &generation.database;
    match projection.fold(reader, &page.events).await {
        Ok(folded) => {
            Ok(commit(generation, from, page.upto, page.upto_hash, folded, changes).await?)
        }
        Err(FoldError::Database(error)) => Err(error.into()),
        Err(FoldError::Unfit { position, reason }) => {
            let last = position - 1;
            if last > from {
                let before = page.events.partition_point(|recorded| recorded.position < position);
                let hash = feed.hash_at(last).await?.unwrap_or_default();
                let folded = projection.fold(reader, &page.events[..before]).await;
                if let Ok(folded) = folded {
                    commit(generation, from, last, hash, folded, changes).await?;
                }
            }
            Err(ReadModelError::Poison {
                name: projection.name(),
                position,
                reason: reason.to_owned(),
            })
        }
    }
}

async fn commit(
    generation: &Generation,
    from: u64,
    upto: u64,
    hash: [u8; 32],
    folded: Folded,
    changes: &broadcast::Sender<Change>,
) -> Result<Applied, DatabaseError> {
    let mut statements = vec![checkpoint::advance(from, upto, hash)];
    statements.extend(folded.statements);
    match generation.database.transaction(statements).await {
        Ok(_) => {}
        Err(DatabaseError::Guard { statement: 0 }) => return Ok(Applied::Moved),
        Err(error) => return Err(error),
    }
    for (topic, user_id) in folded.changes {
        // Nobody may be listening.
        let _ = changes.send(Change { topic, user_id, position: upto });
    }
    Ok(Applied::Upto(upto))
}
