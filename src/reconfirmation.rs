//! Confirming here, and not at the bank, that a connection may go on: where the law asks this platform and
//! no longer the bank to make sure of it (United Kingdom: SCA-RTS, articles 10A and 36(6), every 90 days).
//! A connection that is not confirmed in time rests; one that is confirmed late goes on at once.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::consent::{
    ConfirmationNeeded, Consent, ConsentCommand, ConsentStatus, RECONFIRMATION_DUE, Reconfirmed,
};
use domain::id::{BankId, ConsentId, UserId};
use projections::consents::ConsentRow;

use crate::app::App;
use crate::connectors::banks::{self, BANKS};
use crate::consent::{self, ConsentError};
use crate::ledger::Actor;
use crate::tokens::Holder;

/// Most consents looked at of one bank in one round.
const MOST_A_ROUND: u32 = 200;

/// How long a bank's connections go on without a word of the person; none where the bank sees to that.
fn period(bank_id: &BankId) -> Option<TimeDelta> {
    let days = banks::find(bank_id).ok()?.bank().reconfirm_after_days?;
    Some(TimeDelta::days(days))
}

/// By when the person has to say that a connection may go on.
#[must_use]
pub fn due(row: &ConsentRow) -> Option<DateTime<Utc>> {
    let standing = matches!(row.status, ConsentStatus::Active) || row.rests;
    let confirmed_at = row.confirmed_at.filter(|_| standing)?;
    Some(confirmed_at + period(&row.bank_id)?)
}

/// Lets a consent rest whose time without a word of the person is over. False if it may be read.
///
/// # Errors
/// [`ConsentError`].
pub(crate) async fn rest_if_due(
    app: &App,
    holder: Holder,
    consent: &Consent,
) -> Result<bool, ConsentError> {
    let (Some(requested), Some(confirmed_at)) = (&consent.requested, consent.confirmed_at) else {
        return Ok(false);
    };
    let over = |period| confirmed_at + period <= app.clock.now();
    if !period(&requested.bank_id).is_some_and(over) {
        return Ok(false);
    }
    let needed = ConfirmationNeeded { code: RECONFIRMATION_DUE.to_owned() };
    let command = ConsentCommand::NeedConfirmation(needed);
    match consent::execute(app, holder, Actor::Service, command).await {
        // Another process was first, or it has ended.
        Ok(_) | Err(ConsentError::Ended) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Lets every consent rest that is due; tells how many were looked at.
///
/// # Errors
/// [`ConsentError`].
pub async fn rest_all_due(app: &Arc<App>) -> Result<usize, ConsentError> {
    let mut looked_at = 0;
    for profile in &BANKS {
        let bank = profile.bank();
        let Some(days) = bank.reconfirm_after_days else { continue };
        let until = app.clock.now() - TimeDelta::days(days);
        let rows = app.read.consents().to_reconfirm(&bank.id, until, MOST_A_ROUND).await;
        let rows = rows.map_err(|error| ConsentError::Read(error.to_string()))?;
        for (consent_id, user_id) in rows {
            let holder = consent::holder(consent_id, user_id, app.chance.uuid()?);
            let loaded = app.ledger.load::<Consent>(consent::stream(consent_id)).await?.aggregate;
            rest_if_due(app, holder, &loaded).await?;
            looked_at += 1;
        }
    }
    Ok(looked_at)
}

/// What a person's word came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on.
    Confirmed {
        /// The position of the event that says so.
        position: u64,
    },
    /// The bank of this connection sees to that itself, or asks for it there.
    NotHere,
    /// There is no such connection that stands.
    NotFound,
}

/// Notes that the person says a connection may go on.
///
/// # Errors
/// [`ConsentError`] if it cannot be noted.
pub async fn confirm(
    app: &App,
    user_id: UserId,
    consent_id: ConsentId,
) -> Result<Outcome, ConsentError> {
    let loaded = app.ledger.load::<Consent>(consent::stream(consent_id)).await?.aggregate;
    let Some(requested) = loaded.requested.filter(|asked| asked.user_id == user_id) else {
        return Ok(Outcome::NotFound);
    };
    if period(&requested.bank_id).is_none() {
        return Ok(Outcome::NotHere);
    }
    let holder = consent::holder(consent_id, user_id, app.chance.uuid()?);
    let command = ConsentCommand::Reconfirm(Reconfirmed { at: app.clock.now() });
    match consent::execute(app, holder, Actor::Person, command).await {
        Ok(done) => Ok(Outcome::Confirmed { position: done.position }),
        Err(ConsentError::Ended) if loaded.status == ConsentStatus::NeedsConfirmation => {
            Ok(Outcome::NotHere)
        }
        Err(ConsentError::Ended) => Ok(Outcome::NotFound),
        Err(error) => Err(error),
    }
}
