//! How far a projection's rows hold: moved in the same transaction as the rows.

use crate::database::{Database, DatabaseError, RowReader, Statement, sql};
use crate::rows::read_rows;

/// The table, with one row.
pub(crate) const CREATE: &str = "CREATE TABLE IF NOT EXISTS checkpoint (
    one BIGINT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    position BIGINT NOT NULL,
    hash BYTEA NOT NULL)";

/// How far rows hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) version: u64,
    pub(crate) position: u64,
    pub(crate) hash: [u8; 32],
}

/// Begins at position 0, unless it has begun.
pub(crate) async fn begin(
    database: &Database,
    version: u32,
    hash: [u8; 32],
) -> Result<(), DatabaseError> {
    let insert = "INSERT INTO checkpoint (one, version, position, hash) VALUES (1, $1, 0, $2)
        ON CONFLICT (one) DO NOTHING";
    database.execute(sql(insert, vec![version.into(), hash.to_vec().into()])).await.map(drop)
}

/// Reads it.
pub(crate) async fn read(database: &Database) -> Result<Checkpoint, DatabaseError> {
    let select = "SELECT version, position, hash FROM checkpoint";
    let read = |row: &mut RowReader| {
        Ok(Checkpoint {
            version: row.count()?,
            position: row.count()?,
            hash: row.bytes()?.try_into().map_err(|_| DatabaseError::Column(3))?,
        })
    };
    let rows = database.query(sql(select, vec![])).await?;
    read_rows(rows, read)?.pop().ok_or(DatabaseError::Column(1))
}

/// Moves it, if it still stands where the events were read from; else the transaction is undone.
/// It comes first in its transaction: on PostgreSQL a second runner waits at it for the first.
pub(crate) fn advance(from: u64, upto: u64, hash: [u8; 32]) -> Statement {
    let update = "UPDATE checkpoint SET position = $1, hash = $2 WHERE one = 1 AND position = $3";
    sql(update, vec![upto.into(), hash.to_vec().into(), from.into()]).expecting(1)
}
