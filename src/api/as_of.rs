//! The place of the log an answer stands for: the present, or a moment of the past that was asked
//! for. Everything nested in an answer is read at the same place.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use async_graphql::{Context, Error, Object, OneofObject, Result, SimpleObject};
use chrono::{DateTime, Utc};
use domain::id::UserId;
use projections::View;
use projections::as_of::PastError;
use tokio::sync::OnceCell;

use super::scalars::{Instant, Position};
use super::visit::{app, caught_up, internal, person, refuse, visit};
use crate::app::App;
use crate::ledger::history::PersonHistory;
use crate::ledger::store::position_at;
use crate::picture::{Picture, PictureError};

/// Most moments one request may ask for.
const MOST_MOMENTS_A_REQUEST: usize = 4;

/// A moment of the past: what was known then is answered, by the rules of today. It needs a session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, OneofObject)]
pub enum AsOf {
    /// When the log ended at this position; `"0"` is before everything.
    Position(Position),
    /// At this instant: when the log ended at the last event recorded then or before.
    Instant(Instant),
}

/// The place of the log an answer stands for.
#[derive(SimpleObject)]
pub struct KnownAt {
    /// Everything to this position is in the answer. With `asOf` nothing later is; without it, what
    /// is being recorded at that moment may be.
    position: Position,
    /// When the event at the position was recorded; none before the first.
    recorded_at: Option<Instant>,
}

/// Where an answer is read.
pub struct Moment {
    view: View,
    /// The time that counts for what ends by itself.
    now: DateTime<Utc>,
    past: bool,
    recorded_at: OnceCell<Option<DateTime<Utc>>>,
    picture: OnceCell<Arc<Picture>>,
}

/// Shared by everything nested in an answer.
pub type At = Arc<Moment>;

impl Moment {
    /// The rows.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.view
    }

    /// The time that counts for what ends by itself.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The position, if it is one of the past.
    #[must_use]
    pub fn past_position(&self) -> Option<u64> {
        self.past.then(|| self.view.position())
    }

    /// The person's money at this moment, made once for all that is asked of it.
    ///
    /// # Errors
    /// [`PictureError`] if it cannot be made.
    pub async fn picture(&self, app: &App, user_id: UserId) -> Result<Arc<Picture>, PictureError> {
        let today = self.now.date_naive();
        let make = || async {
            if self.past {
                return Ok(Arc::new(
                    Picture::of(&self.view, user_id, today, app.pictures.most()).await?,
                ));
            }
            app.pictures.of(app, &self.view, user_id, today).await
        };
        self.picture.get_or_try_init(make).await.cloned()
    }

    /// The name of the place.
    ///
    /// # Errors
    /// `INTERNAL` if the log cannot be read.
    pub async fn known_at(&self, context: &Context<'_>) -> Result<KnownAt> {
        let position = self.view.position();
        let read = || async { recorded_at(context, position).await };
        let at = self.recorded_at.get_or_try_init(read).await?;
        Ok(KnownAt { position: Position(position), recorded_at: at.map(Instant) })
    }
}

/// Gives objects with a field `at: At` the name of their place.
macro_rules! names_its_place {
    ($($object:ident),+ $(,)?) => {$(
        #[ComplexObject]
        impl $object {
            /// The place of the log this stands for.
            async fn known_at(&self, context: &Context<'_>) -> Result<KnownAt> {
                self.at.known_at(context).await
            }
        }
    )+};
}
pub(super) use names_its_place;

async fn recorded_at(context: &Context<'_>, position: u64) -> Result<Option<DateTime<Utc>>> {
    if position == 0 {
        return Ok(None);
    }
    let micros = app(context)?.ledger.log().time_at(position).await;
    let micros = micros.map_err(|error| internal(context, error))?;
    Ok(micros.and_then(DateTime::from_timestamp_micros))
}

/// The moments a request has asked for, so that all its fields stand for the same ones.
#[derive(Default)]
pub struct Moments {
    past: tokio::sync::Mutex<HashMap<AsOf, At>>,
    present: tokio::sync::Mutex<Option<At>>,
}

/// The present, once the read models hold a position, or the moment that is asked for.
///
/// # Errors
/// `LAGGING`, `UNAUTHENTICATED`, `AS_OF_BEYOND_LOG`, `AS_OF_IN_FUTURE`, `AS_OF_TOO_EARLY`,
/// `AS_OF_TOO_MANY`, `AS_OF_TOO_LARGE`, `TRY_LATER`.
pub async fn moment(
    context: &Context<'_>,
    as_of: Option<AsOf>,
    at_least: Option<Position>,
) -> Result<At> {
    let moments = &visit(context)?.moments;
    let Some(as_of) = as_of else {
        let mut kept = moments.present.lock().await;
        let enough = |at: &&At| at_least.is_none_or(|Position(least)| at.view.position() >= least);
        if let Some(at) = kept.as_ref().filter(enough) {
            return Ok(Arc::clone(at));
        }
        caught_up(context, at_least).await?;
        let at = present(context)?;
        *kept = Some(Arc::clone(&at));
        return Ok(at);
    };
    let user_id = person(context)?;
    let mut moments = moments.past.lock().await;
    let at = match moments.get(&as_of) {
        Some(at) => Arc::clone(at),
        None if moments.len() >= MOST_MOMENTS_A_REQUEST => {
            return Err(refuse(context, "AS_OF_TOO_MANY", "Ask for at most 4 moments at once."));
        }
        None => {
            let at = past(context, user_id, as_of).await?;
            moments.insert(as_of, Arc::clone(&at));
            at
        }
    };
    let reached = at.view.position();
    if at_least.is_some_and(|Position(wanted)| wanted > reached) {
        let message = "asOf stands before atLeast; leave one of them out.";
        return Err(refuse(context, "AS_OF_TOO_EARLY", message));
    }
    Ok(at)
}

