//! One reading of the log for all projections that are built: each page is read, opened and decoded
//! once, one page ahead of the folds, and folded in every projection at the same time. Each commits
//! by itself, with its own checkpoint.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinSet;

use crate::Projection;
use crate::apply::{self, Applied, PAGE, readable};
use crate::checkpoint;
use crate::database::{DatabaseError, Onward};
use crate::definition::Folded;
use crate::draft::Draft;
use crate::feed::{EventFeed, FeedPage};
use crate::location::Generation;
use crate::status::ReadModelError;

/// Pages that wait for a projection while it folds another.
const PAGES_WAITING: usize = 1;
/// Pages of the log that are folded and committed as one: each asks for what is known of the accounts it
/// tells of, which is mostly what the one before asked for.
const PAGES_TOGETHER: usize = 2;
/// Pages with rows after which what a file has so far is sent on to the disk.
const PAGES_UNSETTLED: usize = 10;
/// Pages in a row that change nothing in a projection and that its checkpoint does not tell of: a
/// building that is cut off goes through these again.
const MOST_PAGES_UNSAID: usize = 20;

/// A page with the position it begins after.
type Page = (u64, Arc<FeedPage>);
type Outcome = Result<(), ReadModelError>;

/// How far a rebuild is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// The projections that are built together.
    pub names: Vec<&'static str>,
    /// Events folded so far in all of them.
    pub done: u64,
    /// Events to fold.
    pub total: u64,
    /// Events folded each second since this rebuild began or went on.
    pub events_per_second: u64,
    /// How long it will take at that speed; none while there is no speed yet.
    pub remaining: Option<Duration>,
}

/// The speed of a building since it began or went on.
pub(crate) struct Speed {
    since: Instant,
    from: u64,
}

impl Speed {
    pub(crate) fn begin(drafts: &[Draft]) -> Self {
        Self { since: Instant::now(), from: lowest(drafts) }
    }

    pub(crate) fn progress(&self, drafts: &[Draft], head: u64) -> Progress {
        let done = lowest(drafts);
        let total = head.max(done);
        let milliseconds =
            u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
        let events_per_second = done.saturating_sub(self.from) * 1_000 / milliseconds;
        let remaining =
            ((total - done) * 1_000).checked_div(events_per_second).map(Duration::from_millis);
        let names = drafts.iter().map(|draft| draft.projection.name()).collect();
        Progress { names, done, total, events_per_second, remaining }
    }
}

/// Up to where the rows of all hold.
pub(crate) fn lowest(drafts: &[Draft]) -> u64 {
    drafts.iter().map(|draft| draft.reached).min().unwrap_or_default()
}

/// Folds until every draft reached `upto` or the log gives no more.
pub(crate) async fn fold_to(
    feed: &Arc<dyn EventFeed>,
    drafts: &mut [Draft],
    upto: u64,
    mut told: impl FnMut(&[Draft]) + Send,
) -> Result<(), ReadModelError> {
    loop {
        let before: Vec<u64> = drafts.iter().map(|draft| draft.reached).collect();
        fold_lowest(feed, drafts, upto, &mut told).await?;
        if drafts.iter().map(|draft| draft.reached).eq(before) {
            return Ok(());
        }
    }
}

/// Those that stand at the lowest position are taken to where the next ones stand.
async fn fold_lowest(
    feed: &Arc<dyn EventFeed>,
    drafts: &mut [Draft],
    upto: u64,
    told: &mut (impl FnMut(&[Draft]) + Send),
) -> Outcome {
    let standing: BTreeSet<u64> = drafts.iter().map(|draft| draft.reached).collect();
    let mut standing = standing.into_iter();
    let Some(from) = standing.next() else { return Ok(()) };
    let until = standing.next().map_or(upto, |next| next.min(upto));
    // Dropped with this future, and then everything of it ends.
    let mut work: JoinSet<Outcome> = JoinSet::new();
    let (moved, mut moves) = mpsc::unbounded_channel();
    let mut takers = Vec::new();
    for draft in drafts.iter().filter(|draft| draft.reached == from) {
        let (taker, pages) = mpsc::channel(PAGES_WAITING);
        takers.push(taker);
        let (feed, projection) = (Arc::clone(feed), draft.projection);
        let (generation, moved) = (Arc::clone(&draft.generation), moved.clone());
        work.spawn(async move { fold(&*feed, projection, &generation, pages, &moved).await });
    }
    drop(moved);
    let reading = Arc::clone(feed);
    work.spawn(async move { read(&*reading, from, until, &takers).await });
    while let Some((projection, reached)) = moves.recv().await {
        for draft in drafts.iter_mut().filter(|draft| draft.projection == projection) {
            draft.reached = reached;
        }
        told(drafts);
    }
    let mut outcome = Ok(());
    while let Some(ended) = work.join_next().await {
        let stopped = |_| Err(DatabaseError::Unavailable("stopped").into());
        outcome = outcome.and(ended.unwrap_or_else(stopped));
    }
    outcome
}

/// Reads pages and gives each to every taker, until one of them wants no more.
async fn read(
    feed: &dyn EventFeed,
    mut from: u64,
    until: u64,
    takers: &[mpsc::Sender<Page>],
) -> Outcome {
    while let Some(page) = together(feed, from, until).await? {
        let page = Arc::new(page);
        for taker in takers {
            if taker.send((from, Arc::clone(&page))).await.is_err() {
                return Ok(());
            }
        }
        from = page.upto;
    }
    Ok(())
}

