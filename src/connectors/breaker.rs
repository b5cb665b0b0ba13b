//! Leaves a bank alone that does not answer: one breaker for each class of endpoint. Pure: time and
//! lots come in.

use chrono::{DateTime, TimeDelta, Utc};

/// How long back calls are looked at.
pub const WINDOW_SECONDS: i64 = 30;
/// Fewest calls from which anything is concluded.
pub const FEWEST_CALLS: u32 = 20;
/// From this share of failures on, in percent, the breaker opens.
pub const FAILED_PERCENT: u32 = 50;
/// How long it stays open before one call may try, and how far apart such calls are at least.
pub const PROBE_EVERY: TimeDelta = TimeDelta::seconds(30);
/// Up to this much is added to that, by lot, so that processes do not try together.
pub const PROBE_JITTER: TimeDelta = TimeDelta::seconds(6);

/// One second's calls.
#[derive(Clone, Copy, Debug, Default)]
struct Second {
    at: i64,
    calls: u32,
    failed: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    /// No call before this instant.
    Open {
        probe_at: DateTime<Utc>,
    },
    /// One call is trying since then.
    Probing {
        since: DateTime<Utc>,
    },
}

/// A call may not be made now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    /// When one may try.
    pub until: DateTime<Utc>,
}

/// The breaker of one class of endpoint at one bank.
#[derive(Debug)]
pub struct Breaker {
    seconds: [Second; WINDOW_SECONDS as usize],
    state: State,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { seconds: [Second::default(); WINDOW_SECONDS as usize], state: State::Closed }
    }
}

impl Breaker {
    /// Asks for leave to call. Whoever gets it says afterwards how it went, by [`Self::note`].
    ///
    /// # Errors
    /// [`Open`] while the bank is left alone.
    pub fn ask(&mut self, now: DateTime<Utc>) -> Result<(), Open> {
        match self.state {
            State::Closed => Ok(()),
            State::Open { probe_at } => {
                // A clock that went back must not keep it open for longer than it is ever open.
                let far = probe_at > now + PROBE_EVERY + PROBE_JITTER;
                if probe_at > now && !far {
                    return Err(Open { until: probe_at });
                }
                self.state = State::Probing { since: now };
                Ok(())
            }
            State::Probing { since } => {
                // The one that tries may have been dropped without a word.
                let until = since + PROBE_EVERY;
                if until > now && since <= now {
                    return Err(Open { until });
                }
                self.state = State::Probing { since: now };
                Ok(())
            }
        }
    }

    /// Notes how a call went. Tells whether the breaker opened by it.
    pub fn note(&mut self, now: DateTime<Utc>, failed: bool, lot: u64) -> bool {
        match self.state {
            State::Probing { .. } if failed => self.open(now, lot),
            State::Probing { .. } => {
                *self = Self::default();
                false
            }
            // Calls that were under way when it opened conclude nothing more.
            State::Open { .. } => false,
            State::Closed => {
                self.count(now, failed);
                let (calls, bad) = self.counted(now);
                let ill = calls >= FEWEST_CALLS && bad * 100 >= calls * FAILED_PERCENT;
                ill && self.open(now, lot)
            }
        }
    }

    /// Whether calls are made freely.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    fn open(&mut self, now: DateTime<Utc>, lot: u64) -> bool {
        let most = PROBE_JITTER.num_milliseconds().unsigned_abs();
        let jitter = i64::try_from(lot % (most + 1)).unwrap_or_default();
        self.state = State::Open { probe_at: now + PROBE_EVERY + TimeDelta::milliseconds(jitter) };
        true
    }

    fn count(&mut self, now: DateTime<Utc>, failed: bool) {
        let at = now.timestamp();
        let place = usize::try_from(at.rem_euclid(WINDOW_SECONDS)).unwrap_or_default();
        let second = &mut self.seconds[place];
        if second.at != at {
            *second = Second { at, calls: 0, failed: 0 };
        }
        second.calls = second.calls.saturating_add(1).min(1_000_000);
        second.failed = (second.failed + u32::from(failed)).min(second.calls);
    }

    fn counted(&self, now: DateTime<Utc>) -> (u32, u32) {
        let now = now.timestamp();
        let within = |second: &&Second| second.at > now - WINDOW_SECONDS && second.at <= now;
        self.seconds
            .iter()
            .filter(within)
            .fold((0, 0), |(calls, failed), second| (calls + second.calls, failed + second.failed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH
            + TimeDelta::days(20_000)
            + TimeDelta::milliseconds(milliseconds)
    }

    /// A breaker that opened at second 0.
    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for call in 0..20 {
            assert_eq!(breaker.ask(at(0)), Ok(()));
            let now_open = breaker.note(at(0), call % 2 == 1, 0);
            assert_eq!(now_open, call == 19, "half of twenty");
        }
        breaker
    }

    #[test]
    fn it_opens_at_half_of_twenty_calls_and_not_before() {
        opened();
        let mut few = Breaker::default();
        (0..19).for_each(|_| assert!(!few.note(at(0), true, 0)));
        let mut mostly_well = Breaker::default();
        for call in 0..1_000 {
            assert!(!mostly_well.note(at(call * 10), call % 5 < 2, 0), "40 % failed");
        }
        let mut slow = Breaker::default();
        for call in 0..1_000 {
            assert!(!slow.note(at(call * 2_000), true, 0), "fifteen calls in thirty seconds");
        }
    }

    #[test]
    fn an_open_one_lets_one_call_try_in_thirty_seconds() {
        let mut breaker = opened();
        let (mut tried, mut refused) = (Vec::new(), 0);
        for tick in 0..36_000 {
            let now = at(tick * 100);
            match breaker.ask(now) {
                Ok(()) => {
                    tried.push(now);
                    // Some of those who try never say how it went.
                    if tried.len() % 3 != 0 {
                        breaker.note(now, true, u64::try_from(tick).expect("small") * 7_919);
                    }
                }
                Err(open) => {
                    assert!(open.until > now);
                    refused += 1;
                }
            }
        }
        assert!(tried.windows(2).all(|pair| pair[1] - pair[0] >= PROBE_EVERY));
        assert!(tried[0] >= at(30_000) && tried.len() > 90, "{}", tried.len());
        assert!(refused > 35_000);
    }

    #[test]
    fn one_good_answer_closes_it() {
        let mut breaker = opened();
        assert_eq!(breaker.ask(at(30_000)), Ok(()));
        assert!(!breaker.note(at(30_500), false, 0));
        assert!(breaker.is_closed());
        assert!(!breaker.note(at(30_600), true, 0), "it begins to count anew");
    }

    #[test]
    fn a_clock_that_went_back_does_not_keep_it_open() {
        let mut breaker = opened();
        assert_eq!(breaker.ask(at(-86_400_000)), Ok(()));
        assert_eq!(breaker.ask(at(-2 * 86_400_000)), Ok(()));
    }
}
