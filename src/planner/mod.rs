//! Reads connections when nobody asks: looks for those that are due, takes their lease, and runs
//! within the allowance of each bank. What was spent comes from the log, so that a restart, or
//! another process, spends nothing twice.

mod known;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::id::{AccountId, BankId, ConsentId, UserId};
use domain::plan::{Resource, Why};
use projections::calls::Reading;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use known::before_a_run;

use crate::app::App;
use crate::consent;
use crate::sync::{self, Purpose, Start, SyncError, record};

/// Consents read from the read model at once.
const PAGE: u32 = 500;
/// Most consents looked at in one round; the next round goes on after them.
const MOST_A_ROUND: usize = 20_000;
/// Most consents whose next read is remembered between rounds.
const MOST_REMEMBERED: usize = 100_000;
/// A consent that ends within this is not read any more.
const BEFORE_THE_END: TimeDelta = TimeDelta::seconds(60);

/// How much is read at one time, and how often what is due is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Runs without the person at one time.
    pub runs: usize,
    /// Of one bank.
    pub runs_a_bank: usize,
    /// How often what is due is looked for.
    pub look_every: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { runs: 16, runs_a_bank: 4, look_every: Duration::from_secs(10) }
    }
}

/// A place for one run, free again when dropped.
pub struct Room {
    _total: OwnedSemaphorePermit,
    _of_bank: OwnedSemaphorePermit,
}

/// When an account or a connection is read next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextRead {
    /// When, without the person; none if the bank allows no such read or the consent does not stand.
    pub at: Option<DateTime<Utc>>,
    /// What decides that.
    pub why: Option<Why>,
    /// From when on the person may read it by hand; now at the earliest.
    pub by_hand_from: DateTime<Utc>,
    /// Whether it is being read now.
    pub running: bool,
    /// Why the newest call about it failed, as a stable code; none if it did not.
    pub failed: Option<String>,
}

/// What a round came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Consents that were looked at.
    pub looked_at: usize,
    /// Runs that were started.
    pub started: usize,
}

/// When a consent is to be looked at again, while its reading stands as it did.
struct Remembered {
    at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    failed_at: Option<DateTime<Utc>>,
}

/// Looks for connections that are due and reads them.
pub struct Planner {
    limits: Limits,
    total: Arc<Semaphore>,
    of_banks: Mutex<HashMap<BankId, Arc<Semaphore>>>,
    remembered: HashMap<ConsentId, Remembered>,
    after: Option<ConsentId>,
}

/// Reads connections in the background until the service stops.
pub fn start(app: &Arc<App>, limits: Limits) {
    let service = Arc::clone(app);
    app.tasks.spawn(async move {
        let mut planner = Planner::new(limits);
        let mut stopping = service.stopping.subscribe();
        loop {
            match planner.round(&service).await {
                Ok(round) if round.started > 0 => {
                    tracing::info!(started = round.started, "connections are read");
                }
                Ok(_) | Err(SyncError::Stopping) => {}
                Err(error) => tracing::error!(cause = %error, "a round of the planner failed"),
            }
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(limits.look_every) => {}
            }
        }
    });
}

