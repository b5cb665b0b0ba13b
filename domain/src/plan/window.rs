//! Which days to ask a bank for: the whole history while the person's authentication is fresh,
//! afterwards a tail that overlaps what is known (Delegated Regulation (EU) 2018/389, article 10a).

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// How far back a read may reach without fresh authentication, in days. The law says 90; one less
/// keeps clear of how a bank counts the first day, and of its time zone.
pub const EVERYDAY_DAYS: i64 = 89;
/// How many days a tail goes back behind the end of what is known to be whole: banks add and change
/// rows late.
pub const OVERLAP_DAYS: i64 = 14;
/// How long authentication counts as fresh: several banks show older rows only in the first minutes.
pub const FRESH_FOR: TimeDelta = TimeDelta::minutes(15);

/// Some days, the first and the last among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first.
    pub from: NaiveDate,
    /// The last.
    pub to: NaiveDate,
}

/// How far a bank may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The time.
    pub now: DateTime<Utc>,
    /// The day it is at the bank.
    pub today: NaiveDate,
    /// When the person was last authenticated there.
    pub authenticated_at: Option<DateTime<Utc>>,
    /// The bank's longest history, in days.
    pub longest_days: i64,
    /// The first day the consent opens.
    pub opened_from: Option<NaiveDate>,
}

impl Reach {
    /// Whether the whole history may be asked for now.
    #[must_use]
    pub fn fresh(&self) -> bool {
        // An authentication that lies ahead is another clock's; it is not fresher than fresh.
        self.authenticated_at.is_some_and(|at| (self.now - at).abs() < FRESH_FOR)
    }

    /// The first day that may be asked for.
    #[must_use]
    pub fn first_day(&self) -> NaiveDate {
        let longest = self.longest_days.max(1) - 1;
        let days = if self.fresh() { longest } else { longest.min(EVERYDAY_DAYS) };
        let first = self.today.checked_sub_signed(TimeDelta::days(days)).unwrap_or(NaiveDate::MIN);
        self.opened_from.map_or(first, |opened| opened.max(first)).min(self.today)
    }
}

/// What is known of an account already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// The last day up to which it is whole; none if it was never read to the end.
    pub whole_to: Option<NaiveDate>,
    /// The day of its oldest row that is still pending.
    pub oldest_pending: Option<NaiveDate>,
    /// Days that are missing.
    pub gaps: Vec<Days>,
}

/// Why these days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Everything that may be asked for.
    Everything,
    /// What is new, with an overlap.
    Tail,
    /// What is new, and back to days that are missing.
    Refill,
}

/// The days to ask for, and why. They are always within [`Reach::first_day`] and today.
#[must_use]
pub fn days_to_ask(reach: &Reach, held: &Held) -> (Days, Reason) {
    let (first, today) = (reach.first_day(), reach.today);
    let everything = (Days { from: first, to: today }, Reason::Everything);
    let Some(whole_to) = held.whole_to else { return everything };
    if reach.fresh() {
        return everything;
    }
    let overlap = whole_to.min(today) - TimeDelta::days(OVERLAP_DAYS);
    let tail = held.oldest_pending.map_or(overlap, |pending| pending.min(overlap));
    // A gap is worth asking for as far as the bank may be asked for it at all.
    let gap = held.gaps.iter().filter(|gap| gap.to >= first).map(|gap| gap.from.max(first)).min();
    match gap.filter(|gap| *gap < tail) {
        Some(gap) => (Days { from: gap.max(first), to: today }, Reason::Refill),
        None => (Days { from: tail.clamp(first, today), to: today }, Reason::Tail),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn reach(today: NaiveDate, minutes_ago: i64) -> Reach {
        let now = today.and_hms_opt(12, 0, 0).expect("noon").and_utc();
        Reach {
            now,
            today,
            authenticated_at: Some(now - TimeDelta::minutes(minutes_ago)),
            longest_days: 730,
            opened_from: None,
        }
    }

    #[test]
    fn everything_in_the_first_minutes_and_a_tail_afterwards() {
        let today = day("2026-03-20");
        let unread = Held::default();
        let held = Held { whole_to: Some(day("2026-03-19")), ..Held::default() };
        let asked = |minutes, held| days_to_ask(&reach(today, minutes), held);
        let (days, reason) = asked(1, &unread);
        assert_eq!((days.from, reason), (day("2024-03-21"), Reason::Everything));
        assert_eq!(asked(1, &held).1, Reason::Everything, "a renewal opens everything again");
        let (days, reason) = asked(16, &unread);
        assert_eq!((days.from, reason), (day("2025-12-21"), Reason::Everything));
        let (days, reason) = asked(16, &held);
        assert_eq!((days.from, days.to, reason), (day("2026-03-05"), today, Reason::Tail));
    }

    #[test]
    fn a_tail_goes_back_to_what_is_pending_and_to_what_is_missing() {
        let today = day("2026-03-20");
        let mut held = Held { whole_to: Some(today), ..Held::default() };
        held.oldest_pending = Some(day("2026-02-01"));
        let asked = |held: &Held| days_to_ask(&reach(today, 60), held);
        assert_eq!(asked(&held).0.from, day("2026-02-01"));
        held.gaps = vec![Days { from: day("2025-11-01"), to: day("2026-01-10") }];
        assert_eq!(asked(&held).0.from, day("2025-12-21"), "as far as may be asked");
        assert_eq!(asked(&held).1, Reason::Refill);
        held.gaps = vec![Days { from: day("2025-01-01"), to: day("2025-01-10") }];
        assert_eq!(asked(&held).0.from, day("2026-02-01"), "out of reach without the person");
    }

    #[test]
    fn no_day_of_a_leap_year_asks_for_too_much() {
        for start in 0..366 {
            let today = day("2028-01-01") + TimeDelta::days(start);
            let first = days_to_ask(&reach(today, 60), &Held::default()).0.from;
            assert!((today - first).num_days() <= EVERYDAY_DAYS, "{today}");
        }
    }

    proptest! {
        #[test]
        fn days_stay_within_reach(
            minutes in 0_i64..100_000, longest in -5_i64..2_000, whole in proptest::option::of(-3_000_i64..30),
            pending in proptest::option::of(-3_000_i64..30), gap in (-3_000_i64..30, 0_i64..100),
            opened in proptest::option::of(-3_000_i64..30),
        ) {
            let today = day("2026-03-20");
            let at = |days: i64| today + TimeDelta::days(days);
            let mut reach = reach(today, minutes);
            (reach.longest_days, reach.opened_from) = (longest, opened.map(at));
            let gaps = vec![Days { from: at(gap.0), to: at(gap.0 + gap.1) }];
            let held = Held { whole_to: whole.map(at), oldest_pending: pending.map(at), gaps };
            let (days, _) = days_to_ask(&reach, &held);
            prop_assert!(days.from <= days.to && days.to == today);
            prop_assert!(days.from >= reach.first_day());
            let oldest = if reach.fresh() { longest.max(1) - 1 } else { EVERYDAY_DAYS };
            prop_assert!((today - days.from).num_days() <= oldest);
            let needed = reach.opened_from.is_none_or(|opened| days.from >= opened.min(today));
            prop_assert!(needed);
        }
    }
}
