//! Ends what an erased person began: their runs of reading and their consents, here and at the banks.

use std::time::Duration;

use domain::consent::{Consent, ConsentStatus};
use domain::id::ConsentId;
use uuid::Uuid;

use super::ErasureError;
use crate::app::App;
use crate::consent::{self, ConsentError};
use crate::ledger::reading::Reader;
use crate::sync;
use crate::vault::erasures::Erasure;

/// How long one bank may take to be told.
const BANK_WAIT: Duration = Duration::from_secs(20);
/// How long a run of reading in this process may take to end.
const RUN_WAIT: Duration = Duration::from_secs(2);
/// How often that is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The person's consents, from the log itself.
async fn consents(app: &App, key_id: Uuid) -> Result<Vec<ConsentId>, ErasureError> {
    let (mut found, mut events) = (Vec::new(), Reader::of_key(&**app.ledger.log(), key_id, 0));
    while let Some(stored) = events.next().await? {
        if stored.event_type == "consent.requested" {
            found.push(ConsentId(stored.stream.id));
        }
    }
    Ok(found)
}

async fn load(app: &App, consent_id: ConsentId) -> Result<Consent, ErasureError> {
    Ok(app.ledger.load::<Consent>(consent::stream(consent_id)).await?.aggregate)
}

fn is_live(consent: &Consent) -> bool {
    matches!(
        consent.status,
        ConsentStatus::Pending | ConsentStatus::Active | ConsentStatus::NeedsConfirmation
    )
}

/// How many of the person's consents have not ended.
pub(super) async fn count_live(app: &App, erasure: &Erasure) -> Result<u32, ErasureError> {
    let mut live = 0;
    for consent_id in consents(app, erasure.key_id).await? {
        live += u32::from(is_live(&load(app, consent_id).await?));
    }
    Ok(live)
}

/// Ends the person's runs of reading and their consents; tells how many banks could not be told.
pub(super) async fn end_consents(app: &App, erasure: &Erasure) -> Result<u32, ErasureError> {
    let mut banks_not_told = 0;
    for consent_id in consents(app, erasure.key_id).await? {
        end_run(app, consent_id).await?;
        let consent = load(app, consent_id).await?;
        let ended = if is_live(&consent) {
            tokio::time::timeout(BANK_WAIT, async {
                consent::revoke(app, erasure.user_id, consent_id).await.map(drop)
            })
            .await
        } else if consent.status == ConsentStatus::Revoked && !consent.bank_told {
            let holder = consent::holder(consent_id, erasure.user_id, app.chance.uuid()?);
            tokio::time::timeout(BANK_WAIT, async {
                consent::tell_bank(app, holder).await.map(drop)
            })
            .await
        } else {
            continue;
        };
        match ended {
            // A bank that takes too long is one that was not told.
            Ok(Ok(()) | Err(ConsentError::Ended)) | Err(_) => {}
            Ok(Err(error)) => return Err(error.into()),
        }
        let consent = load(app, consent_id).await?;
        let untold =
            is_live(&consent) || (consent.status == ConsentStatus::Revoked && !consent.bank_told);
        banks_not_told += u32::from(untold);
    }
    Ok(banks_not_told)
}

/// Ends the run of reading a consent has, and keeps others from beginning for a while. A run of this
/// process ends when the erasure is announced; one of another when it misses its lease.
async fn end_run(app: &App, consent_id: ConsentId) -> Result<(), ErasureError> {
    let name = sync::lease_name(consent_id);
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < RUN_WAIT {
        if app.leases.take(&name, sync::KEEP_OFF_SECONDS).await?.is_some() {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    app.leases.seize(&name, sync::KEEP_OFF_SECONDS).await?;
    tokio::time::sleep(sync::HOLD_EVERY + RUN_WAIT).await;
    Ok(())
}
