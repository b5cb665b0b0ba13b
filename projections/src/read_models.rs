//! The rows of every projection in one place: opened, asked and waited for.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, watch};

use crate::Projection;
use crate::accounts::Accounts;
use crate::apply::{PAGE, first_hash, fits};
use crate::calls::Calls;
use crate::checkpoint;
use crate::consents::Consents;
use crate::coverage::Coverage;
use crate::database::DatabaseError;
use crate::definition::Change;
use crate::digest::digest;
use crate::exceptions::Exceptions;
use crate::feed::EventFeed;
use crate::fetches::Fetches;
use crate::habits::Habits;
use crate::imports::Imports;
use crate::location::{Generation, Pointer, ReadLocation};
use crate::people::People;
use crate::rebuild::build_before_opening;
use crate::registrations::Registrations;
use crate::reviews::Reviews;
use crate::roles::Roles;
use crate::slot::Slot;
use crate::spending::Spending;
use crate::status::{Lagging, ProjectionState, ProjectionStatus, ReadModelError};
use crate::transactions::Transactions;

/// Changes that a slow subscriber may miss nothing of.
const MOST_CHANGES: usize = 1_024;

/// The rows of every projection: filled from the log, and open to questions.
pub struct ReadModels {
    pub(crate) location: ReadLocation,
    pub(crate) feed: Arc<dyn EventFeed>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) head: watch::Sender<u64>,
    pub(crate) changes: broadcast::Sender<Change>,
    pub(crate) pasts: Arc<crate::as_of::Pasts>,
    /// Held while the pointer is written.
    pub(crate) pointing: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for ReadModels {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ReadModels").field("slots", &self.slots).finish_non_exhaustive()
    }
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
        let changed: Vec<(Projection, Pointer)> = Projection::ALL
            .into_iter()
            .filter_map(|projection| Some((projection, *pointers.get(projection.name())?)))
            .filter(|(projection, found)| found.version != projection.definition().version)
            .collect();
        build_before_opening(&location, &feed, &changed).await?;
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
            pasts: crate::as_of::Pasts::new(crate::as_of::Limits::default()),
            pointing: tokio::sync::Mutex::new(()),
        });
        for projection in Projection::ALL {
            let live = models.slot(projection).live().pointer;
            let pointer = pointers.get(projection.name()).copied();
            if pointer != Some(live) {
                models.location.point(&[(projection.name(), live)]).await?;
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
        Spending(self.live(Projection::Transactions))
    }

    /// Questions about what banks do with their identifiers.
    #[must_use]
    pub fn habits(&self) -> Habits {
        Habits(self.live(Projection::Habits))
    }

    /// Questions about what was decided, and what waits for a person.
    #[must_use]
    pub fn reviews(&self) -> Reviews {
        Reviews(self.live(Projection::Reviews))
    }

    /// Questions about which days are known.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        Coverage(self.live(Projection::Coverage))
    }

    /// Questions about files that were brought.
    #[must_use]
    pub fn imports(&self) -> Imports {
        Imports(self.live(Projection::Imports))
    }

    /// Questions about runs of reading.
    #[must_use]
    pub fn fetches(&self) -> Fetches {
        Fetches(self.live(Projection::Fetches))
    }

    /// Questions about roles and their uses.
    #[must_use]
    pub fn roles(&self) -> Roles {
        Roles(self.live(Projection::Roles))
    }

    /// Questions about calls to banks that should not have been made.
    #[must_use]
    pub fn exceptions(&self) -> Exceptions {
        Exceptions(self.live(Projection::Exceptions))
    }

    /// Questions about calls to banks, as their allowance counts them.
    #[must_use]
    pub fn calls(&self) -> Calls {
        Calls(self.live(Projection::Calls))
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
    let slot = Slot::new(projection, generation, checkpoint.position);
    let made_here = checkpoint.version == u64::from(definition.version);
    if checkpoint.position > head || !made_here || !fits(feed, &checkpoint).await? {
        let (name, position) = (definition.name, checkpoint.position);
        slot.fail(None, ReadModelError::OtherLog { name, position }.to_string());
    }
    Ok(slot)
}
