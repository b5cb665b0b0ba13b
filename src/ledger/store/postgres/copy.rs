//! A large batch goes in by `COPY`, which writes a page of rows at a time where an insert writes
//! row by row; a small one goes by one statement, which needs fewer round trips.

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

use super::super::batch::{Placed, Placing};

/// Rows from which on what `COPY` saves is more than what its round trips cost.
pub(super) const COPY_FROM: usize = 200;

const MOVE_HEAD: &str = "UPDATE head SET size = $1, frontier = $2, root = $3, recorded_at = $4 \
    WHERE id = 0 AND size = $5";
const COPY: &str = "COPY event (position, stream_id, version, event_id, event_type, \
    schema_version, recorded_at, metadata, key_id, payload, hash) FROM STDIN WITH (FORMAT binary)";

/// How the binary form of `COPY` begins: its signature, no flags, no header extension
/// (PostgreSQL's manual, `COPY`, "Binary Format").
const HEADER: &[u8; 19] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// How it ends.
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();
const COLUMNS: usize = 11;
/// Bytes of a row beside its texts, about.
const ROW_OVERHEAD: usize = 160;

/// Moves the head and writes the rows in one transaction, if the head is where this process left
/// it; tells whether it was. Nothing is written where it was not, or where this fails.
pub(super) async fn write(
    connection: &mut PgConnection,
    head: &Placing,
    from: u64,
    placed: &[Placed<'_>],
) -> Result<bool, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let moved = sqlx::query(MOVE_HEAD)
        .bind(head.frontier.size() as i64)
        .bind(head.frontier.to_bytes())
        .bind(head.frontier.root().to_vec())
        .bind(head.recorded_at)
        .bind(from as i64)
        .execute(&mut *transaction)
        .await?;
    if moved.rows_affected() == 0 {
        transaction.rollback().await?;
        return Ok(false);
    }
    let mut rows = transaction.copy_in_raw(COPY).await?;
    rows.send(binary(placed)).await?;
    rows.finish().await?;
    transaction.commit().await?;
    Ok(true)
}

fn binary(placed: &[Placed<'_>]) -> Vec<u8> {
    let texts = placed.iter().map(|row| row.payload.len() + row.metadata.len() + row.stream.len());
    let size = texts.sum::<usize>() + placed.len() * ROW_OVERHEAD;
    let mut out = Vec::with_capacity(HEADER.len() + size + TRAILER.len());
    out.extend_from_slice(HEADER);
    for row in placed {
        let fields: [&[u8]; COLUMNS] = [
            &row.position.to_be_bytes(),
            row.stream.as_bytes(),
            &row.version.to_be_bytes(),
            row.event_id.as_bytes(),
            row.event_type.as_bytes(),
            &row.schema_version.to_be_bytes(),
            &row.recorded_at.to_be_bytes(),
            row.metadata,
            row.key_id.as_bytes(),
            row.payload,
            &row.hash,
        ];
        out.extend_from_slice(&(COLUMNS as i16).to_be_bytes());
        for field in fields {
            out.extend_from_slice(&(field.len() as i32).to_be_bytes());
            out.extend_from_slice(field);
        }
    }
    out.extend_from_slice(&TRAILER);
    out
}
