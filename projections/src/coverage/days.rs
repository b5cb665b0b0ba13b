//! What windows make together: days that are known, and days that are not.

use chrono::{DateTime, NaiveDate, Utc};
use domain::money::Money;
use domain::transaction::BalanceProof;

use super::WindowRow;

/// Days in a row, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first; none for as far back as the bank goes.
    pub from: Option<NaiveDate>,
    /// The last.
    pub to: NaiveDate,
}

/// What is known of an account's days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Covered {
    /// Days that a whole window showed, oldest first; two of these never touch.
    pub days: Vec<Days>,
    /// Days between and after them that no whole window showed, oldest first.
    pub gaps: Vec<Days>,
    /// When the last whole window was read.
    pub last_good_at: Option<DateTime<Utc>>,
    /// The last day that a whole window showed.
    pub last_good_day: Option<NaiveDate>,
    /// Whether the newest window that can tell says that balances and rows agree.
    pub balance_holds: Option<bool>,
    /// The first day whose sum cannot be right, where that can be told.
    pub breaking_day: Option<NaiveDate>,
    /// By how much the rows fall short of the balance.
    pub difference: Option<Money>,
}

/// The union of windows, given newest first, up to and with `today`.
#[must_use]
pub fn cover(windows: &[WindowRow], today: NaiveDate) -> Covered {
    let mut covered = Covered::default();
    let mut whole: Vec<Days> = windows
        .iter()
        .filter(|window| window.whole && window.from.is_none_or(|from| from <= window.to))
        .map(|window| Days { from: window.from, to: window.to.min(today) })
        .collect();
    // None sorts first: it reaches back furthest.
    whole.sort_by_key(|days| (days.from, days.to));
    for days in whole {
        match covered.days.last_mut() {
            Some(last) if touches(last, &days) => last.to = last.to.max(days.to),
            _ => covered.days.push(days),
        }
    }
    for pair in covered.days.windows(2) {
        let (from, to) = (pair[0].to.succ_opt(), pair[1].from.and_then(|day| day.pred_opt()));
        covered.gaps.extend(to.map(|to| Days { from, to }));
    }
    if let Some(last) = covered.days.last() {
        covered.last_good_day = Some(last.to);
        if last.to < today {
            covered.gaps.push(Days { from: last.to.succ_opt(), to: today });
        }
    }
    covered.last_good_at = windows.iter().find(|window| window.whole).map(|window| window.read_at);
    let told = windows.iter().find(|window| window.balance != BalanceProof::NotGiven);
    match told.map(|window| &window.balance) {
        Some(BalanceProof::Breaks { first_day, difference }) => {
            covered.balance_holds = Some(false);
            (covered.breaking_day, covered.difference) = (*first_day, Some(*difference));
        }
        Some(BalanceProof::Holds) => covered.balance_holds = Some(true),
        _ => {}
    }
    covered
}

/// Whether later-beginning days overlap or follow right after.
fn touches(earlier: &Days, later: &Days) -> bool {
    let next = earlier.to.succ_opt().unwrap_or(earlier.to);
    later.from.is_none_or(|from| from <= next)
}

#[cfg(test)]
mod tests {
    use domain::id::FetchId;
    use domain::money::Currency;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day") + chrono::Days::new(number.into())
    }

    fn window(from: Option<u32>, to: u32, whole: bool) -> WindowRow {
        WindowRow {
            position: 1,
            fetch_id: FetchId(Uuid::nil()),
            from: from.map(day),
            to: day(to),
            whole,
            rows: 0,
            new: 0,
            balance: BalanceProof::NotGiven,
            read_at: DateTime::UNIX_EPOCH,
        }
    }

    fn days(from: Option<u32>, to: u32) -> Days {
        Days { from: from.map(day), to: day(to) }
    }

    #[test]
    fn windows_that_touch_are_one_and_gaps_are_named() {
        let windows = [
            window(Some(20), 25, true),
            window(Some(12), 16, false),
            window(Some(6), 9, true),
            window(None, 5, true),
        ];
        let covered = cover(&windows, day(27));
        assert_eq!(covered.days, [days(None, 9), days(Some(20), 25)]);
        assert_eq!(covered.gaps, [days(Some(10), 19), days(Some(26), 27)]);
        assert_eq!(covered.last_good_day, Some(day(25)));
        assert_eq!(cover(&[], day(1)), Covered::default());
    }

    #[test]
    fn the_newest_window_that_can_tell_says_whether_the_balance_holds() {
        let difference = Money::new(-500, Currency::EUR);
        let mut broken = window(Some(1), 3, true);
        broken.balance = BalanceProof::Breaks { first_day: Some(day(2)), difference };
        let silent = window(Some(1), 4, true);
        let covered = cover(&[silent.clone(), broken.clone()], day(4));
        assert_eq!((covered.balance_holds, covered.breaking_day), (Some(false), Some(day(2))));
        let mut holds = window(Some(1), 4, true);
        holds.balance = BalanceProof::Holds;
        let covered = cover(&[silent, holds, broken], day(4));
        assert_eq!((covered.balance_holds, covered.breaking_day), (Some(true), None));
    }

    proptest! {
        #[test]
        fn every_day_from_the_first_one_is_known_or_named(
            windows in proptest::collection::vec((0_u32..60, 0_u32..20, any::<bool>()), 1..20),
            today in 0_u32..90,
        ) {
            let rows: Vec<WindowRow> = windows
                .iter()
                .filter(|(from, _, _)| *from <= today)
                .map(|(from, length, whole)| window(Some(*from), from + length, *whole))
                .collect();
            let covered = cover(&rows, day(today));
            let known = |number| rows.iter().any(|row| {
                row.whole && row.from <= Some(day(number)) && day(number) <= row.to
            });
            let within = |found: &[Days], number| {
                found.iter().any(|days| days.from <= Some(day(number)) && day(number) <= days.to)
            };
            let first = (0..=today).find(|number| known(*number));
            for number in 0..=today {
                prop_assert_eq!(within(&covered.days, number), known(number));
                let missing = first.is_some_and(|first| first < number) && !known(number);
                prop_assert_eq!(within(&covered.gaps, number), missing);
            }
        }
    }
}
