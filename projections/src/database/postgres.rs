//! PostgreSQL: each request is a transaction whose search path is the handle's schema.

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Column as _, PgPool, Row as _, TypeInfo as _, ValueRef as _};
use tokio::task::JoinSet;

use super::copy;
use super::packed::Field;
use super::{Bulk, DatabaseError, Durability, Row, Statement, Value, check};

/// How long a table that is written anew may be waited for.
const SCRUB_WAIT: &str = "SET lock_timeout TO '10s'";

/// Indexes of one projection that are made at the same time.
const MOST_INDEXES_AT_ONCE: usize = 3;
/// Memory for sorting one of them; several at the same time need no helpers of their own.
const INDEX_SETTINGS: &str = "; SET LOCAL maintenance_work_mem TO '192MB'; \
    SET LOCAL max_parallel_maintenance_workers TO 0";

#[derive(Clone, Debug)]
pub(super) struct Postgres {
    pub(super) pool: PgPool,
    pub(super) schema: String,
    begin_reading: String,
    begin_writing: String,
}

impl Postgres {
    pub(super) fn new(pool: PgPool, schema: &str) -> Self {
        let schema = format!("\"{}\"", schema.replace('"', "\"\"").replace('\0', ""));
        Self {
            pool,
            begin_reading: format!("BEGIN READ ONLY; SET LOCAL search_path TO {schema}"),
            begin_writing: format!("BEGIN; SET LOCAL search_path TO {schema}"),
            schema,
        }
    }

    pub(super) fn with_durability(mut self, durability: Durability) -> Self {
        self.begin_writing = format!("BEGIN; SET LOCAL search_path TO {}", self.schema);
        if durability != Durability::Full {
            self.begin_writing.push_str("; SET LOCAL synchronous_commit TO off");
        }
        self
    }

    pub(super) async fn create_schema(&self) -> Result<(), DatabaseError> {
        let text = format!("CREATE SCHEMA IF NOT EXISTS {}", self.schema);
        match sqlx::raw_sql(AssertSqlSafe(text)).execute(&self.pool).await.map_err(plain) {
            // Two creations at once: the other one was first.
            Ok(_) | Err(DatabaseError::Unique) => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn drop_schema(&self) -> Result<(), DatabaseError> {
        let text = format!("DROP SCHEMA IF EXISTS {} CASCADE", self.schema);
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&self.pool).await.map(drop).map_err(plain)
    }

    /// A plain `VACUUM` leaves deleted rows' bytes in the free space of their pages; a full one
    /// writes the table and its indexes anew. It runs outside of transactions.
    pub(super) async fn scrub(&self, tables: &[&str]) -> Result<(), DatabaseError> {
        let vacuum = |table: &&str| format!("VACUUM (FULL, ANALYZE) {}.\"{table}\"", self.schema);
        let texts: Vec<String> = tables.iter().map(vacuum).collect();
        let pool = self.pool.clone();
        to_its_end(async move {
            let mut connection = pool.acquire().await.map_err(plain)?;
            let mut done = Ok(());
            for text in std::iter::once(SCRUB_WAIT.to_owned()).chain(texts) {
                done = done.and(
                    sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *connection).await.map(drop),
                );
            }
            sqlx::raw_sql("RESET lock_timeout").execute(&mut *connection).await.map_err(plain)?;
            done.map_err(plain)
        })
        .await
    }

