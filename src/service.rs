//! The running service: the listener, and the work nobody asks for by hand.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::api;
use crate::app::App;
use crate::consent;
use crate::erasure;
use crate::ledger::Actor;
use crate::notary::{NotaryError, rotation};
use crate::settling;
use crate::sync;
use crate::{reconfirmation, renewal};

/// How often runs of reading whose process died are looked for.
const TAKE_UP_EVERY: Duration = Duration::from_secs(2);
/// How often what else is due is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Most consents looked at in one round.
const MOST_A_ROUND: u32 = 200;
/// How long an untold withdrawal waits after a failed try, in seconds; it doubles with each.
const TELL_AGAIN_SECONDS: i64 = 10;
/// Longest such wait, in seconds.
const LONGEST_TELL_WAIT_SECONDS: i64 = 3_600;

/// Why the service cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Something else has the port.
    #[error("{0} is in use; stop what listens there or choose another with --listen")]
    InUse(SocketAddr),
    /// Anything else.
    #[error("{address} cannot be listened on: {cause}")]
    Other {
        /// Where.
        address: SocketAddr,
        /// Why.
        cause: std::io::Error,
    },
}

/// Takes the address.
///
/// # Errors
/// [`ListenError`].
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|cause| match cause.kind() {
        std::io::ErrorKind::AddrInUse => ListenError::InUse(address),
        _ => ListenError::Other { address, cause },
    })
}

/// Serves until the service is told to stop.
pub async fn serve(app: &Arc<App>, listener: TcpListener) {
    let mut limits = api::Limits::default();
    // Only a program built for development has this door: tests ask in their own words.
    if cfg!(debug_assertions) && std::env::var("OPL_ANY_QUERY").is_ok_and(|any| any == "true") {
        tracing::warn!("queries of everybody's own are taken: this is a program for development");
        limits.queries = api::Queried::Any;
    }
    serve_within(app, listener, limits).await;
}

/// The same within limits of one's own.
pub async fn serve_within(app: &Arc<App>, listener: TcpListener, limits: api::Limits) {
    if let Ok(address) = listener.local_addr() {
        // Where nobody named the page's address, it is the one on this machine.
        app.page.get_or_init(|| format!("http://localhost:{}", address.port()));
    }
    let duties = Arc::clone(app);
    app.tasks.spawn(async move { do_duties(&duties).await });
    let taking_up = Arc::clone(app);
    app.tasks.spawn(async move { take_up_runs(&taking_up).await });
    let router = api::router_within(app, limits);
    api::server::serve(listener, router, app.closing.subscribe()).await;
}

/// Takes up runs that died, here or in another process.
async fn take_up_runs(app: &Arc<App>) {
    let mut stopping = app.stopping.subscribe();
    loop {
        match sync::resume_unfinished(app).await {
            Ok(0) => {}
            Ok(resumed) => tracing::info!(resumed, "runs of reading were taken up again"),
            Err(error) => tracing::error!(cause = %error, "unfinished runs cannot be found"),
        }
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(TAKE_UP_EVERY) => {}
        }
    }
}

/// Takes up erasures, tells banks of withdrawals, ends what is over.
async fn do_duties(app: &Arc<App>) {
    let mut stopping = app.stopping.subscribe();
    // A change of the signing key whose process died before the log had it.
    if let Err(error) = rotation::note_changes(app, Actor::Service).await {
        tracing::error!(cause = %error, "a change of the log's signing key was not noted");
    }
    loop {
        if let Err(error) = erasure::resume_unfinished(app).await {
            tracing::error!(cause = %error, "unfinished erasures cannot be found");
        }
        if let Err(error) = round(app).await {
            tracing::error!(cause = %error, "a round of duties failed");
        }
        if let Err(error) = app.notary.sign_if_due().await {
            let alarm = error.is_alarm();
            tracing::error!(cause = %error, alarm, "no checkpoint was signed");
        }
        cosign(app).await;
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Puts the last checkpoint to the witnesses, where there are any and they have not seen it.
async fn cosign(app: &App) {
    let Some(witnesses) = app.witnesses.get() else { return };
    match witnesses.cosign(&app.notary).await {
        Ok(_) | Err(NotaryError::NothingSigned) => {}
        Err(error) => tracing::error!(cause = %error, "no witness could be asked"),
    }
}

async fn round(app: &Arc<App>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    renewal::finish_renewals(app).await?;
    renewal::remind(app).await?;
    reconfirmation::rest_all_due(app).await?;
    let now = app.clock.now();
    let consents = app.read.consents();
    for row in consents.revocations_to_tell(MOST_A_ROUND).await? {
        let doubled = TELL_AGAIN_SECONDS.saturating_mul(1 << row.failed.min(10));
        let wait = chrono::TimeDelta::seconds(doubled.min(LONGEST_TELL_WAIT_SECONDS));
        if row.failed_at.is_none_or(|at| at + wait <= now) {
            let holder = consent::holder(row.consent_id, row.user_id, app.chance.uuid()?);
            consent::tell_bank(app, holder).await?;
        }
    }
    for row in consents.active(MOST_A_ROUND).await? {
        if row.expires_at.is_some_and(|at| at <= now) {
            let holder = consent::holder(row.consent_id, row.user_id, app.chance.uuid()?);
            consent::expire(app, holder).await?;
        }
    }
    for row in consents.pending(MOST_A_ROUND).await? {
        if row.answer_until.is_some_and(|at| at > now) {
            let holder = consent::holder(row.consent_id, row.user_id, app.chance.uuid()?);
            settling::ask_if_elsewhere(app, holder).await?;
        }
        if row.answer_until.is_some_and(|at| at <= now) {
            let holder = consent::holder(row.consent_id, row.user_id, app.chance.uuid()?);
            match consent::fail(app, holder, "abandoned").await {
                Ok(_) | Err(consent::ConsentError::Ended) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}
