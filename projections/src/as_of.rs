//! Rows as they were: what was known of one owner at a position of the log.
//!
//! An owner's history is folded by the same folds into tables in memory, up to the position asked
//! for. What was built is kept for a while: a later position goes on from it, and a position at
//! which nothing else had happened is answered from it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;
use uuid::Uuid;

use crate::as_of_build::Building;
use crate::as_of_view::{Generations, View};
use crate::database::DatabaseError;
use crate::definition::FoldError;
use crate::feed::{BoxFuture, FeedError, Recorded};

/// Looks for rows that were kept long enough, in the time they are kept.
const SWEEPS: u32 = 4;

/// Events of one owner, or of the whole log, in the order of the log.
pub trait History: Send + Sync + 'static {
    /// At most about `max` events after `after`, none later than `upto`.
    fn page(
        &self,
        after: u64,
        upto: u64,
        max: usize,
    ) -> BoxFuture<'_, Result<HistoryPage, FeedError>>;
}

/// Some events, and how far they reach.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryPage {
    /// The events.
    pub events: Vec<Recorded>,
    /// Every event up to here has been shown; more than the position asked from.
    pub upto: u64,
}

/// How much of the past is kept, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most moments kept.
    pub moments: usize,
    /// Most bytes of all moments kept.
    pub bytes: u64,
    /// Most bytes of one moment; a larger one is not built.
    pub bytes_each: u64,
    /// How long a moment is kept after it was last asked for.
    pub unused: Duration,
    /// Most moments built at the same time.
    pub builds: usize,
    /// Most questions of one owner that wait for a moment to be built.
    pub waiting: usize,
    /// Most owners for whom something is built or waits.
    pub owners: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            moments: 64,
            bytes: 512 * 1024 * 1024,
            bytes_each: 256 * 1024 * 1024,
            unused: Duration::from_secs(300),
            builds: 2,
            waiting: 16,
            owners: 256,
        }
    }
}

/// Why rows could not be built as they were.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PastError {
    /// The events cannot be read.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// An event cannot be folded, or the rows cannot be kept.
    #[error("`{name}` as it was: {cause}")]
    Fold {
        /// The projection.
        name: &'static str,
        /// Why.
        cause: FoldError,
    },
    /// The rows cannot be made.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// There is more than is kept in memory.
    #[error("what was known then takes more than {0} bytes of memory")]
    TooLarge(u64),
    /// Too much is being built.
    #[error("too many moments of the past are being built")]
    Busy,
}

/// A moment that is kept: these rows hold at every position from `last` to `upto`.
struct Kept {
    owner: Uuid,
    generations: Generations,
    last: u64,
    upto: u64,
    bytes: u64,
    used: Instant,
}

/// Where the questions of one owner wait for each other, so that nothing is built twice.
#[derive(Default)]
struct Queue(tokio::sync::Mutex<()>);

/// A place in an owner's queue.
struct Place {
    owner: Uuid,
    queue: Arc<Queue>,
    pasts: Arc<Pasts>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut queues = self.pasts.queues();
        // The list's own and this one.
        if Arc::strong_count(&self.queue) <= 2 {
            queues.remove(&self.owner);
        }
    }
}

/// Rows as they were, built when they are asked for and kept for a while.
pub struct Pasts {
    limits: Limits,
    kept: Mutex<Vec<Kept>>,
    queues: Mutex<HashMap<Uuid, Arc<Queue>>>,
    building: Semaphore,
    sweeping: AtomicBool,
}

