//! The timeline of an incident with the clocks of Regulation (EU) 2022/2554 (DORA), article 19, and its
//! technical standards on reports: the initial one within 4 hours of classification and 24 hours of
//! awareness, the intermediate one within 72 hours of the initial, the final one within a month of that.

use chrono::{DateTime, Months, TimeDelta, Utc};
use serde::Serialize;

use super::timeline::Line;

/// Kinds of events that can matter to an incident, as a filter.
pub const KINDS: [&str; 9] = [
    "incident.*",
    "*_failed",
    "*.failed",
    "consent.answer_rejected",
    "consent.bank_not_told",
    "fetch.rows_quarantined",
    "role.*",
    "user.erased",
    "grant.destroyed",
];

/// What is known of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// When the first sign of it was recorded.
    pub began: DateTime<Utc>,
    /// When it was noticed.
    pub aware: DateTime<Utc>,
    /// When it was classified as major.
    pub classified: Option<DateTime<Utc>>,
    /// When the initial report went out.
    pub initial_sent: Option<DateTime<Utc>>,
    /// When the intermediate report went out.
    pub intermediate_sent: Option<DateTime<Utc>>,
}

/// A report that has to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Due {
    /// `initial`, `intermediate` or `final`.
    pub report: &'static str,
    /// By when at the latest; none while what it counts from is not known.
    pub by: Option<DateTime<Utc>>,
    /// What that counts from.
    pub because: &'static str,
    /// When it went out.
    pub sent: Option<DateTime<Utc>>,
    /// Whether it is late now, or went out late.
    pub late: bool,
}

/// The timeline of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Incident {
    /// When the first sign of it was recorded.
    pub began: DateTime<Utc>,
    /// When it was noticed.
    pub aware: DateTime<Utc>,
    /// When it was classified as major.
    pub classified: Option<DateTime<Utc>>,
    /// The reports.
    pub reports: [Due; 3],
    /// What the log says of that time.
    pub events: Vec<Line>,
}

/// The reports an incident asks for.
#[must_use]
pub fn reports(known: &Known, now: DateTime<Utc>) -> [Due; 3] {
    let from_awareness = known.aware + TimeDelta::hours(24);
    let from_class = known.classified.map(|at| at + TimeDelta::hours(4));
    let (initial, because) = match from_class {
        Some(at) if at < from_awareness => (at, "4 hours from its classification as major"),
        _ => (from_awareness, "24 hours from awareness"),
    };
    let intermediate = known.initial_sent.map(|at| at + TimeDelta::hours(72));
    let last = known.intermediate_sent.and_then(|at| at.checked_add_months(Months::new(1)));
    let due = |report, by: Option<DateTime<Utc>>, because, sent: Option<DateTime<Utc>>| Due {
        report,
        by,
        because,
        sent,
        late: by.is_some_and(|by| sent.unwrap_or(now) > by),
    };
    [
        due("initial", Some(initial), because, known.initial_sent),
        due(
            "intermediate",
            intermediate,
            "72 hours from the initial report",
            known.intermediate_sent,
        ),
        due("final", last, "one month from the intermediate report", None),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    #[test]
    fn each_report_counts_from_what_the_law_says() {
        let mut known = Known {
            began: at(0),
            aware: at(1),
            classified: None,
            initial_sent: None,
            intermediate_sent: None,
        };
        let [initial, intermediate, last] = reports(&known, at(20));
        assert_eq!((initial.by, initial.late), (Some(at(25)), false));
        assert_eq!((intermediate.by, last.by), (None, None));
        assert!(reports(&known, at(26))[0].late);
        // Classified late, awareness still counts; classified early, four hours do.
        known.classified = Some(at(24));
        assert_eq!(reports(&known, at(20))[0].by, Some(at(25)));
        known.classified = Some(at(3));
        assert_eq!(reports(&known, at(20))[0].by, Some(at(7)));
        assert!(reports(&known, at(20))[0].late);
        known.initial_sent = Some(at(6));
        known.intermediate_sent = Some(at(80));
        let [initial, intermediate, last] = reports(&known, at(900));
        assert!(!initial.late, "it went out in time");
        assert_eq!((intermediate.by, intermediate.late), (Some(at(78)), true));
        assert_eq!(last.by, at(80).checked_add_months(Months::new(1)));
        assert!(last.late);
    }
}