impl Planner {
    /// A planner that has looked at nothing yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            total: Arc::new(Semaphore::new(limits.runs)),
            of_banks: Mutex::default(),
            remembered: HashMap::new(),
            after: None,
        }
    }

    /// Looks at every connection that stands and starts what is due, as far as there is room.
    ///
    /// # Errors
    /// [`SyncError`] if the read models cannot be asked; a bank that cannot be read holds up nobody.
    pub async fn round(&mut self, app: &Arc<App>) -> Result<Round, SyncError> {
        record::caught_up(app).await?;
        let mut round = Round::default();
        if self.remembered.len() > MOST_REMEMBERED {
            self.remembered.clear();
        }
        while round.looked_at < MOST_A_ROUND && self.total.available_permits() > 0 {
            let page = app.read.calls().waiting(self.after, PAGE).await;
            let page = page.map_err(|error| SyncError::Read(error.to_string()))?;
            for reading in &page {
                if *app.stopping.borrow() {
                    return Err(SyncError::Stopping);
                }
                round.looked_at += 1;
                round.started += usize::from(self.look_at(app, reading).await?);
            }
            self.after = page.last().map(|reading| reading.consent_id);
            if page.len() < PAGE as usize {
                self.after = None;
                break;
            }
        }
        Ok(round)
    }

    async fn look_at(&mut self, app: &Arc<App>, reading: &Reading) -> Result<bool, SyncError> {
        let now = app.clock.now();
        let as_before = self.remembered.get(&reading.consent_id).filter(|remembered| {
            (remembered.started_at, remembered.failed_at) == (reading.started_at, reading.failed_at)
        });
        if as_before.is_some_and(|remembered| remembered.at > now)
            || reading.expires_at - BEFORE_THE_END <= now
        {
            return Ok(false);
        }
        let Ok(access) = app.access(&reading.bank_id).await else {
            // Not registered, or the registration is not usable: said elsewhere, and not each time.
            return Ok(false);
        };
        let calls = known::calls(app, reading.consent_id, now).await?;
        // The lists open every run; an account whose allowance is spent is left out by the run.
        let lists = |resource: &Resource| resource.account_id.is_none();
        let next = known::next(&access.bank, reading, &calls, now, lists);
        match next {
            Some(next) if next.at <= now => self.begin(app, reading).await,
            next => {
                let at = next.map_or(now + TimeDelta::hours(1), |next| next.at);
                let (started_at, failed_at) = (reading.started_at, reading.failed_at);
                let remembered = Remembered { at, started_at, failed_at };
                self.remembered.insert(reading.consent_id, remembered);
                Ok(false)
            }
        }
    }

    async fn begin(&self, app: &Arc<App>, reading: &Reading) -> Result<bool, SyncError> {
        let Some(room) = self.room(&reading.bank_id) else { return Ok(false) };
        let holder = consent::holder(reading.consent_id, reading.user_id, app.chance.uuid()?);
        match sync::start_in(app, holder, Purpose::Scheduled, None, Some(room)).await {
            Ok(start) => Ok(matches!(start, Start::Started { .. })),
            Err(error) => {
                // One connection that cannot be begun holds up no other.
                let consent = reading.consent_id;
                tracing::warn!(%consent, cause = %error, "a scheduled run was not begun");
                Ok(false)
            }
        }
    }

    /// A place for one run at a bank, if there is one.
    fn room(&self, bank_id: &BankId) -> Option<Room> {
        let of_bank = {
            let mut banks = self.of_banks.lock().unwrap_or_else(PoisonError::into_inner);
            let most = self.limits.runs_a_bank;
            let new = || Arc::new(Semaphore::new(most));
            Arc::clone(banks.entry(bank_id.clone()).or_insert_with(new))
        };
        let of_bank = of_bank.try_acquire_owned().ok()?;
        let total = Arc::clone(&self.total).try_acquire_owned().ok()?;
        Some(Room { _total: total, _of_bank: of_bank })
    }
}

/// When one account of a person is read next; none if it is not known or was never read.
///
/// # Errors
/// [`SyncError`] if the read models or the bank's registration cannot be read.
pub async fn next_read(
    app: &App,
    user_id: UserId,
    account_id: AccountId,
) -> Result<Option<NextRead>, SyncError> {
    let account = app.read.calls().account(user_id, account_id).await;
    let Some(account) = account.map_err(|error| SyncError::Read(error.to_string()))? else {
        return Ok(None);
    };
    let counts = |resource: &Resource| resource.account_id.is_none_or(|id| id == account_id);
    asked(app, user_id, account.consent_id, counts).await
}

/// When one connection of a person is read next; none if there is no such connection.
///
/// # Errors
/// See [`next_read`].
pub async fn next_read_of_connection(
    app: &App,
    user_id: UserId,
    consent_id: ConsentId,
) -> Result<Option<NextRead>, SyncError> {
    asked(app, user_id, consent_id, |resource| resource.account_id.is_none()).await
}

async fn asked(
    app: &App,
    user_id: UserId,
    consent_id: ConsentId,
    counts: impl Fn(&Resource) -> bool,
) -> Result<Option<NextRead>, SyncError> {
    let reading = known::reading(app, consent_id).await?;
    let Some(reading) = reading.filter(|reading| reading.user_id == user_id) else {
        return Ok(None);
    };
    let now = app.clock.now();
    let access = app.access(&reading.bank_id).await?;
    let calls = known::calls(app, consent_id, now).await?;
    let next = if reading.standing {
        known::next(&access.bank, &reading, &calls, now, &counts)
    } else {
        None
    };
    // Nor what was due before an end that has come: it was not read then, and is not now.
    let last = reading.expires_at - BEFORE_THE_END;
    let next = next.filter(|next| next.at.max(now) < last);
    let budgets = known::budgets(access.bank.allowance, &calls);
    let by_hand = calls
        .iter()
        .filter(|call| call.access.attended && counts(&call.resource))
        .filter_map(|call| budgets.one(&call.resource).free_at(true))
        .chain(known::bank_waits_until(&calls, true))
        .max();
    let newest = calls.iter().find(|call| counts(&call.resource));
    Ok(Some(NextRead {
        failed: newest.and_then(|call| call.code.clone()),
        at: next.map(|next| next.at),
        why: next.map(|next| next.why),
        by_hand_from: by_hand.map_or(now, |at| at.max(now)),
        running: reading.running,
    }))
}
