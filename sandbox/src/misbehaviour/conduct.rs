//! Which misbehaviours are on, since when, and what is counted for them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Duration, Utc};

use super::{Misbehaviour, Misbehaviours};
use crate::household::Reality;

/// How long the certificates of `certificate-expires` are good, and how long they are not, in minutes.
const CERTIFICATE_PHASE_MINUTES: i64 = 5;
/// Smallest error of the clock of `clock-skew`, in minutes; the largest is four more.
const SKEW_MINUTES_MIN: i64 = 3;

/// The switches of one bank.
#[derive(Debug)]
pub(crate) struct Conduct {
    switches: Mutex<Switches>,
    reads: AtomicU64,
    token_answers: AtomicU64,
    refusals: AtomicU64,
}

#[derive(Debug, Clone, Copy)]
struct Switches {
    on: Misbehaviours,
    /// Everything that was on at some time since the start.
    ever: Misbehaviours,
    /// When the set last changed.
    since: DateTime<Utc>,
}

/// Which certificate of the mutual-TLS listener is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CertificatePhase {
    /// None.
    Good,
    /// The bank shows one that is over.
    ServerExpired,
    /// The bank takes the caller's for one that is over.
    ClientExpired,
}

impl Conduct {
    pub(crate) fn new(on: Misbehaviours, now: DateTime<Utc>) -> Self {
        Self {
            switches: Mutex::new(Switches { on, ever: on, since: now }),
            reads: AtomicU64::new(0),
            token_answers: AtomicU64::new(0),
            refusals: AtomicU64::new(0),
        }
    }

    /// Replaces the set.
    pub(crate) fn switch(&self, on: Misbehaviours, now: DateTime<Utc>) {
        let mut switches = self.lock();
        *switches = Switches { on, ever: switches.ever.and(on), since: now };
    }

    pub(crate) fn on(&self) -> Misbehaviours {
        self.lock().on
    }

    pub(crate) fn ever(&self) -> Misbehaviours {
        self.lock().ever
    }

    /// Counts a read of rows; the first one is 0.
    pub(crate) fn count_read(&self) -> u64 {
        self.reads.fetch_add(1, Ordering::Relaxed)
    }

    /// Counts a token answer.
    pub(crate) fn count_token_answer(&self) -> u64 {
        self.token_answers.fetch_add(1, Ordering::Relaxed)
    }

    /// Counts a refusal with 429.
    pub(crate) fn count_refusal(&self) -> u64 {
        self.refusals.fetch_add(1, Ordering::Relaxed)
    }

    /// `certificate-expires`: good, the bank's own is over, good again, the caller's is over, each for
    /// five minutes of the bank's clock, from the moment the set was switched on.
    pub(crate) fn certificate_phase(&self, now: DateTime<Utc>) -> CertificatePhase {
        let Switches { on, since, .. } = *self.lock();
        if !on.has(Misbehaviour::CertificateExpires) {
            return CertificatePhase::Good;
        }
        match (now - since).num_minutes().max(0) / CERTIFICATE_PHASE_MINUTES % 4 {
            1 => CertificatePhase::ServerExpired,
            3 => CertificatePhase::ClientExpired,
            _ => CertificatePhase::Good,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Switches> {
        self.switches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Misbehaviours {
    /// The part that changes facts: `identical-twins` and `corrected-history`.
    pub(crate) fn reality(self) -> Reality {
        Reality {
            twins: self.has(Misbehaviour::IdenticalTwins),
            corrections: self.has(Misbehaviour::CorrectedHistory),
            further_purchases: 0,
        }
    }

    /// `clock-skew`: how far the bank's clock is ahead; behind for an even seed.
    pub(crate) fn skew(self, seed: u64) -> Duration {
        if !self.has(Misbehaviour::ClockSkew) {
            return Duration::zero();
        }
        let minutes = SKEW_MINUTES_MIN + (seed / 2 % 5) as i64;
        Duration::minutes(if seed.is_multiple_of(2) { -minutes } else { minutes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_over_in_turn() {
        let start = DateTime::from_timestamp(1_767_600_000, 0).unwrap();
        let conduct = Conduct::new(Misbehaviour::CertificateExpires.into(), start);
        let phase = |minute| conduct.certificate_phase(start + Duration::minutes(minute));
        use CertificatePhase::{ClientExpired, Good, ServerExpired};
        for (minute, expected) in
            [(-9, Good), (4, Good), (5, ServerExpired), (10, Good), (19, ClientExpired), (20, Good)]
        {
            assert_eq!(phase(minute), expected, "minute {minute}");
        }
        conduct.switch(Misbehaviours::NONE, start);
        assert_eq!(phase(5), Good);
    }

    #[test]
    fn a_skewed_clock_is_minutes_off_either_way() {
        let skewed = Misbehaviours::from(Misbehaviour::ClockSkew);
        for seed in 0..40 {
            let minutes = skewed.skew(seed).num_minutes();
            assert!((3..=7).contains(&minutes.abs()), "{minutes}");
            assert_eq!(minutes < 0, seed % 2 == 0);
        }
    }
}
