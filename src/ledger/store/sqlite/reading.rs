//! The log read beside the process that has it.

use std::path::Path;

use tokio::sync::{mpsc, watch};

use super::{LAYOUT, OLDEST_SQLITE, Readers, Recent, SqliteLog, cannot_open, open_reader};
use crate::ledger::store::OpenError;

impl SqliteLog {
    /// Opens a log that is there already, to be read and nothing else: it has no writer, so that an
    /// append is refused.
    ///
    /// # Errors
    /// [`OpenError`]: no file, an old SQLite, or another layout than this program's.
    pub fn open_to_read(path: &Path) -> Result<Self, OpenError> {
        if rusqlite::version_number() < OLDEST_SQLITE {
            return Err(OpenError::OldSqlite(rusqlite::version().to_owned()));
        }
        let connection = open_reader(path).map_err(cannot_open)?;
        let found: i64 = connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(cannot_open)?;
        super::super::readable(found, LAYOUT)?;
        let last: u64 = connection
            .query_row("SELECT size FROM head", [], |row| row.get(0))
            .map_err(cannot_open)?;
        let (queue, _) = mpsc::channel(1);
        let announce = watch::Sender::new(last);
        let (readers, recent) = (Readers::start(path)?, Recent::default());
        Ok(Self { path: path.to_owned(), queue, announce, readers, recent })
    }
}
