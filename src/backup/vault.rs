//! The vault's tables read in one snapshot, and written into another vault row by row.

use std::collections::BTreeMap;
use std::path::Path;

use projections::database::{Database, Row, RowReader, Value, sql};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest as _, Sha256};
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{AssertSqlSafe, Postgres, Row as _, Transaction};

use super::BackupError;
use crate::vault::crypto::hex;

/// The table with the data keys: what a person's erasure destroys.
pub const KEY_TABLE: &str = "data_key";
/// Says which layout the vault has; every vault writes its own.
const LAYOUT_TABLE: &str = "vault_layout";
/// Rows read and written at once.
const PAGE: usize = 500;
/// How long SQLite waits for another's lock.
const LOCK_WAIT: std::time::Duration = std::time::Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Integer,
    Text,
    Bytes,
}

/// One of the vault's tables; its first column is its key and a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct VaultTable {
    pub(super) name: String,
    columns: Vec<(String, Kind)>,
}

/// How much of a table was read or written: the same rows have the same digest in any database.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TableSum {
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 over them in the order of their keys, in hexadecimal digits.
    pub digest: String,
}

/// One unchanging view of a vault.
pub(super) enum VaultSnapshot {
    Sqlite(Connection),
    Postgres(Transaction<'static, Postgres>),
}

impl VaultSnapshot {
    /// Begins a view of the vault in a file.
    pub(super) fn of_file(path: &Path) -> Result<Self, BackupError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let begin = || {
            let connection = Connection::open_with_flags(path, flags)?;
            connection.busy_timeout(LOCK_WAIT)?;
            connection.execute_batch("PRAGMA query_only=ON; BEGIN")?;
            // The snapshot is taken at the first read.
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
            Ok(connection)
        };
        begin().map(Self::Sqlite).map_err(BackupError::sqlite)
    }

