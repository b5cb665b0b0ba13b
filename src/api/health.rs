//! Whether the service lives, has started, and takes visitors: for whatever watches over it. Nothing is
//! told but yes or no; why is in the log and the metrics.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::StatusCode;
use projections::ProjectionState;

use crate::app::App;

type Told = (StatusCode, &'static str);

fn told(yes: bool, good: &'static str, bad: &'static str) -> Told {
    if yes { (StatusCode::OK, good) } else { (StatusCode::SERVICE_UNAVAILABLE, bad) }
}

/// Whether the process answers at all.
pub async fn live() -> &'static str {
    "alive"
}

/// Whether the read models have once held what the log did: then there is something to show.
pub async fn startup(State(app): State<Arc<App>>) -> Told {
    let begun = app.read.status().iter().all(|status| {
        matches!(status.state, ProjectionState::Live | ProjectionState::Rebuilding { .. })
    });
    told(begun, "started", "starting")
}

/// Whether visitors are welcome: log and keys can be read, no read model stopped, the log does not
/// contradict what was signed of it, and the service is not about to stop.
pub async fn ready(State(app): State<Arc<App>>) -> Told {
    let staying = !app.leaving.load(Ordering::Acquire) && !*app.stopping.borrow();
    let whole = app.notary.alarm().is_none();
    let read = app.read.status();
    let read = read.iter().all(|status| !matches!(status.state, ProjectionState::Failed { .. }));
    let yes = staying
        && whole
        && read
        && app.keys.platform().await.is_ok()
        && app.ledger.log().head().await.is_ok();
    told(yes, "ready", "not ready")
}
