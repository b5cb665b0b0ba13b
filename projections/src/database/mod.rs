//! One small door to both databases: the same statements run on SQLite and PostgreSQL.
//!
//! Texts name their values `$1`, `$2` and so on. Columns are `BIGINT`, `TEXT` or `BYTEA`; a table
//! is created through [`Database::define`], which writes those three in each database's own words.

mod beside;
mod copy;
mod counting;
mod onward;
mod packed;
mod postgres;
mod single;
mod sqlite;
mod value;

use std::borrow::Cow;
use std::path::Path;

pub use counting::{counted, sending};
pub(crate) use onward::Onward;
pub(crate) use packed::Rows;
pub use sqlite::Durability;
pub use value::{Row, RowReader, Value};

/// A statement with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub(crate) sql: Cow<'static, str>,
    pub(crate) values: Vec<Value>,
    pub(crate) expected: Option<u64>,
    pub(crate) bulk: Option<Bulk>,
}

/// Many rows for one table. SQLite runs the statement once a row; PostgreSQL is given them by `COPY`,
/// or each column as one array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bulk {
    /// What begins a `COPY`, if these rows can go by it.
    pub(crate) copy: Option<String>,
    /// What stands before the arrays in PostgreSQL's statement.
    pub(crate) before: String,
    /// What stands after them.
    pub(crate) after: String,
    pub(crate) rows: Rows,
}

/// A statement with its values, `$1` being the first.
pub fn sql(text: impl Into<Cow<'static, str>>, values: Vec<Value>) -> Statement {
    Statement { sql: text.into(), values, expected: None, bulk: None }
}

impl Statement {
    /// Undoes the whole transaction with [`DatabaseError::Guard`] unless exactly `rows` rows are
    /// changed: the compare of a compare-and-set.
    #[must_use]
    pub fn expecting(mut self, rows: u64) -> Self {
        self.expected = Some(rows);
        self
    }

    /// One statement for many new rows of equal kinds; `tail` follows the values.
    pub(crate) fn of_rows(table: &str, columns: &[&str], tail: &str, rows: Rows) -> Self {
        let places: Vec<String> = (1..=columns.len()).map(|number| format!("${number}")).collect();
        let (columns, places) = (columns.join(", "), places.join(", "));
        let text = format!("INSERT INTO {table} ({columns}) VALUES ({places}){tail}");
        let mut statement = sql(text, Vec::new());
        statement.bulk = Some(Bulk {
            // `COPY` says nothing of rows that are there already.
            copy: tail.is_empty().then(|| format!("COPY {table} ({columns})")),
            before: format!("INSERT INTO {table} ({columns}) SELECT * FROM UNNEST("),
            after: format!("){tail}"),
            rows,
        });
        statement
    }

    /// One statement for many rows that are there. Of each row the values of `columns` are given;
    /// `parts` says by what these are named, and gives the statement's beginning and its condition.
    pub(crate) fn of_keys(
        columns: &[&str],
        rows: Rows,
        (word, parts): (&str, impl Fn(&dyn Fn(&str) -> String) -> (String, String)),
    ) -> Self {
        let place = |column: &str| {
            let place = columns.iter().position(|name| *name == column).unwrap_or_default();
            format!("${}", place + 1)
        };
        let (head, condition) = parts(&place);
        let mut statement = sql(format!("{head} WHERE {condition}"), Vec::new());
        let (head, condition) = parts(&|column| format!("given.{column}"));
        statement.bulk = Some(Bulk {
            copy: None,
            before: format!("{head} {word} UNNEST("),
            after: format!(") AS given ({}) WHERE {condition}", columns.join(", ")),
            rows,
        });
        statement
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.sql
    }
}

/// PostgreSQL refuses a row whose entry of an index is longer than a third of a page: what stands in
/// brackets, a column of texts, is left out there.
fn without_brackets(text: &str) -> Cow<'_, str> {
    match text.split_once('[').and_then(|(before, rest)| Some((before, rest.split_once(']')?.1))) {
        Some((before, after)) => Cow::Owned(format!("{before}{after}")),
        None => Cow::Borrowed(text),
    }
}

/// Compares how many rows a statement changed with what was expected of it.
fn check(expected: Option<u64>, statement: usize, changed: u64) -> Result<u64, DatabaseError> {
    match expected {
        Some(expected) if expected != changed => Err(DatabaseError::Guard { statement }),
        _ => Ok(changed),
    }
}

