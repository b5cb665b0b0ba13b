//! When a call that failed is made again: a few times, after waits drawn by lot, and never for more
//! than a small share of the traffic. Pure: time and lots come in.

use std::time::Duration;

use super::error::BankError;
use super::exchange::{BankAnswer, Endpoint, Method};

/// The first wait is drawn between nothing and this; the span doubles with each try ("full jitter").
pub const FIRST_SPAN: Duration = Duration::from_millis(500);
/// Longest span, and longest wait a bank's `Retry-After` may ask for within a run; a longer one is
/// left to whoever plans the next run.
pub const LONGEST_SPAN: Duration = Duration::from_secs(60);
/// Most tries of one call, the first among them.
pub const MOST_TRIES: u32 = 5;
/// One repeated call for this many first ones.
const CALLS_A_REPEAT: u32 = 10;
/// Repeats a bank has at the beginning, and the most it can save up.
const FIRST_REPEATS: u32 = 5;
const MOST_REPEATS: u32 = 50;

/// How many repeats a bank has left: 10 % of its calls, and a few to begin with.
#[derive(Debug)]
pub struct Repeats {
    /// In parts of one repeat.
    parts: u32,
}

impl Default for Repeats {
    fn default() -> Self {
        Self { parts: FIRST_REPEATS * CALLS_A_REPEAT }
    }
}

impl Repeats {
    /// A call is made for the first time.
    pub fn earn(&mut self) {
        self.parts = (self.parts + 1).min(MOST_REPEATS * CALLS_A_REPEAT);
    }

    /// Takes one repeat, if there is one.
    pub fn take(&mut self) -> bool {
        match self.parts.checked_sub(CALLS_A_REPEAT) {
            Some(left) => {
                self.parts = left;
                true
            }
            None => false,
        }
    }
}

/// Whether a call may be made twice: only reading is.
#[must_use]
pub fn may_repeat(method: Method) -> bool {
    method == Method::Get
}

/// Whether the transport repeats calls to an endpoint by itself. What is an account's is repeated by
/// the run that reads it: each try may count for the bank's allowance and is noted.
#[must_use]
pub fn repeats_itself(endpoint: Endpoint) -> bool {
    matches!(endpoint, Endpoint::Keys)
}

/// Whether an outcome is one that may pass: no answer, or a bank that is ill. A refusal is final.
#[must_use]
pub fn may_pass(outcome: &Result<BankAnswer, BankError>) -> bool {
    match outcome {
        Ok(answer) => matches!(answer.status, 500 | 502 | 503 | 504),
        Err(error) => matches!(error, BankError::Unreachable | BankError::TimedOut),
    }
}

/// How long to wait before the next try; none if there is none. `tries` were made, `lot` is drawn
/// evenly from all numbers.
#[must_use]
pub fn wait(tries: u32, asked: Option<Duration>, lot: u64) -> Option<Duration> {
    if tries == 0 || tries >= MOST_TRIES || asked.is_some_and(|asked| asked > LONGEST_SPAN) {
        return None;
    }
    let span = FIRST_SPAN.saturating_mul(1 << (tries - 1).min(16)).min(LONGEST_SPAN);
    let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
    let drawn = Duration::from_micros(lot % (micros + 1));
    Some(asked.map_or(drawn, |asked| asked + drawn))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn waits_are_drawn_from_a_span_that_doubles() {
        let seconds = |tries, lot| wait(tries, None, lot);
        assert_eq!(seconds(0, 7), None);
        for (tries, span) in [(1, 500), (2, 1_000), (3, 2_000), (4, 4_000)] {
            let longest = (0..20_000).map(|lot| wait(tries, None, lot * 7_919)).max();
            let longest = longest.flatten().expect("a wait");
            assert!(longest <= Duration::from_millis(span), "{tries}");
            assert!(longest > Duration::from_millis(span * 9 / 10), "{tries}");
        }
        assert_eq!(seconds(MOST_TRIES, 7), None);
    }

    #[test]
    fn what_a_bank_asks_is_added_and_too_long_a_wait_is_left_to_others() {
        let asked = Duration::from_secs(30);
        assert_eq!(wait(1, Some(asked), 0), Some(asked));
        assert!(wait(1, Some(asked), u64::MAX).is_some_and(|wait| wait > asked));
        assert_eq!(wait(1, Some(Duration::from_secs(61)), 0), None);
    }

    #[test]
    fn repeats_are_a_tenth_of_the_traffic_and_a_few() {
        let mut repeats = Repeats::default();
        let mut taken = 0;
        for _ in 0..10_000 {
            repeats.earn();
            // Everything fails.
            while repeats.take() {
                taken += 1;
            }
        }
        assert_eq!(taken, FIRST_REPEATS + 1_000);
        let mut rested = Repeats::default();
        (0..100_000).for_each(|_| rested.earn());
        assert_eq!((0..).take_while(|_| rested.take()).count(), MOST_REPEATS as usize);
    }

    #[test]
    fn a_refusal_is_final() {
        for status in [200, 400, 401, 403, 404, 409, 422, 429, 501] {
            let answer = BankAnswer::replayed(status, "", DateTime::UNIX_EPOCH);
            assert!(!may_pass(&Ok(answer)), "{status}");
        }
        for status in [500, 502, 503, 504] {
            assert!(may_pass(&Ok(BankAnswer::replayed(status, "", DateTime::UNIX_EPOCH))));
        }
        assert!(may_pass(&Err(BankError::TimedOut)));
        assert!(!may_pass(&Err(BankError::TlsRefused { reason: "certificate_expired" })));
        assert!(!may_repeat(Method::Post) && !may_repeat(Method::Delete));
    }
}
