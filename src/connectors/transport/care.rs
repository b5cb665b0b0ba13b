//! What the transport knows of how a bank is doing, and the room it gives it: a breaker for each
//! class of endpoint, repeats for all of them, and places for calls at one time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::connectors::breaker::{Breaker, FAILED_PERCENT};
use crate::connectors::error::BankError;
use crate::connectors::exchange::{BankAnswer, BankRequest, Endpoint};
use crate::connectors::retry::{self, Repeats};
use crate::world::Chance;

/// Calls to one bank at one time; so a slow bank holds up nobody else's.
pub const MOST_CALLS_AT_ONCE: usize = 16;
/// How long a call waits for a place.
pub const PLACE_TIMEOUT: Duration = Duration::from_secs(15);

/// See the module.
pub(super) struct Care {
    places: Semaphore,
    place_timeout: Duration,
    chance: Chance,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    breakers: HashMap<Endpoint, Breaker>,
    repeats: Repeats,
}

impl Care {
    pub(super) fn new(chance: Chance) -> Self {
        Self {
            places: Semaphore::new(MOST_CALLS_AT_ONCE),
            place_timeout: PLACE_TIMEOUT,
            chance,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A machine without chance draws no lots; nothing here is secret.
    fn lot(&self) -> u64 {
        self.chance.bytes().map_or(0, u64::from_le_bytes)
    }

    /// Another time to wait for a place; tests do not wait as long.
    #[cfg(test)]
    pub(super) fn wait_at_most(&mut self, timeout: Duration) {
        self.place_timeout = timeout;
    }

    /// A place for one call.
    pub(super) async fn place(&self) -> Result<SemaphorePermit<'_>, BankError> {
        match tokio::time::timeout(self.place_timeout, self.places.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(BankError::Crowded),
        }
    }

    /// Leave to call, if the bank is not left alone.
    pub(super) fn ask(&self, endpoint: Endpoint, now: DateTime<Utc>) -> Result<(), BankError> {
        let leave = self.state().breakers.entry(endpoint).or_default().ask(now);
        leave.map_err(|open| BankError::CircuitOpen { until: open.until })
    }

    /// Learns how a call went. A refusal, and a bank that asks to wait, are a bank that is well.
    pub(super) fn learn(
        &self,
        endpoint: Endpoint,
        outcome: &Result<BankAnswer, BankError>,
        now: DateTime<Utc>,
    ) {
        let failed = match outcome {
            Ok(answer) => answer.status >= 500,
            Err(error) => matches!(
                error,
                BankError::Unreachable | BankError::TimedOut | BankError::TlsRefused { .. }
            ),
        };
        let lot = self.lot();
        let opened = self.state().breakers.entry(endpoint).or_default().note(now, failed, lot);
        if opened {
            tracing::warn!(
                endpoint = endpoint.name(),
                "at least {FAILED_PERCENT} % of calls fail: the bank is left alone for a while"
            );
        }
    }

    /// The classes of endpoint that are left alone now, in the order of their names.
    pub(super) fn held_back(&self) -> Vec<&'static str> {
        let state = self.state();
        let open = state.breakers.iter().filter(|(_, breaker)| !breaker.is_closed());
        let mut names: Vec<_> = open.map(|(endpoint, _)| endpoint.name()).collect();
        names.sort_unstable();
        names
    }

    /// Counts a call that is made for the first time.
    pub(super) fn first_try(&self) {
        self.state().repeats.earn();
    }

    /// How long to wait before a call is made again; none if it is not.
    pub(super) fn again(
        &self,
        tries: u32,
        request: &BankRequest,
        outcome: &Result<BankAnswer, BankError>,
    ) -> Option<Duration> {
        if !retry::may_repeat(request.method) || !retry::may_pass(outcome) {
            return None;
        }
        let asked = outcome.as_ref().ok().and_then(|answer| answer.retry_after);
        let wait = retry::wait(tries, asked, self.lot())?;
        self.state().repeats.take().then_some(wait)
    }
}
