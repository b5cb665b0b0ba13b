//! Ten thousand random weeks: several processes that die and come back, clocks that differ, banks
//! that fail and ask to wait. The bank counts by its own clock and must never count too many.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};

use super::budget::{Access, Allowance, Budget, ROLLING_DAY, UNATTENDED_A_DAY};
use super::schedule::{Past, Rhythm, next_read, place_of};
use super::wait;

const WEEKS: u64 = 10_000;
const DAYS: i64 = 7;

/// A small generator with a seed (SplitMix64).
struct Lots(u64);

impl Lots {
    fn draw(&mut self, below: u64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        i64::try_from(place_of(&self.0.to_le_bytes()) % below.max(1)).expect("small")
    }

    fn chance(&mut self, in_a_hundred: i64) -> bool {
        self.draw(100) < in_a_hundred
    }
}

/// What the log says of one call, in the time of the process that wrote it.
#[derive(Clone, Copy)]
struct Noted {
    at: DateTime<Utc>,
    attended: bool,
    outcome: Outcome,
}

#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    Read,
    Failed,
    Wait(DateTime<Utc>),
}

#[derive(Clone, Copy)]
struct Weather {
    replicas: u64,
    dies_in_a_hundred: i64,
    fails_in_a_hundred: i64,
    busy_in_a_hundred: i64,
    attended_in_a_hundred: i64,
    allowance: u32,
}

/// What every process knows from the log, whoever wrote it.
fn past(noted: &[Noted], allowance: Allowance, now: DateTime<Utc>) -> Past {
    // The newest are enough: nobody makes a hundred calls in a day.
    let noted = &noted[noted.len().saturating_sub(100)..];
    let accesses = noted.iter().map(|call| Access { at: call.at, attended: call.attended });
    let budget = Budget::of(allowance, accesses);
    let mut past =
        Past { left: budget.left(now), free_at: budget.free_at(false), ..Past::default() };
    for call in noted {
        match call.outcome {
            Outcome::Read => {
                (past.read_at, past.failures) = (Some(call.at), 0);
                past.bank_waits_until = None;
            }
            Outcome::Failed => (past.failures, past.failed_at) = (past.failures + 1, Some(call.at)),
            Outcome::Wait(until) => {
                past.bank_waits_until = Some(until);
                (past.failures, past.failed_at) = (past.failures + 1, Some(call.at));
            }
        }
    }
    past
}

/// Runs one week; gives the times of the calls without the person, by the bank's clock.
fn week(lots: &mut Lots, weather: Weather) -> Vec<DateTime<Utc>> {
    let begin = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000);
    let skews: Vec<TimeDelta> =
        (0..weather.replicas).map(|_| TimeDelta::seconds(lots.draw(60) - 30)).collect();
    let allowance = Allowance { unattended_a_day: weather.allowance, ..Allowance::default() };
    let zone = FixedOffset::east_opt(7_200).expect("a zone");
    let rhythm =
        Rhythm { reads_a_day: weather.allowance, zone, place: place_of(&lots.0.to_be_bytes()) };
    let (mut noted, mut seen): (Vec<Noted>, Vec<DateTime<Utc>>) = (Vec::new(), Vec::new());
    // A process died after a call left it and before the log knew of it.
    let mut unknown = false;
    let mut time = begin;
    while time < begin + TimeDelta::days(DAYS) {
        let replica = usize::try_from(lots.draw(weather.replicas)).expect("small");
        let now = time + skews[replica];
        if unknown {
            // Whoever takes the run up counts the call that may have been made.
            noted.push(Noted { at: now, attended: false, outcome: Outcome::Failed });
            unknown = false;
        }
        let attended = lots.chance(weather.attended_in_a_hundred);
        let known = past(&noted, allowance, now);
        let next = next_read(&rhythm, &known, now);
        if attended || next.is_some_and(|next| next.at <= now) {
            if !attended {
                seen.push(time);
            }
            unknown = !attended && lots.chance(weather.dies_in_a_hundred);
            if !unknown {
                let outcome = outcome(lots, weather, now);
                noted.push(Noted { at: now, attended, outcome });
            }
        }
        let step = match next {
            // Nothing can happen before that but for a person who comes.
            Some(next) if next.at > now + TimeDelta::hours(2) => 7_200,
            _ => 600,
        };
        time += TimeDelta::seconds(1 + lots.draw(step));
    }
    seen
}

fn outcome(lots: &mut Lots, weather: Weather, now: DateTime<Utc>) -> Outcome {
    if lots.chance(weather.busy_in_a_hundred) {
        let text =
            ["-1", "", "99999999999", "60", "never"][usize::try_from(lots.draw(5)).expect("small")];
        let asked = wait::read_retry_after(text, now, None);
        return Outcome::Wait(wait::until(now, asked, 1));
    }
    if lots.chance(weather.fails_in_a_hundred) { Outcome::Failed } else { Outcome::Read }
}

/// The most calls in any rolling day.
fn most_in_a_day(calls: &[DateTime<Utc>]) -> usize {
    let count = |first: &DateTime<Utc>| {
        calls.iter().filter(|call| *call >= first && **call < *first + ROLLING_DAY).count()
    };
    calls.iter().map(count).max().unwrap_or_default()
}

#[test]
fn ten_thousand_random_weeks_never_exceed_the_allowance() {
    let mut calls = 0;
    for seed in 0..WEEKS {
        let mut lots = Lots(seed);
        let weather = Weather {
            replicas: 1 + lots.draw(4).unsigned_abs(),
            dies_in_a_hundred: lots.draw(40),
            fails_in_a_hundred: lots.draw(100),
            busy_in_a_hundred: lots.draw(30),
            attended_in_a_hundred: lots.draw(10),
            allowance: 1 + u32::try_from(lots.draw(6)).expect("small"),
        };
        let seen = week(&mut lots, weather);
        let most = most_in_a_day(&seen);
        assert!(most <= weather.allowance as usize, "seed {seed}: {most} calls in a day");
        calls += seen.len();
    }
    assert!(calls > 100_000, "only {calls} calls: the weeks test nothing");
}

#[test]
fn a_healthy_bank_is_read_at_least_three_times_a_day() {
    for seed in 0..1_000 {
        let mut lots = Lots(seed);
        let weather = Weather {
            replicas: 1 + lots.draw(4).unsigned_abs(),
            dies_in_a_hundred: 0,
            fails_in_a_hundred: 0,
            busy_in_a_hundred: 0,
            attended_in_a_hundred: 0,
            allowance: UNATTENDED_A_DAY,
        };
        let reads = week(&mut lots, weather).len();
        assert!(reads as i64 >= 3 * DAYS, "seed {seed}: {reads} reads in a week");
    }
}
