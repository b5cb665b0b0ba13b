//! What the log says of a connection, as far as it decides when a bank may be read.

use chrono::{DateTime, FixedOffset, NaiveDate, Offset as _, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::id::ConsentId;
use domain::plan::budget::{MARGIN, ROLLING_DAY};
use domain::plan::schedule::place_of;
use domain::plan::{
    Allowance, Budgets, Days, Held, Next, Past, Reach, Resource, Rhythm, days_to_ask, next_read,
    wait,
};
use projections::calls::{CallRow, Reading};

use crate::app::App;
use crate::connectors::Bank;
use crate::sync::SyncError;
use crate::sync::record::caught_up;

fn unread(error: impl std::fmt::Display) -> SyncError {
    SyncError::Read(error.to_string())
}

/// The calls on a connection that can still stand in the way of one at `now`.
pub(super) async fn calls(
    app: &App,
    consent_id: ConsentId,
    now: DateTime<Utc>,
) -> Result<Vec<CallRow>, SyncError> {
    let since = now - ROLLING_DAY - MARGIN;
    app.read.calls().since(consent_id, since).await.map_err(unread)
}

/// How the reading of a connection stands.
pub(super) async fn reading(
    app: &App,
    consent_id: ConsentId,
) -> Result<Option<Reading>, SyncError> {
    app.read.calls().reading(consent_id).await.map_err(unread)
}

/// The budgets those calls leave.
pub(super) fn budgets(allowance: Allowance, calls: &[CallRow]) -> Budgets {
    let accesses = calls.iter().filter(|call| call.arrived && call.page == 0);
    Budgets::of(allowance, accesses.map(|call| (call.resource.clone(), call.access)))
}

/// Until when the bank asks not to be read without the person: from the newest of those calls.
pub(super) fn bank_waits_until(calls: &[CallRow], attended: bool) -> Option<DateTime<Utc>> {
    let mut refused = calls
        .iter()
        .filter(|call| call.access.attended == attended && call.arrived)
        .take_while(|call| call.code.is_some())
        .filter(|call| call.code.as_deref() == Some("bank_rate_limited"));
    let newest = refused.next()?;
    let in_a_row = 1 + u32::try_from(refused.count()).unwrap_or(u32::MAX - 1);
    let asked = newest.retry_after_seconds.map(|seconds| TimeDelta::seconds(i64::from(seconds)));
    Some(wait::until(newest.access.at, asked, in_a_row))
}

fn zone(bank: &Bank) -> Tz {
    bank.time_zone.parse().unwrap_or(Tz::UTC)
}

/// The day it is at the bank.
pub(super) fn today(bank: &Bank, now: DateTime<Utc>) -> NaiveDate {
    now.with_timezone(&zone(bank)).date_naive()
}

/// When a connection, or one account of it, is due.
pub(super) fn next(
    bank: &Bank,
    reading: &Reading,
    calls: &[CallRow],
    now: DateTime<Utc>,
    counts: impl Fn(&Resource) -> bool,
) -> Option<Next> {
    let budgets = budgets(bank.allowance, calls);
    let zone: FixedOffset = now.with_timezone(&zone(bank)).offset().fix();
    let rhythm = Rhythm {
        reads_a_day: bank.allowance.unattended_a_day,
        zone,
        place: place_of(reading.consent_id.0.as_bytes()),
    };
    let past = Past {
        read_at: reading.read_at,
        failures: reading.failures,
        failed_at: reading.failed_at,
        bank_waits_until: bank_waits_until(calls, false),
        left: budgets.least_left(now, &counts),
        free_at: budgets.all_free_at(&counts),
        refill_wanted: false,
    };
    next_read(&rhythm, &past, now)
}

/// What a run may spend, and the days the bank can be trusted to show it whole. OP shows what the
/// consent opens and has no filter; but a bank may cut a read that is not fresh to what the law lets
/// it show, so older days are not claimed then.
///
/// # Errors
/// [`SyncError`] if the read models do not catch up with the log.
pub async fn before_a_run(
    app: &App,
    bank: &Bank,
    consent_id: ConsentId,
) -> Result<(Budgets, Option<Days>), SyncError> {
    caught_up(app).await?;
    let now = app.clock.now();
    let budgets = budgets(bank.allowance, &calls(app, consent_id, now).await?);
    let days = reading(app, consent_id).await?.map(|reading| {
        let reach = Reach {
            now,
            today: today(bank, now),
            authenticated_at: reading.authenticated_at,
            longest_days: bank.longest_history_days,
            opened_from: Some(reading.history_from),
        };
        days_to_ask(&reach, &Held::default()).0
    });
    Ok((budgets, days))
}
