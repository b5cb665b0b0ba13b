//! Erasing a person: everything of theirs in the log is sealed under their data key, so the key is
//! destroyed, the log says so, and every readable copy goes.
//!
//! Each step can be taken twice and leaves a mark, so an erasure that died is taken up at any start.
//! The key goes before the event, so that the event never claims what has not happened; a destroyed
//! key without its event is found by its unfinished row.

mod ending;
mod recording;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::erasure::{ErasureReason, RequestedBy};
use domain::id::UserId;
use domain::stream::{Category, StreamId};
use projections::{Lagging, ReadModelError};
use serde::Serialize;
use tokio::sync::watch;

use crate::app::App;
use crate::consent::ConsentError;
use crate::ledger::LedgerError;
use crate::ledger::reading::first_of;
use crate::ledger::store::{AppendError, ReadError};
use crate::vault::VaultError;
use crate::vault::erasures::Erasure;
use crate::world::NoChance;

use ending::{count_live, end_consents};
pub use recording::{Receipt, receipt};
use recording::{record, recorded};

/// How long an erasure that died keeps others from taking it up, in seconds.
const LEASE_SECONDS: i64 = 180;
/// How long the read models may take to hold the event.
const CATCH_UP: Duration = Duration::from_secs(60);
/// Most erasures taken up in one round of duties.
const MOST_A_ROUND: u32 = 20;