/// The present.
///
/// # Errors
/// None but a schema without its data.
pub fn present(context: &Context<'_>) -> Result<At> {
    let app = app(context)?;
    let (view, now) = (app.read.now(), app.clock.now());
    Ok(Arc::new(Moment {
        view,
        now,
        past: false,
        recorded_at: OnceCell::new(),
        picture: OnceCell::new(),
    }))
}

/// The same moment with another person's rows. Whether they may be shown is for the caller to know.
///
/// # Errors
/// `AS_OF_TOO_LARGE`, `TRY_LATER`.
pub async fn of_another(context: &Context<'_>, at: &Moment, user_id: UserId) -> Result<At> {
    let Some(position) = at.past_position() else { return present(context) };
    let view = rows(app(context)?, user_id, position).await;
    let view = view.map_err(|error| unread(context, error))?;
    let recorded_at = OnceCell::new_with(at.recorded_at.get().copied());
    Ok(Arc::new(Moment { view, now: at.now, past: true, recorded_at, picture: OnceCell::new() }))
}

async fn past(context: &Context<'_>, user_id: UserId, as_of: AsOf) -> Result<At> {
    let app = app(context)?;
    let failed = |cause: &dyn std::fmt::Display| internal(context, cause);
    let log = app.ledger.log();
    let (position, instant) = match as_of {
        AsOf::Position(Position(position)) => {
            let head = log.head().await.map_err(|error| failed(&error))?.position;
            if position > head {
                let message = format!("The log ends at position {head}.");
                return Err(refuse(context, "AS_OF_BEYOND_LOG", &message));
            }
            (position, None)
        }
        AsOf::Instant(Instant(instant)) => {
            if instant > app.clock.now() {
                let message = "What will be known then is not known yet.";
                return Err(refuse(context, "AS_OF_IN_FUTURE", message));
            }
            let position = position_at(log.as_ref(), instant.timestamp_micros()).await;
            (position.map_err(|error| failed(&error))?, Some(instant))
        }
    };
    let recorded_at = recorded_at(context, position).await?;
    let view = rows(app, user_id, position).await.map_err(|error| unread(context, error))?;
    let now = instant.or(recorded_at).unwrap_or_default();
    let recorded_at = OnceCell::new_with(Some(recorded_at));
    Ok(Arc::new(Moment { view, now, past: true, recorded_at, picture: OnceCell::new() }))
}

enum Unread {
    Past(PastError),
    Keys(crate::vault::keys::KeysError),
}

/// A person's rows as they were. Of one who was erased nothing is left, whatever was kept before.
async fn rows(app: &App, user_id: UserId, position: u64) -> Result<View, Unread> {
    let key = app.keys.key_of_person(user_id).await.map_err(Unread::Keys)?;
    let pasts = app.read.pasts();
    // The platform's own part of the history is kept apart from what an erased person had.
    let owner = match &key {
        Some(_) => user_id.0,
        None => {
            pasts.forget(user_id.0);
            uuid::Uuid::nil()
        }
    };
    let key_id = key.map(|(key_id, _)| key_id);
    let log = Arc::clone(app.ledger.log());
    let history = Arc::new(PersonHistory::new(log, Arc::clone(&app.keys), key_id));
    pasts.at(owner, position, history).await.map_err(Unread::Past)
}

fn unread(context: &Context<'_>, error: Unread) -> Error {
    let error = match error {
        Unread::Past(error) => error,
        Unread::Keys(error) => return internal(context, error),
    };
    match error {
        PastError::Busy => refuse(context, "TRY_LATER", "Too much of the past is being read."),
        PastError::TooLarge(_) => {
            tracing::warn!(cause = %error, "a moment of the past was not built");
            refuse(context, "AS_OF_TOO_LARGE", "There is more than can be shown as it was.")
        }
        error => internal(context, error),
    }
}

/// Naming the place of the log.
#[derive(Default)]
pub struct AsOfQueries;

#[Object]
impl AsOfQueries {
    /// The place of the log that the other fields with the same `asOf` stand for; all fields of one
    /// request with equal `asOf` stand for the same one. Without `asOf`, where the read models stand.
    async fn known_at(
        &self,
        context: &Context<'_>,
        as_of: Option<AsOf>,
        at_least: Option<Position>,
    ) -> Result<KnownAt> {
        person(context)?;
        moment(context, as_of, at_least).await?.known_at(context).await
    }
}
