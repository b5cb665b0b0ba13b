//! The rows of every projection at one place of the log: as they are now, or as they were. The
//! same questions are asked of both.

use std::sync::Arc;

use crate::Projection;
use crate::accounts::Accounts;
use crate::as_of::Pasts;
use crate::consents::Consents;
use crate::coverage::Coverage;
use crate::digest::digest;
use crate::exceptions::Exceptions;
use crate::fetches::Fetches;
use crate::guidance::Guidances;
use crate::habits::Habits;
use crate::imports::Imports;
use crate::location::Generation;
use crate::people::People;
use crate::read_models::ReadModels;
use crate::registrations::Registrations;
use crate::reviews::Reviews;
use crate::roles::Roles;
use crate::spending::Spending;
use crate::status::ReadModelError;
use crate::transactions::Transactions;

/// Rows of every projection, in the order of the variants.
pub(crate) type Generations = Arc<[Arc<Generation>]>;

/// The rows of every projection at one place of the log.
#[derive(Clone, Debug)]
pub struct View {
    pub(crate) generations: Generations,
    pub(crate) position: u64,
}

impl View {
    /// Up to where they hold. Rows of the present may hold more by the time they are asked.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    pub(crate) fn generation(&self, projection: Projection) -> Arc<Generation> {
        Arc::clone(&self.generations[projection as usize])
    }

    /// Questions about registrations.
    #[must_use]
    pub fn registrations(&self) -> Registrations {
        Registrations(self.generation(Projection::Registrations))
    }

    /// Questions about people.
    #[must_use]
    pub fn people(&self) -> People {
        People(self.generation(Projection::People))
    }

    /// Questions about permissions.
    #[must_use]
    pub fn consents(&self) -> Consents {
        Consents(self.generation(Projection::Consents))
    }

    /// Questions about accounts.
    #[must_use]
    pub fn accounts(&self) -> Accounts {
        Accounts(self.generation(Projection::Accounts))
    }

    /// Questions about transactions.
    #[must_use]
    pub fn transactions(&self) -> Transactions {
        Transactions(self.generation(Projection::Transactions))
    }

    /// Questions about spending.
    #[must_use]
    pub fn spending(&self) -> Spending {
        Spending(self.generation(Projection::Transactions))
    }

    /// Questions about what banks do with their identifiers.
    #[must_use]
    pub fn habits(&self) -> Habits {
        Habits(self.generation(Projection::Habits))
    }

    /// Questions about what was decided, and what waits for a person.
    #[must_use]
    pub fn reviews(&self) -> Reviews {
        Reviews(self.generation(Projection::Reviews))
    }

    /// Questions about which days are known.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        Coverage(self.generation(Projection::Coverage))
    }

    /// Questions about what people said of how their money is to be read.
    #[must_use]
    pub fn guidances(&self) -> Guidances {
        Guidances(self.generation(Projection::Guidance))
    }

    /// Questions about files that were brought.
    #[must_use]
    pub fn imports(&self) -> Imports {
        Imports(self.generation(Projection::Imports))
    }

    /// Questions about runs of reading.
    #[must_use]
    pub fn fetches(&self) -> Fetches {
        Fetches(self.generation(Projection::Fetches))
    }

    /// Questions about roles and their uses.
    #[must_use]
    pub fn roles(&self) -> Roles {
        Roles(self.generation(Projection::Roles))
    }

    /// Questions about calls to banks that should not have been made.
    #[must_use]
    pub fn exceptions(&self) -> Exceptions {
        Exceptions(self.generation(Projection::Exceptions))
    }

    /// SHA-256 over all rows of a projection in the order of their keys.
    ///
    /// # Errors
    /// [`ReadModelError`] if its rows cannot be read.
    pub async fn digest(&self, projection: Projection) -> Result<[u8; 32], ReadModelError> {
        let database = &self.generation(projection).database;
        Ok(digest(database, projection.definition()).await?)
    }
}

impl ReadModels {
    /// The rows as they are now, and the position that every one of them holds at least.
    #[must_use]
    pub fn now(&self) -> View {
        // The position first: what is read after it holds at least as much.
        let reached = self.slots.iter().map(|slot| slot.mark.borrow().position).min();
        let generations = self.slots.iter().map(crate::slot::Slot::live).collect();
        View { generations, position: reached.unwrap_or_default() }
    }

    /// Rows as they were.
    #[must_use]
    pub fn pasts(&self) -> &Arc<Pasts> {
        &self.pasts
    }
}