/// Why a statement did not run. No value of any row is ever in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// A row with the same key is there already.
    #[error("a row with the same key exists")]
    Unique,
    /// A guarded statement changed another number of rows than expected; nothing was kept.
    #[error("statement {statement} of the transaction met another state than expected")]
    Guard {
        /// Which statement of the transaction, from 0.
        statement: usize,
    },
    /// No space is left.
    #[error("the database has no space left")]
    Full,
    /// Writing is not allowed.
    #[error("the database is read-only")]
    ReadOnly,
    /// It cannot be reached now; the kind says in a word why.
    #[error("the database is not available: {0}")]
    Unavailable(&'static str),
    /// A row does not have the column, counted from 1, that the reader expects.
    #[error("column {0} of a row is not of the expected kind")]
    Column(usize),
    /// Anything else, as the database's own code.
    #[error("the database answered with code {0}")]
    Other(String),
}

/// A handle to one database; clones share it.
#[derive(Clone, Debug)]
pub struct Database {
    side: Side,
}

#[derive(Clone, Debug)]
enum Side {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
    Single(single::Single),
}

impl Database {
    /// Opens or creates a SQLite file, with one writing connection and a few reading ones.
    ///
    /// # Errors
    /// [`DatabaseError`] if the file cannot be opened or the library is too old.
    pub fn sqlite(path: &Path, durability: Durability) -> Result<Self, DatabaseError> {
        Ok(Self { side: Side::Sqlite(sqlite::Sqlite::open(path, durability)?) })
    }

    /// Forces a SQLite file that no handle writes any more to the disk, with all that its
    /// write-ahead log holds. Blocks the thread.
    pub(crate) fn force_sqlite(path: &Path) -> Result<(), DatabaseError> {
        sqlite::force(path)
    }

    /// Uses a PostgreSQL pool, with one schema for everything that is said through this handle.
    /// The schema need not exist yet, see [`Self::create_schema`].
    #[must_use]
    pub fn postgres(pool: sqlx::PgPool, schema: &str) -> Self {
        Self { side: Side::Postgres(postgres::Postgres::new(pool, schema)) }
    }

    /// What commits through this handle survive. A SQLite file keeps what it was opened with.
    #[must_use]
    pub fn with_durability(self, durability: Durability) -> Self {
        match self.side {
            Side::Sqlite(_) | Side::Single(_) => self,
            Side::Postgres(postgres) => {
                Self { side: Side::Postgres(postgres.with_durability(durability)) }
            }
        }
    }

    /// Creates the PostgreSQL schema of this handle if it is missing; nothing on SQLite.
    ///
    /// # Errors
    /// [`DatabaseError`] if the database refuses.
    pub async fn create_schema(&self) -> Result<(), DatabaseError> {
        match &self.side {
            Side::Sqlite(_) | Side::Single(_) => Ok(()),
            Side::Postgres(postgres) => postgres.create_schema().await,
        }
    }

    /// Drops the PostgreSQL schema of this handle with all it holds; nothing on SQLite, where a
    /// file is deleted instead.
    ///
    /// # Errors
    /// [`DatabaseError`] if the database refuses.
    pub async fn drop_schema(&self) -> Result<(), DatabaseError> {
        match &self.side {
            Side::Sqlite(_) | Side::Single(_) => Ok(()),
            Side::Postgres(postgres) => postgres.drop_schema().await,
        }
    }

    /// Runs `CREATE` statements, all or none, translated to the database's own words.
    ///
    /// # Errors
    /// [`DatabaseError`] if one of them fails.
    pub async fn define(&self, statements: &[&str]) -> Result<(), DatabaseError> {
        let statements = statements.iter().map(|text| sql(self.translate(text), vec![])).collect();
        self.transaction(statements).await.map(drop)
    }

    fn translate(&self, text: &str) -> String {
        match &self.side {
            Side::Sqlite(_) | Side::Single(_) => {
                let plain = text.replace("BYTEA", "BLOB").replace("BIGINT", "INTEGER");
                // Columns in brackets: an index of SQLite holds texts of any length.
                plain.replace("[, ", ", ").replace(']', "")
            }
            // The same order of texts as SQLite's, whatever the server's locale.
            Side::Postgres(_) => without_brackets(text).replace(" TEXT", " TEXT COLLATE \"C\""),
        }
    }

