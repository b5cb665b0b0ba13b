//! A transaction that is written while the rest of it is still being made, so that folding and writing
//! keep a processor each.

use tokio::sync::{mpsc, oneshot};

use super::sqlite::Sqlite;
use super::{Database, DatabaseError, Side, Statement, sending};

/// Parts that wait for the writer.
const PARTS_WAITING: usize = 2;

/// What the writer of such a transaction is given.
pub(super) enum Part {
    /// Some more statements.
    Statements(Vec<Statement>),
    /// There are no more: what was written is kept.
    End,
}

/// A transaction that may have begun. Dropped before its commit it is undone.
#[derive(Debug)]
pub(crate) struct Onward {
    writer: Sqlite,
    /// What it begins with.
    first: Option<Statement>,
    begun: Option<Begun>,
    failed: Option<DatabaseError>,
}

#[derive(Debug)]
struct Begun {
    parts: mpsc::Sender<Part>,
    done: oneshot::Receiver<Result<Vec<u64>, DatabaseError>>,
}

impl Database {
    /// A transaction that begins with `first` as soon as something is sent to it; none where
    /// transactions are written whole.
    pub(crate) fn onward(&self, first: Statement) -> Option<Onward> {
        match &self.side {
            Side::Sqlite(sqlite) => {
                let (first, writer) = (Some(first), sqlite.clone());
                Some(Onward { writer, first, begun: None, failed: None })
            }
            Side::Postgres(_) | Side::Single(_) => None,
        }
    }
}

impl Onward {
    /// Whether anything was sent.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.is_some()
    }

    /// Undoes what was sent, and frees the writer.
    pub(crate) fn give_up(&mut self) {
        self.begun = None;
        self.failed = Some(DatabaseError::Unavailable("stopped"));
    }

    /// Has some statements written after those that were sent before. Waits while the writer is busy
    /// with these.
    ///
    /// # Errors
    /// [`DatabaseError`] if one of them failed; then nothing of the transaction is kept.
    pub(crate) async fn send(
        &mut self,
        mut statements: Vec<Statement>,
    ) -> Result<(), DatabaseError> {
        sending(statements.len());
        if let Some(first) = self.first.take() {
            statements.insert(0, first);
            let (parts, taken) = mpsc::channel(PARTS_WAITING);
            let done = self.writer.onward(taken).await?;
            self.begun = Some(Begun { parts, done });
        }
        self.give(Part::Statements(statements)).await
    }

    async fn give(&mut self, part: Part) -> Result<(), DatabaseError> {
        if let Some(failed) = &self.failed {
            return Err(failed.clone());
        }
        let Some(begun) = &mut self.begun else { return Ok(()) };
        if begun.parts.send(part).await.is_ok() {
            return Ok(());
        }
        // The writer takes no more: it says why.
        let told = (&mut begun.done).await.ok().and_then(Result::err);
        let failed = told.unwrap_or(DatabaseError::Unavailable("stopped"));
        self.failed = Some(failed.clone());
        Err(failed)
    }

    /// Writes the rest and keeps everything.
    ///
    /// # Errors
    /// [`DatabaseError`] if anything failed; then nothing of it is kept.
    pub(crate) async fn commit(mut self, rest: Vec<Statement>) -> Result<(), DatabaseError> {
        self.send(rest).await?;
        self.give(Part::End).await?;
        let Some(begun) = self.begun else { return Ok(()) };
        begun.done.await.unwrap_or(Err(DatabaseError::Unavailable("stopped"))).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Database, DatabaseError, Durability, sql};
    use super::Onward;

    /// A file with one row, and a transaction that begins by changing `rows` rows of it.
    async fn begun(path: &std::path::Path, rows: u64) -> (Database, Onward) {
        let database = Database::sqlite(path, Durability::Process).expect("a file");
        database.define(&["CREATE TABLE things (number BIGINT NOT NULL)"]).await.expect("a table");
        database.execute(sql("INSERT INTO things VALUES (0)", vec![])).await.expect("a row");
        let first = sql("UPDATE things SET number = 1", vec![]).expecting(rows);
        let onward = database.onward(first).expect("of SQLite");
        (database, onward)
    }

    fn insert(number: i64) -> Vec<super::Statement> {
        vec![sql("INSERT INTO things VALUES ($1)", vec![number.into()])]
    }

    async fn numbers(database: &Database) -> Vec<crate::database::Row> {
        let select = "SELECT number FROM things ORDER BY number";
        database.query(sql(select, vec![])).await.expect("rows")
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_sent_is_there_after_the_commit_and_not_before() {
        let folder = Folder::new();
        let (database, mut onward) = begun(&folder.file(), 1).await;
        assert!(!onward.has_begun());
        onward.send(insert(2)).await.expect("sent");
        onward.send(insert(3)).await.expect("sent");
        assert!(onward.has_begun());
        assert_eq!(numbers(&database).await, [[0_i64.into()]]);
        onward.commit(insert(4)).await.expect("kept");
        let expected = [1_i64, 2, 3, 4].map(|number| vec![number.into()]);
        assert_eq!(numbers(&database).await, expected);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_given_up_is_undone_and_the_next_is_written() {
        let folder = Folder::new();
        let (database, mut onward) = begun(&folder.file(), 1).await;
        onward.send(insert(2)).await.expect("sent");
        drop(onward);
        database.transaction(insert(5)).await.expect("the next");
        assert_eq!(numbers(&database).await, [[0_i64.into()], [5_i64.into()]]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_failure_is_told_and_undoes_everything() {
        let folder = Folder::new();
        let (database, mut onward) = begun(&folder.file(), 7).await;
        let mut told = Ok(());
        for number in 0..9 {
            told = told.and(onward.send(insert(number)).await);
        }
        let told = told.and(onward.commit(Vec::new()).await);
        assert_eq!(told, Err(DatabaseError::Guard { statement: 0 }));
        assert_eq!(numbers(&database).await, [[0_i64.into()]]);
    }

    /// A folder that goes away with this.
    struct Folder(std::path::PathBuf);

    impl Folder {
        fn new() -> Self {
            let folder = std::env::temp_dir().join(format!("opl-test-{}", uuid::Uuid::new_v4()));
            std::fs::create_dir_all(&folder).expect("a folder");
            Self(folder)
        }

        fn file(&self) -> std::path::PathBuf {
            self.0.join("rows.db")
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}
