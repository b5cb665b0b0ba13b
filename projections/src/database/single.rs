//! One SQLite connection that takes its requests in turn: rows in memory, or a file that is only
//! read while another process writes it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

use super::sqlite::{plain, read, write};
use super::{Database, DatabaseError, Row, Side, Statement};

/// Prepared statements the connection keeps.
const MOST_PREPARED: usize = 64;
/// How long a reading waits for the writer's lock.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// The connection; clones share it.
#[derive(Clone, Debug)]
pub(super) struct Single(Arc<Mutex<Connection>>);

impl Single {
    fn new(connection: Connection, pragmas: &str) -> Result<Self, DatabaseError> {
        connection.execute_batch(pragmas).map_err(plain)?;
        connection.set_prepared_statement_cache_capacity(MOST_PREPARED);
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// No page of it ever reaches a disk: what sorting needs stays in memory too.
    fn in_memory() -> Result<Self, DatabaseError> {
        let connection = Connection::open_in_memory().map_err(plain)?;
        Self::new(connection, "PRAGMA journal_mode=MEMORY; PRAGMA temp_store=MEMORY;")
    }

    fn read_only(path: &Path) -> Result<Self, DatabaseError> {
        // A reader of a write-ahead log takes part in its index, so the file is not opened
        // read-only; SQLite refuses every writing statement all the same.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(plain)?;
        connection.busy_timeout(LOCK_WAIT).map_err(plain)?;
        Self::new(connection, "PRAGMA query_only=ON; PRAGMA mmap_size=0;")
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, DatabaseError> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let shared = Arc::clone(&self.0);
        let task = tokio::task::spawn_blocking(move || {
            work(&mut shared.lock().unwrap_or_else(PoisonError::into_inner))
        });
        task.await.unwrap_or(Err(DatabaseError::Unavailable("stopped")))
    }

    pub(super) async fn query(&self, statement: Statement) -> Result<Vec<Row>, DatabaseError> {
        self.work(move |connection| read(connection, &statement)).await
    }

    pub(super) async fn transaction(
        &self,
        statements: Vec<Statement>,
    ) -> Result<Vec<u64>, DatabaseError> {
        self.work(move |connection| write(connection, &statements)).await
    }

    async fn copy(&self) -> Result<Self, DatabaseError> {
        let copied = Self::in_memory()?;
        let target = Arc::clone(&copied.0);
        self.work(move |connection| {
            let mut target = target.lock().unwrap_or_else(PoisonError::into_inner);
            let backup = Backup::new(connection, &mut target).map_err(plain)?;
            // Every page in one step.
            backup.step(-1).map_err(plain).map(drop)
        })
        .await?;
        Ok(copied)
    }

    async fn bytes(&self) -> Result<u64, DatabaseError> {
        self.work(|connection| {
            let number = |pragma| {
                connection
                    .pragma_query_value(None, pragma, |row| row.get::<_, u64>(0))
                    .map_err(plain)
            };
            Ok(number("page_count")? * number("page_size")?)
        })
        .await
    }
}

impl Database {
    /// An empty database in memory; it is gone with its last handle.
    ///
    /// # Errors
    /// [`DatabaseError`] if there is no room.
    pub fn memory() -> Result<Self, DatabaseError> {
        Ok(Self { side: Side::Single(Single::in_memory()?) })
    }

    /// A SQLite file that is there already and is only read, also beside a process that writes it.
    ///
    /// # Errors
    /// [`DatabaseError`] if there is no such file or it cannot be opened.
    pub fn sqlite_to_read(path: &Path) -> Result<Self, DatabaseError> {
        Ok(Self { side: Side::Single(Single::read_only(path)?) })
    }

    /// The same rows once more, in memory; none if these rows are not in memory themselves.
    pub(crate) async fn copy(&self) -> Result<Option<Self>, DatabaseError> {
        match &self.side {
            Side::Single(single) => Ok(Some(Self { side: Side::Single(single.copy().await?) })),
            Side::Sqlite(_) | Side::Postgres(_) => Ok(None),
        }
    }

    /// How many bytes rows in memory take; 0 for rows elsewhere.
    pub(crate) async fn bytes(&self) -> Result<u64, DatabaseError> {
        match &self.side {
            Side::Single(single) => single.bytes().await,
            Side::Sqlite(_) | Side::Postgres(_) => Ok(0),
        }
    }
}
