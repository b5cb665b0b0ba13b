//! Leases with their fences: whoever takes a lease tells the log first, so that nothing its last holder
//! still writes is stored.

use std::time::Duration;

use domain::stream::StreamId;

use crate::app::App;
use crate::ledger::LedgerError;
use crate::ledger::store::{AppendError, Fence};
use crate::vault::VaultError;
use crate::vault::leases::Lease;

/// Why a lease could not be asked for.
#[derive(Debug, thiserror::Error)]
pub enum LeasingError {
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The log failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Takes a lease if nobody holds it, and raises its fence in the log. From the answer on, appends
/// under an earlier fence of this scope are refused.
///
/// # Errors
/// [`LeasingError`] if vault or log cannot be asked; the lease is then free again, or ends by itself.
pub async fn take(
    app: &App,
    name: &str,
    scope: StreamId,
    seconds: i64,
) -> Result<Option<(Lease, Fence)>, LeasingError> {
    let Some(mut lease) = app.leases.take(name, seconds).await? else { return Ok(None) };
    match raise(app, &mut lease, scope).await {
        Ok(Some(fence)) => Ok(Some((lease, fence))),
        Ok(None) => Ok(None),
        Err(error) => {
            app.leases.give_back(&lease).await?;
            Err(error)
        }
    }
}

/// Raises the fence of a lease that was just taken; none if somebody else has the lease already.
async fn raise(
    app: &App,
    lease: &mut Lease,
    scope: StreamId,
) -> Result<Option<Fence>, LeasingError> {
    let log = app.ledger.log();
    // A second time where the vault was restored from a copy older than the log.
    for _ in 0..2 {
        let fence = Fence { scope, number: lease.number };
        match log.raise_fence(fence).await {
            Ok(()) => return Ok(Some(fence)),
            Err(AppendError::Fenced { highest }) => {
                if !app.leases.lift(lease, highest).await? {
                    return Ok(None);
                }
            }
            Err(error) => return Err(LedgerError::from(error).into()),
        }
    }
    Ok(None)
}

/// Holds a lease while it lasts; ends when it is lost, or was not held anew for its whole length:
/// then somebody else may have it.
pub async fn hold(app: &App, lease: &Lease, seconds: i64, every: Duration) {
    let length = Duration::from_secs(seconds.unsigned_abs());
    let mut held = tokio::time::Instant::now();
    loop {
        tokio::time::sleep(every).await;
        let asked = tokio::time::Instant::now();
        match tokio::time::timeout(every, app.leases.hold(lease, seconds)).await {
            Ok(Ok(true)) => held = asked,
            Ok(Ok(false)) => return tracing::warn!(lease = lease.name, "a lease was lost"),
            Ok(Err(error)) => tracing::warn!(cause = %error, "a lease was not held anew"),
            Err(_) => tracing::warn!(lease = lease.name, "a lease was not held anew in time"),
        }
        if held.elapsed() >= length {
            return tracing::warn!(lease = lease.name, "a lease ran out");
        }
    }
}
