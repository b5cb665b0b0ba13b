//! Builds a projection anew beside the rows that are read, and puts it in their place.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::broadcast;

use crate::Projection;
use crate::apply::{Applied, PAGE, apply, first_hash, fits, readable};
use crate::checkpoint;
use crate::location::{Generation, Pointer};
use crate::read_models::ReadModels;
use crate::slot::Slot;
use crate::status::ReadModelError;

/// How long a replaced generation is kept for questions that are still being answered.
const GRACE: Duration = Duration::from_secs(5);

/// How far a rebuild is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// The projection.
    pub name: &'static str,
    /// Events folded so far.
    pub done: u64,
    /// Events to fold.
    pub total: u64,
    /// Events folded each second since this rebuild began or went on.
    pub events_per_second: u64,
    /// How long it will take at that speed; none while there is no speed yet.
    pub remaining: Option<Duration>,
}

/// Whoever is rebuilding says so until it ends, however it ends.
struct Rebuilding<'a>(&'a Slot);

impl Drop for Rebuilding<'_> {
    fn drop(&mut self) {
        self.0.health(|health| health.rebuilding = None);
    }
}

impl ReadModels {
    /// Builds one projection, or all of them, anew from the first event. The old rows are read
    /// until the new ones hold as much. A rebuild that was cut off is taken up where it stopped.
    ///
    /// # Errors
    /// [`ReadModelError`]; the old rows stay then.
    pub async fn rebuild(
        &self,
        name: Option<&str>,
        mut progress: impl FnMut(Progress) + Send,
    ) -> Result<(), ReadModelError> {
        let chosen = match name {
            None => Projection::ALL.to_vec(),
            Some(name) => vec![
                Projection::named(name).ok_or_else(|| ReadModelError::Unknown(name.to_owned()))?,
            ],
        };
        for projection in chosen {
            self.rebuild_one(projection, &mut progress).await?;
        }
        Ok(())
    }

    async fn rebuild_one(
        &self,
        projection: Projection,
        progress: &mut (impl FnMut(Progress) + Send),
    ) -> Result<(), ReadModelError> {
        let slot = self.slot(projection);
        let _alone = slot.rebuild.lock().await;
        let _rebuilding = Rebuilding(slot);
        let building = self.begin_or_resume(projection).await?;
        let began = (Instant::now(), checkpoint::read(&building.database).await?.position);
        let definition = projection.definition();
        let mut before = None;
        loop {
            let reached = self.fold_next(projection, &building).await?;
            let (head, _) = self.feed.head().await?;
            slot.health(|health| health.rebuilding = Some((reached, head.max(reached))));
            progress(speed(definition.name, began, reached, head));
            let near = head.saturating_sub(reached) <= PAGE as u64;
            if near || before.replace(reached) == Some(reached) {
                break;
            }
        }
        let indexes: Vec<&str> =
            definition.tables.iter().flat_map(|table| table.indexes).copied().collect();
        building.database.define(&indexes).await?;
        let old = self.take_over(projection, building).await?;
        progress(speed(definition.name, began, slot.mark.borrow().position, 0));
        self.remove(projection, old).await
    }

    /// The newest half-built generation, if it fits the log, or a new one.
    async fn begin_or_resume(
        &self,
        projection: Projection,
    ) -> Result<Arc<Generation>, ReadModelError> {
        let definition = projection.definition();
        let live = self.slot(projection).live().pointer;
        let found = self.location.generations(definition.name).await?;
        let hash = first_hash(self.feed.as_ref()).await?;
        let newest = found.iter().map(|pointer| pointer.generation).max().unwrap_or_default();
        for pointer in found.into_iter().rev() {
            if pointer.version != definition.version || pointer.generation <= live.generation {
                continue;
            }
            let generation = self.location.open(definition, pointer, hash).await?;
            let checkpoint = checkpoint::read(&generation.database).await?;
            let (head, _) = self.feed.head().await?;
            if checkpoint.position <= head && fits(self.feed.as_ref(), &checkpoint).await? {
                return Ok(Arc::new(generation));
            }
            drop(generation);
            self.location.delete(definition.name, pointer).await?;
        }
        let generation = newest.max(live.generation) + 1;
        let pointer = Pointer { version: definition.version, generation };
        Ok(Arc::new(self.location.open(definition, pointer, hash).await?))
    }

    /// Folds one page and says how far the rows hold then.
    async fn fold_next(
        &self,
        projection: Projection,
        building: &Generation,
    ) -> Result<u64, ReadModelError> {
        let feed = self.feed.as_ref();
        let from = checkpoint::read(&building.database).await?.position;
        let page = readable(feed, from).await?;
        if page.upto == from {
            return Ok(from);
        }
        // Nobody reads these rows yet, so nobody is told of them.
        let silent = broadcast::Sender::new(1);
        match apply(feed, projection, building, from, &page, &silent).await? {
            Applied::Upto(position) => Ok(position),
            Applied::Moved => Ok(checkpoint::read(&building.database).await?.position),
        }
    }

    /// Folds until the log gives no more.
    async fn fold_to_end(
        &self,
        projection: Projection,
        building: &Generation,
    ) -> Result<u64, ReadModelError> {
        let mut reached = self.fold_next(projection, building).await?;
        loop {
            let next = self.fold_next(projection, building).await?;
            if next == reached {
                return Ok(reached);
            }
            reached = next;
        }
    }

    /// Fills the rows of a new version before they are read for the first time.
    pub(crate) async fn build_in_place(
        &self,
        projection: Projection,
    ) -> Result<(), ReadModelError> {
        let slot = self.slot(projection);
        if slot.mark.borrow().failed {
            return Ok(());
        }
        let _turn = slot.turn.lock().await;
        let position = self.fold_to_end(projection, &slot.live()).await?;
        slot.mark.send_modify(|mark| mark.position = position);
        Ok(())
    }

    /// Catches up with the live rows while those stand still, and takes their place.
    async fn take_over(
        &self,
        projection: Projection,
        building: Arc<Generation>,
    ) -> Result<Arc<Generation>, ReadModelError> {
        let slot = self.slot(projection);
        let _turn = slot.turn.lock().await;
        let reached = self.fold_to_end(projection, &building).await?;
        let _pointing = self.pointing.lock().await;
        self.location.point(projection.name(), building.pointer).await?;
        Ok(slot.switch(building, reached))
    }

    /// Deletes what was replaced, once nobody reads it any more.
    async fn remove(
        &self,
        projection: Projection,
        old: Arc<Generation>,
    ) -> Result<(), ReadModelError> {
        let began = Instant::now();
        while Arc::strong_count(&old) > 1 && began.elapsed() < GRACE {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        drop(old);
        let name = projection.name();
        let live = self.slot(projection).live().pointer;
        for pointer in self.location.generations(name).await? {
            if pointer != live {
                self.location.delete(name, pointer).await?;
            }
        }
        Ok(())
    }
}

fn speed(name: &'static str, began: (Instant, u64), done: u64, head: u64) -> Progress {
    let (since, from) = began;
    let total = head.max(done);
    let milliseconds = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
    let events_per_second = (done - from).saturating_mul(1_000) / milliseconds;
    let remaining =
        ((total - done) * 1_000).checked_div(events_per_second).map(Duration::from_millis);
    Progress { name, done, total, events_per_second, remaining }
}
