//! One projection at work: the rows that are read, how far they hold and what stopped them.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use crate::Projection;
use crate::location::Generation;

/// How long a projection rests after its database failed.
const REST: Duration = Duration::from_secs(2);

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
    pub(crate) reached_head: bool,
    pub(crate) beat: Option<DateTime<Utc>>,
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
    /// Begins with rows that hold up to a position.
    pub(crate) fn new(projection: Projection, generation: Generation, position: u64) -> Self {
        Self {
            projection,
            live: RwLock::new(Arc::new(generation)),
            mark: watch::Sender::new(Mark { position, failed: false }),
            health: Mutex::new(Health::default()),
            turn: tokio::sync::Mutex::new(()),
            rebuild: tokio::sync::Mutex::new(()),
        }
    }

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

    pub(crate) fn fail(&self, position: Option<u64>, error: String) {
        tracing::error!(projection = self.projection.name(), position, error, "stopped");
        self.health(|health| health.failure = Some((position, error)));
        self.mark.send_modify(|mark| mark.failed = true);
    }

    pub(crate) fn rest(&self, error: String) {
        tracing::warn!(projection = self.projection.name(), error, "will try again");
        self.health(|health| health.resting = Some((Instant::now() + REST, error)));
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.health(|health| {
            health.failure.is_none()
                && health.resting.as_ref().is_none_or(|(until, _)| *until <= Instant::now())
        })
    }
}
