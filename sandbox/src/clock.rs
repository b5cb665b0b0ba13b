//! The bank's clock, which a test may move.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};

/// Longest time the clock can be moved in all, in seconds: a hundred years.
const MOVED_SECONDS_MAX: u64 = 100 * 366 * 86_400;

/// The bank's clock: the real one or a fixed moment, moved forward at will. Copies share their movement.
/// Certificates keep to the real time, because the caller's TLS does.
#[derive(Debug, Clone, Default)]
pub struct SandboxClock {
    /// `None` is the real time.
    fixed: Option<DateTime<Utc>>,
    moved_seconds: Arc<AtomicU64>,
}

impl SandboxClock {
    /// The real time.
    #[must_use]
    pub fn real() -> Self {
        Self::default()
    }

    /// A clock that stands still until it is moved.
    #[must_use]
    pub fn fixed(now: DateTime<Utc>) -> Self {
        Self { fixed: Some(now), ..Self::default() }
    }

    /// The moment the clock shows.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.fixed.unwrap_or_else(Utc::now) + chrono::Duration::seconds(self.moved_seconds() as i64)
    }

    /// Moves the clock forward, to a hundred years in all at most; parts of a second do not count.
    pub fn advance(&self, by: Duration) {
        let add = |moved: u64| Some(moved.saturating_add(by.as_secs()).min(MOVED_SECONDS_MAX));
        // The closure always answers, so the update always happens.
        let _ = self.moved_seconds.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// Whole days the clock has been moved.
    pub(crate) fn moved_days(&self) -> u64 {
        self.moved_seconds() / 86_400
    }

    fn moved_seconds(&self) -> u64 {
        self.moved_seconds.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_forward_only_and_copies_move_with_it() {
        let start = DateTime::from_timestamp(1_767_600_000, 0).unwrap();
        let clock = SandboxClock::fixed(start);
        clock.clone().advance(Duration::from_secs(86_400 + 90));
        assert_eq!(clock.now(), start + chrono::Duration::seconds(86_490));
        assert_eq!(clock.moved_days(), 1);
        clock.advance(Duration::MAX);
        assert_eq!(clock.moved_days(), 36_600);
    }
}
