//! What a projection consists of, and what folding some events gives.

use std::collections::BTreeSet;

use domain::id::UserId;

use crate::database::{DatabaseError, Row, Statement, Value};
use crate::gathered::{Gathered, Shape, To};

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
    /// Rows that are not in a statement yet.
    gathered: Gathered,
}

impl Folded {
    /// A statement, after all that was said before.
    pub(crate) fn push(&mut self, statement: Statement) {
        self.write();
        self.statements.push(statement);
    }

    /// Some statements, after all that was said before.
    pub(crate) fn extend(&mut self, statements: impl IntoIterator<Item = Statement>) {
        statements.into_iter().for_each(|statement| self.push(statement));
    }

    /// A row that is not there.
    pub(crate) fn insert(&mut self, shape: &'static Shape, mut row: Row) {
        self.gather(|gathered| gathered.insert(shape, &mut row));
    }

    /// A row that takes the place of what may be there.
    pub(crate) fn put(&mut self, shape: &'static Shape, mut row: Row) {
        self.gather(|gathered| gathered.put(shape, &mut row));
    }

    /// Some columns of a row that may be there.
    pub(crate) fn change(
        &mut self,
        shape: &'static Shape,
        key: &[Value],
        columns: &[(&'static str, To)],
    ) {
        self.gather(|gathered| gathered.change(shape, key, columns));
    }

    /// A row that is no longer there.
    pub(crate) fn remove(&mut self, shape: &'static Shape, key: &[Value]) {
        self.gather(|gathered| gathered.remove(shape, key));
    }

    /// Gathers one more; what it does not go together with is written before it.
    fn gather(&mut self, mut more: impl FnMut(&mut Gathered) -> bool) {
        if !more(&mut self.gathered) {
            self.write();
            let alone = more(&mut self.gathered);
            debug_assert!(alone, "it was refused without anything before it");
        }
    }

    /// Puts what was gathered into statements.
    pub(crate) fn write(&mut self) {
        self.statements.extend(self.gathered.write());
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
