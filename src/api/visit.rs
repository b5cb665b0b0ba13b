//! Who asks, and how what goes wrong is told to them.

use std::fmt::Display;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_graphql::{Context, Error, ErrorExtensions as _};
use domain::id::UserId;
use uuid::Uuid;

use super::guard::Peer;
use super::scalars::Position;
use crate::app::App;
use crate::connectors::Attended;
use crate::vault::sessions::Session;

/// How long a read waits for the position it was asked to include.
const WAIT_FOR_POSITION: Duration = Duration::from_secs(10);

/// One request.
pub struct Visit {
    /// Its name in our log.
    pub request_id: Uuid,
    /// Where it came from.
    pub peer: Peer,
    /// The session it came with.
    pub session: Option<Session>,
    /// The sign of the person's presence; only with a session.
    pub attended: Option<Attended>,
    /// The moments of the past it has asked for.
    pub moments: super::as_of::Moments,
    /// The cookie the answer sets, if any.
    pub cookie: Mutex<Option<String>>,
}

impl Visit {
    /// Makes the answer set a cookie.
    pub fn set_cookie(&self, cookie: String) {
        if let Ok(mut place) = self.cookie.lock() {
            *place = Some(cookie);
        }
    }
}

/// The service behind a request.
pub fn app<'a>(context: &Context<'a>) -> Result<&'a Arc<App>, Error> {
    context.data::<Arc<App>>()
}

/// The request.
pub fn visit<'a>(context: &Context<'a>) -> Result<&'a Visit, Error> {
    context.data::<Arc<Visit>>().map(|visit| &**visit)
}

/// An error with a code the page words, and the name of the request.
pub fn refuse(context: &Context<'_>, code: &'static str, message: &str) -> Error {
    let request_id = visit(context).map(|visit| visit.request_id).unwrap_or_default();
    Error::new(message).extend_with(|_, extensions| {
        extensions.set("code", code);
        extensions.set("requestId", request_id.to_string());
    })
}

/// A failure of ours: logged with its cause, told without it.
pub fn internal(context: &Context<'_>, cause: impl Display) -> Error {
    let request_id = visit(context).map(|visit| visit.request_id).unwrap_or_default();
    tracing::error!(%request_id, %cause, "a request failed");
    refuse(context, "INTERNAL", "Something went wrong here. Nothing was lost; try again.")
}

/// The session of the request.
///
/// # Errors
/// `UNAUTHENTICATED` without one.
pub fn session<'a>(context: &Context<'a>) -> Result<&'a Session, Error> {
    let session = visit(context)?.session.as_ref();
    session.ok_or_else(|| refuse(context, "UNAUTHENTICATED", "Sign in first."))
}

/// The person of the request.
///
/// # Errors
/// `UNAUTHENTICATED` without one.
pub fn person(context: &Context<'_>) -> Result<UserId, Error> {
    session(context).map(|session| session.user_id)
}

/// Waits until the read models hold a position.
///
/// # Errors
/// `LAGGING` if they do not in time.
pub async fn caught_up(context: &Context<'_>, position: Option<Position>) -> Result<(), Error> {
    let Some(Position(position)) = position else { return Ok(()) };
    if app(context)?.read.now().position() >= position {
        return Ok(());
    }
    let head = app(context)?.ledger.log().head().await.map_err(|error| internal(context, error))?;
    // A position that is not in the log yet would be waited for in vain.
    let position = position.min(head.position);
    let waited = app(context)?.read.wait_for(position, WAIT_FOR_POSITION).await;
    waited.map_err(|_| refuse(context, "LAGGING", "The read models have not caught up; try again."))
}
