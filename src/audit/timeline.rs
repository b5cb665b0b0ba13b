//! The log as a timeline, within what a role covers: headers of events and nothing that is sealed.

use std::collections::HashMap;

use domain::id::UserId;
use domain::role::RoleGranted;
use domain::stream::Category;
use serde::Serialize;
use uuid::Uuid;

use super::filter::Filter;
use super::story::{cause, time_text};
use super::words;
use crate::ledger::store::{EventLog, ReadError, StoredEvent, position_at};
use crate::vault::crypto::hex;
use crate::vault::keys::{Keys, KeysError};

/// Most lines of one page.
pub const MOST_LINES: usize = 200;
/// Most events looked through for one page.
const MOST_LOOKED_AT: usize = 20_000;
/// Events read at once.
const EVENTS_A_PAGE: usize = 1_000;

/// Why a timeline cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum TimelineError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// The table of keys cannot be read.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

/// What may be seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Whose; none for everybody's.
    pub people: Option<Vec<UserId>>,
    /// Only after this position.
    pub after: u64,
    /// Only to this position.
    pub to: u64,
}

impl Scope {
    /// What a role covers of a log, by the instants it names.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn of(log: &dyn EventLog, granted: &RoleGranted) -> Result<Self, ReadError> {
        let after = match granted.facts_from {
            Some(from) => position_at(log, from.timestamp_micros() - 1).await?,
            None => 0,
        };
        let to = match granted.facts_to {
            Some(to) => position_at(log, to.timestamp_micros()).await?,
            None => log.head().await?.position,
        };
        Ok(Self { people: granted.people.clone(), after, to })
    }

    /// Whether a position lies in it.
    #[must_use]
    pub fn holds(&self, position: u64) -> bool {
        position > self.after && position <= self.to
    }
}

/// One event of a timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Its place in the log.
    pub position: u64,
    /// When it was recorded (RFC 3339).
    pub recorded_at: String,
    /// The kind of event, such as `consent.granted`.
    pub event_type: String,
    /// What happened, in plain words.
    pub says: &'static str,
    /// The stream it stands in.
    pub stream: String,
    /// Its number there.
    pub version: u64,
    /// Who caused it.
    pub actor: String,
    /// The chain it belongs to.
    pub correlation: String,
    /// Whose it is; none for the platform's own.
    pub person: Option<UserId>,
    /// Its leaf in the log's tree, in hexadecimal digits.
    pub leaf_hash: String,
}

/// A page of a timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page {
    /// Events, oldest first.
    pub lines: Vec<Line>,
    /// Everything to this position was looked through: the next page goes on after it.
    pub reached: u64,
    /// Whether there may be more.
    pub more: bool,
}

/// Whose a key is, looked up once for each.
pub struct Owners<'a> {
    keys: &'a Keys,
    known: HashMap<Uuid, Option<UserId>>,
}

impl<'a> Owners<'a> {
    /// Nothing looked up yet.
    #[must_use]
    pub fn new(keys: &'a Keys) -> Self {
        Self { keys, known: HashMap::new() }
    }

    /// Whose a key is; none for the platform's own events.
    ///
    /// # Errors
    /// [`KeysError`].
    pub async fn of(&mut self, key_id: Uuid) -> Result<Option<UserId>, KeysError> {
        if key_id.is_nil() {
            return Ok(None);
        }
        if let Some(owner) = self.known.get(&key_id) {
            return Ok(*owner);
        }
        let owner = self.keys.person_of(key_id).await?;
        self.known.insert(key_id, owner);
        Ok(owner)
    }
}

/// Whether an event of nobody may be seen by whoever covers only some people: registrations and
/// refusals at the door are the platform's, what others were given is not theirs to see.
fn is_platforms(stored: &StoredEvent) -> bool {
    matches!(
        stored.stream.category,
        Category::Registration | Category::Incident | Category::Signing
    )
}

/// A page of the timeline after a position.
///
/// # Errors
/// [`TimelineError`].
pub async fn page(
    log: &dyn EventLog,
    keys: &Keys,
    scope: &Scope,
    filter: &Filter,
    after: u64,
    most: usize,
) -> Result<Page, TimelineError> {
    let most = most.clamp(1, MOST_LINES);
    let (mut owners, mut lines) = (Owners::new(keys), Vec::new());
    let (mut reached, mut looked_at) = (after.max(scope.after), 0);
    let sources = sources(keys, scope, filter).await?;
    while reached < scope.to && looked_at < MOST_LOOKED_AT {
        let (events, upto) = read(log, sources.as_deref(), reached, scope.to).await?;
        looked_at += events.len();
        for stored in events {
            let person = owners.of(stored.key_id).await?;
            let (actor, correlation) = cause(&stored);
            if !covered(scope, filter, &stored, person)
                || !filter.wants(&stored, &actor, &correlation)
            {
                continue;
            }
            if lines.len() == most {
                return Ok(Page { lines, reached, more: true });
            }
            reached = stored.position;
            lines.push(line(&stored, person, actor, correlation));
        }
        reached = upto;
    }
    Ok(Page { lines, reached, more: reached < scope.to })
}

