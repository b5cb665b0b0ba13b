//! The banks that can be connected.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use chrono::TimeDelta;
use domain::id::BankId;
use domain::transaction::IdentifierHabits;
use projections::registrations::RegistrationRow;

use super::as_of::{At, KnownAt};
use super::scalars::Instant;
use super::visit::{app, internal};
use crate::connectors::Bank as Profile;
use crate::connectors::banks::BANKS;

/// Every bank this program knows, with the addresses of its public sandbox until a registration
/// names others.
#[must_use]
pub fn profiles() -> Vec<Profile> {
    BANKS.iter().map(|profile| profile.bank()).collect()
}

/// What is known of all banks together, read once where a list of them is shown.
#[derive(Default)]
pub struct Standings {
    registrations: HashMap<BankId, RegistrationRow>,
    health: BTreeMap<BankId, projections::calls::BankHealth>,
    habits: HashMap<BankId, IdentifierHabits>,
}

impl Standings {
    async fn of(context: &Context<'_>, at: &At, with_health: bool) -> Result<Self> {
        let failed = |error| internal(context, error);
        let mut standings = Self::default();
        // The newest of a bank comes first.
        for row in at.view().registrations().all().await.map_err(failed)? {
            standings.registrations.entry(row.bank_id.clone()).or_insert(row);
        }
        if with_health && at.past_position().is_none() {
            let read = &app(context)?.read;
            let since = at.now() - TimeDelta::days(HEALTH_DAYS);
            standings.health = read.calls().health(since).await.map_err(failed)?;
            standings.habits = read.habits().all().await.map_err(failed)?;
        }
        Ok(standings)
    }
}

impl Standings {
    /// What is known of one bank.
    async fn of_one(
        context: &Context<'_>,
        at: &At,
        bank_id: &BankId,
        with_health: bool,
    ) -> Result<Self> {
        let failed = |error| internal(context, error);
        let mut standings = Self::default();
        let row = at.view().registrations().status(bank_id).await.map_err(failed)?;
        standings.registrations.extend(row.map(|row| (bank_id.clone(), row)));
        if with_health && at.past_position().is_none() {
            let read = &app(context)?.read;
            let since = at.now() - TimeDelta::days(HEALTH_DAYS);
            let health = read.calls().health_of(bank_id, since).await.map_err(failed)?;
            standings.health.extend(health.map(|health| (bank_id.clone(), health)));
            let habits = read.habits().of(bank_id).await.map_err(failed)?;
            standings.habits.insert(bank_id.clone(), habits);
        }
        Ok(standings)
    }
}

/// A bank.
pub struct Bank {
    profile: Profile,
    at: At,
    standings: Option<Arc<Standings>>,
}

impl Bank {
    /// All banks, with what is asked of them.
    ///
    /// # Errors
    /// A storage error.
    pub async fn all(context: &Context<'_>, at: &At) -> Result<Vec<Self>> {
        let with_health = context.look_ahead().field("health").exists();
        let standings = Arc::new(Standings::of(context, at, with_health).await?);
        let bank =
            |profile| Self { profile, at: At::clone(at), standings: Some(Arc::clone(&standings)) };
        Ok(profiles().into_iter().map(bank).collect())
    }

    /// The bank of a row; one that is no longer known shows its short name.
    #[must_use]
    pub fn of(bank_id: &BankId, at: &At) -> Self {
        let known = profiles().into_iter().find(|profile| profile.id == *bank_id);
        let file = bank_id.0 == crate::importing::FILE;
        let name = if file { "File" } else { "?" };
        let profile =
            known.unwrap_or_else(|| Profile { id: bank_id.clone(), name, ..BANKS[0].bank() });
        Self { profile, at: At::clone(at), standings: None }
    }

    /// Whether it is a sandbox: what it shows is invented.
    pub async fn is_demo(&self, context: &Context<'_>) -> bool {
        let known = BANKS.iter().find(|profile| profile.id() == self.profile.id.0);
        let Some(known) = known else { return false };
        if known.demonstrates() {
            return true;
        }
        // A way to real banks is a sandbox's where this platform is registered with one on this machine.
        let registered =
            |known: &Arc<Standings>| known.registrations.contains_key(&self.profile.id);
        if self.standings.as_ref().is_some_and(|known| !registered(known)) {
            return false;
        }
        let Ok(app) = app(context) else { return false };
        app.access(&self.profile.id).await.is_ok_and(|access| access.bank.is_on_this_machine())
    }

    /// The name people know.
    #[must_use]
    pub const fn called(&self) -> &'static str {
        self.profile.name
    }

    /// What is known of the bank: read with the list of all, or now.
    async fn standings(&self, context: &Context<'_>, with_health: bool) -> Result<Arc<Standings>> {
        match &self.standings {
            Some(standings) => Ok(Arc::clone(standings)),
            None => {
                let id = &self.profile.id;
                Ok(Arc::new(Standings::of_one(context, &self.at, id, with_health).await?))
            }
        }
    }
}

/// Whether a bank can be connected.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum BankStatus {
    /// Registered: can be connected.
    Ready,
    /// This platform has not registered with the bank yet.
    NotRegistered,
}

