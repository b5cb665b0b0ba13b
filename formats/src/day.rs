//! Days as files write them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{Broken, Problem};

/// In which order day, month and year stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// `2026-01-31`
    Ymd,
    /// `31.1.2026`
    Dmy,
    /// `1/31/2026`
    Mdy,
}

/// Years before this are no statement's.
const FIRST_YEAR: i32 = 1950;
/// Years after this neither.
const LAST_YEAR: i32 = 2199;

fn known(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    let date = NaiveDate::from_ymd_opt(year, month, day);
    date.filter(|_| (FIRST_YEAR..=LAST_YEAR).contains(&year))
}

/// An ISO 8601 date, or the date of a date and time or of a date with a zone.
pub(crate) fn iso(text: &str, line: u32) -> Result<NaiveDate, Broken> {
    let text = text.trim();
    let rest = text.get(10..).unwrap_or("");
    let ends = rest.is_empty() || rest.starts_with(['T', 'Z', '+', '-', ' ']);
    let day = text.get(..10).filter(|_| ends).and_then(|day| ordered(day, DateOrder::Ymd));
    day.ok_or(Problem::Date.at(line))
}

/// `YYYYMMDD`, whatever follows.
pub(crate) fn compact(text: &str, line: u32) -> Result<NaiveDate, Broken> {
    let digits = text.trim().get(..8).filter(|day| day.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|day| ordered(day, DateOrder::Ymd)).ok_or(Problem::Date.at(line))
}

/// `YYMMDD`, of this century from 50 years ago on.
pub(crate) fn short(text: &str, line: u32) -> Result<NaiveDate, Broken> {
    let number = |range| text.get(range).and_then(|part: &str| part.parse::<u32>().ok());
    let digits = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    let (year, month, day) = (number(0..2), number(2..4), number(4..6));
    let day = match (digits, year, month, day) {
        (true, Some(year), Some(month), Some(day)) => known(full(year), month, day),
        _ => None,
    };
    day.ok_or(Problem::Date.at(line))
}

fn full(year: u32) -> i32 {
    let year = i32::try_from(year).unwrap_or(0);
    if year >= 100 {
        year
    } else if year >= 70 {
        1900 + year
    } else {
        2000 + year
    }
}

/// A day whose parts stand in an order, with or without a time behind it.
pub(crate) fn ordered(text: &str, order: DateOrder) -> Option<NaiveDate> {
    let text = text.trim();
    let text = text.split(['T', ' ']).next().filter(|day| day.len() >= 6).unwrap_or(text);
    let digits = |part: &str| {
        let fits = (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u32>().ok().filter(|_| fits)
    };
    let parts: Vec<&str> = if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        match order {
            DateOrder::Ymd => vec![&text[..4], &text[4..6], &text[6..]],
            _ => vec![&text[..2], &text[2..4], &text[4..]],
        }
    } else {
        text.split(['-', '.', '/', '\'', ' '])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect()
    };
    let [one, two, three] = parts.as_slice() else { return None };
    // A year of two digits stands last, if at all.
    if order == DateOrder::Ymd && one.len() != 4 {
        return None;
    }
    let (one, two, three) = (digits(one)?, digits(two)?, digits(three)?);
    match order {
        DateOrder::Ymd => known(i32::try_from(one).ok()?, two, three),
        DateOrder::Dmy => known(full(three), two, one),
        DateOrder::Mdy => known(full(three), one, two),
    }
}

/// The orders in which every one of the texts is a day.
pub(crate) fn orders<'t>(texts: impl Iterator<Item = &'t str> + Clone) -> Vec<DateOrder> {
    let four = |text: &str| text.trim().get(..4).is_some_and(|head| head.parse::<u16>().is_ok());
    if texts.clone().all(four) {
        // Four digits first are a year; `01021999` could be either and is not met.
        let fits = texts.clone().all(|text| ordered(text, DateOrder::Ymd).is_some());
        if fits {
            return vec![DateOrder::Ymd];
        }
    }
    let orders = [DateOrder::Dmy, DateOrder::Mdy, DateOrder::Ymd];
    let fits = |order: &DateOrder| texts.clone().all(|text| ordered(text, *order).is_some());
    let mut left: Vec<_> = orders.into_iter().filter(fits).collect();
    // Points are written between day and month where the day comes first.
    if left.len() > 1 && texts.clone().all(|text| text.contains('.')) {
        left.retain(|order| *order == DateOrder::Dmy);
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_told_by_days_beyond_the_twelfth() {
        let of = |texts: &[&str]| orders(texts.iter().copied());
        assert_eq!(of(&["31/01/2026", "01/02/2026"]), [DateOrder::Dmy]);
        assert_eq!(of(&["01/31/2026", "02/01/2026"]), [DateOrder::Mdy]);
        assert_eq!(of(&["1/2'26", "3/4'26"]), [DateOrder::Dmy, DateOrder::Mdy]);
        assert_eq!(of(&["1.2.2026"]), [DateOrder::Dmy], "points are European");
        assert_eq!(of(&["2026-01-31 10:11:12"]), [DateOrder::Ymd]);
        assert_eq!(of(&["20260131"]), [DateOrder::Ymd]);
        assert_eq!(of(&["31.1.2026", "nothing"]), []);
    }

    #[test]
    fn no_day_is_made_up() {
        assert!(iso("2026-02-30", 1).is_err() && iso("2026-02-01x", 1).is_err());
        assert!(short("260229", 1).is_err() && compact("2026011", 1).is_err());
        assert_eq!(iso("2026-02-01T10:00:00Z", 1).ok(), NaiveDate::from_ymd_opt(2026, 2, 1));
    }
}
