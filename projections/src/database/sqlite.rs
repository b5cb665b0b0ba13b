//! SQLite: one connection writes on a thread of its own, a few others read on theirs.

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql, TransactionBehavior, ffi};
use tokio::sync::{mpsc, oneshot};

use super::onward::Part;
use super::packed::Field;
use super::{DatabaseError, Row, Statement, Value, check};

/// The first release without the defect that could damage a file while its log is reset.
const OLDEST_VERSION: i32 = 3_051_003;
/// Connections that read.
const READERS: usize = 2;
/// Requests that may wait for the writer, or for a reader.
const MOST_WAITING: usize = 256;
/// Prepared statements each connection keeps.
const MOST_PREPARED: usize = 64;
/// Memory for the pages of a file that is being built, used as far as it is needed.
const BUILDING_CACHE_KIBIBYTES: i64 = 64 * 1_024;
/// Memory for the pages of such a file while its indexes are made. SQLite sorts as many bytes at once: so
/// few stay near the processor, and a second thread sorts them while the next are read.
const SORTING_CACHE_KIBIBYTES: i64 = 4 * 1_024;
/// Bytes of a file that is being built from which on it is worth to have some on the disk early.
const SMALLEST_SETTLED: u64 = 4 * 1_024 * 1_024;
/// Bytes of a page of a new file. Rows of a transaction and the entries of its indexes are long, so that
/// twice SQLite's own size takes a tenth less processor time to build, and a small commit still
/// writes little.
const PAGE_BYTES: i64 = 8_192;
/// How long a connection waits for another process's lock.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// What a commit survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// A power cut: each commit reaches the disk.
    Full,
    /// The end of the process. A power cut may take the last commits and never harms the file.
    Normal,
    /// The end of the process. A power cut can harm a SQLite file: only for what is made again
    /// then. PostgreSQL does as with [`Self::Normal`].
    Process,
}

type Reading = (Statement, Answer<Vec<Row>>);
type Writing = (Work, Answer<Vec<u64>>);
type Answer<T> = oneshot::Sender<Result<T, DatabaseError>>;

/// What the writing connection is asked for.
enum Work {
    /// Statements in one transaction.
    Transaction(Vec<Statement>),
    /// Statements in one transaction, as they come.
    Onward(mpsc::Receiver<Part>),
    /// The file written anew, without free space.
    Scrub,
    /// Indexes are made next.
    Sort,
}

#[derive(Clone, Debug)]
pub(super) struct Sqlite {
    path: Arc<Path>,
    writer: mpsc::Sender<Writing>,
    readers: mpsc::Sender<Reading>,
}

impl Sqlite {
    pub(super) fn open(path: &Path, durability: Durability) -> Result<Self, DatabaseError> {
        if rusqlite::version_number() < OLDEST_VERSION {
            return Err(DatabaseError::Other(format!("sqlite_version:{}", rusqlite::version())));
        }
        let writing = connect(path, durability)?;
        let (writer, requests) = mpsc::channel(MOST_WAITING);
        spawn("sqlite-writer", move || write_all(writing, requests))?;
        let (readers, requests) = mpsc::channel(MOST_WAITING);
        let requests = Arc::new(Mutex::new(requests));
        for _ in 0..READERS {
            let reading = connect(path, durability)?;
            reading.pragma_update(None, "query_only", true).map_err(plain)?;
            let requests = Arc::clone(&requests);
            spawn("sqlite-reader", move || read_all(&reading, &requests))?;
        }
        Ok(Self { path: Arc::from(path), writer, readers })
    }

    /// Waits for the disk on a thread of its own.
    pub(super) async fn settle(&self) -> Result<(), DatabaseError> {
        let path = Arc::clone(&self.path);
        let settled = tokio::task::spawn_blocking(move || {
            let settle = |file: std::fs::File| match file.metadata()?.len() {
                ..SMALLEST_SETTLED => Ok(()),
                _ => file.sync_data(),
            };
            let settled = std::fs::File::open(&path).and_then(settle);
            settled.map_err(|_| DatabaseError::Unavailable("disk"))
        });
        settled.await.map_err(|_| STOPPED)?
    }

    pub(super) async fn query(&self, statement: Statement) -> Result<Vec<Row>, DatabaseError> {
        let (answer, answered) = oneshot::channel();
        self.readers.send((statement, answer)).await.map_err(|_| STOPPED)?;
        answered.await.map_err(|_| STOPPED)?
    }

    pub(super) async fn transaction(
        &self,
        statements: Vec<Statement>,
    ) -> Result<Vec<u64>, DatabaseError> {
        self.write(Work::Transaction(statements)).await
    }

    pub(super) async fn scrub(&self) -> Result<(), DatabaseError> {
        self.write(Work::Scrub).await.map(drop)
    }

    /// Readies the writing connection for making indexes of a file that is being built.
    pub(super) async fn sort(&self) -> Result<(), DatabaseError> {
        self.write(Work::Sort).await.map(drop)
    }