    /// Makes indexes of tables that are full, those that are not there, each in a transaction of its
    /// own. On PostgreSQL some are made at the same time; on SQLite those that are made go to the disk
    /// meanwhile.
    ///
    /// # Errors
    /// [`DatabaseError`] if one of them fails; making the rest later is safe.
    pub(crate) async fn index(&self, statements: &[&str]) -> Result<(), DatabaseError> {
        match &self.side {
            Side::Sqlite(_) | Side::Single(_) => {
                if let Side::Sqlite(sqlite) = &self.side {
                    sqlite.sort().await?;
                }
                for statement in statements.chunks(1) {
                    let (made, settled) = tokio::join!(self.define(statement), self.settle());
                    made.and(settled)?;
                }
                Ok(())
            }
            Side::Postgres(postgres) => {
                postgres.index(statements.iter().map(|text| self.translate(text)).collect()).await
            }
        }
    }

    /// Whether the index of [`crate::ReadModels::index_beside`] is asked for words.
    pub(crate) fn indexes_letters(&self) -> bool {
        matches!(self.side, Side::Postgres(_))
    }

    /// Makes an index on PostgreSQL while others read and write the table; says whether it is there now,
    /// and not that another process is at it. On SQLite there is nothing to make.
    ///
    /// # Errors
    /// [`DatabaseError`] if it cannot be made now; what is left of it then is made anew the next time.
    pub(crate) async fn index_beside(
        &self,
        name: &str,
        (table, definition): (&str, String),
    ) -> Result<bool, DatabaseError> {
        match &self.side {
            Side::Sqlite(_) | Side::Single(_) => Ok(true),
            Side::Postgres(postgres) => postgres.index_beside(name, table, &definition).await,
        }
    }

    /// Has what was committed to a file that is being built go to the disk, so that less of it is left
    /// to wait for at the end. On PostgreSQL the server does that by itself.
    ///
    /// # Errors
    /// [`DatabaseError`] if the disk fails: then the file is not to be trusted, since the system tells
    /// of it once.
    pub(crate) async fn settle(&self) -> Result<(), DatabaseError> {
        match &self.side {
            Side::Sqlite(sqlite) => sqlite.settle().await,
            Side::Postgres(_) | Side::Single(_) => Ok(()),
        }
    }

    /// Reads rows.
    ///
    /// # Errors
    /// [`DatabaseError`] if the statement fails or would write.
    pub async fn query(&self, statement: Statement) -> Result<Vec<Row>, DatabaseError> {
        sending(1);
        match &self.side {
            Side::Sqlite(sqlite) => sqlite.query(statement).await,
            Side::Postgres(postgres) => postgres.query(statement).await,
            Side::Single(single) => single.query(statement).await,
        }
    }

    /// Writes the database anew, so that nothing deleted is left in free space of its files, and
    /// empties SQLite's write-ahead log. On PostgreSQL `tables` are written anew; what the server
    /// archives of its own log is beyond a client's reach.
    ///
    /// # Errors
    /// [`DatabaseError`] if it cannot be done now, for one because somebody reads for too long;
    /// nothing is lost then, and it can be asked for again.
    pub async fn scrub(&self, tables: &[&str]) -> Result<(), DatabaseError> {
        match &self.side {
            Side::Sqlite(sqlite) => sqlite.scrub().await,
            Side::Postgres(postgres) => postgres.scrub(tables).await,
            // In memory: there is no file that could keep anything.
            Side::Single(_) => Ok(()),
        }
    }

    /// Runs one statement in a transaction of its own and says how many rows it changed.
    ///
    /// # Errors
    /// [`DatabaseError`] if it fails; then nothing is kept.
    pub async fn execute(&self, statement: Statement) -> Result<u64, DatabaseError> {
        let changed = self.transaction(vec![statement]).await?;
        Ok(changed.first().copied().unwrap_or_default())
    }

    /// Runs statements in one transaction, all or none, and says how many rows each changed.
    ///
    /// # Errors
    /// [`DatabaseError`] of the first that fails; then nothing is kept.
    pub async fn transaction(&self, statements: Vec<Statement>) -> Result<Vec<u64>, DatabaseError> {
        sending(statements.len());
        match &self.side {
            Side::Sqlite(sqlite) => sqlite.transaction(statements).await,
            Side::Postgres(postgres) => postgres.transaction(statements).await,
            Side::Single(single) => single.transaction(statements).await,
        }
    }
}
