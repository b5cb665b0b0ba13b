//! Reads a connection: lists accounts, turns every page, keeps each answer as it came, decides what
//! is new, and records it. A run that dies is taken up at the page it reached.

mod ask;
mod balances;
mod delta;
mod details;
mod kept;
mod pages;
pub(crate) mod record;
mod run;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::consent::{Consent, ConsentStatus};
use domain::fetch::{Fetch, FetchCommand, FetchFailed, FetchStarted};
use domain::id::{AccountId, ConsentId, FetchId};
use domain::stream::{Category, StreamId};
use projections::fetches::UnfinishedFetch;

use crate::access::AccessError;
use crate::app::App;
use crate::connectors::{Attended, BankError};
use crate::consent::{self, ConsentError};
use crate::leasing::{self, LeasingError};
use crate::ledger::store::AppendError;
use crate::ledger::{Actor, Cause, CommandError, Done, LedgerError, Owner};
use crate::planner::Room;
use crate::reconfirmation;
use crate::tokens::{Holder, TokenError};
use crate::vault::VaultError;
use crate::vault::leases::Lease;
use crate::world::NoChance;

/// How long a run that died holds its connection, in seconds. With the look for runs that died,
/// every two seconds, another process goes on within 15.
pub(crate) const LEASE_SECONDS: i64 = 12;
/// How long an erasure keeps runs of a connection from beginning, in seconds.
pub(crate) const KEEP_OFF_SECONDS: i64 = 60;
/// How long after its beginning a run is taken up again where the storage failed; then it has failed.
const STORAGE_MAY_FAIL_FOR: TimeDelta = TimeDelta::minutes(5);
/// How often a run that lives holds it anew: two tries may fail before it is lost.
pub(crate) const HOLD_EVERY: Duration = Duration::from_secs(4);

/// Why a run was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The consent has just been given.
    FirstRead,
    /// The person asked for it.
    AskedByPerson,
    /// Nobody is there.
    Scheduled,
}

impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Self::FirstRead => "first_read",
            Self::AskedByPerson => "asked_by_person",
            Self::Scheduled => "scheduled",
        }
    }
}

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The bank failed.
    #[error(transparent)]
    Bank(#[from] BankError),
    /// There is no token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The bank cannot be called.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The consent could not be changed.
    #[error(transparent)]
    Consent(#[from] ConsentError),
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The read models failed or lag.
    #[error("the read models cannot be asked: {0}")]
    Read(String),
    /// No random bytes.
    #[error(transparent)]
    Chance(#[from] NoChance),
    /// The run was refused by its own rules.
    #[error("{0}")]
    Refused(String),
    /// The bank's allowance, or what is polite, is spent; nothing was sent.
    #[error("the bank may be asked again {}", until.map_or("only with the person there".to_owned(), |at| format!("after {at}")))]
    AllowanceSpent {
        /// When it may be asked; none if never without the person.
        until: Option<DateTime<Utc>>,
    },
    /// The service stops; the run is taken up at the next start.
    #[error("the service stops")]
    Stopping,
}

impl From<LeasingError> for SyncError {
    fn from(error: LeasingError) -> Self {
        match error {
            LeasingError::Vault(error) => error.into(),
            LeasingError::Ledger(error) => error.into(),
        }
    }
}

impl SyncError {
    /// The stable code kept in the log; the page words it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bank(BankError::TokenExpired) => "consent_ended",
            Self::Bank(BankError::ConsentEnded) => "consent_ended",
            Self::Bank(BankError::RateLimited { .. }) | Self::AllowanceSpent { .. } => "bank_busy",
            Self::Bank(BankError::Unreadable { .. } | BankError::NotCovered { .. }) => {
                "answer_unreadable"
            }
            Self::Bank(
                BankError::Unreachable
                | BankError::AnswerLost
                | BankError::TimedOut
                | BankError::TlsRefused { .. }
                | BankError::CircuitOpen { .. },
            ) => "bank_unreachable",
            Self::Bank(BankError::Crowded) => "bank_busy",
            Self::Bank(_) => "bank_error",
            Self::Token(TokenError::Bank(_)) => "bank_unreachable",
            Self::Token(TokenError::ConfirmationNeeded { .. } | TokenError::None) => {
                "consent_ended"
            }
            _ => "storage",
        }
    }

    /// Whether vault, log or read models failed, which may be well again in a moment: a database that
    /// starts anew, or drops the connections of a process that was stopped for a while.
    fn may_pass(&self) -> bool {
        let refused = matches!(self, Self::Refused(_) | Self::Ledger(LedgerError::Erased));
        self.code() == "storage" && !refused
    }
}

