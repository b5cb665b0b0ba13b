//! `opl events diff`: what happened between two places of the log, and, only when asked, which rows
//! of the read models changed by it.

use std::collections::BTreeMap;
use std::sync::Arc;

use clap::Args;
use domain::id::UserId;
use domain::stream::StreamId;
use projections::as_of::{History, Limits, Pasts};
use projections::as_of_changes::{ChangeKind, RowChange, TableChanges, changes};
use projections::database::Value;
use uuid::Uuid;

use super::reading::Reading;
use super::{Place, Progress, Stopped, parse_person, parse_place, plain, say, time_text};
use crate::cli::{Failure, StateArguments};
use crate::ledger::history::{PersonHistory, WholeHistory};
use crate::ledger::reading::Reader;
use crate::vault::crypto::hex;

/// Most streams that are told apart; those after them are counted as events only.
const MOST_STREAMS: usize = 100_000;
/// Most streams that are named.
const MOST_STREAMS_NAMED: usize = 20;
/// Most rows of one table that can be asked for.
const MOST_ROWS: u64 = 10_000;
/// Most bytes of memory that rows as they were may take, at one place.
const MOST_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// What `opl events diff` takes.
#[derive(Args)]
pub(in crate::cli) struct DiffArguments {
    #[command(flatten)]
    state: StateArguments,
    /// The earlier place: a position or an instant
    #[arg(value_parser = parse_place)]
    from: Place,
    /// The later place: a position or an instant
    #[arg(value_parser = parse_place)]
    to: Place,
    /// Only what is sealed for this person
    #[arg(long, value_name = "USER", value_parser = parse_person)]
    person: Option<UserId>,
    /// Show which rows changed, field by field: it unseals personal data
    #[arg(long)]
    open: bool,
    /// Rows of each table to show, with --open
    #[arg(long, value_name = "N", default_value_t = 50,
        value_parser = clap::value_parser!(u64).range(0..=MOST_ROWS))]
    rows: u64,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What happened between two places.
#[derive(Default)]
struct Summary {
    events: u64,
    types: BTreeMap<String, u64>,
    streams: BTreeMap<StreamId, u64>,
    /// Streams were left out.
    more_streams: bool,
}

pub(super) async fn run(arguments: DiffArguments) -> Result<(), Stopped> {
    let reading = Reading::open(arguments.state.options()).await?;
    let head = reading.head().await?;
    let from = arguments.from.position(&reading, head).await?;
    let to = arguments.to.position(&reading, head).await?;
    if from > to {
        let message =
            format!("position {from} is after position {to}; name the earlier place first");
        return Err(Failure::new(message).into());
    }
    let key = match arguments.person {
        Some(user_id) => Some(reading.key_of(user_id).await?),
        None => None,
    };
    let key_id = key.as_ref().map(|key| key.key_id);
    let summary = summarise(&reading, key_id, from, to).await?;
    let tables = if arguments.open {
        if let Some(at) = key.as_ref().and_then(|key| key.destroyed.as_ref()) {
            eprintln!("opl: this person's key was destroyed at {at}; their rows cannot be shown");
        } else {
            eprintln!("opl: unsealing personal data to compare rows");
        }
        rows(&reading, &arguments, key_id, from, to).await?
    } else {
        Vec::new()
    };
    if arguments.json {
        return say(&object(&summary, &tables, from, to).to_string());
    }
    tell(&summary, from, to)?;
    for table in &tables {
        tell_table(table)?;
    }
    Ok(())
}

async fn summarise(
    reading: &Reading,
    key_id: Option<Uuid>,
    from: u64,
    to: u64,
) -> Result<Summary, Stopped> {
    let mut summary = Summary::default();
    let mut progress = Progress::to(to);
    let mut events = match key_id {
        Some(key_id) => Reader::of_key(&*reading.log, key_id, from),
        None => Reader::of_log(&*reading.log, from),
    }
    .until(to);
    while let Some(stored) = events.next().await.map_err(Stopped::because)? {
        summary.events += 1;
        progress.at(summary.events, stored.position);
        *summary.types.entry(stored.event_type).or_default() += 1;
        let room = summary.streams.len() < MOST_STREAMS;
        if room || summary.streams.contains_key(&stored.stream) {
            *summary.streams.entry(stored.stream).or_default() += 1;
        } else {
            summary.more_streams = true;
        }
    }
    Ok(summary)
}

/// Which rows changed; the rows at both places are built from the log, by the service's own folds.
async fn rows(
    reading: &Reading,
    arguments: &DiffArguments,
    key_id: Option<Uuid>,
    from: u64,
    to: u64,
) -> Result<Vec<TableChanges>, Stopped> {
    let (log, keys) = (Arc::clone(&reading.log), reading.keys()?);
    let history: Arc<dyn History> = match key_id {
        Some(_) => Arc::new(PersonHistory::new(log, keys, key_id)),
        None => Arc::new(WholeHistory::new(log, keys)),
    };
    let limits = Limits { bytes: MOST_BYTES * 2, bytes_each: MOST_BYTES, ..Limits::default() };
    let (pasts, owner) = (Pasts::new(limits), key_id.unwrap_or_default());
    let before = pasts.at(owner, from, Arc::clone(&history)).await.map_err(Stopped::because)?;
    let after = pasts.at(owner, to, history).await.map_err(Stopped::because)?;
    let most = usize::try_from(arguments.rows).unwrap_or(usize::MAX);
    changes(&before, &after, most).await.map_err(Stopped::because)
}

