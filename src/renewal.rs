//! Renewing consents before they end: reminders, notices, and the change from one to the next.

pub mod ics;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::consent::{Consent, ConsentCommand, ConsentStatus, Reminded, RenewalOf, Superseded};
use domain::id::{ConsentId, UserId};
use domain::observed::AccountKind;
use domain::renewal::{REMINDER_DAYS, days_left, due_reminder};
use projections::consents::{ConsentRow, EndedReason};

use crate::app::App;
use crate::connectors::Attended;
use crate::consent::{self, Begun, ConsentError, Wish};
use crate::ledger::Actor;
use crate::reconfirmation;
use crate::tokens::Holder;
use crate::vault::sessions::Session;

/// Most consents looked at in one round.
const MOST_A_ROUND: u32 = 200;

/// How much a notice presses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It ends within 30 days.
    Information,
    /// It ends within 7 days.
    Soon,
    /// It ends within a day, or the bank asks for a confirmation: nothing is read until then.
    Urgent,
    /// It has ended by time or by the bank.
    Ended,
}

/// How many days before a connection would rest the person is asked to confirm it.
const RECONFIRM_NOTICE_DAYS: i64 = 14;

/// Something to be done about a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Days left, the last one counted as one.
    pub days_left: i64,
    /// How much it presses.
    pub severity: Severity,
    /// Whether a word here is enough, and nobody has to go to the bank.
    pub confirm_here: bool,
}

/// What a person is told about a connection that ends, rests or soon will, or has ended without their wish.
#[must_use]
pub fn notice(now: DateTime<Utc>, row: &ConsentRow) -> Option<Notice> {
    let ending = ending(now, row).map(|(days_left, severity)| Notice {
        days_left,
        severity,
        confirm_here: row.rests,
    });
    let reconfirming = reconfirmation::due(row).and_then(|due| {
        let left = days_left(now, due);
        let severity = match left {
            left if row.rests || left > RECONFIRM_NOTICE_DAYS => return None,
            2.. => Severity::Soon,
            _ => Severity::Urgent,
        };
        Some(Notice { days_left: left, severity, confirm_here: true })
    });
    match (ending, reconfirming) {
        (Some(ending), Some(other)) if other.severity > ending.severity => Some(other),
        (ending, other) => ending.or(other),
    }
}

/// What a person is told about a connection that ends.
fn ending(now: DateTime<Utc>, row: &ConsentRow) -> Option<(i64, Severity)> {
    let left = row.expires_at.map_or(0, |expires_at| days_left(now, expires_at));
    match row.status {
        ConsentStatus::Active => {
            row.expires_at?;
            let [information, soon, urgent] = REMINDER_DAYS.map(i64::from);
            let severity = match left {
                left if left > information => return None,
                left if left > soon => Severity::Information,
                left if left > urgent => Severity::Soon,
                1.. => Severity::Urgent,
                _ => Severity::Ended,
            };
            Some((left, severity))
        }
        ConsentStatus::NeedsConfirmation => Some((left, Severity::Urgent)),
        ConsentStatus::Expired => Some((0, Severity::Ended)),
        ConsentStatus::Revoked if row.ended_reason == Some(EndedReason::RevokedByBank) => {
            Some((0, Severity::Ended))
        }
        _ => None,
    }
}

