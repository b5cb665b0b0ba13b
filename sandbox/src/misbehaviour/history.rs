//! How far back a consent sees, what an authorization may ask for, and what it ends.

use chrono::{DateTime, Duration, NaiveDate, Utc};

use super::{Misbehaviour, Misbehaviours};
use crate::state::{Authorization, Scope};

/// History shown when the authorization names no range, in days (Regulation 2018/389, Art. 10a).
const DEFAULT_HISTORY_DAYS: i64 = 90;
/// How long `first-minutes-history` shows everything, in minutes.
const FIRST_MINUTES: i64 = 5;
/// What `window-refused` still accepts, in days.
pub(crate) const WINDOW_REFUSED_DAYS: i64 = 90;
/// What `shorter-consent` grants at most, in days.
pub(crate) const GRANTED_DAYS_MAX: i64 = 7;

/// The days an authorization opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) from: NaiveDate,
    pub(crate) to: Option<NaiveDate>,
}

impl Window {
    /// A range alone ends on its last day; with `expires` beside it access goes on.
    ///
    /// OP's reads take no dates, the period is fixed by the authorization: `date-filter-ignored` ignores
    /// the first day of that. `renewed` says that the same customer had consented before, for
    /// `history-flood`.
    pub(crate) fn of(
        on: Misbehaviours,
        authorization: &Authorization,
        today: NaiveDate,
        now: DateTime<Utc>,
        renewed: bool,
    ) -> Self {
        let recent = today - Duration::days(DEFAULT_HISTORY_DAYS);
        let flood = on.has(Misbehaviour::HistoryFlood);
        let mut from = authorization.transaction_from.unwrap_or(recent);
        if on.has(Misbehaviour::DateFilterIgnored) || (flood && renewed) {
            from = NaiveDate::MIN;
        }
        let fresh = authorization
            .authorized
            .is_some_and(|authorized| now < authorized + Duration::minutes(FIRST_MINUTES));
        if (on.has(Misbehaviour::FirstMinutesHistory) && !fresh) || (flood && !renewed) {
            from = from.max(recent);
        }
        Self { from, to: authorization.transaction_to.filter(|_| authorization.expires.is_none()) }
    }

    pub(crate) fn holds(&self, day: NaiveDate) -> bool {
        day >= self.from && self.to.is_none_or(|to| day <= to)
    }
}

/// `window-refused`: the range is given where OP takes it, in the authorization, and refused there.
pub(crate) fn window_is_refused(on: Misbehaviours, from: NaiveDate, today: NaiveDate) -> bool {
    on.has(Misbehaviour::WindowRefused) && (today - from).num_days() > WINDOW_REFUSED_DAYS
}

/// `superseding-consent`: true when a new authorization ends an older one.
pub(crate) fn supersedes(on: Misbehaviours, new: &Authorization, old: &Authorization) -> bool {
    on.has(Misbehaviour::SupersedingConsent)
        && new.expires.is_some()
        && old.id != new.id
        && new.scope == Scope::Accounts
        && old.scope == Scope::Accounts
        && old.client_id == new.client_id
        && old.user_id == new.user_id
}
