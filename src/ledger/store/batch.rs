//! What every store does with a batch of appends: give out positions, and grow the tree.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex};

use domain::stream::StreamId;
use transparency::record::Record;
use transparency::tree::{Frontier, Hash};
use uuid::Uuid;

use super::{AdoptError, AppendError, Appended, NewEvent, Snapshot, StoredEvent, StreamAppend};

/// Streams whose version the writer keeps in memory.
const MOST_KNOWN_VERSIONS: usize = 65_536;

/// An event with its place: a row about to be written.
pub(super) struct Placed<'a> {
    pub position: u64,
    pub stream: &'a str,
    pub version: u64,
    pub event_id: Uuid,
    pub event_type: &'a str,
    pub schema_version: u16,
    pub recorded_at: i64,
    pub metadata: &'a [u8],
    pub key_id: Uuid,
    pub payload: &'a [u8],
    pub hash: Hash,
}

impl<'a> Placed<'a> {
    fn new(
        (position, version): (u64, u64),
        stream: &'a str,
        recorded_at: i64,
        event: &'a NewEvent,
    ) -> Self {
        let NewEvent { event_id, event_type, schema_version, metadata, key_id, payload } = event;
        let hash = Record {
            position,
            stream,
            version,
            event_id: event_id.into_bytes(),
            event_type,
            schema_version: *schema_version,
            recorded_at,
            metadata,
            key_id: key_id.into_bytes(),
            payload,
        }
        .leaf_hash();
        Self {
            position,
            stream,
            version,
            event_id: *event_id,
            event_type,
            schema_version: *schema_version,
            recorded_at,
            metadata,
            key_id: *key_id,
            payload,
            hash,
        }
    }

    /// A row that stood in another log already.
    pub fn adopted(event: &'a StoredEvent, stream: &'a str) -> Self {
        Self {
            position: event.position,
            stream,
            version: event.version,
            event_id: event.event_id,
            event_type: &event.event_type,
            schema_version: event.schema_version,
            recorded_at: event.recorded_at,
            metadata: &event.metadata,
            key_id: event.key_id,
            payload: &event.payload,
            hash: event.hash,
        }
    }
}

/// The end of the log while a batch is being placed on it.
#[derive(Clone)]
pub(super) struct Placing {
    pub frontier: Frontier,
    /// Time of the last event: time in the log never goes back, whatever the clock does.
    pub recorded_at: i64,
    /// Leaf hashes of what was placed since the head was read.
    pub grown: Vec<Hash>,
}

/// Leaf hashes this process keeps: 8 MiB, what a writer in a hurry adds between two checkpoints.
const MOST_RECENT: usize = 262_144;

/// Leaf hashes of the newest events, as this process wrote them: whoever makes the tree of them need
/// not read every event again.
#[derive(Clone, Default)]
pub(super) struct Recent(Arc<Mutex<Leaves>>);

#[derive(Default)]
struct Leaves {
    /// The position before the first of them.
    after: u64,
    hashes: VecDeque<Hash>,
}

impl Recent {
    /// Adds what was placed to the end of a log; what another process wrote meanwhile leaves a gap,
    /// and what stood before it is let go.
    pub fn note(&self, head: &mut Placing) {
        let grown = std::mem::take(&mut head.grown);
        let Ok(mut leaves) = self.0.lock() else { return };
        let from = head.frontier.size() - grown.len() as u64;
        if leaves.after + leaves.hashes.len() as u64 != from {
            leaves.hashes.clear();
            leaves.after = from;
        }
        leaves.hashes.extend(grown);
        let surplus = leaves.hashes.len().saturating_sub(MOST_RECENT);
        leaves.hashes.drain(..surplus);
        leaves.after += surplus as u64;
    }

    /// Those after a position, at most `max`; none if the first of them is not kept.
    pub fn after(&self, after: u64, max: usize) -> Vec<Hash> {
        let Ok(leaves) = self.0.lock() else { return Vec::new() };
        let skipped = after.checked_sub(leaves.after).and_then(|skip| usize::try_from(skip).ok());
        let kept = skipped.filter(|skipped| *skipped < leaves.hashes.len());
        kept.map(|skip| leaves.hashes.iter().skip(skip).take(max).copied().collect())
            .unwrap_or_default()
    }
}

impl Placing {
    /// Gives each event of an append its place after what is there.
    pub(super) fn place<'a>(
        &mut self,
        stream: &'a str,
        append: &'a StreamAppend,
        now: i64,
        out: &mut Vec<Placed<'a>>,
    ) -> Appended {
        let first = self.frontier.size() + 1;
        self.recorded_at = self.recorded_at.max(now);
        for (offset, event) in append.events.iter().enumerate() {
            let position = self.frontier.size() + 1;
            let version = append.expected_version + offset as u64 + 1;
            let placed = Placed::new((position, version), stream, self.recorded_at, event);
            self.frontier.push(placed.hash);
            self.grown.push(placed.hash);
            out.push(placed);
        }
        let version = append.expected_version + append.events.len() as u64;
        Appended { first, last: self.frontier.size(), version }
    }
}

/// Versions the writer knows by its own commits. Another process may have moved a stream since, so
/// what is found here is a guess that the unique indexes confirm or refuse.
#[derive(Default)]
pub(super) struct KnownVersions(HashMap<StreamId, u64>);