    /// Begins a transaction of the statements that come.
    pub(super) async fn onward(
        &self,
        parts: mpsc::Receiver<Part>,
    ) -> Result<oneshot::Receiver<Result<Vec<u64>, DatabaseError>>, DatabaseError> {
        let (answer, answered) = oneshot::channel();
        self.writer.send((Work::Onward(parts), answer)).await.map_err(|_| STOPPED)?;
        Ok(answered)
    }

    async fn write(&self, work: Work) -> Result<Vec<u64>, DatabaseError> {
        let (answer, answered) = oneshot::channel();
        self.writer.send((work, answer)).await.map_err(|_| STOPPED)?;
        answered.await.map_err(|_| STOPPED)?
    }
}

const STOPPED: DatabaseError = DatabaseError::Unavailable("stopped");

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), DatabaseError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map(drop)
        .map_err(|_| DatabaseError::Unavailable("thread"))
}

fn connect(path: &Path, durability: Durability) -> Result<Connection, DatabaseError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(plain)?;
    connection.busy_timeout(LOCK_WAIT).map_err(plain)?;
    // Says nothing to a file that has pages already.
    connection.pragma_update(None, "page_size", PAGE_BYTES).map_err(plain)?;
    // Of a file that is being built nearly all pages are new. These go straight to their place with
    // a rollback journal, which keeps only what was there before; a write-ahead log would have
    // each of them written twice.
    let (journal, synchronous) = match durability {
        Durability::Full => ("WAL", "FULL"),
        Durability::Normal => ("WAL", "NORMAL"),
        Durability::Process => ("TRUNCATE", "OFF"),
    };
    for (pragma, value) in [
        ("journal_mode", journal),
        ("synchronous", synchronous),
        ("foreign_keys", "ON"),
        ("mmap_size", "0"),
        // What is deleted is overwritten.
        ("secure_delete", "ON"),
    ] {
        connection.pragma_update(None, pragma, value).map_err(plain)?;
    }
    if durability == Durability::Process {
        // Much is written and little read: more memory, and a second thread that helps to sort.
        for (pragma, value) in [("cache_size", -BUILDING_CACHE_KIBIBYTES), ("threads", 1)] {
            connection.pragma_update(None, pragma, value).map_err(plain)?;
        }
    }
    connection.set_prepared_statement_cache_capacity(MOST_PREPARED);
    Ok(connection)
}

/// Moves the write-ahead log into the file and waits for the disk.
pub(super) fn force(path: &Path) -> Result<(), DatabaseError> {
    let connection = connect(path, Durability::Full)?;
    let busy: i64 = connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .map_err(plain)?;
    drop(connection);
    if busy != 0 {
        return Err(DatabaseError::Unavailable("locked"));
    }
    // What was moved before without waiting for the disk is waited for here.
    let forced = std::fs::File::open(path).and_then(|file| file.sync_all());
    forced.map_err(|_| DatabaseError::Unavailable("disk"))
}

fn write_all(mut connection: Connection, mut requests: mpsc::Receiver<Writing>) {
    while let Some((work, answer)) = requests.blocking_recv() {
        let done = match work {
            Work::Transaction(statements) => write(&mut connection, &statements),
            Work::Onward(parts) => write_onward(&mut connection, parts),
            Work::Scrub => scrub(&connection).map(|()| Vec::new()),
            Work::Sort => connection
                .pragma_update(None, "cache_size", -SORTING_CACHE_KIBIBYTES)
                .map(|()| Vec::new())
                .map_err(plain),
        };
        // Whoever asked may be gone; the transaction stands all the same.
        let _ = answer.send(done);
    }
}

/// The new file goes through the log, so the log is emptied after it.
fn scrub(connection: &Connection) -> Result<(), DatabaseError> {
    connection.execute_batch("VACUUM").map_err(plain)?;
    let busy: i64 = connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .map_err(plain)?;
    if busy == 0 { Ok(()) } else { Err(DatabaseError::Unavailable("locked")) }
}

pub(super) fn write(
    connection: &mut Connection,
    statements: &[Statement],
) -> Result<Vec<u64>, DatabaseError> {
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(plain)?;
    let mut changed = Vec::with_capacity(statements.len());
    run(&transaction, statements, &mut changed)?;
    transaction.commit().map_err(plain)?;
    Ok(changed)
}

fn write_onward(
    connection: &mut Connection,
    mut parts: mpsc::Receiver<Part>,
) -> Result<Vec<u64>, DatabaseError> {
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(plain)?;
    let mut changed = Vec::new();
    loop {
        match parts.blocking_recv() {
            Some(Part::Statements(statements)) => run(&transaction, &statements, &mut changed)?,
            Some(Part::End) => break,
            // Whoever made it gave it up: it is undone.
            None => return Err(STOPPED),
        }
    }
    transaction.commit().map_err(plain)?;
    Ok(changed)
}

