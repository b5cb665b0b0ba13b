//! The sequencer: walks KurrentDB's log in the order of its commits and gives each event of ours the
//! next position. What it does follows from KurrentDB alone, so every process and every rebuild comes
//! to the same positions, times and hashes; where two processes do the same work, the index takes it
//! once. Where it stands is the index's last event and nothing else: there is no checkpoint that
//! could differ from the rows.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::stream::StreamId;
use kurrentdb::{Position, RecordedEvent};
use tokio::sync::{mpsc, oneshot, watch};

use super::super::{AdoptError, AppendError, MOST_EVENTS_A_PAGE, ReadError, StoredEvent};
use super::connection::{CallError, Connection, place};
use super::index::Index;
use super::record;

/// How often KurrentDB is looked at for what other processes appended.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// First and longest pause after a failure.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
/// How often KurrentDB has to say that there is no more before it is believed at the start.
const TIMES_SAID: u32 = 3;
/// Streams whose version is kept in memory.
const MOST_KNOWN_VERSIONS: usize = 65_536;

/// Why a pass went no further.
#[derive(Debug, thiserror::Error)]
pub(super) enum PassError {
    /// It may go on later.
    #[error("{0}")]
    Later(String),
    /// KurrentDB and the index cannot be brought together.
    #[error("{0}")]
    Never(String),
}

impl From<ReadError> for PassError {
    fn from(error: ReadError) -> Self {
        Self::Later(error.to_string())
    }
}

impl From<CallError> for PassError {
    fn from(error: CallError) -> Self {
        Self::Later(error.to_string())
    }
}

/// What a pass came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// Nothing was there.
    Nothing,
    /// What was there was taken.
    Everything,
    /// There is more.
    APart,
}

/// Where the index ends.
#[derive(Clone, Copy, Default)]
struct End {
    position: u64,
    recorded_at: i64,
    /// The place in KurrentDB of the index's last event.
    place: Option<Position>,
}

/// The sequencer.
pub(super) struct Sequencer {
    pub connection: Arc<Connection>,
    pub index: Arc<dyn Index>,
    end: Option<End>,
    versions: HashMap<StreamId, u64>,
}

impl Sequencer {
    pub fn new(connection: Arc<Connection>, index: Arc<dyn Index>) -> Self {
        Self { connection, index, end: None, versions: HashMap::new() }
    }

    /// The index's end, found by its last event, which has to be in KurrentDB.
    async fn end(&mut self) -> Result<End, PassError> {
        if let Some(end) = self.end {
            return Ok(end);
        }
        let position = self.index.head().await?.position;
        if position == 0 {
            return Ok(End::default());
        }
        let last = self.index.read_all(position - 1, 1).await?;
        let last = last.first().ok_or(ReadError::Damaged(position))?;
        let found = self.connection.event_at(last.stream, last.version).await?;
        let found = found.filter(|found| found.id == last.event_id).ok_or_else(|| {
            PassError::Never(format!(
                "the index's event at position {position} is not in this KurrentDB; drop the index \
                 and it is built again, or see to the address and the prefix"
            ))
        })?;
        Ok(End { position, recorded_at: last.recorded_at, place: Some(found.position) })
    }

    /// Takes one page over into the index.
    pub async fn pass(&mut self) -> Result<Passed, PassError> {
        let end = self.end().await?;
        self.end = Some(end);
        let page = self.connection.page(end.place).await;
        let Some(last) = page.events.last() else {
            return page.failure.map_or(Ok(Passed::Nothing), |failure| Err(failure.into()));
        };
        let reached = last.position;
        let Some(placed) = self.placed(end, page.events).await? else {
            self.start_anew();
            return Ok(Passed::APart);
        };
        let end = End {
            position: end.position + placed.len() as u64,
            recorded_at: placed.last().map_or(end.recorded_at, |last| last.recorded_at),
            place: Some(reached),
        };
        match self.index.adopt(placed).await {
            Ok(_) => {
                self.end = Some(end);
                let passed = if page.cut { Passed::APart } else { Passed::Everything };
                page.failure.map_or(Ok(passed), |failure| Err(failure.into()))
            }
            Err(error) => {
                self.start_anew();
                match error {
                    // Another process was first.
                    AdoptError::DoesNotFollow { .. } => Ok(Passed::APart),
                    AdoptError::Store(AppendError::IdentifierInUse) => Err(PassError::Never(
                        "two events in KurrentDB have the same identifier".to_owned(),
                    )),
                    error => Err(PassError::Later(error.to_string())),
                }
            }
        }
    }

