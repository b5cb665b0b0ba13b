//! Walks a whole log and compares everything that is stored with everything that follows from it.

use std::collections::HashMap;

use domain::stream::StreamId;
use transparency::record::LONGEST_NAME;
use transparency::tree::{Frontier, Hash};

use super::Progress;
use crate::ledger::store::{EventLog, ReadError, StoredEvent};

/// Events read at once.
const PAGE: usize = 500;
/// Rows in a row that cannot be read before the store itself is taken to be out of reach.
const MOST_UNREADABLE: u64 = 1_000;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where; 0 for the log as a whole.
    pub position: u64,
    /// What is wrong there, in words for an operator.
    pub what: String,
}

/// What the walk found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Events, as the head says.
    pub size: u64,
    /// The root, as the head says.
    pub root: Hash,
    /// The problem at the lowest position, if there is any.
    pub first: Option<Problem>,
    /// How many there are.
    pub problems: u64,
}

/// The leaf hash of what is stored; none if it cannot have one.
pub(super) fn leaf_of(stored: &StoredEvent) -> Option<Hash> {
    let stream = stored.stream.to_string();
    let fits = stored.event_type.len() <= LONGEST_NAME;
    fits.then(|| stored.record(&stream).leaf_hash())
}

struct Walk<'a> {
    log: &'a dyn EventLog,
    after: u64,
    /// Up to here rows are read one by one, because a page with them could not be read.
    singly_until: u64,
    unreadable: u64,
    recorded_at: i64,
    versions: HashMap<StreamId, u64>,
    /// None once a leaf is not known.
    frontier: Option<Frontier>,
    first: Option<Problem>,
    problems: u64,
}

/// Checks positions, hashes, the root, the versions of every stream and the order of times.
///
/// # Errors
/// [`ReadError`] if the store as a whole cannot be read; a row that cannot be read is a problem,
/// not an error.
pub async fn check_log(
    log: &dyn EventLog,
    mut progress: impl FnMut(Progress),
) -> Result<Checked, ReadError> {
    let head = log.head().await?;
    let mut walk = Walk {
        log,
        after: 0,
        singly_until: 0,
        unreadable: 0,
        recorded_at: i64::MIN,
        versions: HashMap::new(),
        frontier: Some(Frontier::default()),
        first: None,
        problems: 0,
    };
    while walk.after < head.position {
        walk.step(head.position).await?;
        progress(Progress { what: "verify", done: walk.after, total: head.position });
    }
    if let Some(frontier) = &walk.frontier
        && frontier.root() != head.root
    {
        walk.problem(0, "the root over all events is not the one in the head".to_owned());
    }
    let beyond = log.read_all(head.position, 1).await.unwrap_or_default();
    if !beyond.is_empty() && log.head().await? == head {
        walk.problem(head.position + 1, "it stands after the end that the head names".to_owned());
    }
    let Walk { first, problems, .. } = walk;
    Ok(Checked { size: head.position, root: head.root, first, problems })
}

impl Walk<'_> {
    async fn step(&mut self, end: u64) -> Result<(), ReadError> {
        let singly = self.after < self.singly_until;
        let most = if singly { 1 } else { PAGE };
        match self.log.read_all(self.after, most).await {
            Ok(page) => {
                self.unreadable = 0;
                if page.is_empty() {
                    self.problem(self.after + 1, format!("nothing is there, up to {end}"));
                    self.frontier = None;
                    self.after = end;
                }
                for stored in page.iter().take_while(|stored| stored.position <= end) {
                    self.event(stored);
                }
                if page.first().is_some_and(|stored| stored.position > end) {
                    self.problem(self.after + 1, format!("nothing is there, up to {end}"));
                    self.after = end;
                }
            }
            Err(_) if !singly => self.singly_until = self.after + PAGE as u64,
            Err(error) => {
                self.unreadable += 1;
                if self.unreadable > MOST_UNREADABLE {
                    return Err(error);
                }
                self.skip(error).await;
            }
        }
        Ok(())
    }

    /// Goes on after a row that cannot be read.
    async fn skip(&mut self, error: ReadError) {
        let position = self.after + 1;
        let what = match error {
            ReadError::Damaged(_) => "it cannot be read as an event".to_owned(),
            ReadError::Unavailable(cause) => format!("it cannot be read: {cause}"),
        };
        self.problem(position, what);
        match (self.log.hash_at(position).await, &mut self.frontier) {
            (Ok(Some(hash)), Some(frontier)) => frontier.push(hash),
            _ => self.frontier = None,
        }
        self.after = position;
    }

    fn event(&mut self, stored: &StoredEvent) {
        let expected = self.after + 1;
        if stored.position != expected {
            let what = format!("it is missing; the next one is {}", stored.position);
            self.problem(expected, what);
            self.frontier = None;
        }
        self.after = stored.position;
        let leaf = leaf_of(stored);
        if leaf != Some(stored.hash) {
            self.problem(stored.position, "its bytes are not those of its hash".to_owned());
        }
        match (leaf, &mut self.frontier) {
            (Some(leaf), Some(frontier)) => frontier.push(leaf),
            _ => self.frontier = None,
        }
        let version = self.versions.entry(stored.stream).or_default();
        let follows = stored.version == *version + 1;
        let what = format!("version {} of its stream follows version {version}", stored.version);
        *version = stored.version;
        if !follows {
            self.problem(stored.position, what);
        }
        if stored.recorded_at < self.recorded_at {
            self.problem(stored.position, "it was stored before the one before it".to_owned());
        }
        self.recorded_at = self.recorded_at.max(stored.recorded_at);
    }

    fn problem(&mut self, position: u64, what: String) {
        self.problems += 1;
        let lower = |first: &Problem| first.position != 0 && first.position <= position;
        // Positions only grow; the log as a whole comes last.
        if !self.first.as_ref().is_some_and(lower) && (position != 0 || self.first.is_none()) {
            self.first = Some(Problem { position, what });
        }
    }
}