/// What starting a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// It runs.
    Started {
        /// The run.
        fetch_id: FetchId,
        /// Position of its beginning.
        position: u64,
    },
    /// Another run of this connection is under way.
    AlreadyRunning,
    /// The consent does not stand.
    NotActive,
    /// There is no such connection of this person.
    NotFound,
}

fn stream(fetch_id: FetchId) -> StreamId {
    StreamId::new(Category::Fetch, fetch_id.0)
}

/// The stream of an account.
#[must_use]
pub fn account_stream(account_id: AccountId) -> StreamId {
    StreamId::new(Category::Account, account_id.0)
}

/// What a run of reading holds while it lasts.
pub(crate) fn lease_name(consent_id: ConsentId) -> String {
    format!("fetch/{consent_id}")
}

/// Starts reading a connection in the background.
///
/// # Errors
/// [`SyncError`] if the start could not be recorded.
pub async fn start(
    app: &Arc<App>,
    holder: Holder,
    purpose: Purpose,
    attended: Option<Attended>,
) -> Result<Start, SyncError> {
    start_in(app, holder, purpose, attended, None).await
}

/// The same, in a room of the planner's that is free again when the run ends.
///
/// # Errors
/// See [`start`].
pub async fn start_in(
    app: &Arc<App>,
    holder: Holder,
    purpose: Purpose,
    attended: Option<Attended>,
    room: Option<Room>,
) -> Result<Start, SyncError> {
    let consent = app.ledger.load::<Consent>(consent::stream(holder.consent_id)).await?.aggregate;
    let asked = consent.requested.clone().filter(|asked| asked.user_id == holder.user_id);
    let Some(requested) = asked else { return Ok(Start::NotFound) };
    if consent.status != ConsentStatus::Active {
        return Ok(Start::NotActive);
    }
    if reconfirmation::rest_if_due(app, holder, &consent).await? {
        return Ok(Start::NotActive);
    }
    let Some((lease, holder)) = take(app, holder).await? else {
        return Ok(Start::AlreadyRunning);
    };
    let fetch_id = FetchId(app.chance.uuid()?);
    let access = app.access(&requested.bank_id).await.ok();
    let started = FetchStarted {
        fetch_id,
        consent_id: holder.consent_id,
        user_id: holder.user_id,
        bank_id: requested.bank_id,
        purpose: purpose.word().to_owned(),
        attended: attended.is_some(),
        unattended_a_day: access.map(|access| access.bank.allowance.unattended_a_day),
    };
    let cause = Cause::new(Actor::Service, holder.correlation).under(holder.fence);
    let (owner, begin) = (Owner::Person(holder.user_id), FetchCommand::Start(started));
    let begun = app.ledger.begin::<Fetch>(stream(fetch_id), owner, cause, begin).await;
    match begun.map_err(not_done) {
        Ok(done) => {
            let begun = Begun { fetch_id, at: app.clock.now(), attended, taken_up: false };
            spawn(app, holder, begun, lease, room);
            Ok(Start::Started { fetch_id, position: done.position })
        }
        Err(error) => {
            app.leases.give_back(&lease).await?;
            Err(error)
        }
    }
}

/// Takes up runs that died with their process. Nobody is present then.
///
/// # Errors
/// [`SyncError`] if they cannot be found.
pub async fn resume_unfinished(app: &Arc<App>) -> Result<usize, SyncError> {
    let unfinished = app.read.fetches().unfinished(MOST_RESUMED).await;
    let held = app.leases.held().await?;
    let mut resumed = 0;
    for row in unfinished.map_err(|error| SyncError::Read(error.to_string()))? {
        let UnfinishedFetch { fetch_id, consent_id, user_id, started_at } = row;
        if held.contains(&lease_name(consent_id)) {
            continue;
        }
        // The read models may lag behind a run that has just ended.
        match app.ledger.load::<Fetch>(stream(fetch_id)).await {
            Ok(fetch) if !fetch.aggregate.over => {}
            Ok(_) | Err(LedgerError::Erased) => continue,
            Err(error) => {
                tracing::error!(fetch = %fetch_id, cause = %error, "a run cannot be looked at");
                continue;
            }
        }
        let holder = consent::holder(consent_id, user_id, app.chance.uuid()?);
        // The process that held the lease is gone, or it is still at work and keeps it.
        if let Some((lease, holder)) = take(app, holder).await? {
            let begun = Begun { fetch_id, at: started_at, attended: None, taken_up: true };
            spawn(app, holder, begun, lease, None);
            resumed += 1;
        }
    }
    Ok(resumed)
}