impl Pasts {
    /// Nothing is kept yet.
    #[must_use]
    pub fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            kept: Mutex::default(),
            queues: Mutex::default(),
            building: Semaphore::new(limits.builds),
            sweeping: AtomicBool::new(false),
        })
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<Uuid, Arc<Queue>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rows of an owner as they were when the log ended at a position, which it has to have
    /// reached. One who gives up waiting does not end the building.
    ///
    /// # Errors
    /// [`PastError`].
    pub async fn at(
        self: &Arc<Self>,
        owner: Uuid,
        position: u64,
        history: Arc<dyn History>,
    ) -> Result<View, PastError> {
        if let Some(view) = self.find(owner, position) {
            return Ok(view);
        }
        let place = self.enter(owner)?;
        let building = tokio::spawn(async move {
            let pasts = Arc::clone(&place.pasts);
            let _turn = place.queue.0.lock().await;
            match pasts.find(owner, position) {
                Some(view) => Ok(view),
                None => pasts.build(owner, position, history.as_ref()).await,
            }
        });
        building.await.unwrap_or(Err(DatabaseError::Unavailable("stopped").into()))
    }

    /// Forgets everything of an owner at once.
    pub fn forget(&self, owner: Uuid) {
        self.kept().retain(|kept| kept.owner != owner);
    }

    /// How many moments are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept().len()
    }

    /// How many bytes of memory the moments kept take.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.kept().iter().map(|kept| kept.bytes).sum()
    }

    /// Whether none is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept().is_empty()
    }

    fn find(&self, owner: Uuid, position: u64) -> Option<View> {
        let mut kept = self.kept();
        let found = kept
            .iter_mut()
            .find(|kept| kept.owner == owner && (kept.last..=kept.upto).contains(&position))?;
        found.used = Instant::now();
        Some(View { generations: Arc::clone(&found.generations), position })
    }

    fn enter(self: &Arc<Self>, owner: Uuid) -> Result<Place, PastError> {
        let mut queues = self.queues();
        if queues.len() >= self.limits.owners && !queues.contains_key(&owner) {
            return Err(PastError::Busy);
        }
        let queue = Arc::clone(queues.entry(owner).or_default());
        // The list's own and this one are no questions that wait.
        if Arc::strong_count(&queue) > self.limits.waiting + 2 {
            return Err(PastError::Busy);
        }
        drop(queues);
        Ok(Place { owner, queue, pasts: Arc::clone(self) })
    }

    /// The kept moment of an owner from which a position is reached soonest.
    fn nearest(&self, owner: Uuid, position: u64) -> Option<Building> {
        let kept = self.kept();
        let before = kept.iter().filter(|kept| kept.owner == owner && kept.upto < position);
        before.max_by_key(|kept| kept.upto).map(|kept| Building {
            generations: Arc::clone(&kept.generations),
            last: kept.last,
            upto: kept.upto,
            bytes: kept.bytes,
            shared: true,
        })
    }

    async fn build(
        self: &Arc<Self>,
        owner: Uuid,
        position: u64,
        history: &dyn History,
    ) -> Result<View, PastError> {
        // Never closed.
        let _room = self.building.acquire().await.map_err(|_| PastError::Busy)?;
        let mut building = match self.nearest(owner, position) {
            Some(building) => building,
            None => Building::empty().await?,
        };
        building.go_on(position, history, self.limits.bytes_each).await?;
        let view = View { generations: Arc::clone(&building.generations), position };
        self.keep(owner, building);
        self.sweep_later();
        Ok(view)
    }

    fn keep(&self, owner: Uuid, built: Building) {
        let mut kept = self.kept();
        let used = Instant::now();
        let same = |one: &&mut Kept| Arc::ptr_eq(&one.generations, &built.generations);
        if let Some(one) = kept.iter_mut().find(same) {
            // Nothing had happened in between.
            one.upto = one.upto.max(built.upto);
            one.used = used;
            return;
        }
        let Building { generations, last, upto, bytes, .. } = built;
        if bytes > self.limits.bytes || self.limits.moments == 0 {
            return;
        }
        let mut total = kept.iter().map(|kept| kept.bytes).sum::<u64>() + bytes;
        while kept.len() >= self.limits.moments || total > self.limits.bytes {
            let places = kept.iter().enumerate();
            let Some((oldest, _)) = places.min_by_key(|(_, kept)| kept.used) else { break };
            total -= kept.swap_remove(oldest).bytes;
        }
        kept.push(Kept { owner, generations, last, upto, bytes, used });
    }

    /// Drops what was not asked for in a while; ends when nothing is left.
    fn sweep_later(self: &Arc<Self>) {
        if self.sweeping.swap(true, Ordering::AcqRel) {
            return;
        }
        let (pasts, unused): (Weak<Self>, _) = (Arc::downgrade(self), self.limits.unused);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(unused / SWEEPS).await;
                let Some(pasts) = pasts.upgrade() else { return };
                let mut kept = pasts.kept();
                kept.retain(|kept| kept.used.elapsed() < unused);
                if kept.is_empty() {
                    // Under the lock: whoever keeps the next one sees that nobody sweeps.
                    pasts.sweeping.store(false, Ordering::Release);
                    return;
                }
            }
        });
    }
}
