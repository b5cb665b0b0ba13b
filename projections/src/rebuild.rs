//! Builds projections anew beside the rows that are read, and puts them in their place.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::Projection;
use crate::apply::{PAGE, first_hash};
use crate::checkpoint;
use crate::database::DatabaseError;
use crate::digest::digest;
use crate::draft::{Draft, distrust};
use crate::feed::EventFeed;
use crate::location::{Generation, Pointer, ReadLocation};
use crate::read_models::ReadModels;
use crate::scan::{Progress, Speed, fold_to};
use crate::slot::Slot;
use crate::status::ReadModelError;

/// How long a replaced generation is kept for questions that are still being answered.
const GRACE: Duration = Duration::from_secs(5);
/// How often a building at the start is told of in the log of the service.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// How rows that were built anew compare with those they replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Every row is the same.
    Equal,
    /// Some row is not. The new ones hold what the log says, so they are the ones that are kept.
    Different,
    /// They did not stand at one position, or were not asked to be compared.
    NotCompared,
}

/// What became of one projection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// Its name.
    pub name: &'static str,
    /// Up to where the new rows hold.
    pub position: u64,
    /// How they compare with the old ones.
    pub comparison: Comparison,
}

/// Whoever is rebuilding says so until it ends, however it ends.
struct Rebuilding<'a>(&'a Slot);

impl Drop for Rebuilding<'_> {
    fn drop(&mut self) {
        self.0.health(|health| health.rebuilding = None);
    }
}

/// Folds to the end of the log, or so near that the rest is one page.
async fn fold_near_head(
    feed: &Arc<dyn EventFeed>,
    drafts: &mut [Draft],
    mut told: impl FnMut(Progress) + Send,
) -> Result<(), ReadModelError> {
    let speed = Speed::begin(drafts);
    let mut before = None;
    loop {
        let (head, _) = feed.head().await?;
        fold_to(feed, drafts, head, |drafts| told(speed.progress(drafts, head))).await?;
        let (head, _) = feed.head().await?;
        let reached = speed.progress(drafts, head).done;
        if head.saturating_sub(reached) <= PAGE as u64 || before.replace(reached) == Some(reached) {
            return Ok(());
        }
    }
}

/// Folds to the end of the log and finishes; drafts whose disk failed are not gone on with.
async fn build(
    location: &ReadLocation,
    feed: &Arc<dyn EventFeed>,
    mut drafts: Vec<Draft>,
    told: impl FnMut(Progress) + Send,
) -> Result<Vec<(Projection, Arc<Generation>)>, ReadModelError> {
    let built: Vec<_> =
        drafts.iter().map(|draft| (draft.projection, draft.generation.pointer)).collect();
    let finished = match fold_near_head(feed, &mut drafts, told).await {
        Ok(()) => finish(location, feed.as_ref(), drafts).await,
        Err(error) => Err(error),
    };
    if let Err(ReadModelError::Database(DatabaseError::Unavailable("disk"))) = &finished {
        for (projection, pointer) in built {
            distrust(location, projection, pointer);
        }
    }
    finished
}

/// Makes the indexes of all drafts, then forces them to the disk and opens them to be read.
async fn finish(
    location: &ReadLocation,
    feed: &dyn EventFeed,
    drafts: Vec<Draft>,
) -> Result<Vec<(Projection, Arc<Generation>)>, ReadModelError> {
    let hash = first_hash(feed).await?;
    let mut work = JoinSet::new();
    for draft in drafts {
        let location = location.clone();
        work.spawn(async move {
            draft.index().await?;
            let projection = draft.projection;
            let generation = draft.finish(&location, hash).await?;
            Ok::<_, DatabaseError>((projection, Arc::new(generation)))
        });
    }
    let mut finished = Vec::new();
    while let Some(ended) = work.join_next().await {
        finished.push(ended.unwrap_or(Err(DatabaseError::Unavailable("stopped")))?);
    }
    finished.sort_unstable_by_key(|(projection, _)| *projection);
    Ok(finished)
}

