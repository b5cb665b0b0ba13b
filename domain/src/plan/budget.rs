//! How often a bank may be read without the person: a number per consent, account, class of endpoint
//! and rolling day (Delegated Regulation (EU) 2018/389, article 36(5)(b)).

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::id::AccountId;

/// Reads without the person in a rolling day, where a bank's profile says nothing else.
pub const UNATTENDED_A_DAY: u32 = 4;
/// Reads of one resource in an hour with the person there. The law has no limit; this one is polite.
pub const ATTENDED_AN_HOUR: u32 = 30;
/// The rolling day.
pub const ROLLING_DAY: TimeDelta = TimeDelta::hours(24);
/// How much later than a rolling day a read is free again: the bank counts when a call arrives, by its
/// own clock, and our processes do not all show the same time.
pub const MARGIN: TimeDelta = TimeDelta::seconds(60);
const HOUR: TimeDelta = TimeDelta::hours(1);

/// How often a bank may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Without the person, in any rolling day.
    pub unattended_a_day: u32,
    /// With the person, in any hour.
    pub attended_an_hour: u32,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { unattended_a_day: UNATTENDED_A_DAY, attended_an_hour: ATTENDED_AN_HOUR }
    }
}

/// What is counted by itself: a class of endpoint, and the account where it is one account's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resource {
    /// The class of endpoint, such as `account_transactions`.
    pub endpoint: String,
    /// The account, for endpoints of one account.
    pub account_id: Option<AccountId>,
}

impl Resource {
    /// The resource of an endpoint.
    #[must_use]
    pub fn new(endpoint: &str, account_id: Option<AccountId>) -> Self {
        Self { endpoint: endpoint.to_owned(), account_id }
    }
}

/// One access that was made. Further pages of a list belong to the access of the first page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// When.
    pub at: DateTime<Utc>,
    /// Whether the person was there.
    pub attended: bool,
}

/// A read is not allowed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denied {
    /// When it is; none if never.
    pub until: Option<DateTime<Utc>>,
}

/// What is left of one resource's allowance.
#[derive(Clone, Debug)]
pub struct Budget {
    allowance: Allowance,
    unattended: Vec<DateTime<Utc>>,
    attended: Vec<DateTime<Utc>>,
}

impl Budget {
    /// The budget after some accesses, in any order.
    pub fn of(allowance: Allowance, accesses: impl IntoIterator<Item = Access>) -> Self {
        let mut budget = Self { allowance, unattended: Vec::new(), attended: Vec::new() };
        for access in accesses {
            budget.note(access);
        }
        budget
    }

    /// Counts an access.
    pub fn note(&mut self, access: Access) {
        let (times, most) = if access.attended {
            (&mut self.attended, self.allowance.attended_an_hour)
        } else {
            (&mut self.unattended, self.allowance.unattended_a_day)
        };
        let place = times.partition_point(|at| *at <= access.at);
        times.insert(place, access.at);
        // Only the newest can still stand in the way.
        let spare = times.len().saturating_sub(most as usize);
        times.drain(..spare);
    }

    /// How many reads without the person are left at this moment.
    #[must_use]
    pub fn left(&self, now: DateTime<Utc>) -> u32 {
        let held = self.unattended.iter().filter(|at| **at + ROLLING_DAY + MARGIN > now).count();
        self.allowance.unattended_a_day.saturating_sub(u32::try_from(held).unwrap_or(u32::MAX))
    }

    /// Whether a read is allowed now.
    ///
    /// # Errors
    /// [`Denied`] says when it is. An access that lies ahead of `now` (a clock went back) counts.
    pub fn allows(&self, attended: bool, now: DateTime<Utc>) -> Result<(), Denied> {
        match self.free_at(attended) {
            None => Err(Denied { until: None }),
            Some(free) if free > now => Err(Denied { until: Some(free) }),
            Some(_) => Ok(()),
        }
    }

    /// From when on one more read is allowed; none if never.
    #[must_use]
    pub fn free_at(&self, attended: bool) -> Option<DateTime<Utc>> {
        let (times, most, span) = if attended {
            (&self.attended, self.allowance.attended_an_hour, HOUR)
        } else {
            (&self.unattended, self.allowance.unattended_a_day, ROLLING_DAY + MARGIN)
        };
        if most == 0 {
            return None;
        }
        let full = times.len() >= most as usize;
        Some(
            times
                .first()
                .filter(|_| full)
                .map_or(DateTime::<Utc>::MIN_UTC, |oldest| *oldest + span),
        )
    }
}