fn tell(summary: &Summary, from: u64, to: u64) -> Result<(), Stopped> {
    let Summary { events, types, streams, more_streams } = summary;
    say(&format!("{events} events after position {from}, to position {to}"))?;
    say("\nby type")?;
    for (event_type, count) in types {
        say(&format!("{count:>10}  {}", plain(event_type)))?;
    }
    let more = if *more_streams { "more than " } else { "" };
    say(&format!("\nin {more}{} streams", streams.len()))?;
    let named = most_touched(streams);
    for (stream, count) in &named {
        say(&format!("{count:>10}  {stream}"))?;
    }
    let others = streams.len() - named.len();
    if others > 0 {
        say(&format!("            and {others} others"))?;
    }
    Ok(())
}

/// The streams with the most events.
fn most_touched(streams: &BTreeMap<StreamId, u64>) -> Vec<(StreamId, u64)> {
    let mut named: Vec<_> = streams.iter().map(|(stream, count)| (*stream, *count)).collect();
    named.sort_by_key(|(stream, count)| (std::cmp::Reverse(*count), *stream));
    named.truncate(MOST_STREAMS_NAMED);
    named
}

fn tell_table(table: &TableChanges) -> Result<(), Stopped> {
    let TableChanges { table: name, added, changed, removed, rows } = table;
    if added + changed + removed == 0 {
        return Ok(());
    }
    say(&format!("\n{name}: {added} added, {changed} changed, {removed} removed"))?;
    for row in rows {
        let key: Vec<String> = row.key.iter().map(|value| text(name, value)).collect();
        say(&format!("  {} {}", word(row.kind), key.join(" ")))?;
        for field in &row.fields {
            let side = |value: &Option<Value>| {
                value.as_ref().map_or_else(|| "-".to_owned(), |value| text(&field.column, value))
            };
            let (before, after) = (side(&field.before), side(&field.after));
            say(&match row.kind {
                ChangeKind::Added => format!("      {}: {after}", field.column),
                ChangeKind::Removed => format!("      {}: {before}", field.column),
                ChangeKind::Changed => format!("      {}: {before} -> {after}", field.column),
            })?;
        }
    }
    let left_out = added + changed + removed - rows.len() as u64;
    if left_out > 0 {
        say(&format!("  and {left_out} rows more; see them with --rows"))?;
    }
    Ok(())
}

fn word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "added",
        ChangeKind::Changed => "changed",
        ChangeKind::Removed => "removed",
    }
}

/// A value as text; instants are kept as microseconds.
fn text(column: &str, value: &Value) -> String {
    match value {
        Value::Integer(micros) if is_instant(column) => time_text(*micros),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => plain(text),
        Value::Bytes(bytes) => hex(bytes),
        Value::NullInteger | Value::NullText | Value::NullBytes => "-".to_owned(),
    }
}

fn is_instant(column: &str) -> bool {
    column.ends_with("_at") || column.ends_with("_until")
}

fn json_of(column: &str, value: Option<&Value>) -> serde_json::Value {
    match value {
        None | Some(Value::NullInteger | Value::NullText | Value::NullBytes) => {
            serde_json::Value::Null
        }
        Some(Value::Integer(number)) if !is_instant(column) => (*number).into(),
        Some(Value::Text(text)) => text.as_str().into(),
        Some(value) => text(column, value).into(),
    }
}

fn row_object(row: &RowChange) -> serde_json::Value {
    let fields: Vec<serde_json::Value> = row
        .fields
        .iter()
        .map(|field| {
            serde_json::json!({
                "column": field.column,
                "before": json_of(&field.column, field.before.as_ref()),
                "after": json_of(&field.column, field.after.as_ref()),
            })
        })
        .collect();
    let key: Vec<serde_json::Value> =
        row.key.iter().map(|value| json_of(row.table, Some(value))).collect();
    serde_json::json!({ "kind": word(row.kind), "key": key, "fields": fields })
}

fn object(summary: &Summary, tables: &[TableChanges], from: u64, to: u64) -> serde_json::Value {
    let streams: serde_json::Map<String, serde_json::Value> = most_touched(&summary.streams)
        .into_iter()
        .map(|(stream, count)| (stream.to_string(), count.into()))
        .collect();
    let tables: serde_json::Map<String, serde_json::Value> = tables
        .iter()
        .map(|table| {
            let rows: Vec<_> = table.rows.iter().map(row_object).collect();
            let changes = serde_json::json!({ "added": table.added, "changed": table.changed,
                "removed": table.removed, "rows": rows });
            (table.table.to_owned(), changes)
        })
        .collect();
    serde_json::json!({
        "from": from, "to": to, "events": summary.events, "types": summary.types,
        "stream_count": summary.streams.len(), "streams": streams, "tables": tables,
    })
}