/// Builds rows of projections whose version is new, before anything is opened to questions.
///
/// The rows of another version cannot be read by this program, and half of the new ones would be a
/// wrong answer, so there is nothing to answer with until these are built: the start waits for
/// them, all in one reading of the log, and says how far it is. Another process that still runs the
/// older program goes on with its own rows meanwhile.
pub(crate) async fn build_before_opening(
    location: &ReadLocation,
    feed: &Arc<dyn EventFeed>,
    changed: &[(Projection, Pointer)],
) -> Result<(), ReadModelError> {
    let mut left: Vec<Projection> = changed.iter().map(|(projection, _)| *projection).collect();
    while !left.is_empty() {
        let mut drafts = Vec::new();
        for projection in &left {
            drafts.push(Draft::begin(location, feed.as_ref(), *projection, None).await?);
        }
        let mut last = Instant::now();
        let told = |progress: Progress| {
            if last.elapsed() >= TELL_EVERY {
                last = Instant::now();
                let seconds_left = progress.remaining.map(|left| left.as_secs());
                tracing::info!(
                    projections = progress.names.join(" "),
                    done = progress.done,
                    total = progress.total,
                    events_per_second = progress.events_per_second,
                    seconds_left,
                    "building read models of a new version"
                );
            }
        };
        match build(location, feed, drafts, told).await {
            Ok(_) => return Ok(()),
            Err(ReadModelError::Poison { name, position, reason }) => {
                // It stops there when it follows the log, too; the others need not.
                tracing::error!(projection = name, position, reason, "cannot be built further");
                let (stopped, others): (Vec<_>, Vec<_>) =
                    left.into_iter().partition(|projection| projection.name() == name);
                left = others;
                for projection in stopped {
                    let draft = Draft::begin(location, feed.as_ref(), projection, None).await?;
                    finish(location, feed.as_ref(), vec![draft]).await?;
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl ReadModels {
    /// Builds one projection, or all of them, anew from the first event, in one reading of the
    /// log. The old rows are read until the new ones hold as much, then all are switched at once. A
    /// rebuild that was cut off is taken up where it stopped.
    ///
    /// # Errors
    /// [`ReadModelError`]; the old rows stay then.
    pub async fn rebuild(
        &self,
        name: Option<&str>,
        progress: impl FnMut(Progress) + Send,
    ) -> Result<(), ReadModelError> {
        self.rebuild_chosen(name, false, progress).await.map(drop)
    }

    /// The same, and compares old and new rows before the switch, while nothing of this process
    /// writes either: that reads all of them once more.
    ///
    /// # Errors
    /// [`ReadModelError`]; the old rows stay then.
    pub async fn rebuild_and_compare(
        &self,
        name: Option<&str>,
        progress: impl FnMut(Progress) + Send,
    ) -> Result<Vec<Rebuilt>, ReadModelError> {
        self.rebuild_chosen(name, true, progress).await
    }

    async fn rebuild_chosen(
        &self,
        name: Option<&str>,
        compare: bool,
        mut progress: impl FnMut(Progress) + Send,
    ) -> Result<Vec<Rebuilt>, ReadModelError> {
        let unknown = |name: &str| ReadModelError::Unknown(name.to_owned());
        let chosen = match name {
            None => Projection::ALL.to_vec(),
            Some(name) => vec![Projection::named(name).ok_or_else(|| unknown(name))?],
        };
        let slots: Vec<&Slot> = chosen.iter().map(|projection| self.slot(*projection)).collect();
        // Always in the order of the variants, so that two rebuilds never wait for each other.
        let mut alone = Vec::new();
        for slot in &slots {
            alone.push(slot.rebuild.lock().await);
        }
        let _rebuilding: Vec<Rebuilding<'_>> = slots.iter().copied().map(Rebuilding).collect();
        let mut drafts = Vec::new();
        for slot in &slots {
            let live = slot.live().pointer;
            let feed = self.feed.as_ref();
            drafts.push(Draft::begin(&self.location, feed, slot.projection, Some(live)).await?);
        }
        let told = |now: Progress| {
            for slot in &slots {
                slot.health(|health| health.rebuilding = Some((now.done, now.total)));
            }
            progress(now);
        };
        let finished = build(&self.location, &self.feed, drafts, told).await?;
        let (rebuilt, replaced) = self.take_over(finished, compare).await?;
        self.remove(replaced).await?;
        Ok(rebuilt)
    }

    /// Catches up with the live rows while those stand still, and takes their place.
    async fn take_over(
        &self,
        finished: Vec<(Projection, Arc<Generation>)>,
        compare: bool,
    ) -> Result<(Vec<Rebuilt>, Vec<(Projection, Arc<Generation>)>), ReadModelError> {
        let mut turns = Vec::new();
        let mut drafts = Vec::new();
        for (projection, generation) in finished {
            turns.push(self.slot(projection).turn.lock().await);
            let reached = checkpoint::read(&generation.database).await?.position;
            drafts.push(Draft { projection, generation, reached });
        }
        fold_to(&self.feed, &mut drafts, u64::MAX, |_| {}).await?;
        let mut rebuilt = Vec::new();
        for draft in &drafts {
            let comparison =
                if compare { self.compared(draft).await? } else { Comparison::NotCompared };
            let (name, position) = (draft.projection.name(), draft.reached);
            rebuilt.push(Rebuilt { name, position, comparison });
        }
        let _pointing = self.pointing.lock().await;
        let to: Vec<_> = drafts
            .iter()
            .map(|draft| (draft.projection.name(), draft.generation.pointer))
            .collect();
        self.location.point(&to).await?;
        let replaced = drafts
            .into_iter()
            .map(|Draft { projection, generation, reached }| {
                (projection, self.slot(projection).switch(generation, reached))
            })
            .collect();
        Ok((rebuilt, replaced))
    }

    /// Compares a draft with the live rows, if those hold just as much before and after.
    async fn compared(&self, draft: &Draft) -> Result<Comparison, ReadModelError> {
        let live = self.slot(draft.projection).live();
        let built = checkpoint::read(&draft.generation.database).await?;
        if checkpoint::read(&live.database).await? != built {
            return Ok(Comparison::NotCompared);
        }
        let definition = draft.projection.definition();
        let (old, new) = tokio::join!(
            digest(&live.database, definition),
            digest(&draft.generation.database, definition)
        );
        let (old, new) = (old?, new?);
        if checkpoint::read(&live.database).await? != built {
            return Ok(Comparison::NotCompared);
        }
        Ok(if old == new { Comparison::Equal } else { Comparison::Different })
    }

    /// Deletes what was replaced, once nobody reads it any more.
    async fn remove(
        &self,
        replaced: Vec<(Projection, Arc<Generation>)>,
    ) -> Result<(), ReadModelError> {
        let began = Instant::now();
        for (projection, old) in replaced {
            while Arc::strong_count(&old) > 1 && began.elapsed() < GRACE {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            drop(old);
            let (name, live) = (projection.name(), self.slot(projection).live().pointer);
            for pointer in self.location.generations(name).await? {
                if pointer != live {
                    self.location.delete(name, pointer).await?;
                }
            }
        }
        Ok(())
    }
}
