//! A picture is made anew before its person asks: who looks at their money while a bank is read would
//! else wait with the first question after it.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use domain::id::UserId;
use projections::{Change, Topic};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::PictureError;
use crate::app::App;

/// How long nothing new may have come of a person: a run that goes on makes each picture an old one.
const QUIET: Duration = Duration::from_millis(300);

/// Whether a picture may show what changed.
fn may_show(topic: Topic) -> bool {
    matches!(topic, Topic::Accounts | Topic::Transactions | Topic::Guidance)
}

/// Makes pictures that are kept anew after changes, until the service stops.
pub async fn make_ahead(
    app: Weak<App>,
    mut changes: broadcast::Receiver<Change>,
    mut stopping: watch::Receiver<bool>,
) {
    // Never more people than pictures are kept of.
    let mut waiting: BTreeMap<UserId, Instant> = BTreeMap::new();
    loop {
        let due = waiting.values().min().copied();
        let change = tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            change = changes.recv() => Some(change),
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => None,
        };
        let Some(app) = app.upgrade() else { return };
        match change {
            Some(Ok(change)) => {
                if may_show(change.topic) && app.pictures.keeps(change.user_id) {
                    waiting.insert(change.user_id, Instant::now() + QUIET);
                }
            }
            // What was missed is made when it is asked for.
            Some(Err(RecvError::Lagged(_))) => {}
            Some(Err(RecvError::Closed)) => return,
            None => {
                let now = Instant::now();
                let quiet: Vec<UserId> = waiting
                    .extract_if(.., |_, at| *at <= now)
                    .map(|(user_id, _)| user_id)
                    .collect();
                for user_id in quiet {
                    if let Err(error) = make(&app, user_id).await {
                        tracing::debug!(cause = %error, "a picture was not made ahead");
                    }
                }
            }
        }
    }
}

/// Makes a picture with all that is found in it.
async fn make(app: &App, user_id: UserId) -> Result<(), PictureError> {
    let today = app.clock.now().date_naive();
    let picture = app.pictures.of(app, &app.read.now(), user_id, today).await?;
    let found = Arc::clone(&picture);
    // What cannot be found now is looked for by whoever asks.
    let _ = tokio::task::spawn_blocking(move || found.find_all()).await;
    Ok(())
}
