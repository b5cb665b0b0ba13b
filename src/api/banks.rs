//! The banks that can be connected.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use chrono::TimeDelta;
use domain::id::BankId;
use domain::transaction::IdentifierHabits;

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

/// A bank.
pub struct Bank(pub Profile, pub At);

impl Bank {
    /// The bank of a row; one that is no longer known shows its short name.
    #[must_use]
    pub fn of(bank_id: &BankId, at: &At) -> Self {
        let known = profiles().into_iter().find(|profile| profile.id == *bank_id);
        let file = bank_id.0 == crate::importing::FILE;
        let name = if file { "File" } else { "?" };
        let profile =
            known.unwrap_or_else(|| Profile { id: bank_id.clone(), name, ..BANKS[0].bank() });
        Self(profile, At::clone(at))
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
        ID(self.0.id.to_string())
    }

    /// The name people know.
    async fn name(&self) -> &str {
        self.0.name
    }

    /// ISO 3166-1.
    async fn country(&self) -> &str {
        self.0.country
    }

    /// ISO 9362.
    async fn bic(&self) -> Option<&str> {
        Some(self.0.bic)
    }

    /// Whose interface leads to it, where that is not the bank's own.
    async fn through(&self) -> Option<&str> {
        self.0.through
    }

    /// Whether it shows payment cards with transactions of their own.
    async fn cards(&self) -> bool {
        self.0.cards
    }

    /// Whether the person agrees in the browser; if not, in the bank's app.
    async fn agreed_in_browser(&self) -> bool {
        self.0.redirect_preferred
    }

    /// How it has answered lately; none before it was called, and in answers about the past.
    async fn health(&self, context: &Context<'_>) -> Result<Option<BankHealth>> {
        if self.1.past_position().is_some() {
            return Ok(None);
        }
        let read = &app(context)?.read;
        let since = self.1.now() - TimeDelta::days(HEALTH_DAYS);
        let health = read.calls().health(&self.0.id, since).await;
        let health = health.map_err(|error| internal(context, error))?;
        let habits = read.habits().of(&self.0.id).await;
        let habits = habits.map_err(|error| internal(context, error))?;
        if health.calls == 0 {
            return Ok(None);
        }
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
        self.0.standard.name()
    }

    /// Whether it can be connected.
    async fn status(&self, context: &Context<'_>) -> Result<BankStatus> {
        let row = self.1.view().registrations().status(&self.0.id).await;
        let row = row.map_err(|error| internal(context, error))?;
        let ready = row.is_some_and(|row| row.is_ready(self.1.now()));
        Ok(if ready { BankStatus::Ready } else { BankStatus::NotRegistered })
    }

    /// Most days a consent may last.
    async fn longest_consent_days(&self) -> i32 {
        i32::try_from(self.0.longest_consent_days).unwrap_or(i32::MAX)
    }

    /// Most days of history that may be asked for.
    async fn longest_history_days(&self) -> i32 {
        i32::try_from(self.0.longest_history_days).unwrap_or(i32::MAX)
    }

    /// The place of the log its status stands for.
    async fn known_at(&self, context: &Context<'_>) -> Result<KnownAt> {
        self.1.known_at(context).await
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