/// The budgets of everything one consent opens.
#[derive(Clone, Debug)]
pub struct Budgets {
    allowance: Allowance,
    each: BTreeMap<Resource, Budget>,
}

impl Budgets {
    /// Budgets after some accesses, in any order.
    pub fn of(
        allowance: Allowance,
        accesses: impl IntoIterator<Item = (Resource, Access)>,
    ) -> Self {
        let mut budgets = Self { allowance, each: BTreeMap::new() };
        for (resource, access) in accesses {
            budgets.note(resource, access);
        }
        budgets
    }

    /// Counts an access.
    pub fn note(&mut self, resource: Resource, access: Access) {
        let allowance = self.allowance;
        self.each.entry(resource).or_insert_with(|| Budget::of(allowance, [])).note(access);
    }

    /// What is left of one resource.
    #[must_use]
    pub fn one(&self, resource: &Resource) -> Budget {
        self.each.get(resource).cloned().unwrap_or_else(|| Budget::of(self.allowance, []))
    }

    /// The least that is left of any resource that `counts`.
    pub fn least_left(&self, now: DateTime<Utc>, counts: impl Fn(&Resource) -> bool) -> u32 {
        let left = self.each.iter().filter(|(resource, _)| counts(resource));
        let left = left.map(|(_, budget)| budget.left(now)).min();
        left.unwrap_or(self.allowance.unattended_a_day)
    }

    /// From when on every resource that `counts` may be read once without the person; none if never.
    pub fn all_free_at(&self, counts: impl Fn(&Resource) -> bool) -> Option<DateTime<Utc>> {
        let fresh = Budget::of(self.allowance, []).free_at(false)?;
        let mut latest = fresh;
        for (_, budget) in self.each.iter().filter(|(resource, _)| counts(resource)) {
            latest = latest.max(budget.free_at(false)?);
        }
        Some(latest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn alone(minutes: i64) -> Access {
        Access { at: at(minutes), attended: false }
    }

    #[test]
    fn the_fifth_read_waits_until_the_first_is_a_day_and_a_margin_old() {
        let budget = Budget::of(Allowance::default(), [300, 0, 100, 200].map(alone));
        assert_eq!(budget.left(at(301)), 0);
        let free = at(24 * 60) + MARGIN;
        assert_eq!(budget.allows(false, at(301)), Err(Denied { until: Some(free) }));
        assert_eq!(budget.allows(false, free), Ok(()));
        assert_eq!(budget.left(free), 1);
        assert_eq!(budget.allows(true, at(301)), Ok(()), "the person may always look");
    }

    #[test]
    fn a_person_s_own_reads_do_not_count_and_are_bounded_by_politeness() {
        let present = |minute| Access { at: at(minute), attended: true };
        let budget = Budget::of(Allowance::default(), (0..30).map(present));
        assert_eq!(budget.left(at(30)), UNATTENDED_A_DAY);
        assert_eq!(budget.allows(true, at(30)), Err(Denied { until: Some(at(60)) }));
    }

    #[test]
    fn a_bank_may_allow_fewer_or_none() {
        let allowance = Allowance { unattended_a_day: 1, attended_an_hour: 1 };
        let budget = Budget::of(allowance, [alone(0)]);
        assert_eq!(budget.allows(false, at(1)), Err(Denied { until: Some(at(24 * 60 + 1)) }));
        let none = Allowance { unattended_a_day: 0, attended_an_hour: 1 };
        assert_eq!(Budget::of(none, []).allows(false, at(0)), Err(Denied { until: None }));
        assert_eq!(Budgets::of(none, []).all_free_at(|_| true), None);
    }

    #[test]
    fn accounts_and_endpoints_are_counted_apart() {
        let account = Some(AccountId(uuid::Uuid::from_u128(1)));
        let spent = Resource::new("account_transactions", account);
        let accesses = [0, 1, 2, 3].map(|minute| (spent.clone(), alone(minute)));
        let budgets = Budgets::of(Allowance::default(), accesses);
        assert_eq!(budgets.one(&spent).left(at(4)), 0);
        assert_eq!(budgets.one(&Resource::new("accounts", None)).left(at(4)), 4);
        assert_eq!(budgets.least_left(at(4), |_| true), 0);
        assert_eq!(budgets.least_left(at(4), |resource| resource.account_id.is_none()), 4);
    }
}
