//! How often something comes.

use chrono::{Days, Months, NaiveDate};

/// How often something comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rhythm {
    /// Every seven days.
    Weekly,
    /// Every fourteen days.
    TwoWeekly,
    /// Every twenty-eight days.
    FourWeekly,
    /// On about the same day of each month.
    Monthly,
    /// Every two months.
    TwoMonthly,
    /// Every three months.
    Quarterly,
    /// Every six months.
    HalfYearly,
    /// Every year.
    Yearly,
}

impl Rhythm {
    /// All of them, the commonest first.
    pub const ALL: [Self; 8] = [
        Self::Monthly,
        Self::Yearly,
        Self::Quarterly,
        Self::TwoMonthly,
        Self::HalfYearly,
        Self::TwoWeekly,
        Self::FourWeekly,
        Self::Weekly,
    ];

    /// The day `count` beats after a day.
    #[must_use]
    pub fn after(self, day: NaiveDate, count: u32) -> NaiveDate {
        let months = |months: u32| day.checked_add_months(Months::new(months * count));
        let days = |days: u32| day.checked_add_days(Days::new(u64::from(days * count)));
        let next = match self {
            Self::Weekly => days(7),
            Self::TwoWeekly => days(14),
            Self::FourWeekly => days(28),
            Self::Monthly => months(1),
            Self::TwoMonthly => months(2),
            Self::Quarterly => months(3),
            Self::HalfYearly => months(6),
            Self::Yearly => months(12),
        };
        next.unwrap_or(day)
    }

    /// By how many days a beat may be early or late.
    #[must_use]
    pub fn tolerance(self) -> i64 {
        match self {
            Self::Weekly => 1,
            Self::TwoWeekly | Self::FourWeekly => 2,
            Self::Monthly => 4,
            Self::TwoMonthly => 5,
            Self::Quarterly => 7,
            Self::HalfYearly => 10,
            Self::Yearly => 12,
        }
    }

    /// Beats in a year, in hundredths.
    #[must_use]
    pub fn a_year(self) -> i64 {
        match self {
            Self::Weekly => 5218,
            Self::TwoWeekly => 2609,
            Self::FourWeekly => 1304,
            Self::Monthly => 1200,
            Self::TwoMonthly => 600,
            Self::Quarterly => 400,
            Self::HalfYearly => 200,
            Self::Yearly => 100,
        }
    }

    /// Fewest hits that show it.
    pub(super) fn fewest(self) -> usize {
        match self {
            Self::Yearly => 2,
            Self::Weekly | Self::TwoWeekly | Self::FourWeekly => 4,
            _ => 3,
        }
    }
}
