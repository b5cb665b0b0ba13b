//! A large batch goes in by `COPY`, which writes a page of rows at a time where an insert writes
//! row by row; a small one goes by one statement, which needs fewer round trips. Large pages come out
//! by `COPY` too: a row of it is bytes in their order, where one of a query is looked up column by
//! column.

use futures_util::TryStreamExt as _;
use sqlx::Connection as _;
use sqlx::postgres::{PgConnection, PgPool};
use uuid::Uuid;

use super::super::batch::{Placed, Placing};
use super::super::{ReadError, StoredEvent};
use super::cannot_read;

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

/// Reads the rows that a query gives, whose columns are those of [`super::COLUMNS`]. It runs to its
/// end even if whoever asked is gone by then: a `COPY` that is given up half way would be met by
/// whoever has the connection next.
pub(super) async fn read(pool: &PgPool, select: String) -> Result<Vec<StoredEvent>, ReadError> {
    let pool = pool.clone();
    let reading = async move {
        let text = format!("COPY ({select}) TO STDOUT WITH (FORMAT binary)");
        let mut connection = pool.acquire().await?;
        let mut parts = connection.copy_out_raw(&text).await?;
        let mut bytes = Vec::new();
        while let Some(part) = parts.try_next().await? {
            bytes.extend_from_slice(&part);
        }
        Ok(bytes)
    };
    let bytes = tokio::spawn(reading).await;
    let stopped = |_| ReadError::Unavailable("the reading was stopped".to_owned());
    let bytes = bytes.map_err(stopped)?.map_err(cannot_read)?;
    events(&bytes)
}

/// Reads rows in binary form; names the position of one that is not as it was written.
fn events(bytes: &[u8]) -> Result<Vec<StoredEvent>, ReadError> {
    let cut = || ReadError::Unavailable("the database's answer was cut off".to_owned());
    let mut rest = Fields(bytes.strip_prefix(HEADER).ok_or_else(cut)?);
    let mut events = Vec::new();
    loop {
        match rest.count().ok_or_else(cut)? {
            -1 => return Ok(events),
            count if count == COLUMNS as i16 => {}
            _ => return Err(cut()),
        }
        let mut fields: [&[u8]; COLUMNS] = [&[]; COLUMNS];
        for field in &mut fields {
            *field = rest.field().ok_or_else(cut)?;
        }
        let position = u64::from_be_bytes(fields[0].try_into().map_err(|_| cut())?);
        events.push(event(position, fields).ok_or(ReadError::Damaged(position))?);
    }
}

/// What is left of an answer.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn count(&mut self) -> Option<i16> {
        Some(i16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    /// No column of the log is ever null.
    fn field(&mut self) -> Option<&'a [u8]> {
        let length = i32::from_be_bytes(self.take(4)?.try_into().ok()?);
        self.take(usize::try_from(length).ok()?)
    }
}

fn event(position: u64, fields: [&[u8]; COLUMNS]) -> Option<StoredEvent> {
    let [_, stream, version, event_id, event_type, schema_version, recorded_at, metadata, ..] =
        fields;
    let [.., key_id, payload, hash] = fields;
    Some(StoredEvent {
        position,
        stream: std::str::from_utf8(stream).ok()?.parse().ok()?,
        version: u64::from_be_bytes(version.try_into().ok()?),
        event_id: Uuid::from_slice(event_id).ok()?,
        event_type: std::str::from_utf8(event_type).ok()?.to_owned(),
        schema_version: u16::from_be_bytes(schema_version.try_into().ok()?),
        recorded_at: i64::from_be_bytes(recorded_at.try_into().ok()?),
        metadata: metadata.to_vec(),
        key_id: Uuid::from_slice(key_id).ok()?,
        payload: payload.to_vec(),
        hash: hash.try_into().ok()?,
    })
}