/// Why an erasure could not be begun or ended.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    /// Nobody signed up under this identifier.
    #[error("there is no person `{0}` here")]
    Unknown(UserId),
    /// Nothing of this person was erased, and nothing is being erased.
    #[error("the data of `{0}` was not erased; there is no receipt")]
    NotErased(UserId),
    /// Another process is at it.
    #[error("another process is erasing this person; ask for the receipt in a few minutes")]
    Busy,
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A consent could not be ended here.
    #[error(transparent)]
    Consent(#[from] ConsentError),
    /// The read models do not follow.
    #[error("the person's key is destroyed, but their rows are not deleted yet: {0}")]
    Lagging(#[from] Lagging),
    /// The read models cannot be written anew.
    #[error("the person's key is destroyed, but the read models keep free space: {0}")]
    Read(#[from] ReadModelError),
    /// No random bytes.
    #[error(transparent)]
    Chance(#[from] NoChance),
}

impl From<ReadError> for ErasureError {
    fn from(error: ReadError) -> Self {
        Self::Ledger(error.into())
    }
}

impl From<AppendError> for ErasureError {
    fn from(error: AppendError) -> Self {
        Self::Ledger(error.into())
    }
}

/// One step of an erasure, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Sessions, password and authorizations under way are gone.
    DoorClosed,
    /// Every consent has ended, here and as far as possible at its bank.
    ConsentsEnded,
    /// The key and the secrets are destroyed.
    KeyDestroyed,
    /// The vault's files hold no copy of them.
    VaultCleared,
    /// The log says so.
    Recorded,
    /// No snapshot and no row of a read model is left, and no free space that holds one.
    CopiesCleared,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 6] = [
        Self::DoorClosed,
        Self::ConsentsEnded,
        Self::KeyDestroyed,
        Self::VaultCleared,
        Self::Recorded,
        Self::CopiesCleared,
    ];
}

/// People who are being erased in this process, so that work for them ends.
#[derive(Debug)]
pub struct Erasing(watch::Sender<BTreeSet<UserId>>);

impl Default for Erasing {
    fn default() -> Self {
        Self(watch::Sender::new(BTreeSet::new()))
    }
}

impl Erasing {
    fn begin(&self, user_id: UserId) {
        self.0.send_modify(|people| {
            people.insert(user_id);
        });
    }

    fn end(&self, user_id: UserId) {
        self.0.send_modify(|people| {
            people.remove(&user_id);
        });
    }

    /// Waits until a person is being erased.
    pub async fn begun(&self, user_id: UserId) {
        let mut people = self.0.subscribe();
        // The sender lives as long as `self`.
        let _ = people.wait_for(|people| people.contains(&user_id)).await;
    }
}

fn stream(user_id: UserId) -> StreamId {
    StreamId::new(Category::User, user_id.0)
}

/// Notes that a person is to be erased. From here on it happens, whatever dies.
///
/// # Errors
/// [`ErasureError::Unknown`] for somebody who never signed up.
pub async fn request(
    app: &App,
    user_id: UserId,
    requested_by: RequestedBy,
    reason: &ErasureReason,
) -> Result<(), ErasureError> {
    let unknown = || ErasureError::Unknown(user_id);
    first_of(&**app.ledger.log(), stream(user_id)).await?.ok_or_else(unknown)?;
    let key_id = app.keys.identifier_of_person(user_id).await.map_err(VaultError::from)?;
    let key_id = key_id.ok_or_else(unknown)?;
    app.erasures.ask(user_id, key_id, requested_by, reason).await?;
    Ok(())
}

/// Takes an erasure that was asked for to its end, and tells of each step taken.
///
/// # Errors
/// [`ErasureError`]; what was done stays done, and it is taken up again later.
pub async fn run(
    app: &App,
    user_id: UserId,
    mut tell: impl FnMut(Step) + Send,
) -> Result<Receipt, ErasureError> {
    let name = format!("erasure/{user_id}");
    let lease = app.leases.take(&name, LEASE_SECONDS).await?.ok_or(ErasureError::Busy)?;
    let ended = loop {
        match app.leases.hold(&lease, LEASE_SECONDS).await {
            Ok(true) => {}
            Ok(false) => break Err(ErasureError::Busy),
            Err(error) => break Err(error.into()),
        }
        match advance(app, user_id).await {
            Ok(Some(step)) => tell(step),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    if let Err(error) = app.leases.give_back(&lease).await {
        tracing::warn!(cause = %error, "a lease was not given back; it ends by itself");
    }
    ended?;
    app.erasing.end(user_id);
    receipt(app, user_id).await?.ok_or(ErasureError::NotErased(user_id))
}

/// Takes the next step of an erasure; none if nothing is left to be done.
///
/// # Errors
/// [`ErasureError`].
pub async fn advance(app: &App, user_id: UserId) -> Result<Option<Step>, ErasureError> {
    let erasure = app.erasures.of(user_id).await?.ok_or(ErasureError::NotErased(user_id))?;
    if erasure.finished {
        return Ok(None);
    }
    app.erasing.begin(user_id);
    let Some(counted) = erasure.counted else {
        let consents = count_live(app, &erasure).await?;
        app.erasures.close_door(&erasure, consents).await?;
        return Ok(Some(Step::DoorClosed));
    };
    let Some(banks_not_told) = erasure.banks_not_told else {
        let banks_not_told = end_consents(app, &erasure).await?;
        app.erasures.consents_ended(&erasure, banks_not_told).await?;
        return Ok(Some(Step::ConsentsEnded));
    };
    let Some(destroyed_at) = erasure.destroyed_at else {
        app.erasures.destroy(&erasure).await?;
        return Ok(Some(Step::KeyDestroyed));
    };
    if !erasure.cleared {
        // Who destroyed the key may have died before it was out of this process's memory.
        app.keys.forget(erasure.key_id);
        app.erasures.clear(&erasure).await?;
        return Ok(Some(Step::VaultCleared));
    }
    let Some((position, _)) = recorded(app, user_id).await?.0 else {
        record(app, &erasure, counted, banks_not_told, destroyed_at).await?;
        return Ok(Some(Step::Recorded));
    };
    clear_copies(app, &erasure, position.position).await?;
    app.erasures.finish(&erasure).await?;
    Ok(Some(Step::CopiesCleared))
}

/// Takes up erasures that died with their process, in the background.
///
/// # Errors
/// [`ErasureError`] if they cannot be found.
pub async fn resume_unfinished(app: &Arc<App>) -> Result<(), ErasureError> {
    for user_id in app.erasures.unfinished(MOST_A_ROUND).await? {
        let erasing = Arc::clone(app);
        app.tasks.spawn(async move {
            match run(&erasing, user_id, |_| {}).await {
                Ok(receipt) => tracing::info!(position = receipt.position, "a person was erased"),
                Err(ErasureError::Busy) => {}
                Err(error) => tracing::error!(cause = %error, "an erasure is not finished"),
            }
        });
    }
    Ok(())
}

/// Deletes what is derived from the person's events outside the log.
async fn clear_copies(app: &App, erasure: &Erasure, position: u64) -> Result<(), ErasureError> {
    app.ledger.log().forget_snapshots(erasure.key_id).await?;
    app.ledger.cool_all();
    app.read.pasts().forget(erasure.user_id.0);
    app.read.wait_for(position, CATCH_UP).await?;
    // Whoever asks from here on finds no rows.
    app.pictures.forget(erasure.user_id);
    app.read.scrub().await?;
    Ok(())
}
