//! Indexes that no rebuild waits for: they are made beside the rows that are read, once those are there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use crate::Projection;
use crate::database::DatabaseError;
use crate::location::Pointer;
use crate::read_models::ReadModels;
use crate::transactions::letters;

/// How long to wait before it is looked at again whether one has to be made.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The longest wait: it doubles with each time that it could not be made.
const LOOK_SELDOM: Duration = Duration::from_secs(640);

impl ReadModels {
    /// Makes the index that words are looked for by (on PostgreSQL alone), unless it is there. Rows are read
    /// and written meanwhile. Says whether it is there now, and not that another process is at it.
    ///
    /// # Errors
    /// [`DatabaseError`] if it cannot be made now. Nothing but the speed of searching depends on it.
    pub async fn index_beside(&self) -> Result<bool, DatabaseError> {
        let live = self.slot(Projection::Transactions).live();
        live.database.index_beside(letters::NAME, letters::definition()).await
    }
}

/// Sees to it while the log is followed.
pub(crate) struct Beside {
    next: Instant,
    wait: Duration,
    work: Option<(Pointer, JoinHandle<Result<bool, DatabaseError>>)>,
    made: Option<Pointer>,
}

impl Beside {
    pub(crate) fn new() -> Self {
        Self { next: Instant::now(), wait: LOOK_EVERY, work: None, made: None }
    }

    /// Begins what has to be made for the rows that are read now, and notes what has come to its end.
    pub(crate) async fn look(&mut self, models: &Arc<ReadModels>) {
        if Instant::now() < self.next {
            return;
        }
        if let Some((pointer, work)) = self.work.take_if(|(_, work)| work.is_finished()) {
            match work.await.unwrap_or(Err(DatabaseError::Unavailable("stopped"))) {
                Ok(true) => {
                    self.made = Some(pointer);
                    self.wait = LOOK_EVERY;
                }
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(%error, "an index for searching cannot be made now");
                    self.wait = (self.wait * 2).min(LOOK_SELDOM);
                }
            }
        }
        self.next = Instant::now() + self.wait;
        let live = models.slot(Projection::Transactions).live().pointer;
        if self.work.is_none() && self.made != Some(live) {
            let models = Arc::clone(models);
            self.work = Some((live, tokio::spawn(async move { models.index_beside().await })));
        }
    }
}
