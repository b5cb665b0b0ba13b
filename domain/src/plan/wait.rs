//! How long a bank asks to wait: honoured, and not believed blindly.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

/// Longest wait a bank can ask for: its allowance never spans more than a day (Delegated Regulation
/// (EU) 2018/389, article 36(5)(b)).
pub const LONGEST: TimeDelta = TimeDelta::hours(24);
/// Shortest wait, so that a zero does not mean "again at once".
pub const SHORTEST: TimeDelta = TimeDelta::seconds(1);
/// First wait after a bank said "too many" and not for how long; it doubles with each in a row.
pub const UNSAID: TimeDelta = TimeDelta::minutes(15);
/// A whole number from here on is an instant in seconds since 1970, not a length.
const LEAST_INSTANT: i64 = 1_000_000_000;

/// Reads `Retry-After` (RFC 9110, section 10.2.3): whole seconds or an HTTP date in any of its three
/// forms; and seconds since 1970, which some gateways send instead. A date is measured against the
/// bank's own `Date`, so that neither clock's fault counts, and against ours where there is none.
///
/// A value that is negative, past or not readable says nothing.
#[must_use]
pub fn read_retry_after(
    text: &str,
    received_at: DateTime<Utc>,
    bank_date: Option<DateTime<Utc>>,
) -> Option<TimeDelta> {
    let text = text.trim();
    let reference = bank_date.unwrap_or(received_at);
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let wait = if digits {
        // More digits than a number holds is longer than anything.
        match text.parse::<i64>() {
            Ok(number) if number < LEAST_INSTANT => TimeDelta::seconds(number),
            Ok(number) => match DateTime::from_timestamp(number, 0) {
                Some(instant) => instant - reference,
                None => LONGEST,
            },
            Err(_) => return None,
        }
    } else {
        read_http_date(text)? - reference
    };
    (wait >= TimeDelta::zero()).then(|| wait.clamp(SHORTEST, LONGEST))
}

/// Reads an HTTP date in any of the three forms a recipient must accept (RFC 9110, section 5.6.7).
#[must_use]
pub fn read_http_date(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(date) = DateTime::parse_from_rfc2822(text) {
        return Some(date.with_timezone(&Utc));
    }
    ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .map(|date| date.and_utc())
}

/// Until when to leave a bank alone after it said "too many" at `at` for the `in_a_row`-th time,
/// counted from 1.
#[must_use]
pub fn until(at: DateTime<Utc>, asked: Option<TimeDelta>, in_a_row: u32) -> DateTime<Utc> {
    let doubled = UNSAID * (1 << in_a_row.saturating_sub(1).min(10));
    at + asked.unwrap_or(doubled).clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn odd_values_say_nothing_and_long_ones_are_cut() {
        let now = read_http_date("Mon, 05 Jan 2026 13:10:00 GMT").expect("a date");
        let table = [
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("0", Some(1)),
            ("Mon, 05 Jan 2026 13:11:00 GMT", Some(60)),
            ("Monday, 05-Jan-26 13:11:00 GMT", Some(60)),
            ("Mon Jan  5 13:11:00 2026", Some(60)),
            ("Mon, 05 Jan 2026 13:09:00 GMT", None),
            ("Mon, 05 Jan 2099 13:09:00 GMT", Some(86_400)),
            ("1767618660", Some(60)),
            ("1767618540", None),
            ("-5", None),
            ("+5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
            ("99999999999", Some(86_400)),
            ("9223372036854775807", Some(86_400)),
            ("99999999999999999999999999", None),
        ];
        for (text, seconds) in table {
            let expected = seconds.map(TimeDelta::seconds);
            assert_eq!(read_retry_after(text, now, None), expected, "{text}");
        }
    }

    #[test]
    fn a_date_is_measured_against_the_bank_s_own_clock() {
        let ours = read_http_date("Mon, 05 Jan 2026 13:10:00 GMT").expect("a date");
        let theirs = ours + TimeDelta::hours(2);
        let asked = "Mon, 05 Jan 2026 15:10:30 GMT";
        assert_eq!(read_retry_after(asked, ours, Some(theirs)), Some(TimeDelta::seconds(30)));
        assert_eq!(
            read_retry_after(asked, ours, None),
            Some(TimeDelta::hours(2) + TimeDelta::seconds(30))
        );
    }

    proptest! {
        #[test]
        fn whatever_a_bank_writes_the_wait_is_within_its_limits(text in "\\PC{0,40}", row in 0_u32..90) {
            let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000);
            let asked = read_retry_after(&text, now, None);
            prop_assert!(asked.is_none_or(|wait| (SHORTEST..=LONGEST).contains(&wait)));
            let wait = until(now, asked, row) - now;
            prop_assert!((SHORTEST..=LONGEST).contains(&wait));
        }
    }
}
