//! Banking days in Finland.

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// True when banks book: not a weekend and not a public holiday.
pub(super) fn is_banking_day(day: NaiveDate) -> bool {
    let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    let fixed =
        matches!((day.month(), day.day()), (1, 1) | (1, 6) | (5, 1) | (12, 6) | (12, 24..=26));
    let easter = easter_sunday(day.year());
    let after_easter = (day - easter).num_days();
    // Good Friday, Easter Monday, Ascension Day
    !(weekend || fixed || matches!(after_easter, -2 | 1 | 39))
}

/// The day itself when banks book, or the next such day.
pub(super) fn banking_day(mut day: NaiveDate) -> NaiveDate {
    while !is_banking_day(day) {
        day = day + Days::new(1);
    }
    day
}

/// The next banking day after a day.
pub(super) fn next_banking_day(day: NaiveDate) -> NaiveDate {
    banking_day(day + Days::new(1))
}

/// True when a payment due on the `due`-th falls on this day: salaries and benefits come before a
/// weekend, so the day is the last banking day up to the due day.
pub(super) fn is_payday(day: NaiveDate, due: u32) -> bool {
    let Some(due_date) = day.with_day(due) else {
        return false;
    };
    let mut paid = due_date;
    while !is_banking_day(paid) {
        paid = paid - Days::new(1);
    }
    paid == day
}

/// True when a bill due on the `due`-th is debited on this day: the first banking day from then on.
pub(super) fn is_due(day: NaiveDate, due: u32) -> bool {
    day.with_day(due).is_some_and(|due_date| banking_day(due_date) == day)
        || last_month(day, due).is_some_and(|due_date| banking_day(due_date) == day)
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
        assert_eq!(next_banking_day(day("2025-12-23")), day("2025-12-29"));
        assert!(is_payday(day("2026-02-13"), 15));
        assert!(is_due(day("2026-03-02"), 1));
        assert!(is_due(day("2026-02-02"), 31));
    }
}
