//! The banks that can be connected.

use async_graphql::{Context, Enum, ID, Object, Result};
use domain::id::BankId;

use super::as_of::{At, KnownAt};
use super::visit::internal;
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
