//! When a person is reminded that a consent ends. Pure.

use chrono::{DateTime, TimeDelta, Utc};

/// How many days before the end a reminder is given.
pub const REMINDER_DAYS: [u16; 3] = [30, 7, 1];

/// The reminder that is due: the one nearest to the end whose day has come. None before the first,
/// after the end, where it or a nearer one was given already, and where the consent was given for no
/// longer than that many days: whoever has just agreed needs no reminder.
#[must_use]
pub fn due_reminder(
    now: DateTime<Utc>,
    granted_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    reminded: Option<u16>,
) -> Option<u16> {
    if now >= expires_at {
        return None;
    }
    let before = |days: u16| expires_at - TimeDelta::days(i64::from(days));
    let come = |days: &u16| before(*days) <= now && before(*days) > granted_at;
    let due = REMINDER_DAYS.into_iter().filter(come).min()?;
    reminded.is_none_or(|last| due < last).then_some(due)
}

/// Whole days that are left, the last one counted as one; 0 once it is over.
#[must_use]
pub fn days_left(now: DateTime<Utc>, expires_at: DateTime<Utc>) -> i64 {
    let seconds = (expires_at - now).num_seconds();
    if expires_at <= now { 0 } else { seconds / 86_400 + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(days: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(days)
    }

    /// The reminders given over a life, looked for every `hours`.
    fn given(life: i64, hours: i64) -> Vec<(i64, u16)> {
        let (mut now, mut reminded, mut given) = (day(0), None, Vec::new());
        while now < day(life + 2) {
            if let Some(days) = due_reminder(now, day(0), day(life), reminded) {
                given.push(((now - day(0)).num_days(), days));
                reminded = Some(days);
            }
            now += TimeDelta::hours(hours);
        }
        given
    }

    #[test]
    fn each_is_given_once_on_its_day() {
        assert_eq!(given(90, 1), [(60, 30), (83, 7), (89, 1)]);
        assert_eq!(given(180, 1), [(150, 30), (173, 7), (179, 1)]);
        assert_eq!(given(20, 1), [(13, 7), (19, 1)]);
        assert_eq!(given(1, 1), []);
    }

    #[test]
    fn a_service_that_was_away_gives_only_the_nearest() {
        assert_eq!(given(90, 24 * 86), [(86, 7)]);
        assert_eq!(due_reminder(day(95), day(0), day(90), None), None);
    }

    #[test]
    fn days_are_counted_to_the_end() {
        let second = TimeDelta::seconds(1);
        assert_eq!(days_left(day(0), day(90) - second), 90);
        assert_eq!(days_left(day(90) - second, day(90)), 1);
        assert_eq!(days_left(day(90), day(90)), 0);
    }
}