    /// Makes indexes, each in a transaction of its own, so that several are sorted at the same time.
    pub(super) async fn index(&self, statements: Vec<String>) -> Result<(), DatabaseError> {
        let mut begin = self.begin_writing.clone();
        begin.push_str(INDEX_SETTINGS);
        let mut left = statements.into_iter();
        let mut work = JoinSet::new();
        loop {
            while work.len() < MOST_INDEXES_AT_ONCE {
                let Some(text) = left.next() else { break };
                let (pool, begin) = (self.pool.clone(), AssertSqlSafe(begin.clone()));
                work.spawn(to_its_end(async move {
                    let mut transaction = pool.begin_with(begin).await.map_err(plain)?;
                    let made = sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *transaction).await;
                    made.map_err(plain)?;
                    transaction.commit().await.map_err(plain)
                }));
            }
            let Some(made) = work.join_next().await else { return Ok(()) };
            made.unwrap_or(Err(DatabaseError::Unavailable("stopped")))?;
        }
    }

    pub(super) async fn query(&self, statement: Statement) -> Result<Vec<Row>, DatabaseError> {
        let (pool, begin) = (self.pool.clone(), AssertSqlSafe(self.begin_reading.clone()));
        to_its_end(async move {
            let mut transaction = pool.begin_with(begin).await.map_err(plain)?;
            let found = bound(statement).fetch_all(&mut *transaction).await.map_err(plain)?;
            transaction.commit().await.map_err(plain)?;
            found.iter().map(row_of).collect()
        })
        .await
    }

    pub(super) async fn transaction(
        &self,
        statements: Vec<Statement>,
    ) -> Result<Vec<u64>, DatabaseError> {
        let (pool, begin) = (self.pool.clone(), AssertSqlSafe(self.begin_writing.clone()));
        to_its_end(async move {
            let mut transaction = pool.begin_with(begin).await.map_err(plain)?;
            let mut changed = Vec::with_capacity(statements.len());
            for (place, statement) in statements.into_iter().enumerate() {
                let expected = statement.expected;
                let copied = statement.bulk.as_ref().and_then(|bulk| Some((copy::of(bulk)?, bulk)));
                let rows = match copied {
                    Some((text, bulk)) => copy::write(&mut transaction, text, bulk).await,
                    None => {
                        let done = bound(statement).execute(&mut *transaction).await;
                        done.map(|done| done.rows_affected())
                    }
                };
                changed.push(check(expected, place, rows.map_err(plain)?)?);
            }
            transaction.commit().await.map_err(plain)?;
            Ok(changed)
        })
        .await
    }
}

/// Runs a request to its end even if whoever asked is gone by then. sqlx 0.9.0 forgets a
/// transaction whose beginning was given up, and hands its connection, still inside it, to the
/// next request (transact-rs/sqlx#4393).
pub(super) async fn to_its_end<T: Send + 'static>(
    request: impl Future<Output = Result<T, DatabaseError>> + Send + 'static,
) -> Result<T, DatabaseError> {
    tokio::spawn(request).await.unwrap_or(Err(DatabaseError::Unavailable("stopped")))
}

fn bound(statement: Statement) -> Query<'static, sqlx::Postgres, PgArguments> {
    if let Some(bulk) = statement.bulk {
        return bound_rows(bulk);
    }
    let query = match statement.sql {
        std::borrow::Cow::Borrowed(text) => sqlx::query(text),
        std::borrow::Cow::Owned(text) => sqlx::query(AssertSqlSafe(text)),
    };
    statement.values.into_iter().fold(query, |query, value| match value {
        Value::Integer(number) => query.bind(number),
        Value::Text(text) => query.bind(text),
        Value::Bytes(bytes) => query.bind(bytes),
        Value::NullInteger => query.bind(None::<i64>),
        Value::NullText => query.bind(None::<String>),
        Value::NullBytes => query.bind(None::<Vec<u8>>),
    })
}