impl KnownVersions {
    /// Whether every append starts where this process left its stream, each stream known, no
    /// identifier used twice. Then the batch can be placed without asking the store.
    pub fn agree_with(&self, appends: &[StreamAppend]) -> bool {
        let mut expected: HashMap<StreamId, u64> = HashMap::with_capacity(appends.len());
        let mut ids = HashSet::with_capacity(appends.len());
        appends.iter().all(|append| {
            let version = expected
                .entry(append.stream)
                .or_insert_with(|| self.0.get(&append.stream).copied().unwrap_or(0));
            let agrees = *version == append.expected_version;
            *version += append.events.len() as u64;
            agrees && append.events.iter().all(|event| ids.insert(event.event_id))
        })
    }

    /// Notes what a commit left behind.
    pub fn note(&mut self, appends: &[StreamAppend], results: &[Result<Appended, AppendError>]) {
        if self.0.len() >= MOST_KNOWN_VERSIONS {
            self.0.clear();
        }
        for (append, result) in appends.iter().zip(results) {
            match result {
                Ok(appended) => {
                    let known = self.0.entry(append.stream).or_default();
                    *known = appended.version.max(*known);
                }
                Err(AppendError::Conflict { current }) => {
                    self.0.insert(append.stream, *current);
                }
                Err(_) => {}
            }
        }
    }

    /// Forgets everything, after a commit whose outcome is not known.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}

/// Checks events of another log against the end of this one and grows the tree by them.
pub(super) fn follow(
    head: &mut Placing,
    events: &[StoredEvent],
    streams: &[String],
) -> Result<(), AdoptError> {
    for (event, stream) in events.iter().zip(streams) {
        let end = head.frontier.size();
        if event.position != end + 1 {
            return Err(AdoptError::DoesNotFollow { head: end, first: event.position });
        }
        let leaf_hash = event.record(stream).leaf_hash();
        if leaf_hash != event.hash || event.recorded_at < head.recorded_at {
            return Err(AdoptError::Damaged(event.position));
        }
        head.frontier.push(leaf_hash);
        head.recorded_at = event.recorded_at;
    }
    Ok(())
}

/// Snapshots that came with appends that were placed, with their streams.
pub(super) fn snapshots<'a>(
    appends: &'a [StreamAppend],
    results: &'a [Result<Appended, AppendError>],
) -> impl Iterator<Item = (StreamId, u64, &'a Snapshot)> {
    appends.iter().zip(results).filter_map(|(append, result)| {
        let (snapshot, appended) = (append.snapshot.as_ref()?, result.as_ref().ok()?);
        Some((append.stream, appended.last, snapshot))
    })
}

/// The fences a batch carries, the highest of each scope, in the order in which every writer takes
/// them. Empty for a batch without any, which then asks nothing.
pub(super) fn fences(appends: &[StreamAppend]) -> BTreeMap<String, u64> {
    let mut fences = BTreeMap::new();
    for fence in appends.iter().filter_map(|append| append.fence) {
        let highest = fences.entry(fence.scope.to_string()).or_insert(fence.number);
        *highest = fence.number.max(*highest);
    }
    fences
}

/// The refusal of an append whose fence is below the highest of its scope.
pub(super) fn fenced(
    append: &StreamAppend,
    highest: &BTreeMap<String, u64>,
) -> Option<AppendError> {
    let fence = append.fence?;
    let highest = *highest.get(&fence.scope.to_string())?;
    (fence.number < highest).then_some(AppendError::Fenced { highest })
}

/// Where an already stored event stands.
#[derive(Clone, Copy)]
pub(super) struct Stood {
    pub position: u64,
    pub version: u64,
    pub stream: StreamId,
}

/// What to do with one append of a batch, given what is stored and what the batch adds before it.
pub(super) enum Verdict {
    /// Place it.
    Place,
    /// Answer this and leave it out.
    Answer(Result<Appended, AppendError>),
}

/// Judges an append: stored before (a retry), under a lease that was lost, in conflict, or to be
/// placed.
pub(super) fn judge(
    append: &StreamAppend,
    stored: &HashMap<Uuid, Stood>,
    seen: &mut HashSet<Uuid>,
    versions: &mut HashMap<StreamId, u64>,
    highest: &BTreeMap<String, u64>,
) -> Verdict {
    let stood: Vec<Option<&Stood>> =
        append.events.iter().map(|event| stored.get(&event.event_id)).collect();
    if stood.iter().any(Option::is_some) {
        return Verdict::Answer(retried(append, &stood));
    }
    if append.events.iter().any(|event| seen.contains(&event.event_id)) {
        // The same append is in this batch already; sent again, it meets the stored events.
        return Verdict::Answer(Err(AppendError::Unknown));
    }
    if let Some(refusal) = fenced(append, highest) {
        return Verdict::Answer(Err(refusal));
    }
    let current = versions.entry(append.stream).or_insert(0);
    if *current != append.expected_version {
        return Verdict::Answer(Err(AppendError::Conflict { current: *current }));
    }
    *current += append.events.len() as u64;
    seen.extend(append.events.iter().map(|event| event.event_id));
    Verdict::Place
}

/// The answer to an append whose identifiers are in use: its first answer again if it is the same
/// append, a refusal otherwise.
fn retried(append: &StreamAppend, stood: &[Option<&Stood>]) -> Result<Appended, AppendError> {
    let same = stood.iter().enumerate().all(|(offset, stood)| {
        stood.is_some_and(|stood| {
            stood.stream == append.stream
                && stood.version == append.expected_version + offset as u64 + 1
        })
    });
    match (same, stood.first().copied().flatten(), stood.last().copied().flatten()) {
        (true, Some(first), Some(last)) => {
            Ok(Appended { first: first.position, last: last.position, version: last.version })
        }
        _ => Err(AppendError::IdentifierInUse),
    }
}
