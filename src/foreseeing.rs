//! Forecasts kept by themselves, so that each can be scored when its days have come: one a week of
//! everybody whose accounts state a balance.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use domain::guidance::GuidanceCommand;
use domain::id::UserId;
use projections::View;

use crate::app::App;
use crate::ledger::{Actor, Cause};
use crate::picture::{GuideError, Picture, guide, kept};
use crate::world::NoChance;

/// Days between two forecasts of a person that are kept.
const EVERY_DAYS: TimeDelta = TimeDelta::days(7);
/// How often it is looked whose is due.
const LOOK_EVERY: Duration = Duration::from_secs(6 * 3600);
/// Most people that are looked at.
const MOST_PEOPLE: u32 = 10_000;

/// Why a forecast was not kept.
#[derive(Debug, thiserror::Error)]
pub enum ForeseeError {
    /// The rows cannot be read.
    #[error(transparent)]
    Rows(#[from] projections::database::DatabaseError),
    /// It cannot be recorded.
    #[error(transparent)]
    Guide(#[from] GuideError),
    /// No random bytes.
    #[error(transparent)]
    Chance(#[from] NoChance),
    /// It could not be worked out.
    #[error("a forecast broke off")]
    Broken,
}

/// Looks from time to time whose forecast is due, until the service stops.
pub fn start(app: &Arc<App>) {
    let (app, mut stopped) = (Arc::clone(app), app.stopping.subscribe());
    let tasks = Arc::clone(&app.tasks);
    tasks.spawn(async move {
        loop {
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            if let Err(error) = keep_due(&app).await {
                tracing::warn!(cause = %error, "a forecast was not kept; it is made at the next look");
            }
        }
    });
}

/// Keeps the forecasts of everybody whose newest is old enough; how many were kept.
///
/// # Errors
/// [`ForeseeError`] of the first that cannot be kept; those before it are.
pub async fn keep_due(app: &App) -> Result<usize, ForeseeError> {
    let view = app.read.now();
    let mut count = 0;
    for user_id in view.people().some(MOST_PEOPLE).await? {
        if *app.stopping.borrow() {
            break;
        }
        count += keep(app, &view, user_id).await?;
    }
    Ok(count)
}

async fn keep(app: &App, view: &View, user_id: UserId) -> Result<usize, ForeseeError> {
    let today = app.clock.now().date_naive();
    let newest = view.guidances().newest_forecast(user_id).await?;
    if newest.is_some_and(|day| today - day < EVERY_DAYS) {
        return Ok(0);
    }
    // Not through the pictures that are kept: nobody is looking.
    let picture = Picture::of(view, user_id, today, app.pictures.most()).await?;
    let forecasts = tokio::task::spawn_blocking(move || picture.forecasts(&[])).await;
    let mut count = 0;
    for forecast in forecasts.map_err(|_| ForeseeError::Broken)? {
        let command = GuidanceCommand::KeepForecast(kept(&forecast, today));
        let done =
            guide(app, user_id, Cause::new(Actor::Service, app.chance.uuid()?), command).await?;
        count += usize::from(done.is_some());
    }
    Ok(count)
}
