//! When a connection is read next without the person.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};

/// First wait after a failed run; it doubles with each in a row.
pub const FIRST_BACKOFF: TimeDelta = TimeDelta::minutes(15);
/// Longest such wait.
pub const LONGEST_BACKOFF: TimeDelta = TimeDelta::hours(6);
/// How soon after a read another may fill what it missed.
pub const REFILL_AFTER: TimeDelta = TimeDelta::hours(1);
/// Reads kept for the day's rhythm: tries after a failure, and refills, leave them alone.
pub const KEPT_FOR_THE_RHYTHM: u32 = 1;
/// Most reads a day a rhythm can have.
const MOST_A_DAY: u32 = 24;
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// How a connection's reads lie over the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// How many a day.
    pub reads_a_day: u32,
    /// The bank's distance from UTC.
    pub zone: FixedOffset,
    /// A number of the connection's own, so that not all are read at once: see [`place_of`].
    pub place: u64,
}

/// What happened to a connection so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// When it was last read well, by whomever.
    pub read_at: Option<DateTime<Utc>>,
    /// Failed runs since then.
    pub failures: u32,
    /// When the last of them failed.
    pub failed_at: Option<DateTime<Utc>>,
    /// Until when the bank asks to be left alone.
    pub bank_waits_until: Option<DateTime<Utc>>,
    /// Reads left in the allowance now.
    pub left: u32,
    /// From when on a read is allowed; none if never without the person.
    pub free_at: Option<DateTime<Utc>>,
    /// Whether the last read missed something that may be asked for.
    pub refill_wanted: bool,
}

/// What decides the time of the next read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It was never read.
    NeverRead,
    /// The rhythm of the day.
    Rhythm,
    /// The bank's allowance is spent until then.
    AllowanceSpent,
    /// The bank asked to wait until then.
    BankAsksToWait,
    /// The last read failed.
    AfterFailure,
    /// Something is missing.
    Refill,
}

impl Why {
    /// A stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NeverRead => "never_read",
            Self::Rhythm => "rhythm",
            Self::AllowanceSpent => "allowance_spent",
            Self::BankAsksToWait => "bank_asks_to_wait",
            Self::AfterFailure => "after_failure",
            Self::Refill => "refill",
        }
    }
}

/// When the next read is due, and what decides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    /// When the read is due.
    pub at: DateTime<Utc>,
    /// What decided that.
    pub why: Why,
}