    /// Forgets where the index ends, so that it is asked.
    fn start_anew(&mut self) {
        self.end = None;
        self.versions.clear();
    }

    /// Gives events their places after the end; nothing if another process moved that meanwhile.
    async fn placed(
        &mut self,
        end: End,
        events: Vec<RecordedEvent>,
    ) -> Result<Option<Vec<StoredEvent>>, PassError> {
        let mut placed = Vec::with_capacity(events.len().min(MOST_EVENTS_A_PAGE));
        let (mut position, mut recorded_at) = (end.position, end.recorded_at);
        for event in events {
            let (commit, _) = place(event.position);
            let never = |cause: &dyn std::fmt::Display| {
                PassError::Never(format!("the event at KurrentDB's position {commit}: {cause}"))
            };
            let mut event =
                record::unplaced(&self.connection.prefix, event).map_err(|cause| never(&cause))?;
            let before = self.version(event.stream).await?;
            if event.version != before + 1 {
                if self.index.head().await?.position != end.position {
                    return Ok(None);
                }
                let (stream, version) = (event.stream, event.version);
                let cause = format!("version {version} of {stream} comes after {before}");
                return Err(never(&cause));
            }
            self.versions.insert(event.stream, event.version);
            position += 1;
            recorded_at = recorded_at.max(event.recorded_at);
            (event.position, event.recorded_at) = (position, recorded_at);
            event.hash = event.record(&event.stream.to_string()).leaf_hash();
            placed.push(event);
        }
        Ok(Some(placed))
    }

    async fn version(&mut self, stream: StreamId) -> Result<u64, PassError> {
        if let Some(version) = self.versions.get(&stream) {
            return Ok(*version);
        }
        if self.versions.len() >= MOST_KNOWN_VERSIONS {
            self.versions.clear();
        }
        Ok(self.index.known(stream, Vec::new()).await?.version)
    }

    /// Passes until the index holds what KurrentDB holds now. An answer that ends early looks like
    /// the end of the log, so that is believed only when it is said several times.
    pub async fn catch_up(&mut self) -> Result<(), PassError> {
        self.start_anew();
        let mut said = 0;
        while said < TIMES_SAID {
            let target = self.connection.last_place().await?.map(place);
            let passed = self.pass().await?;
            let reached = self.end().await?.place.map(place);
            let all = passed == Passed::Nothing && reached >= target;
            said = if all { said + 1 } else { 0 };
        }
        Ok(())
    }

    /// Works until nobody asks any more. Whoever asks is answered after a pass that began later.
    pub async fn run(
        mut self,
        mut asked: mpsc::Receiver<oneshot::Sender<()>>,
        halted: watch::Sender<Option<String>>,
    ) {
        let mut waiting = Vec::new();
        let mut pause = PAUSES.0;
        loop {
            match tokio::time::timeout(LOOK_EVERY, asked.recv()).await {
                Ok(Some(first)) => waiting.push(first),
                Ok(None) => return,
                Err(_) => {}
            }
            loop {
                while let Ok(more) = asked.try_recv() {
                    waiting.push(more);
                }
                match self.pass().await {
                    Ok(passed) => {
                        pause = PAUSES.0;
                        for answer in waiting.drain(..) {
                            // Whoever asked may be gone.
                            let _ = answer.send(());
                        }
                        if passed != Passed::APart {
                            break;
                        }
                    }
                    Err(PassError::Later(cause)) => {
                        self.start_anew();
                        tracing::warn!(cause, "the log in KurrentDB is not followed; trying again");
                        tokio::time::sleep(pause).await;
                        pause = PAUSES.1.min(pause * 2);
                    }
                    Err(PassError::Never(cause)) => {
                        tracing::error!(cause, "the log in KurrentDB cannot be followed");
                        halted.send_replace(Some(cause));
                        return;
                    }
                }
                if asked.is_closed() {
                    return;
                }
            }
        }
    }
}