/// A column of a bulk. Its kind is that of its values, also of those that are none.
enum Column {
    Integers(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

impl Column {
    fn of(value: Field<'_>, rows: usize) -> Self {
        match value {
            Field::Integer(_) | Field::NullInteger => Self::Integers(Vec::with_capacity(rows)),
            Field::Text(_) | Field::NullText => Self::Texts(Vec::with_capacity(rows)),
            Field::Bytes(_) | Field::NullBytes => Self::Bytes(Vec::with_capacity(rows)),
        }
    }

    /// A value of another kind than its column's is left out as none.
    fn push(&mut self, value: Field<'_>) {
        match (self, value) {
            (Self::Integers(column), Field::Integer(number)) => column.push(Some(number)),
            (Self::Integers(column), _) => column.push(None),
            (Self::Texts(column), Field::Text(text)) => column.push(Some(text.to_owned())),
            (Self::Texts(column), _) => column.push(None),
            (Self::Bytes(column), Field::Bytes(bytes)) => column.push(Some(bytes.to_owned())),
            (Self::Bytes(column), _) => column.push(None),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Integers(_) => "bigint[]",
            Self::Texts(_) => "text[]",
            Self::Bytes(_) => "bytea[]",
        }
    }
}

fn bound_rows(bulk: Bulk) -> Query<'static, sqlx::Postgres, PgArguments> {
    let Bulk { before, after, rows, .. } = bulk;
    let count = rows.len();
    let mut columns: Vec<Column> =
        rows.iter().next().into_iter().flatten().map(|value| Column::of(value, count)).collect();
    for row in rows.iter() {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    let places: Vec<String> = (1..)
        .zip(&columns)
        .map(|(number, column)| format!("${number}::{}", column.kind()))
        .collect();
    let text = format!("{before}{}{after}", places.join(", "));
    columns.into_iter().fold(sqlx::query(AssertSqlSafe(text)), |query, column| match column {
        Column::Integers(column) => query.bind(column),
        Column::Texts(column) => query.bind(column),
        Column::Bytes(column) => query.bind(column),
    })
}

fn row_of(row: &PgRow) -> Result<Row, DatabaseError> {
    let read = |column: &sqlx::postgres::PgColumn| {
        let place = column.ordinal();
        let wrong = |_| DatabaseError::Column(place + 1);
        let null = row.try_get_raw(place).map_err(wrong)?.is_null();
        Ok(match column.type_info().name() {
            "INT8" if null => Value::NullInteger,
            "INT8" => Value::Integer(row.try_get(place).map_err(wrong)?),
            "INT4" if null => Value::NullInteger,
            "INT4" => Value::Integer(i64::from(row.try_get::<i32, _>(place).map_err(wrong)?)),
            "BYTEA" if null => Value::NullBytes,
            "BYTEA" => Value::Bytes(row.try_get(place).map_err(wrong)?),
            "TEXT" | "VARCHAR" | "NAME" if null => Value::NullText,
            "TEXT" | "VARCHAR" | "NAME" => Value::Text(row.try_get(place).map_err(wrong)?),
            _ => return Err(DatabaseError::Column(place + 1)),
        })
    };
    row.columns().iter().map(read).collect()
}

/// Keeps of an error what may be shown: a kind or a code, never the server's text, which can hold
/// values.
#[allow(clippy::needless_pass_by_value)]
pub(super) fn plain(error: sqlx::Error) -> DatabaseError {
    match &error {
        sqlx::Error::Database(answer) => match answer.code().as_deref() {
            Some("23505" | "42P06") => DatabaseError::Unique,
            Some("53100") => DatabaseError::Full,
            Some("25006") => DatabaseError::ReadOnly,
            Some("40001" | "40P01" | "55P03") => DatabaseError::Unavailable("locked"),
            // 25P03: this process was stopped inside the transaction, and the database undid it.
            Some(code) if code == "25P03" || code.starts_with("08") || code.starts_with("57P") => {
                DatabaseError::Unavailable("connection")
            }
            Some("57014") => DatabaseError::Unavailable("canceled"),
            Some(code) if code.starts_with("58") => DatabaseError::Unavailable("system"),
            Some(code) if code.starts_with("53") => DatabaseError::Unavailable("resources"),
            Some(code) => DatabaseError::Other(format!("postgres:{code}")),
            None => DatabaseError::Other("postgres".to_owned()),
        },
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => {
            DatabaseError::Unavailable("connection")
        }
        sqlx::Error::PoolTimedOut => DatabaseError::Unavailable("pool"),
        sqlx::Error::PoolClosed => DatabaseError::Unavailable("stopped"),
        sqlx::Error::BeginFailed | sqlx::Error::Protocol(_) => {
            DatabaseError::Unavailable("protocol")
        }
        _ => DatabaseError::Other("postgres:use".to_owned()),
    }
}
