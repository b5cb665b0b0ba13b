//! Writes lines of opened events into a stock table, all or none.

use std::io::{BufRead, Read as _};

use sqlx::postgres::PgRow;
use sqlx::{Connection as _, PgConnection, Postgres, Row as _, Transaction};

use crate::error::BridgeError;
use crate::line::{Line, Row};

/// Most rows one statement carries.
const MOST_ROWS_A_STATEMENT: usize = 1_000;
/// Most bytes one line may have: the ledger's largest payload with room for escapes.
const LONGEST_LINE: u64 = 64 * 1024 * 1024;

/// The stock table, as postgres-es 0.5 publishes it.
pub const STOCK_TABLE: &str = "CREATE TABLE IF NOT EXISTS events (
    aggregate_type text                         NOT NULL,
    aggregate_id   text                         NOT NULL,
    sequence       bigint CHECK (sequence >= 0) NOT NULL,
    event_type     text                         NOT NULL,
    event_version  text                         NOT NULL,
    payload        json                         NOT NULL,
    metadata       json                         NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, sequence)
)";

const INSERT: &str = "INSERT INTO events
    (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
    SELECT kind, id, sequence, event_type, event_version, payload::json, metadata::json
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[])
    AS new (kind, id, sequence, event_type, event_version, payload, metadata)";

const PRESENT: &str = "SELECT events.aggregate_type, events.aggregate_id, events.sequence,
    event_type, event_version, payload::text AS payload, metadata::text AS metadata
    FROM events JOIN unnest($1::text[], $2::text[], $3::bigint[]) AS new (kind, id, sequence)
    ON aggregate_type = kind AND aggregate_id = id AND events.sequence = new.sequence";

const NOT_DENSE: &str = "SELECT aggregate_type, aggregate_id, max(sequence) AS sequence FROM events
    GROUP BY aggregate_type, aggregate_id
    HAVING min(sequence) <> 1 OR max(sequence) <> count(*)
    ORDER BY aggregate_type, aggregate_id LIMIT 1";

/// Reads lines until the input ends and writes their rows. Answers how many were read and how many
/// of them were new.
///
/// # Errors
/// The first line or row that is refused; then the table is as it was.
pub async fn export(
    connection: &mut PgConnection,
    input: &mut impl BufRead,
    append: bool,
) -> Result<(u64, u64), BridgeError> {
    let mut transaction = connection.begin().await?;
    sqlx::query(STOCK_TABLE).execute(&mut *transaction).await?;
    sqlx::query("LOCK TABLE events IN SHARE ROW EXCLUSIVE MODE").execute(&mut *transaction).await?;
    let present: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM events)")
        .fetch_one(&mut *transaction)
        .await?;
    if present && !append {
        return Err(BridgeError::NotEmpty);
    }
    let (mut read, mut written) = (0, 0);
    loop {
        let mut rows = Vec::new();
        while rows.len() < MOST_ROWS_A_STATEMENT
            && let Some(row) = next_row(input, read + 1)?
        {
            read += 1;
            rows.push(row);
        }
        if rows.is_empty() {
            break;
        }
        if present {
            rows = without_present(&mut transaction, rows).await?;
        }
        written += rows.len() as u64;
        insert(&mut transaction, &rows).await?;
    }
    if let Some(row) = sqlx::query(NOT_DENSE).fetch_optional(&mut *transaction).await? {
        let (kind, id, sequence) = place(&row)?;
        return Err(BridgeError::row(&kind, &id, sequence, "a version before it is missing"));
    }
    transaction.commit().await?;
    Ok((read, written))
}

/// The next line of the input as a row; none at its end.
fn next_row(input: &mut impl BufRead, number: u64) -> Result<Option<Row>, BridgeError> {
    let mut text = String::new();
    input.take(LONGEST_LINE).read_line(&mut text)?;
    if text.is_empty() {
        return Ok(None);
    }
    let refuse = |why: String| BridgeError::Line { number, why };
    if !text.ends_with('\n') && text.len() as u64 >= LONGEST_LINE {
        return Err(refuse(format!("it is longer than {LONGEST_LINE} bytes")));
    }
    let line: Line = serde_json::from_str(&text)
        .map_err(|error| refuse(format!("it is no event, from column {}", error.column())))?;
    let place = format!("stream {}, version {}", line.stream, line.version);
    line.to_row().map(Some).map_err(|why| refuse(format!("{place}: {why}")))
}

fn place(row: &PgRow) -> Result<(String, String, i64), sqlx::Error> {
    Ok((row.try_get("aggregate_type")?, row.try_get("aggregate_id")?, row.try_get("sequence")?))
}

/// A row of the table.
///
/// # Errors
/// If the table has other columns than the stock one.
pub fn stored(row: &PgRow) -> Result<Row, sqlx::Error> {
    let (aggregate_type, aggregate_id, sequence) = place(row)?;
    Ok(Row {
        aggregate_type,
        aggregate_id,
        sequence,
        event_type: row.try_get("event_type")?,
        event_version: row.try_get("event_version")?,
        payload: row.try_get("payload")?,
        metadata: row.try_get("metadata")?,
    })
}

/// Takes out the rows that are there already; one that differs is refused.
async fn without_present(
    transaction: &mut Transaction<'_, Postgres>,
    rows: Vec<Row>,
) -> Result<Vec<Row>, BridgeError> {
    let column = |of: fn(&Row) -> &str| rows.iter().map(of).collect::<Vec<_>>();
    let present = sqlx::query(PRESENT)
        .bind(column(|row| &row.aggregate_type))
        .bind(column(|row| &row.aggregate_id))
        .bind(rows.iter().map(|row| row.sequence).collect::<Vec<_>>())
        .fetch_all(&mut **transaction)
        .await?;
    let present = present.iter().map(stored).collect::<Result<Vec<_>, _>>()?;
    let mut new = Vec::new();
    for row in rows {
        let same_place = |there: &&Row| {
            (&there.aggregate_type, &there.aggregate_id, there.sequence)
                == (&row.aggregate_type, &row.aggregate_id, row.sequence)
        };
        match present.iter().find(same_place) {
            None => new.push(row),
            Some(there) if equal(there, &row) => {}
            Some(_) => {
                let Row { aggregate_type, aggregate_id, sequence, .. } = &row;
                let why = "the table holds another event there";
                return Err(BridgeError::row(aggregate_type, aggregate_id, *sequence, why));
            }
        }
    }
    Ok(new)
}

/// Whether two rows say the same, whatever the order of members in their JSON.
fn equal(one: &Row, other: &Row) -> bool {
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    one.event_type == other.event_type
        && one.event_version == other.event_version
        && value(&one.payload) == value(&other.payload)
        && value(&one.metadata) == value(&other.metadata)
}

async fn insert(
    transaction: &mut Transaction<'_, Postgres>,
    rows: &[Row],
) -> Result<(), BridgeError> {
    let column = |of: fn(&Row) -> &str| rows.iter().map(of).collect::<Vec<_>>();
    sqlx::query(INSERT)
        .bind(column(|row| &row.aggregate_type))
        .bind(column(|row| &row.aggregate_id))
        .bind(rows.iter().map(|row| row.sequence).collect::<Vec<_>>())
        .bind(column(|row| &row.event_type))
        .bind(column(|row| &row.event_version))
        .bind(column(|row| &row.payload))
        .bind(column(|row| &row.metadata))
        .execute(&mut **transaction)
        .await?;
    Ok(())
}
