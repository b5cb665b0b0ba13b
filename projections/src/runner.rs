//! Pulls events from the log into every projection.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::Projection;
use crate::apply::{Applied, PAGE, apply, first_hash, readable};
use crate::beside::Beside;
use crate::checkpoint;
use crate::database::DatabaseError;
use crate::feed::{FeedError, FeedPage};
use crate::read_models::ReadModels;
use crate::status::ReadModelError;

/// How long the runner sleeps when nothing calls it.
const POLL: Duration = Duration::from_millis(500);
/// How often the runner looks whether another process switched a generation.
const POINTER_POLL: Duration = Duration::from_secs(5);

impl ReadModels {
    /// Follows the log until `shutdown` turns true.
    pub async fn run(self: &Arc<Self>, mut shutdown: watch::Receiver<bool>) {
        let mut hint = self.feed.hint();
        let mut pointers_seen = Instant::now();
        let mut beside = Beside::new();
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
            // Not while there is still something to fold: rows that come by the thousand make it dearer.
            beside.look(self).await;
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
        let error = match readable(self.feed.as_ref(), position, PAGE).await {
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
    pub(crate) async fn follow_pointers(&self) -> Result<(), ReadModelError> {
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