/// The numbers of the accounts a consent opened, for banks that have to be told which.
async fn known_numbers(
    app: &App,
    user_id: UserId,
    consent_id: ConsentId,
) -> Result<Vec<String>, ConsentError> {
    let rows = app.read.accounts().by_consent(user_id, consent_id).await;
    let rows = rows.map_err(|error| ConsentError::Read(error.to_string()))?;
    let accounts = rows.into_iter().filter(|row| row.kind != AccountKind::Card);
    let mut numbers: Vec<String> = accounts.map(|row| row.identifier).collect();
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

/// Begins a consent that is to take another's place. The other works until the new one stands.
///
/// # Errors
/// [`ConsentError::Unknown`] for a connection of somebody else, [`ConsentError::Ended`] for one that
/// the person ended or that never stood.
pub async fn begin(
    app: &std::sync::Arc<App>,
    session: &Session,
    attended: Option<Attended>,
    (connection, days): (ConsentId, (i64, i64)),
) -> Result<Begun, ConsentError> {
    let rows = app.read.consents().connection(session.user_id, connection).await;
    let row = rows.map_err(|error| ConsentError::Read(error.to_string()))?;
    let row = row.ok_or(ConsentError::Unknown)?;
    // The read model finds the connection; the log says how it stands.
    let old = app.ledger.load::<Consent>(consent::stream(row.consent_id)).await?.aggregate;
    let by_bank = row.ended_reason == Some(EndedReason::RevokedByBank);
    let renewable = match old.status {
        ConsentStatus::Active | ConsentStatus::NeedsConfirmation | ConsentStatus::Expired => true,
        ConsentStatus::Revoked => by_bank,
        _ => false,
    };
    if !renewable {
        return Err(ConsentError::Ended);
    }
    let (consent_days, history_days) = days;
    let accounts = known_numbers(app, session.user_id, row.consent_id).await?;
    let wish = Wish { bank_id: row.bank_id, consent_days, history_days, accounts };
    let renewal = RenewalOf { consent_id: row.consent_id };
    consent::begin_as(app, session, attended, &wish, Some(renewal)).await
}

/// Lets the consent that was just granted take the place of the one it renews, if it renews one:
/// that one's tokens are destroyed here, and its bank is told by the duty that tells of withdrawals.
///
/// # Errors
/// [`ConsentError`]; it is done again by [`finish_renewals`].
pub(crate) async fn supersede(app: &App, by: Holder) -> Result<(), ConsentError> {
    let new = app.ledger.load::<Consent>(consent::stream(by.consent_id)).await?.aggregate;
    let (Some(old), ConsentStatus::Active) = (new.renewal_of, new.status) else { return Ok(()) };
    let holder = consent::holder(old, by.user_id, by.correlation);
    let command = ConsentCommand::Supersede(Superseded { by: by.consent_id });
    match consent::execute(app, holder, Actor::Service, command).await {
        // One that ended before has no tokens left; destroying them again is nothing.
        Ok(_) | Err(ConsentError::Ended) => consent::forget_tokens(app, holder, "superseded").await,
        Err(error) => Err(error),
    }
}

/// Finishes renewals whose process died between the new consent and the end of the old one.
///
/// # Errors
/// [`ConsentError`].
pub async fn finish_renewals(app: &Arc<App>) -> Result<(), ConsentError> {
    let waiting = app.read.consents().to_supersede(MOST_A_ROUND).await;
    for (_, new, user_id) in waiting.map_err(|error| ConsentError::Read(error.to_string()))? {
        supersede(app, consent::holder(new, user_id, app.chance.uuid()?)).await?;
    }
    Ok(())
}

/// Notes the reminders that are due, each once.
///
/// # Errors
/// [`ConsentError`].
pub async fn remind(app: &Arc<App>) -> Result<usize, ConsentError> {
    let now = app.clock.now();
    let mut given = 0;
    for days in REMINDER_DAYS {
        let ends_before = now + TimeDelta::days(i64::from(days));
        let rows = app.read.consents().to_remind(ends_before, days, MOST_A_ROUND).await;
        for row in rows.map_err(|error| ConsentError::Read(error.to_string()))? {
            let due = due_reminder(now, row.granted_at, row.expires_at, row.reminded);
            let Some(days_before) = due else { continue };
            let holder = consent::holder(row.consent_id, row.user_id, app.chance.uuid()?);
            let command = ConsentCommand::Remind(Reminded { days_before });
            match consent::execute(app, holder, Actor::Service, command).await {
                Ok(_) => given += 1,
                // Another process was first, or it has ended.
                Err(ConsentError::Ended) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(given)
}

/// The calendar of a person's renewals.
///
/// # Errors
/// [`ConsentError::Read`].
pub async fn calendar(app: &App, user_id: UserId) -> Result<String, ConsentError> {
    let rows = app.read.consents().connections(user_id).await;
    let rows = rows.map_err(|error| ConsentError::Read(error.to_string()))?;
    let profiles = crate::api::banks::profiles();
    let mut events = Vec::new();
    for row in rows {
        let standing =
            matches!(row.status, ConsentStatus::Active | ConsentStatus::NeedsConfirmation);
        let (true, Some(ends)) = (standing, row.expires_at) else { continue };
        let bank = profiles.iter().find(|profile| profile.id == row.bank_id);
        events.push(ics::Renewal {
            connection: row.connection_id.0,
            bank: bank.map_or("?", |bank| bank.name).to_owned(),
            stamp: row.granted_at.unwrap_or(row.requested_at),
            ends,
        });
    }
    Ok(ics::text(&events))
}