/// Runs statements one after the other; `changed` says how many rows each changed.
fn run(
    connection: &Connection,
    statements: &[Statement],
    changed: &mut Vec<u64>,
) -> Result<(), DatabaseError> {
    for statement in statements {
        let mut prepared = connection.prepare_cached(&numbered(&statement.sql)).map_err(plain)?;
        let mut rows = 0;
        match &statement.bulk {
            None => {
                let values = rusqlite::params_from_iter(&statement.values);
                rows += prepared.execute(values).map_err(plain)?;
            }
            Some(bulk) => {
                for row in bulk.rows.iter() {
                    let values = rusqlite::params_from_iter(row);
                    rows += prepared.execute(values).map_err(plain)?;
                }
            }
        }
        changed.push(check(statement.expected, changed.len(), rows as u64)?);
    }
    Ok(())
}

fn read_all(connection: &Connection, requests: &Mutex<mpsc::Receiver<Reading>>) {
    loop {
        let request = requests.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some((statement, answer)) = request else { return };
        if !answer.is_closed() {
            let _ = answer.send(read(connection, &statement));
        }
    }
}

pub(super) fn read(
    connection: &Connection,
    statement: &Statement,
) -> Result<Vec<Row>, DatabaseError> {
    let mut prepared = connection.prepare_cached(&numbered(&statement.sql)).map_err(plain)?;
    let columns = prepared.column_count();
    let mut found = prepared.query(rusqlite::params_from_iter(&statement.values)).map_err(plain)?;
    let mut rows = Vec::new();
    while let Some(row) = found.next().map_err(plain)? {
        let values = (0..columns).map(|column| match row.get_ref(column).map_err(plain)? {
            ValueRef::Null => Ok(Value::NullText),
            ValueRef::Integer(number) => Ok(Value::Integer(number)),
            ValueRef::Blob(bytes) => Ok(Value::Bytes(bytes.to_vec())),
            ValueRef::Text(bytes) => String::from_utf8(bytes.to_vec())
                .map(Value::Text)
                .map_err(|_| DatabaseError::Column(column + 1)),
            ValueRef::Real(_) => Err(DatabaseError::Column(column + 1)),
        });
        rows.push(values.collect::<Result<Row, _>>()?);
    }
    Ok(rows)
}

/// Writes `$1` as `?1`, leaving quoted text alone, so that a value's number is what counts and not
/// the order in which the numbers appear.
fn numbered(text: &str) -> Cow<'_, str> {
    if !text.contains('$') {
        return Cow::Borrowed(text);
    }
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    let mut written = String::with_capacity(text.len());
    while let Some(letter) = letters.next() {
        quoted ^= letter == '\'';
        let names = letter == '$' && !quoted && letters.peek().is_some_and(char::is_ascii_digit);
        written.push(if names { '?' } else { letter });
    }
    Cow::Owned(written)
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            Self::NullInteger | Self::NullText | Self::NullBytes => ValueRef::Null,
        }))
    }
}

impl ToSql for Field<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            Self::NullInteger | Self::NullText | Self::NullBytes => ValueRef::Null,
        }))
    }
}

/// Keeps of an error what may be shown: a kind or a code, never SQLite's text, which can hold values.
#[allow(clippy::needless_pass_by_value)]
pub(super) fn plain(error: rusqlite::Error) -> DatabaseError {
    let rusqlite::Error::SqliteFailure(failure, _) = &error else {
        return DatabaseError::Other(match error {
            rusqlite::Error::InvalidParameterCount(given, needed) => {
                format!("sqlite:parameters:{given}/{needed}")
            }
            rusqlite::Error::SqlInputError { error, offset, .. } => {
                format!("sqlite:{}:at:{offset}", error.extended_code)
            }
            _ => "sqlite:use".to_owned(),
        });
    };
    match (failure.code, failure.extended_code) {
        (_, ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => {
            DatabaseError::Unique
        }
        (ErrorCode::DiskFull, _) => DatabaseError::Full,
        (ErrorCode::ReadOnly, _) => DatabaseError::ReadOnly,
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => {
            DatabaseError::Unavailable("locked")
        }
        (ErrorCode::SystemIoFailure, _) => DatabaseError::Unavailable("disk"),
        (ErrorCode::CannotOpen, _) => DatabaseError::Unavailable("cannot_open"),
        (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => {
            DatabaseError::Unavailable("damaged")
        }
        (_, code) => DatabaseError::Other(format!("sqlite:{code}")),
    }
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn only_value_names_outside_quotes_change() {
        assert_eq!(numbered("SELECT 1"), "SELECT 1");
        assert_eq!(numbered("a = $2 AND b = $10"), "a = ?2 AND b = ?10");
        assert_eq!(numbered("a = '$1' AND b = $1 AND c = '$'"), "a = '$1' AND b = ?1 AND c = '$'");
    }
}
