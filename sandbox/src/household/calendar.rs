//! Banking days: in Finland where nothing else is said, in England and in Sweden.

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// Whose holidays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Calendar {
    Finland,
    England,
    Sweden,
}

impl Calendar {
    /// True when banks book: not a weekend and not a public holiday.
    pub(super) fn is_banking_day(self, day: NaiveDate) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        let after_easter = (day - easter_sunday(day.year())).num_days();
        let (month, date, monday) = (day.month(), day.day(), day.weekday() == Weekday::Mon);
        let holiday = match self {
            // Among the movable ones Good Friday, Easter Monday, Ascension Day.
            Self::Finland => {
                matches!((month, date), (1, 1) | (1, 6) | (5, 1) | (12, 6) | (12, 24..=26))
                    || matches!(after_easter, -2 | 1 | 39)
            }
            // Midsummer Eve is a Friday; the national day, Christmas Eve and New Year's Eve are no banking days.
            Self::Sweden => {
                let midsummer =
                    day.weekday() == Weekday::Fri && matches!((month, date), (6, 19..=25));
                matches!(
                    (month, date),
                    (1, 1) | (1, 6) | (5, 1) | (6, 6) | (12, 24..=26) | (12, 31)
                ) || matches!(after_easter, -2 | 1 | 39)
                    || midsummer
            }
            // The Mondays of May and August; a Christmas or New Year's Day on a weekend moves on.
            Self::England => {
                let moved = match (month, date) {
                    (1, 2..=3) | (12, 27) => monday,
                    (12, 28) => matches!(day.weekday(), Weekday::Mon | Weekday::Tue),
                    _ => false,
                };
                matches!((month, date), (1, 1) | (12, 25..=26))
                    || (monday && matches!((month, date), (5, 1..=7 | 25..=31) | (8, 25..=31)))
                    || matches!(after_easter, -2 | 1)
                    || moved
            }
        };
        !weekend && !holiday
    }

    /// The day itself when banks book, or the next such day.
    pub(super) fn banking_day(self, mut day: NaiveDate) -> NaiveDate {
        while !self.is_banking_day(day) {
            day = day + Days::new(1);
        }
        day
    }

    /// The next banking day after a day.
    pub(super) fn next_banking_day(self, day: NaiveDate) -> NaiveDate {
        self.banking_day(day + Days::new(1))
    }

    /// True when a payment due on the `due`-th falls on this day: salaries and benefits come before a
    /// weekend, so the day is the last banking day up to the due day.
    pub(super) fn is_payday(self, day: NaiveDate, due: u32) -> bool {
        let Some(due_date) = day.with_day(due) else {
            return false;
        };
        let mut paid = due_date;
        while !self.is_banking_day(paid) {
            paid = paid - Days::new(1);
        }
        paid == day
    }

    /// True when a bill due on the `due`-th is debited on this day: the first banking day from then on.
    pub(super) fn is_due(self, day: NaiveDate, due: u32) -> bool {
        day.with_day(due).is_some_and(|due_date| self.banking_day(due_date) == day)
            || last_month(day, due).is_some_and(|due_date| self.banking_day(due_date) == day)
    }
}

pub(super) fn is_banking_day(day: NaiveDate) -> bool {
    Calendar::Finland.is_banking_day(day)
}

pub(super) fn banking_day(day: NaiveDate) -> NaiveDate {
    Calendar::Finland.banking_day(day)
}

pub(super) fn next_banking_day(day: NaiveDate) -> NaiveDate {
    Calendar::Finland.next_banking_day(day)
}

pub(super) fn is_payday(day: NaiveDate, due: u32) -> bool {
    Calendar::Finland.is_payday(day, due)
}

pub(super) fn is_due(day: NaiveDate, due: u32) -> bool {
    Calendar::Finland.is_due(day, due)
}

fn last_month(day: NaiveDate, due: u32) -> Option<NaiveDate> {
    (day.with_day(1)? - Days::new(1)).with_day(due)
}

/// Easter Sunday of a year (anonymous Gregorian algorithm).
fn easter_sunday(year: i32) -> NaiveDate {
    let golden = year % 19;
    let (century, rest) = (year / 100, year % 100);
    let moon =
        (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30;
    let week = (32 + 2 * (century % 4) + 2 * (rest / 4) - moon - rest % 4) % 7;
    let shift = (golden + 11 * moon + 22 * week) / 451;
    let number = moon + week - 7 * shift + 114;
    let (month, day) = (number / 31, number % 31 + 1);
    NaiveDate::from_ymd_opt(year, month as u32, day as u32).unwrap_or(NaiveDate::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holidays_and_weekends_are_skipped() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(easter_sunday(2026), day("2026-04-05"));
        assert_eq!(easter_sunday(2024), day("2024-03-31"));
        assert_eq!(banking_day(day("2026-04-03")), day("2026-04-07"));
        assert_eq!(Calendar::Finland.next_banking_day(day("2025-12-23")), day("2025-12-29"));
        let english = |text: &str| Calendar::England.is_banking_day(day(text));
        for holiday in ["2022-01-03", "2021-12-27", "2021-12-28", "2026-05-04", "2026-08-31"] {
            assert!(!english(holiday), "{holiday}");
        }
        assert!(english("2026-01-02") && english("2026-12-29") && english("2026-05-11"));
        assert!(is_payday(day("2026-02-13"), 15));
        assert!(is_due(day("2026-03-02"), 1));
        assert!(is_due(day("2026-02-02"), 31));
    }
}
