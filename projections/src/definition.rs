//! What a projection consists of, and what folding some events gives.

use std::collections::BTreeSet;

use domain::id::UserId;

use crate::database::{DatabaseError, Statement};

/// One table of a read model.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The columns of its primary key.
    pub key: &'static [&'static str],
    /// Its `CREATE TABLE` statement.
    pub create: &'static str,
    /// Its further indexes; they are made after the bulk of a rebuild.
    pub indexes: &'static [&'static str],
}

/// A projection's name, version and tables. A changed fold or table raises the version: the rows
/// are then built anew from the first event.
#[derive(Debug)]
pub struct Definition {
    /// Its name, also of its file or schema.
    pub name: &'static str,
    /// Its version, from 1.
    pub version: u32,
    /// Its tables.
    pub tables: &'static [Table],
}

/// What a person's page may have to load again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// Permissions at banks.
    Connections,
    /// Accounts and balances.
    Accounts,
    /// Transactions.
    Transactions,
    /// Money out by category.
    Spending,
    /// Runs of reading.
    Sync,
    /// What was decided about transactions, and what waits for a person.
    Reviews,
    /// What the person said of how their money is to be read.
    Guidance,
}

/// Rows of a person changed, and the change is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Change {
    /// Which rows.
    pub topic: Topic,
    /// Whose.
    pub user_id: UserId,
    /// Up to which position of the log they hold now.
    pub position: u64,
}

/// What folding some events asks of the database.
#[derive(Debug, Default)]
pub struct Folded {
    /// Statements in their order.
    pub statements: Vec<Statement>,
    /// Whose rows change.
    pub changes: BTreeSet<(Topic, UserId)>,
}

impl Folded {
    pub(crate) fn push(&mut self, statement: Statement) {
        self.statements.push(statement);
    }

    pub(crate) fn changed(&mut self, topic: Topic, user_id: UserId) {
        self.changes.insert((topic, user_id));
    }
}

/// Why events could not be folded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// An event does not fit the rows: this projection cannot pass it.
    #[error("the event at position {position} cannot be folded: {reason}")]
    Unfit {
        /// Where it stands.
        position: u64,
        /// Why, without its content.
        reason: &'static str,
    },
    /// The rows could not be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}