/// The next pages as one; none at the end.
async fn together(
    feed: &dyn EventFeed,
    from: u64,
    until: u64,
) -> Result<Option<FeedPage>, ReadModelError> {
    let mut all: Option<FeedPage> = None;
    for _ in 0..PAGES_TOGETHER {
        let after = all.as_ref().map_or(from, |all| all.upto);
        if after >= until {
            break;
        }
        let most = usize::try_from(until - after).unwrap_or(PAGE).min(PAGE);
        // What cannot be read does not keep what stands before it from being folded.
        let page = match readable(feed, after, most).await {
            Err(_) if all.is_some() => break,
            page => page?,
        };
        if page.upto == after {
            break;
        }
        match &mut all {
            None => all = Some(page),
            Some(all) => {
                (all.upto, all.upto_hash) = (page.upto, page.upto_hash);
                all.events.extend(page.events);
            }
        }
    }
    Ok(all)
}

/// Folds pages in one projection; ends early if somebody else builds the same generation, and tells then
/// how far they are.
async fn fold(
    feed: &dyn EventFeed,
    projection: Projection,
    generation: &Generation,
    pages: mpsc::Receiver<Page>,
    moved: &mpsc::UnboundedSender<(Projection, u64)>,
) -> Outcome {
    match fold_alone(feed, projection, generation, pages, moved).await {
        Err(ReadModelError::Database(MOVED)) => {
            let reached = checkpoint::read(&generation.database).await?.position;
            // Whoever asked for the rebuild may be gone.
            let _ = moved.send((projection, reached));
            Ok(())
        }
        outcome => outcome,
    }
}

/// Folds pages as long as nobody else moves the checkpoint: [`MOVED`] then. Pages that change nothing go
/// into one commit with the next that does.
async fn fold_alone(
    feed: &dyn EventFeed,
    projection: Projection,
    generation: &Generation,
    mut pages: mpsc::Receiver<Page>,
    moved: &mpsc::UnboundedSender<(Projection, u64)>,
) -> Outcome {
    // Nobody reads these rows yet, so nobody is told of them.
    let silent = broadcast::Sender::new(1);
    let mut settling = Settling::default();
    // From where on the rows hold, and up to where they do without a commit that says so.
    let (mut unsaid, mut without): (Option<Unsaid>, usize) = (None, 0);
    while let Some((from, page)) = pages.recv().await {
        let from = unsaid.as_ref().map_or(from, |unsaid| unsaid.from);
        let upto = (page.upto, page.upto_hash);
        let first = checkpoint::advance(from, upto.0, upto.1);
        let mut onward = generation.database.onward(first);
        let folded =
            apply::fold(feed, projection, generation, from, &page, &silent, onward.as_mut())
                .await?;
        let onward = onward.filter(Onward::has_begun);
        let nothing = folded.statements.is_empty() && onward.is_none();
        if nothing && without < MOST_PAGES_UNSAID {
            (unsaid, without) = (Some(Unsaid { from, upto }), without + 1);
        } else {
            (unsaid, without) = (None, 0);
            match onward {
                None => commit(generation, from, upto, folded).await?,
                Some(onward) => onward.commit(folded.statements).await?,
            }
            settling.more(generation);
        }
        settling.ended()?;
        // Whoever asked for the rebuild may be gone.
        if moved.send((projection, page.upto)).is_err() {
            return Ok(());
        }
    }
    settling.all_ended().await?;
    if let Some(Unsaid { from, upto }) = unsaid {
        commit(generation, from, upto, Folded::default()).await?;
        let _ = moved.send((projection, upto.0));
    }
    Ok(())
}

/// Somebody else moved the checkpoint, which every commit begins with.
const MOVED: DatabaseError = DatabaseError::Guard { statement: 0 };

/// Pages that changed nothing, and that no checkpoint tells of yet.
struct Unsaid {
    from: u64,
    upto: (u64, [u8; 32]),
}

/// Commits, or says [`MOVED`].
async fn commit(
    generation: &Generation,
    from: u64,
    upto: (u64, [u8; 32]),
    folded: Folded,
) -> Result<(), DatabaseError> {
    let silent = broadcast::Sender::new(1);
    match apply::commit(generation, from, upto, folded, &silent).await? {
        Applied::Upto(_) => Ok(()),
        Applied::Moved => Err(MOVED),
    }
}

/// What a file has so far, on its way to the disk beside the folding.
#[derive(Default)]
struct Settling {
    work: JoinSet<Result<(), DatabaseError>>,
    /// Pages with rows since it last began.
    pages: usize,
}

impl Settling {
    /// There are rows of one more page.
    fn more(&mut self, generation: &Generation) {
        self.pages += 1;
        if self.pages >= PAGES_UNSETTLED && self.work.is_empty() {
            self.pages = 0;
            let database = generation.database.clone();
            self.work.spawn(async move { database.settle().await });
        }
    }

    /// Says what failed so far.
    fn ended(&mut self) -> Result<(), DatabaseError> {
        while let Some(settled) = self.work.try_join_next() {
            settled.unwrap_or(Err(DatabaseError::Unavailable("stopped")))?;
        }
        Ok(())
    }

    /// Waits until all of it is there.
    async fn all_ended(&mut self) -> Result<(), DatabaseError> {
        while let Some(settled) = self.work.join_next().await {
            settled.unwrap_or(Err(DatabaseError::Unavailable("stopped")))?;
        }
        Ok(())
    }
}