    /// Begins a view of the vault in a PostgreSQL database.
    pub(super) async fn of_postgres(pool: &PgPool) -> Result<Self, BackupError> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let mut transaction = pool.begin_with(begin).await.map_err(BackupError::postgres)?;
        // The log is copied while this view is kept, and that may take long.
        sqlx::raw_sql(
            "SET LOCAL search_path TO vault; SET LOCAL idle_in_transaction_session_timeout TO 0",
        )
        .execute(&mut *transaction)
        .await
        .map_err(BackupError::postgres)?;
        Ok(Self::Postgres(transaction))
    }

    /// Every table, by name.
    pub(super) async fn tables(&mut self) -> Result<Vec<VaultTable>, BackupError> {
        let found = match self {
            Self::Sqlite(connection) => {
                let select = "SELECT t.name, c.name, upper(c.type) FROM sqlite_schema t \
                    JOIN pragma_table_info(t.name) c WHERE t.type = 'table' \
                    AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid";
                let mut select = connection.prepare(select).map_err(BackupError::sqlite)?;
                let rows = select
                    .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                    .map_err(BackupError::sqlite)?;
                rows.collect::<Result<Vec<_>, _>>().map_err(BackupError::sqlite)?
            }
            Self::Postgres(transaction) => sqlx::query_as(
                "SELECT c.table_name::text, c.column_name::text, upper(c.data_type)::text \
                 FROM information_schema.columns c JOIN information_schema.tables t \
                 USING (table_schema, table_name) WHERE c.table_schema = 'vault' \
                 AND t.table_type = 'BASE TABLE' \
                 ORDER BY c.table_name COLLATE \"C\", c.ordinal_position",
            )
            .fetch_all(&mut **transaction)
            .await
            .map_err(BackupError::postgres)?,
        };
        gathered(found)
    }

    /// Rows after a key, in the order of keys.
    async fn page(&mut self, table: &VaultTable, after: &str) -> Result<Vec<Row>, BackupError> {
        let names: Vec<&str> = table.columns.iter().map(|(name, _)| name.as_str()).collect();
        let (all, key, name) = (names.join(", "), names[0], &table.name);
        match self {
            Self::Sqlite(connection) => {
                let select = format!(
                    "SELECT {all} FROM {name} WHERE {key} > ?1 ORDER BY {key} LIMIT {PAGE}"
                );
                let mut select = connection.prepare_cached(&select).map_err(BackupError::sqlite)?;
                let rows = select
                    .query_map([after], |row| {
                        let columns = table.columns.iter().enumerate();
                        columns.map(|(place, of)| from_sqlite(row.get_ref(place)?, of.1)).collect()
                    })
                    .map_err(BackupError::sqlite)?;
                rows.collect::<Result<_, _>>().map_err(BackupError::sqlite)
            }
            Self::Postgres(transaction) => {
                let select = format!(
                    "SELECT {all} FROM {name} WHERE {key} COLLATE \"C\" > $1 \
                     ORDER BY {key} COLLATE \"C\" LIMIT {PAGE}"
                );
                let rows = sqlx::query(AssertSqlSafe(select))
                    .bind(after)
                    .fetch_all(&mut **transaction)
                    .await
                    .map_err(BackupError::postgres)?;
                rows.iter()
                    .map(|row| {
                        let columns = table.columns.iter().enumerate();
                        columns.map(|(place, of)| from_postgres(row, place, of.1)).collect()
                    })
                    .collect::<Result<_, sqlx::Error>>()
                    .map_err(BackupError::postgres)
            }
        }
    }

    /// What each of the tables holds.
    pub(super) async fn sums(
        &mut self,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<BTreeMap<String, TableSum>, BackupError> {
        let mut sums = BTreeMap::new();
        for table in self.tables().await?.into_iter().filter(|table| wanted(&table.name)) {
            let (mut hasher, mut count, mut after) = (Sha256::new(), 0, String::new());
            loop {
                let rows = self.page(&table, &after).await?;
                rows.iter().for_each(|row| add_row(&mut hasher, row));
                count += rows.len() as u64;
                match rows.last() {
                    Some(last) => after = key_of(&table, last)?,
                    None => break,
                }
            }
            let digest = hex(&hasher.finalize());
            sums.insert(table.name, TableSum { rows: count, digest });
        }
        Ok(sums)
    }

    /// Puts the wanted tables in the place of another vault's.
    pub(super) async fn copy_to(
        &mut self,
        target: &Database,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<(), BackupError> {
        for table in self.tables().await?.into_iter().filter(|table| wanted(&table.name)) {
            let names: Vec<&str> = table.columns.iter().map(|(name, _)| name.as_str()).collect();
            let places: Vec<String> = (1..=names.len()).map(|place| format!("${place}")).collect();
            let insert = format!(
                "INSERT INTO {} ({}) VALUES ({})",
                table.name,
                names.join(", "),
                places.join(", ")
            );
            target.execute(sql(format!("DELETE FROM {}", table.name), vec![])).await?;
            let mut after = String::new();
            loop {
                let rows = self.page(&table, &after).await?;
                let Some(last) = rows.last() else { break };
                after = key_of(&table, last)?;
                let inserts = rows.into_iter().map(|row| sql(insert.clone(), row)).collect();
                target.transaction(inserts).await?;
            }
        }
        Ok(())
    }
}

/// Whether a vault has a key that the other has not, so that copying would lose it.
pub(super) async fn has_other_keys(
    target: &mut VaultSnapshot,
    source: &Database,
) -> Result<bool, BackupError> {
    let tables = target.tables().await?;
    let Some(table) = tables.iter().find(|table| table.name == KEY_TABLE) else {
        return Ok(false);
    };
    let mut after = String::new();
    loop {
        let rows = target.page(table, &after).await?;
        let Some(last) = rows.last() else { return Ok(false) };
        after = key_of(table, last)?;
        for row in rows {
            let key_id = RowReader::new(row).text()?;
            let find = "SELECT COUNT(*) FROM data_key WHERE key_id = $1";
            let found = source.query(sql(find, vec![key_id.into()])).await?;
            if found != [[Value::Integer(1)]] {
                return Ok(true);
            }
        }
    }
}

fn gathered(found: Vec<(String, String, String)>) -> Result<Vec<VaultTable>, BackupError> {
    let mut tables: Vec<VaultTable> = Vec::new();
    for (name, column, kind) in found.into_iter().filter(|(name, ..)| name != LAYOUT_TABLE) {
        let kind = match kind.as_str() {
            "TEXT" => Kind::Text,
            "BYTEA" | "BLOB" => Kind::Bytes,
            "BIGINT" | "INTEGER" => Kind::Integer,
            _ => return Err(BackupError::VaultTable(name)),
        };
        match tables.last_mut().filter(|last| last.name == name) {
            Some(last) => last.columns.push((column, kind)),
            None if kind == Kind::Text => {
                tables.push(VaultTable { name, columns: vec![(column, kind)] });
            }
            None => return Err(BackupError::VaultTable(name)),
        }
    }
    Ok(tables)
}

fn key_of(table: &VaultTable, row: &Row) -> Result<String, BackupError> {
    match row.first() {
        Some(Value::Text(key)) => Ok(key.clone()),
        _ => Err(BackupError::VaultTable(table.name.clone())),
    }
}

fn add_row(hasher: &mut Sha256, row: &Row) {
    for value in row {
        let (kind, bytes) = match value {
            Value::Integer(number) => (1, number.to_be_bytes().to_vec()),
            Value::Text(text) => (2, text.clone().into_bytes()),
            Value::Bytes(bytes) => (3, bytes.clone()),
            Value::NullInteger | Value::NullText | Value::NullBytes => (0, Vec::new()),
        };
        hasher.update([kind]);
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(&bytes);
    }
}

fn from_sqlite(value: ValueRef<'_>, kind: Kind) -> rusqlite::Result<Value> {
    Ok(match (value, kind) {
        (ValueRef::Null, Kind::Integer) => Value::NullInteger,
        (ValueRef::Null, Kind::Text) => Value::NullText,
        (ValueRef::Null, Kind::Bytes) => Value::NullBytes,
        (value, Kind::Integer) => Value::Integer(value.as_i64()?),
        (value, Kind::Text) => Value::Text(value.as_str()?.to_owned()),
        (value, Kind::Bytes) => Value::Bytes(value.as_blob()?.to_vec()),
    })
}

fn from_postgres(row: &PgRow, place: usize, kind: Kind) -> Result<Value, sqlx::Error> {
    Ok(match kind {
        Kind::Integer => Value::from(row.try_get::<Option<i64>, _>(place)?),
        Kind::Text => Value::from(row.try_get::<Option<String>, _>(place)?),
        Kind::Bytes => Value::from(row.try_get::<Option<Vec<u8>>, _>(place)?),
    })
}