/// How far back the health of a bank looks.
const HEALTH_DAYS: i64 = 7;

/// Something a bank does that other banks do not, as its answers have shown.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum BankQuirk {
    /// Its references of a transaction change.
    ReferencesChange,
    /// It gives one reference to several transactions.
    ReferencesRepeat,
    /// Transactions that are not booked change their text or day when they are.
    PendingChanges,
    /// Transactions that are not booked go away without being booked.
    PendingVanishes,
    /// It shows one transaction twice under different references.
    ShowsTwice,
}

/// Why calls to a bank failed.
#[derive(SimpleObject)]
pub struct BankProblem {
    /// A stable code, such as `bank_timed_out`.
    code: String,
    /// How many calls.
    count: u32,
}

/// How a bank has answered in the last seven days, over everybody who is connected to it.
#[derive(SimpleObject)]
pub struct BankHealth {
    /// Calls that were made, at most the newest thousand.
    calls: u32,
    /// How many of them got no usable answer.
    failed: u32,
    /// Half of the usable answers came within this many milliseconds.
    median_milliseconds: Option<u32>,
    /// When a usable answer last came.
    answered_at: Option<Instant>,
    /// When a call last failed.
    failed_at: Option<Instant>,
    /// Why calls failed, the most frequent first.
    problems: Vec<BankProblem>,
    /// What its answers have shown of its habits, ever.
    quirks: Vec<BankQuirk>,
}

/// A bank.
#[Object]
impl Bank {
    /// Its short name.
    async fn id(&self) -> ID {
        ID(self.profile.id.to_string())
    }

    /// The name people know.
    async fn name(&self) -> &str {
        self.profile.name
    }

    /// ISO 3166-1.
    async fn country(&self) -> &str {
        self.profile.country
    }

    /// ISO 9362.
    async fn bic(&self) -> Option<&str> {
        Some(self.profile.bic)
    }

    /// Whose interface leads to it, where that is not the bank's own.
    async fn through(&self) -> Option<&str> {
        self.profile.through
    }

    /// Whether it is a sandbox: what it shows is invented, and `removeDemo` takes it out of sight.
    async fn demo(&self, context: &Context<'_>) -> bool {
        self.is_demo(context).await
    }

    /// Whether it shows payment cards with transactions of their own.
    async fn cards(&self) -> bool {
        self.profile.cards
    }

    /// Whether the person agrees in the browser; if not, in the bank's app.
    async fn agreed_in_browser(&self) -> bool {
        self.profile.redirect_preferred
    }

    /// How it has answered lately; none before it was called, and in answers about the past.
    async fn health(&self, context: &Context<'_>) -> Result<Option<BankHealth>> {
        let standings = self.standings(context, true).await?;
        let Some(health) = standings.health.get(&self.profile.id).cloned() else {
            return Ok(None);
        };
        let habits = standings.habits.get(&self.profile.id).cloned().unwrap_or_default();
        let mut problems: Vec<BankProblem> =
            health.problems.into_iter().map(|(code, count)| BankProblem { code, count }).collect();
        problems.sort_by_key(|problem| std::cmp::Reverse(problem.count));
        Ok(Some(BankHealth {
            calls: health.calls,
            failed: health.failed,
            median_milliseconds: health.median_ms,
            answered_at: health.answered_at.map(Instant),
            failed_at: health.failed_at.map(Instant),
            problems,
            quirks: quirks(&habits),
        }))
    }

    /// The family of interfaces it speaks.
    async fn standard(&self) -> &str {
        self.profile.standard.name()
    }

    /// Whether it can be connected.
    async fn status(&self, context: &Context<'_>) -> Result<BankStatus> {
        let standings = self.standings(context, false).await?;
        let row = standings.registrations.get(&self.profile.id);
        let ready = row.is_some_and(|row| row.is_ready(self.at.now()));
        Ok(if ready { BankStatus::Ready } else { BankStatus::NotRegistered })
    }

    /// Most days a consent may last.
    async fn longest_consent_days(&self) -> i32 {
        i32::try_from(self.profile.longest_consent_days).unwrap_or(i32::MAX)
    }

    /// Most days of history that may be asked for.
    async fn longest_history_days(&self) -> i32 {
        i32::try_from(self.profile.longest_history_days).unwrap_or(i32::MAX)
    }

    /// The place of the log its status stands for.
    async fn known_at(&self, context: &Context<'_>) -> Result<KnownAt> {
        self.at.known_at(context).await
    }
}

/// What a bank's habits come to.
fn quirks(habits: &IdentifierHabits) -> Vec<BankQuirk> {
    let references = habits.reference_changed + habits.identifier_changed;
    let repeated = habits.reference_reused + habits.identifier_reused;
    let pending = habits.pending_name_changed + habits.pending_day_moved;
    let seen = [
        (references, BankQuirk::ReferencesChange),
        (repeated, BankQuirk::ReferencesRepeat),
        (pending, BankQuirk::PendingChanges),
        (habits.pending_vanished, BankQuirk::PendingVanishes),
        (habits.equal_rows_one, BankQuirk::ShowsTwice),
    ];
    seen.into_iter().filter(|(times, _)| *times > 0).map(|(_, quirk)| quirk).collect()
}
