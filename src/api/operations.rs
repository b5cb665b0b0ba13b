//! Who asks, the banks, and where the log and the read models stand.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use projections::ProjectionState as State;

use super::as_of::{AsOf, moment};
use super::banks::Bank;
use super::people::{self, Person};
use super::scalars::Position;
use super::visit::{app, internal, visit};
use crate::app::App;

/// How a read model is.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum ProjectionState {
    /// At the end of the log.
    Live,
    /// On its way to the end.
    CatchingUp,
    /// Being built anew beside the live one.
    Rebuilding,
    /// Stopped at an event it cannot take.
    Failed,
}

/// Where a read model stands.
#[derive(SimpleObject)]
pub struct ProjectionStatus {
    /// Its name.
    name: String,
    /// The version of its fold.
    version: i32,
    /// How far it is.
    position: Position,
    /// How it is.
    state: ProjectionState,
    /// Events it is behind.
    lag_events: i32,
    /// Why it stopped.
    error: Option<String>,
}

/// Where the log and its read models stand.
#[derive(SimpleObject)]
pub struct LogPosition {
    /// The last position of the log.
    head: Position,
    /// The read models.
    projections: Vec<ProjectionStatus>,
}

impl LogPosition {
    /// The last position of the log.
    pub(super) fn last(&self) -> u64 {
        self.head.0
    }
}

/// Where the log and its read models stand now.
pub(super) async fn log_position(context: &Context<'_>, app: &App) -> Result<LogPosition> {
    let head = app.ledger.log().head().await.map_err(|error| internal(context, error))?;
    let projections = app.read.status();
    let of = |status: projections::ProjectionStatus| ProjectionStatus {
        lag_events: i32::try_from(head.position.saturating_sub(status.position))
            .unwrap_or(i32::MAX),
        name: status.name.to_owned(),
        version: i32::try_from(status.version).unwrap_or(i32::MAX),
        position: Position(status.position),
        state: match status.state {
            State::Live => ProjectionState::Live,
            State::CatchingUp => ProjectionState::CatchingUp,
            State::Rebuilding { .. } => ProjectionState::Rebuilding,
            State::Failed { .. } => ProjectionState::Failed,
        },
        error: status.error,
    };
    Ok(LogPosition {
        head: Position(head.position),
        projections: projections.into_iter().map(of).collect(),
    })
}

/// Reading about the service and who asks.
#[derive(Default)]
pub struct OperationQueries;

#[Object]
impl OperationQueries {
    /// Who is signed in, if anybody; as of a moment before they signed up, nobody.
    async fn me(&self, context: &Context<'_>, as_of: Option<AsOf>) -> Result<Option<Person>> {
        match &visit(context)?.session {
            Some(session) => {
                people::find(context, moment(context, as_of, None).await?, session.user_id).await
            }
            None => Ok(None),
        }
    }

    /// The last position of the log, and how far the read models are. It is about now and nothing
    /// else: how far programs were is not in the log.
    async fn position(&self, context: &Context<'_>) -> Result<LogPosition> {
        log_position(context, app(context)?).await
    }

    /// The banks that can be connected. The list is this program's; whether this platform is
    /// registered with them is in the log.
    async fn banks(&self, context: &Context<'_>, as_of: Option<AsOf>) -> Result<Vec<Bank>> {
        let at = moment(context, as_of, None).await?;
        Bank::all(context, &at).await
    }
}
