//! Reads a stock table and writes lines of opened events.
//!
//! The stock table has no order over its aggregates. Lines come in this one: first the events that
//! carry our position, by position; then all others by kind of aggregate, aggregate and sequence,
//! compared byte by byte. Those get the positions after the last. Within each aggregate sequences
//! are 1, 2, 3 … or the table is refused.
//!
//! The table is read twice in one snapshot: everything is checked before the first line is written.
//! The rows come straight from the database; the stock replay is not used, because it takes a lost
//! connection for the end.

use std::collections::HashMap;
use std::io::Write;

use futures_util::TryStreamExt as _;
use sqlx::{Connection as _, PgConnection, Postgres, Transaction};

use crate::error::BridgeError;
use crate::export::stored;
use crate::line::{Foreign, Line, Row};

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

const ROWS: &str = "SELECT aggregate_type, aggregate_id, sequence, event_type, event_version,
    payload::text AS payload, metadata::text AS metadata
    FROM events
    ORDER BY (metadata->>'opl.position')::bigint NULLS LAST,
        aggregate_type COLLATE \"C\", aggregate_id COLLATE \"C\", sequence";

/// Writes every event of the table as a line. Answers how many.
///
/// # Errors
/// A refused row before anything is written; a lost connection or a closed output at any time.
pub async fn import(
    connection: &mut PgConnection,
    output: &mut impl Write,
    recorded_at: Option<i64>,
) -> Result<u64, BridgeError> {
    let mut transaction = connection.begin_with(BEGIN).await?;
    let checked = pass(&mut transaction, recorded_at, |_| Ok(())).await?;
    let written = pass(&mut transaction, recorded_at, |line| {
        serde_json::to_writer(&mut *output, &line).map_err(std::io::Error::from)?;
        Ok(output.write_all(b"\n")?)
    })
    .await?;
    transaction.commit().await?;
    output.flush()?;
    if written == checked {
        return Ok(written);
    }
    let text = format!("{checked} events were read first and {written} then; try again");
    Err(BridgeError::Asked(text))
}

/// Goes over the table once.
async fn pass(
    transaction: &mut Transaction<'_, Postgres>,
    recorded_at: Option<i64>,
    mut take: impl FnMut(Line) -> Result<(), BridgeError>,
) -> Result<u64, BridgeError> {
    let mut rows = sqlx::query(ROWS).fetch(&mut **transaction);
    let mut sequences: HashMap<String, u64> = HashMap::new();
    let (mut count, mut last) = (0, 0);
    while let Some(row) = rows.try_next().await? {
        let row = stored(&row)?;
        let Row { aggregate_type, aggregate_id, sequence, .. } = &row;
        let refuse = |why: &str| BridgeError::row(aggregate_type, aggregate_id, *sequence, why);
        let foreign = Foreign { position: last + 1, recorded_at };
        let line = row.to_line(foreign).map_err(|why| refuse(&why))?;
        if line.position <= last {
            return Err(refuse("its position is that of another event"));
        }
        let before = sequences.get(&line.stream).copied().unwrap_or(0);
        if line.version != before + 1 {
            return Err(refuse(&format!("it should be sequence {}", before + 1)));
        }
        sequences.insert(line.stream.clone(), line.version);
        last = line.position;
        count += 1;
        take(line)?;
    }
    Ok(count)
}
