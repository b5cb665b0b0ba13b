//! Changing the log's signing key: the vault gets the new key, the log the fact.

use std::sync::Arc;
use std::time::Duration;

use domain::signing::{KeySucceeded, Signing, SigningCommand, SigningRefusal};
use domain::stream::{Category, StreamId};
use uuid::Uuid;

use super::NotaryError;
use crate::app::App;
use crate::ledger::{Actor, Cause, CommandError, LedgerError, Owner};
use crate::world::NoChance;

/// How long the old key signs beside the new one unless somebody says otherwise: long enough for every
/// auditor and witness to hear of the new one.
pub const OVERLAP: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Why the key was not changed, or the change not noted.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// It could not be signed or kept.
    #[error(transparent)]
    Notary(#[from] NotaryError),
    /// The log holds another history of keys than the vault.
    #[error("the log and the vault tell different histories of the signing key: {0}")]
    Refused(#[from] SigningRefusal),
    /// The change is kept and counts, and is not in the log yet.
    #[error(
        "the key was changed and the log does not say so yet; the service notes it as it starts: {0}"
    )]
    Ledger(#[from] LedgerError),
    /// No random bytes.
    #[error(transparent)]
    Chance(#[from] NoChance),
}

/// The stream of the changes: there is one log.
#[must_use]
pub fn stream() -> StreamId {
    StreamId::new(Category::Signing, Uuid::new_v5(&Uuid::NAMESPACE_OID, b"log"))
}

/// Gives the log another signing key. Answers with the change and the position it is noted at.
///
/// # Errors
/// [`RotationError`].
pub async fn rotate(
    app: &Arc<App>,
    overlap: Duration,
    actor: Actor,
) -> Result<(KeySucceeded, u64), RotationError> {
    note_changes(app, actor).await?;
    let change = app.notary.succeed(overlap, &app.chance).await?;
    let position = note_changes(app, actor).await?;
    // What the new key signs first is the event that speaks of it.
    app.notary.sign().await?;
    Ok((change, position))
}

/// Notes in the log what the vault knows of changed keys: a process may have died between the two.
/// Answers with the position of the last change; 0 if there was none.
///
/// # Errors
/// [`RotationError`].
pub async fn note_changes(app: &App, actor: Actor) -> Result<u64, RotationError> {
    let mut position = 0;
    for change in app.notary.changes().await? {
        let cause = Cause::new(actor, app.chance.uuid()?);
        let command = SigningCommand::Succeed(change);
        let done = app.ledger.execute::<Signing>(stream(), Owner::Platform, cause, command).await;
        position = done
            .map_err(|error| match error {
                CommandError::Refused(refusal) => RotationError::Refused(refusal),
                CommandError::Ledger(error) => RotationError::Ledger(error),
            })?
            .position;
    }
    Ok(position)
}
