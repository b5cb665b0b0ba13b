//! Folds of events into read-model rows, the tables they fill and the queries over them.
//!
//! A projection pulls events by position and folds them into statements; its rows and its
//! checkpoint commit in one transaction. So nothing is applied twice or skipped, and every table
//! here can be dropped and built again from the log.

pub mod accounts;
mod apply;
pub mod as_of;
mod as_of_build;
pub mod as_of_changes;
mod as_of_view;
mod beside;
pub mod calls;
mod checkpoint;
pub mod consents;
pub mod coverage;
pub mod database;
mod definition;
mod digest;
mod draft;
mod erasing;
pub mod exceptions;
pub mod feed;
pub mod fetches;
mod gathered;
pub mod guidance;
pub mod habits;
mod holders;
mod identifiers;
pub mod imports;
mod location;
pub mod people;
mod read_models;
mod rebuild;
pub mod registrations;
pub mod reviews;
pub mod roles;
mod rows;
mod runner;
mod scan;
mod search;
mod slot;
pub mod spending;
mod status;
pub mod transactions;

pub use apply::PAGE;
pub use as_of_view::View;
pub use definition::{Change, Definition, FoldError, Folded, Table, Topic};
pub use identifiers::Written;
pub use location::ReadLocation;
pub use read_models::ReadModels;
pub use rebuild::{Comparison, Rebuilt};
pub use scan::Progress;
pub use status::{Lagging, ProjectionState, ProjectionStatus, ReadModelError};

use database::{Database, Onward};
use feed::Recorded;

/// Every projection. A new one is a file and a variant here; the compiler shows the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Projection {
    /// Registrations with banks.
    Registrations,
    /// People.
    People,
    /// Permissions.
    Consents,
    /// Accounts and balances.
    Accounts,
    /// Transactions, and money out by category.
    Transactions,
    /// Runs of reading and calls to banks.
    Fetches,
    /// Calls as a bank's allowance counts them.
    Calls,
    /// What banks do with their identifiers.
    Habits,
    /// What was decided about transactions, and what waits for a person.
    Reviews,
    /// Which days of accounts are known.
    Coverage,
    /// Roles and their uses.
    Roles,
    /// Calls to banks that should not have been made.
    Exceptions,
    /// What people said of how their money is to be read.
    Guidance,
    /// Files of statements that people brought.
    Imports,
}

impl Projection {
    /// Every projection, in the order of the variants.
    pub const ALL: [Self; 14] = [
        Self::Registrations,
        Self::People,
        Self::Consents,
        Self::Accounts,
        Self::Transactions,
        Self::Fetches,
        Self::Calls,
        Self::Habits,
        Self::Reviews,
        Self::Coverage,
        Self::Roles,
        Self::Exceptions,
        Self::Guidance,
        Self::Imports,
    ];

    /// Its name, version and tables.
    #[must_use]
    pub fn definition(self) -> &'static Definition {
        match self {
            Self::Registrations => &registrations::DEFINITION,
            Self::People => &people::DEFINITION,
            Self::Consents => &consents::DEFINITION,
            Self::Accounts => &accounts::DEFINITION,
            Self::Transactions => &transactions::DEFINITION,
            Self::Fetches => &fetches::DEFINITION,
            Self::Calls => &calls::DEFINITION,
            Self::Habits => &habits::DEFINITION,
            Self::Reviews => &reviews::DEFINITION,
            Self::Coverage => &coverage::DEFINITION,
            Self::Roles => &roles::DEFINITION,
            Self::Exceptions => &exceptions::DEFINITION,
            Self::Guidance => &guidance::DEFINITION,
            Self::Imports => &imports::DEFINITION,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.definition().name
    }

    /// The projection of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|projection| projection.name() == name)
    }

    /// Folds events in the order of the log. `reader` shows the rows before the first of them. What is
    /// sent `onward` is written before what is returned.
    pub(crate) async fn fold(
        self,
        reader: &Database,
        events: &[Recorded],
        onward: Option<&mut Onward>,
    ) -> Result<Folded, FoldError> {
        let mut folded = match self {
            Self::Registrations => registrations::fold(events),
            Self::People => people::fold(events),
            Self::Consents => consents::fold(reader, events).await?,
            Self::Accounts => accounts::fold(reader, events).await?,
            Self::Transactions => transactions::fold(reader, events, onward).await?,
            Self::Fetches => fetches::fold(reader, events).await?,
            Self::Calls => calls::fold(reader, events).await?,
            Self::Habits => habits::fold(reader, events).await?,
            Self::Reviews => reviews::fold(reader, events).await?,
            Self::Coverage => coverage::fold(reader, events).await?,
            Self::Roles => roles::fold(reader, events).await?,
            Self::Exceptions => exceptions::fold(reader, events).await?,
            Self::Guidance => guidance::fold(events),
            Self::Imports => imports::fold(events),
        };
        folded.write();
        Ok(folded)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::Projection;

    /// PostgreSQL keeps the plan of a text for a connection, and connections go from one schema to
    /// the next: a table of the same name and other columns there is an error (SQLSTATE 0A000).
    #[test]
    fn tables_of_the_same_name_are_the_same() {
        let mut tables = HashMap::new();
        for projection in Projection::ALL {
            for table in projection.definition().tables {
                let other = tables.insert(table.name, table.create).unwrap_or(table.create);
                assert_eq!(other, table.create, "{} of {}", table.name, projection.name());
            }
        }
    }
}