/// A number of a connection's own, spread evenly, the same in every process for ever (FNV-1a, with
/// the finish of SplitMix64 so that neighbours lie far apart).
#[must_use]
pub fn place_of(identifier: &[u8]) -> u64 {
    let hash = identifier.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Rhythm {
    fn slot_seconds(&self) -> i64 {
        DAY_SECONDS / i64::from(self.reads_a_day.clamp(1, MOST_A_DAY))
    }

    /// The first instant of the rhythm after another.
    #[must_use]
    pub fn after(&self, instant: DateTime<Utc>) -> DateTime<Utc> {
        let slot = self.slot_seconds();
        let phase = i64::try_from(self.place % slot.unsigned_abs()).unwrap_or_default();
        let shift = phase - i64::from(self.zone.local_minus_utc());
        let seconds = (instant.timestamp() - shift).div_euclid(slot) * slot + slot + shift;
        DateTime::from_timestamp(seconds, 0).unwrap_or(instant)
    }

    /// The rhythm's instant after a read: one that would follow too closely is passed over.
    fn after_read(&self, read_at: DateTime<Utc>) -> DateTime<Utc> {
        self.after(read_at + TimeDelta::seconds(self.slot_seconds() / 2))
    }

    /// Between half and all of a wait that doubles, the connection's own share of it.
    fn backoff(&self, failures: u32) -> TimeDelta {
        let doubled = FIRST_BACKOFF * (1 << failures.saturating_sub(1).min(10));
        let whole = doubled.min(LONGEST_BACKOFF).num_seconds();
        let share = self.place.rotate_left(failures) % 1_000;
        TimeDelta::seconds(whole / 2 + whole / 2 * i64::try_from(share).unwrap_or_default() / 1_000)
    }
}

/// When a connection is due; none if the bank allows no read without the person.
#[must_use]
pub fn next_read(rhythm: &Rhythm, past: &Past, now: DateTime<Utc>) -> Option<Next> {
    let free_at = past.free_at?;
    let extra = past.left > KEPT_FOR_THE_RHYTHM;
    let base = match (past.failed_at.filter(|_| past.failures > 0), past.read_at) {
        (Some(failed_at), _) => {
            let again = failed_at + rhythm.backoff(past.failures);
            let at = if extra { again } else { again.max(rhythm.after(failed_at)) };
            Next { at, why: Why::AfterFailure }
        }
        (None, None) => Next { at: now, why: Why::NeverRead },
        (None, Some(read_at)) => {
            let usual = Next { at: rhythm.after_read(read_at), why: Why::Rhythm };
            let sooner = read_at + REFILL_AFTER;
            if past.refill_wanted && extra && sooner < usual.at {
                Next { at: sooner, why: Why::Refill }
            } else {
                usual
            }
        }
    };
    let waits = past.bank_waits_until.map(|at| Next { at, why: Why::BankAsksToWait });
    let spent = Next { at: free_at, why: Why::AllowanceSpent };
    let later = |one: Next, other: Next| if other.at > one.at { other } else { one };
    Some(later(waits.map_or(base, |waits| later(base, waits)), spent))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rhythm(place: u64) -> Rhythm {
        let zone = FixedOffset::east_opt(2 * 3_600).expect("a zone");
        Rhythm { reads_a_day: 4, zone, place }
    }

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::hours(hours)
    }

    fn read(hours: i64) -> Past {
        Past {
            read_at: Some(at(hours)),
            left: 3,
            free_at: Some(DateTime::<Utc>::MIN_UTC),
            ..Past::default()
        }
    }

    #[test]
    fn four_reads_lie_on_quarters_of_the_bank_s_day() {
        // Midnight in Helsinki's winter is 22:00 UTC.
        let next = next_read(&rhythm(0), &read(-2), at(-2)).expect("a time");
        assert_eq!(next, Next { at: at(4), why: Why::Rhythm });
        let close = next_read(&rhythm(0), &read(2), at(2)).expect("a time");
        assert_eq!(close.at, at(10), "04:00 is too close to a read at 02:00");
    }

    #[test]
    fn a_thousand_connections_do_not_call_at_once() {
        let mut minutes = [0_u32; 360];
        for number in 0..1_000_u128 {
            let place = place_of(uuid::Uuid::from_u128(number).as_bytes());
            let next = next_read(&rhythm(place), &read(-6), at(0)).expect("a time").at;
            let minute = (next - at(-6)).num_minutes() % 360;
            minutes[usize::try_from(minute).expect("a minute")] += 1;
        }
        assert!(minutes.iter().all(|calls| *calls <= 14), "{minutes:?}");
    }

    #[test]
    fn a_failure_backs_off_and_leaves_the_last_read_to_the_rhythm() {
        let mut past = Past { failures: 1, failed_at: Some(at(0)), ..read(-6) };
        let first = next_read(&rhythm(7), &past, at(0)).expect("a time");
        assert_eq!(first.why, Why::AfterFailure);
        assert!(first.at <= at(0) + FIRST_BACKOFF && first.at >= at(0) + FIRST_BACKOFF / 2);
        past.failures = 30;
        assert!(next_read(&rhythm(7), &past, at(0)).expect("a time").at >= at(3));
        (past.failures, past.left) = (1, 1);
        let kept = next_read(&rhythm(0), &past, at(0)).expect("a time").at;
        assert_eq!(kept, at(4));
    }

    #[test]
    fn nothing_is_read_while_the_bank_waits_or_the_allowance_is_spent() {
        let mut past = Past { bank_waits_until: Some(at(40)), ..read(0) };
        assert_eq!(
            next_read(&rhythm(0), &past, at(0)).map(|next| next.why),
            Some(Why::BankAsksToWait)
        );
        past.free_at = Some(at(50));
        let next = next_read(&rhythm(0), &past, at(0)).expect("a time");
        assert_eq!(next, Next { at: at(50), why: Why::AllowanceSpent });
        past.free_at = None;
        assert_eq!(next_read(&rhythm(0), &past, at(0)), None);
    }

    #[test]
    fn a_refill_comes_sooner_if_there_is_enough_left() {
        let past = Past { refill_wanted: true, ..read(0) };
        assert_eq!(next_read(&rhythm(0), &past, at(0)), Some(Next { at: at(1), why: Why::Refill }));
        let scarce = Past { left: 1, ..past };
        assert_eq!(next_read(&rhythm(0), &scarce, at(0)).map(|next| next.why), Some(Why::Rhythm));
    }

    proptest! {
        #[test]
        fn the_rhythm_is_regular(place: u64, reads in 1_u32..24, hours in -1_000_i64..1_000) {
            let rhythm = Rhythm { reads_a_day: reads, ..rhythm(place) };
            let one = rhythm.after(at(hours));
            prop_assert!(one > at(hours) && one <= at(hours) + TimeDelta::seconds(rhythm.slot_seconds()));
            let two = rhythm.after(one);
            prop_assert_eq!((two - one).num_seconds(), rhythm.slot_seconds());
        }
    }
}
