//! Who asks, and how what goes wrong is told to them.

use std::fmt::Display;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_graphql::{Context, Error, ErrorExtensions as _};
use domain::id::UserId;
use uuid::Uuid;

use super::costs::{RATE_LIMITED, RETRY_AFTER, whole_seconds};
use super::guard::Peer;
use super::scalars::Position;
use crate::app::App;
use crate::connectors::{Attended, Secret};
use crate::ledger::LedgerError;
use crate::ledger::store::AppendError;
use crate::vault::programs::Program;
use crate::vault::sessions::Session;
use crate::vault::tallies::Window;

/// How long a read waits for the position it was asked to include.
const WAIT_FOR_POSITION: Duration = Duration::from_secs(10);

/// Connections that one person may begin in an hour.
pub const LINKS_AN_HOUR: u64 = 10;
/// How they are counted: the hour is six stretches of ten minutes.
const LINKS: Window = Window { name: "link", stretch_seconds: 600, stretches: 6 };

/// One request to the interface: who sent it, from where, and what goes back with its answer.
pub struct Visit {
    /// Its name in our log.
    pub request_id: Uuid,
    /// Where it came from.
    pub peer: Peer,
    /// The session it came with.
    pub session: Option<Session>,
    /// The program that asks, by its token; never with a session.
    pub program: Option<Program>,
    /// The sign of the person's presence; only with a session.
    pub attended: Option<Attended>,
    /// The moments of the past it has asked for.
    pub moments: super::as_of::Moments,
    /// What a browser shows that somebody signed in from before, if it does.
    pub known: Option<Secret>,
    /// The cookies the answer sets.
    pub cookies: Mutex<Vec<String>>,
}

impl Visit {
    /// Makes the answer set a cookie.
    pub fn set_cookie(&self, cookie: String) {
        if let Ok(mut cookies) = self.cookies.lock() {
            // Of two with one name the later counts.
            let name = |cookie: &str| cookie.split('=').next().map(str::to_owned);
            let ours = name(&cookie);
            cookies.retain(|other| name(other) != ours);
            cookies.push(cookie);
        }
    }

    /// The cookies the answer sets.
    pub fn take_cookies(&self) -> Vec<String> {
        self.cookies.lock().map(|mut cookies| std::mem::take(&mut *cookies)).unwrap_or_default()
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

/// A refusal for having asked too often: the answer has status 429 and says when to come again.
pub fn too_often(context: &Context<'_>, message: &str, wait: Duration) -> Error {
    refuse(context, RATE_LIMITED, message)
        .extend_with(|_, extensions| extensions.set(RETRY_AFTER, whole_seconds(wait)))
}

/// Counts that a person goes to a bank to give it leave, and refuses beyond [`LINKS_AN_HOUR`] an hour: each
/// one is a consent made at the bank, by whichever process. Where that cannot be counted nothing is begun.
pub async fn may_link(context: &Context<'_>, user_id: UserId) -> Result<(), Error> {
    let counted = app(context)?.tallies.add(LINKS, &user_id.to_string()).await;
    match counted.map_err(|error| internal(context, error))? {
        count if count <= LINKS_AN_HOUR => Ok(()),
        _ => Err(too_often(
            context,
            "You began very many connections within an hour; wait ten minutes and try again.",
            Duration::from_secs(LINKS.stretch_seconds.unsigned_abs()),
        )),
    }
}

/// A failure of ours: logged with its cause, told without it.
pub fn internal(context: &Context<'_>, cause: impl Display) -> Error {
    let request_id = visit(context).map(|visit| visit.request_id).unwrap_or_default();
    tracing::error!(%request_id, %cause, "a request failed");
    refuse(context, "INTERNAL", "Something went wrong here. Nothing was lost; try again.")
}

/// A failure of the ledger: a store that takes no writes now is told as what it is.
pub fn ledger_failed(context: &Context<'_>, error: &LedgerError) -> Error {
    match error {
        LedgerError::Append(AppendError::ReadOnly | AppendError::DiskFull) => {
            tracing::error!(cause = %error, alarm = true, "nothing can be written");
            refuse(context, "READ_ONLY", "Nothing can be changed for the moment; reading goes on.")
        }
        error => internal(context, error),
    }
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
