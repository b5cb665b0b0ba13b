//! How fast somebody may ask: a bucket each that fills with time, in a table that cannot grow without
//! bound. Keys are identifiers of our own, never a header that whoever asks could choose.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

/// Most buckets that are kept; a full one says nothing and goes first.
const MOST_BUCKETS: usize = 10_000;
/// How often a table without room is looked through for full ones.
const CLEAR_EVERY: Duration = Duration::from_secs(1);

/// How much may be asked at once, and how fast that comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Allowance {
    /// Requests of a program by its access token.
    Requests,
    /// Exchanges of a program's refresh token.
    Exchanges,
    /// The weight of one person's queries, by page and programs together.
    Weight,
}

impl Allowance {
    /// Most at once.
    const fn burst(self) -> f64 {
        match self {
            Self::Requests => 60.0,
            Self::Exchanges => 10.0,
            Self::Weight => 100_000.0,
        }
    }

    /// How long until one more is there.
    const fn each(self) -> Duration {
        match self {
            Self::Requests => Duration::from_millis(250),
            Self::Exchanges => Duration::from_secs(20),
            Self::Weight => Duration::from_micros(500),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    fn at(self, now: Instant, allowance: Allowance) -> f64 {
        let came = now.duration_since(self.at).as_secs_f64() / allowance.each().as_secs_f64();
        (self.left + came).min(allowance.burst())
    }
}

/// The table of buckets.
#[derive(Debug, Default)]
pub struct Pace(Mutex<Buckets>);

#[derive(Debug, Default)]
struct Buckets {
    of: HashMap<(Allowance, Uuid), Bucket>,
    /// When full ones were last cleared away.
    cleared: Option<Instant>,
}

impl Buckets {
    /// Whether there is room for one more, clearing full ones away if that helps.
    fn room(&mut self, now: Instant) -> bool {
        let due = self.cleared.is_none_or(|at| now.duration_since(at) >= CLEAR_EVERY);
        if self.of.len() >= MOST_BUCKETS && due {
            self.of.retain(|(allowance, _), bucket| bucket.at(now, *allowance) < allowance.burst());
            self.cleared = Some(now);
        }
        self.of.len() < MOST_BUCKETS
    }
}

impl Pace {
    /// Takes one out of somebody's bucket, or tells how long until there is one.
    ///
    /// # Errors
    /// How long to wait.
    pub fn take(&self, allowance: Allowance, whose: Uuid) -> Result<(), Duration> {
        self.take_many(allowance, whose, 1)
    }

    /// Takes several out of somebody's bucket at once, or tells how long until they are there. More
    /// than a bucket holds are never there.
    ///
    /// # Errors
    /// How long to wait.
    pub fn take_many(&self, allowance: Allowance, whose: Uuid, many: u32) -> Result<(), Duration> {
        self.take_at(allowance, whose, f64::from(many), Instant::now())
    }

    fn take_at(
        &self,
        allowance: Allowance,
        whose: Uuid,
        many: f64,
        now: Instant,
    ) -> Result<(), Duration> {
        // Whoever panicked inside left whole buckets behind.
        let mut buckets = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let key = (allowance, whose);
        if !buckets.of.contains_key(&key) && !buckets.room(now) {
            return Err(allowance.each());
        }
        let full = Bucket { left: allowance.burst(), at: now };
        let left = buckets.of.get(&key).copied().unwrap_or(full).at(now, allowance);
        let taken = left >= many;
        let left = if taken { left - many } else { left };
        buckets.of.insert(key, Bucket { left, at: now });
        if taken { Ok(()) } else { Err(allowance.each().mul_f64(many - left)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_fills_and_is_somebody_s_own() {
        let (pace, one, other) = (Pace::default(), Uuid::from_u128(1), Uuid::from_u128(2));
        let begin = Instant::now();
        let take = |whose, later| {
            pace.take_at(Allowance::Exchanges, whose, 1.0, begin + Duration::from_secs(later))
        };
        for _ in 0..10 {
            assert_eq!(take(one, 0), Ok(()));
        }
        assert_eq!(take(one, 0), Err(Duration::from_secs(20)));
        assert_eq!(take(other, 0), Ok(()), "another's is another's");
        assert_eq!(pace.take_at(Allowance::Requests, one, 1.0, begin), Ok(()), "and so is its use");
        assert_eq!(take(one, 21), Ok(()));
        assert!(take(one, 21).is_err());
        for later in 1_000..1_010 {
            assert_eq!(take(one, later), Ok(()), "it fills to the brim");
        }
        assert!(take(one, 1_010).is_err(), "and not beyond");
    }

    #[test]
    fn weight_is_taken_whole_and_comes_back_with_time() {
        let (pace, whose, begin) = (Pace::default(), Uuid::from_u128(1), Instant::now());
        let take = |many, later| {
            pace.take_at(Allowance::Weight, whose, many, begin + Duration::from_secs(later))
        };
        for _ in 0..50 {
            assert_eq!(take(2_000.0, 0), Ok(()), "fifty of the heaviest at once");
        }
        assert_eq!(take(2_000.0, 0), Err(Duration::from_secs(1)), "and then one a second");
        assert_eq!(take(1.0, 0), Err(Duration::from_micros(500)));
        assert_eq!(take(2_000.0, 1), Ok(()));
        assert!(take(1.0, 1).is_err());
        assert!(take(100_001.0, 1_000).is_err(), "more than there can be");
        assert_eq!(take(100_000.0, 1_000), Ok(()));
    }

    #[test]
    fn a_hundred_thousand_keys_take_bounded_room() {
        let (pace, begin) = (Pace::default(), Instant::now());
        let (mut taken, mut refused) = (0, 0);
        for number in 0..100_000_u64 {
            let now = begin + Duration::from_secs(number / 25_000 * 30);
            match pace.take_at(Allowance::Exchanges, Uuid::from_u128(number.into()), 1.0, now) {
                Ok(()) => taken += 1,
                Err(_) => refused += 1,
            }
        }
        assert_eq!((taken, refused), (40_000, 60_000), "each stretch has room for 10,000");
        assert!(pace.0.lock().expect("whole").of.len() <= MOST_BUCKETS);
    }
}