fn covered(scope: &Scope, filter: &Filter, stored: &StoredEvent, person: Option<UserId>) -> bool {
    let wanted = filter.subjects.is_empty()
        || person.is_some_and(|person| filter.subjects.contains(&person));
    let allowed = match (&scope.people, person) {
        (None, _) => true,
        (Some(people), Some(person)) => people.contains(&person),
        (Some(_), None) => is_platforms(stored),
    };
    wanted && allowed
}

/// The keys whose events are read; none for the whole log.
async fn sources(
    keys: &Keys,
    scope: &Scope,
    filter: &Filter,
) -> Result<Option<Vec<Uuid>>, KeysError> {
    let people = match (&scope.people, filter.subjects.is_empty()) {
        (_, false) => &filter.subjects,
        (Some(people), true) => people,
        (None, true) => return Ok(None),
    };
    let mut sources = if filter.subjects.is_empty() { vec![Uuid::nil()] } else { Vec::new() };
    for person in people {
        sources.extend(keys.identifier_of_person(*person).await?);
    }
    Ok(Some(sources))
}

/// Events after a position in order, and up to where every one was read.
async fn read(
    log: &dyn EventLog,
    sources: Option<&[Uuid]>,
    after: u64,
    to: u64,
) -> Result<(Vec<StoredEvent>, u64), ReadError> {
    let end = |page: &[StoredEvent]| match page.last() {
        Some(last) if page.len() >= EVENTS_A_PAGE => last.position.min(to),
        _ => to,
    };
    let Some(sources) = sources else {
        let mut events = log.read_all(after, EVENTS_A_PAGE).await?;
        let upto = end(&events);
        events.retain(|stored| stored.position <= upto);
        return Ok((events, upto));
    };
    let (mut events, mut upto) = (Vec::new(), to);
    for key_id in sources {
        let page = log.read_key(*key_id, after, EVENTS_A_PAGE).await?;
        upto = upto.min(end(&page));
        events.extend(page);
    }
    // What stands behind the shortest of the pages is read again with the next.
    events.retain(|stored| stored.position <= upto);
    events.sort_by_key(|stored| stored.position);
    Ok((events, upto))
}

fn line(stored: &StoredEvent, person: Option<UserId>, actor: String, correlation: String) -> Line {
    Line {
        position: stored.position,
        recorded_at: time_text(stored.recorded_at),
        event_type: stored.event_type.clone(),
        says: words::of(&stored.event_type),
        stream: stored.stream.to_string(),
        version: stored.version,
        actor,
        correlation,
        person,
        leaf_hash: hex(&stored.hash),
    }
}

/// What happened between two positions, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// How many events.
    pub events: u64,
    /// How many of each kind.
    pub types: std::collections::BTreeMap<String, u64>,
    /// How many streams they stand in.
    pub streams: u64,
    /// Whether there are more than were counted.
    pub more: bool,
}

/// Most events counted for one difference.
const MOST_COUNTED: u64 = 200_000;

/// Counts what happened after one position, to another, within a scope.
///
/// # Errors
/// [`TimelineError`].
pub async fn difference(
    log: &dyn EventLog,
    keys: &Keys,
    scope: &Scope,
    from: u64,
    to: u64,
) -> Result<Difference, TimelineError> {
    let filter = Filter::default();
    let sources = sources(keys, scope, &filter).await?;
    let (mut owners, mut streams) = (Owners::new(keys), std::collections::HashSet::new());
    let mut difference = Difference::default();
    let (mut reached, to) = (from.max(scope.after), to.min(scope.to));
    while reached < to {
        if difference.events >= MOST_COUNTED {
            difference.more = true;
            break;
        }
        let (events, upto) = read(log, sources.as_deref(), reached, to).await?;
        for stored in events {
            let person = owners.of(stored.key_id).await?;
            if covered(scope, &filter, &stored, person) {
                difference.events += 1;
                streams.insert(stored.stream);
                *difference.types.entry(stored.event_type).or_default() += 1;
            }
        }
        reached = upto;
    }
    difference.streams = streams.len() as u64;
    Ok(difference)
}
