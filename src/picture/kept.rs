//! Pictures that are kept between requests. A picture stands as long as the log has nothing new of
//! the person that it would show and the day is the same, so that asking again costs next to nothing.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;
use domain::id::UserId;
use projections::View;
use projections::database::DatabaseError;
use projections::transactions::movements::MOST_MOVEMENTS as MOST_LOOKED_AT;
use uuid::Uuid;

use super::Picture;
use crate::app::App;
use crate::ledger::store::ReadError;
use crate::vault::keys::KeysError;

/// Most people whose pictures are kept.
const MOST_KEPT: usize = 64;
/// Most transactions of all pictures that are kept; about 300 bytes each.
const MOST_MOVEMENTS: usize = 1_000_000;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The rows cannot be read.
    #[error(transparent)]
    Rows(#[from] DatabaseError),
    /// The log cannot be asked what is new.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// The person's key cannot be looked up.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

/// A picture, and the place of the log up to which nothing else happened to the person.
struct Kept {
    picture: Arc<Picture>,
    position: u64,
    key_id: Option<Uuid>,
}

/// Where the requests of one person wait for each other, so that nothing is made twice.
#[derive(Default)]
struct Place {
    kept: tokio::sync::Mutex<Option<Kept>>,
    movements: AtomicU64,
    used: AtomicU64,
}

/// The pictures that are kept.
pub struct Pictures {
    places: Mutex<HashMap<UserId, Arc<Place>>>,
    uses: AtomicU64,
    most: AtomicU32,
}

impl Default for Pictures {
    fn default() -> Self {
        Self {
            places: Mutex::default(),
            uses: AtomicU64::default(),
            most: AtomicU32::new(MOST_LOOKED_AT),
        }
    }
}

impl Pictures {
    /// Looks at no more of a person's transactions than so many from now on: the newest.
    pub fn look_at_most(&self, most: u32) {
        self.most.store(most, Ordering::Relaxed);
    }

    /// Most transactions of a person that are looked at.
    #[must_use]
    pub fn most(&self) -> u32 {
        self.most.load(Ordering::Relaxed)
    }

    /// A person's picture as the rows of the present show it.
    ///
    /// # Errors
    /// [`PictureError`] if it has to be made and cannot be.
    pub async fn of(
        &self,
        app: &App,
        view: &View,
        user_id: UserId,
        today: NaiveDate,
    ) -> Result<Arc<Picture>, PictureError> {
        let place = self.place(user_id);
        let mut kept = place.kept.lock().await;
        // Before the rows are read: they hold at least as much.
        let position = view.position();
        if let Some(known) = kept.as_mut().filter(|known| known.picture.today == today)
            && !is_new(app, user_id, known, position).await?
        {
            known.position = known.position.max(position);
            return Ok(Arc::clone(&known.picture));
        }
        let before = kept.take();
        let key_id = before.as_ref().and_then(|known| known.key_id);
        let mut picture = Picture::of(view, user_id, today, self.most()).await?;
        if let Some(before) = &before {
            picture = picture.like(&before.picture);
        }
        let picture = Arc::new(picture);
        place.movements.store(picture.movements.len() as u64, Ordering::Relaxed);
        *kept = Some(Kept { picture: Arc::clone(&picture), position, key_id });
        drop(kept);
        self.make_room(user_id);
        Ok(picture)
    }

    /// Whether a picture of a person is kept, or being made.
    pub(super) fn keeps(&self, user_id: UserId) -> bool {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&user_id)
    }

    /// Forgets what is kept of a person.
    pub fn forget(&self, user_id: UserId) {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).remove(&user_id);
    }

    fn place(&self, user_id: UserId) -> Arc<Place> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let place = Arc::clone(places.entry(user_id).or_default());
        place.used.store(self.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        place
    }

    /// Lets those go that were not asked for longest.
    fn make_room(&self, user_id: UserId) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let movements = |places: &HashMap<UserId, Arc<Place>>| -> u64 {
            places.values().map(|place| place.movements.load(Ordering::Relaxed)).sum()
        };
        while places.len() > MOST_KEPT || movements(&places) > MOST_MOVEMENTS as u64 {
            let others = places.iter().filter(|(of, _)| **of != user_id);
            let oldest = others.min_by_key(|(_, place)| place.used.load(Ordering::Relaxed));
            let Some(oldest) = oldest.map(|(of, _)| *of) else { break };
            places.remove(&oldest);
        }
    }
}

/// Kinds of events that change nothing a picture shows, beside all of runs of reading.
const STILL: [&str; 7] = [
    "account.transaction_noted",
    "account.transaction_hidden",
    "account.transaction_missed",
    "account.window_reconciled",
    "guidance.budget_set",
    "guidance.notice_muted",
    "guidance.forecast_made",
];
/// What kinds of events of runs of reading begin with.
const OF_READING: &str = "fetch.";
/// Most events that are looked at one by one; after more a picture is made anew.
const MOST_STILL: usize = 200;

/// Whether a picture may show something else since it was made, up to a position.
async fn is_new(
    app: &App,
    user_id: UserId,
    known: &mut Kept,
    position: u64,
) -> Result<bool, PictureError> {
    if position <= known.position {
        return Ok(false);
    }
    if known.key_id.is_none() {
        known.key_id = app.keys.identifier_of_person(user_id).await?;
    }
    let Some(key_id) = known.key_id else { return Ok(true) };
    let next = app.ledger.log().read_key(key_id, known.position, MOST_STILL).await?;
    let is_all =
        next.len() < MOST_STILL || next.last().is_some_and(|last| last.position >= position);
    let shows = |kind: &str| !STILL.contains(&kind) && !kind.starts_with(OF_READING);
    let mut new = next.iter().take_while(|event| event.position <= position);
    Ok(!is_all || new.any(|event| shows(&event.event_type)))
}
