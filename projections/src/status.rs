//! How far each projection is, and what stopped it.

use chrono::{DateTime, Utc};

use crate::database::DatabaseError;
use crate::feed::FeedError;

/// What a projection is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProjectionState {
    /// It follows the log.
    Live,
    /// It has far to go to the head of the log.
    CatchingUp,
    /// It is being built anew beside the rows that are read.
    Rebuilding {
        /// Events folded so far.
        done: u64,
        /// Events to fold.
        total: u64,
    },
    /// It stopped and needs somebody.
    Failed {
        /// The position of the event it could not pass, if it was an event.
        position: Option<u64>,
    },
}

/// How far a projection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectionStatus {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: u32,
    /// Up to where its rows hold.
    pub position: u64,
    /// The last known position of the log.
    pub head: u64,
    /// What it is doing.
    pub state: ProjectionState,
    /// What went wrong: for good if it failed, else for now.
    pub error: Option<String>,
    /// When it last looked for events, even if there were none.
    pub beat: Option<DateTime<Utc>>,
}

/// A projection did not reach a position in time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the projection `{name}` is at position {reached} and not yet at {asked}")]
pub struct Lagging {
    /// Which.
    pub name: &'static str,
    /// Where it should be.
    pub asked: u64,
    /// Where it is.
    pub reached: u64,
}

/// Why read models cannot be opened or built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadModelError {
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The log.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// An event that cannot be folded.
    #[error("`{name}` cannot pass the event at position {position}: {reason}")]
    Poison {
        /// The projection.
        name: &'static str,
        /// Where the event stands.
        position: u64,
        /// Why, without its content.
        reason: String,
    },
    /// The checkpoint does not belong to this log.
    #[error(
        "`{name}` was built up to position {position} of a log that is not this one: the log was \
         restored from an older copy or changed. Rebuild it: opl rebuild {name}"
    )]
    OtherLog {
        /// The projection.
        name: &'static str,
        /// Where it stood.
        position: u64,
    },
    /// There is no projection of this name.
    #[error("there is no projection named `{0}`")]
    Unknown(String),
}