/// Takes a connection for one run; what the run stores carries the lease's fence.
async fn take(app: &App, holder: Holder) -> Result<Option<(Lease, Holder)>, SyncError> {
    let scope = consent::stream(holder.consent_id);
    let taken = leasing::take(app, &lease_name(holder.consent_id), scope, LEASE_SECONDS).await?;
    Ok(taken.map(|(lease, fence)| (lease, Holder { fence: Some(fence), ..holder })))
}

/// Most runs taken up at one look.
const MOST_RESUMED: u32 = 1_000;

/// A run that has been recorded as begun.
struct Begun {
    fetch_id: FetchId,
    at: DateTime<Utc>,
    attended: Option<Attended>,
    /// Whether another process, or another life of this one, began it.
    taken_up: bool,
}

fn spawn(app: &Arc<App>, holder: Holder, begun: Begun, lease: Lease, room: Option<Room>) {
    let Begun { fetch_id, at, .. } = begun;
    let app = Arc::clone(app);
    let tasks = Arc::clone(&app.tasks);
    tasks.spawn(async move {
        let _room = room;
        let ended = tokio::select! {
            ended = run::run(&app, holder, begun) => ended,
            () = leasing::hold(&app, &lease, LEASE_SECONDS, HOLD_EVERY) => Ok(()),
            // Nothing more is read of a person who is being erased.
            () = app.erasing.begun(holder.user_id) => Ok(()),
        };
        if let Err(error) = ended.or_else(unless_over) {
            if error.may_pass() && app.clock.now() - at < STORAGE_MAY_FAIL_FOR {
                // The lease is not given back: until it ends by itself nobody tries again.
                tracing::warn!(fetch = %fetch_id, cause = %error, "a run waits for the storage");
                return;
            }
            let code = error.code();
            tracing::warn!(fetch = %fetch_id, code, cause = %error, "a run of reading failed");
            if let Err(error) = give_up(&app, holder, fetch_id, &error).await {
                tracing::error!(fetch = %fetch_id, cause = %error, "the end of a run was not noted");
            }
        }
        if let Err(error) = app.leases.give_back(&lease).await {
            tracing::warn!(cause = %error, "a lease was not given back; it ends by itself");
        }
    });
}

/// A run that stops here goes on elsewhere: with the next start, or with whoever took it over.
fn unless_over(error: SyncError) -> Result<(), SyncError> {
    match error {
        SyncError::Stopping => Ok(()),
        SyncError::Ledger(LedgerError::Append(AppendError::Fenced { highest })) => {
            tracing::warn!(highest, "a run was taken over; its writes are refused");
            Ok(())
        }
        error => Err(error),
    }
}

async fn give_up(
    app: &App,
    holder: Holder,
    fetch_id: FetchId,
    error: &SyncError,
) -> Result<(), SyncError> {
    match error {
        SyncError::Bank(BankError::ConsentEnded) => consent::ended_at_bank(app, holder).await?,
        SyncError::Token(TokenError::ConfirmationNeeded { .. })
        // A token that was new a moment ago is not taken: the permission behind it is gone.
        | SyncError::Bank(BankError::TokenExpired) => {
            use domain::consent::{ConfirmationNeeded, ConsentCommand};
            let code = match error {
                SyncError::Token(TokenError::ConfirmationNeeded { code }) => code.clone(),
                _ => BankError::TokenExpired.code().to_owned(),
            };
            let needed = ConfirmationNeeded { code };
            let command = ConsentCommand::NeedConfirmation(needed);
            match consent::execute(app, holder, Actor::Bank, command).await {
                Ok(_) | Err(ConsentError::Ended) => {}
                Err(error) => return Err(error.into()),
            }
        }
        _ => {}
    }
    let failed = FetchFailed { code: error.code().to_owned() };
    execute(app, holder, fetch_id, FetchCommand::Fail(failed)).await.map(|_| ())
}

async fn execute(
    app: &App,
    holder: Holder,
    fetch_id: FetchId,
    command: FetchCommand,
) -> Result<Done<Fetch>, SyncError> {
    let cause = Cause::new(Actor::Service, holder.correlation).under(holder.fence);
    let owner = Owner::Person(holder.user_id);
    let done = app.ledger.execute::<Fetch>(stream(fetch_id), owner, cause, command).await;
    done.map_err(not_done)
}

fn not_done<R: std::error::Error>(error: CommandError<R>) -> SyncError {
    match error {
        CommandError::Refused(refusal) => SyncError::Refused(refusal.to_string()),
        CommandError::Ledger(error) => error.into(),
    }
}
