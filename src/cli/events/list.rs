//! `opl events list`: headers of events, chosen by place, kind, stream or person.

use chrono::{DateTime, Utc};
use clap::Args;
use domain::id::UserId;
use domain::stream::StreamId;
use uuid::Uuid;

use super::reading::Reading;
use super::{Progress, Stopped, cause, parse_instant, parse_person, plain, say, time_text};
use crate::audit::filter::fits;
use crate::cli::{Failure, StateArguments};
use crate::ledger::reading::Reader;
use crate::ledger::store::{StoredEvent, position_at};

/// Most events one list may hold.
const MOST_LISTED: u64 = 100_000;

/// What `opl events list` takes.
#[derive(Args)]
pub(in crate::cli) struct ListArguments {
    #[command(flatten)]
    state: StateArguments,
    /// Only after this position
    #[arg(long, value_name = "N", default_value_t = 0)]
    after: u64,
    /// Only before this position
    #[arg(long, value_name = "N")]
    before: Option<u64>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100,
        value_parser = clap::value_parser!(u64).range(1..=MOST_LISTED))]
    limit: u64,
    /// Only of these types; `*` stands for any letters, as in `consent.*`
    #[arg(long = "type", value_name = "GLOB")]
    event_type: Option<String>,
    /// Only of this stream, such as consent-018f…
    #[arg(long)]
    stream: Option<StreamId>,
    /// Only what is sealed for this person
    #[arg(long, value_name = "USER", value_parser = parse_person)]
    person: Option<UserId>,
    /// Only recorded at this instant or later
    #[arg(long, value_name = "INSTANT", value_parser = parse_instant)]
    since: Option<DateTime<Utc>>,
    /// Only recorded at this instant or earlier
    #[arg(long, value_name = "INSTANT", value_parser = parse_instant)]
    until: Option<DateTime<Utc>>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: ListArguments) -> Result<(), Stopped> {
    let reading = Reading::open(arguments.state.options()).await?;
    let head = reading.head().await?;
    let key_id = match arguments.person {
        Some(user_id) => Some(reading.key_of(user_id).await?.key_id),
        None => None,
    };
    let (after, to) = range(&arguments, &reading, head).await?;
    if !arguments.json {
        say(&format!(
            "{:>10}  {:<27}  {:<32}  {:>7}  {:<8}  {:<36}  stream",
            "position", "recorded at", "type", "version", "actor", "correlation"
        ))?;
    }
    let log = &*reading.log;
    // The narrowest index there is.
    let mut events = match (arguments.stream, key_id) {
        (Some(stream), _) => Reader::of_stream(log, stream, 0),
        (None, Some(key_id)) => Reader::of_key(log, key_id, after),
        (None, None) => Reader::of_log(log, after),
    }
    .until(to);
    let (mut read, mut listed) = (0, 0);
    let mut progress = Progress::to(to);
    while let Some(stored) = events.next().await.map_err(Stopped::because)? {
        read += 1;
        progress.at(read, stored.position);
        if stored.position <= after || !is_wanted(&stored, &arguments, key_id) {
            continue;
        }
        if listed == arguments.limit {
            let last = stored.position - 1;
            eprintln!("opl: {listed} events shown; go on with --after {last}");
            break;
        }
        say(&line(&stored, arguments.json))?;
        listed += 1;
    }
    Ok(())
}

/// From after which position to which position is listed.
async fn range(
    arguments: &ListArguments,
    reading: &Reading,
    head: u64,
) -> Result<(u64, u64), Stopped> {
    let log = reading.log.as_ref();
    let place = async |at: DateTime<Utc>, less: i64| {
        let micros = at.timestamp_micros().saturating_sub(less);
        position_at(log, micros).await.map_err(Stopped::because)
    };
    let mut after = arguments.after;
    let mut to = arguments.before.map_or(head, |before| before.saturating_sub(1)).min(head);
    if let Some(since) = arguments.since {
        after = after.max(place(since, 1).await?);
    }
    if let Some(until) = arguments.until {
        to = to.min(place(until, 0).await?);
    }
    if after > head && arguments.after > head {
        let message = format!("the log ends at position {head}; nothing is after {after}");
        return Err(Failure::new(message).into());
    }
    Ok((after, to))
}

fn is_wanted(stored: &StoredEvent, arguments: &ListArguments, key_id: Option<Uuid>) -> bool {
    let of_type = |glob: &String| fits(glob, &stored.event_type);
    arguments.event_type.as_ref().is_none_or(of_type)
        && key_id.is_none_or(|key_id| stored.key_id == key_id)
        && arguments.since.is_none_or(|since| stored.recorded_at >= since.timestamp_micros())
}

fn line(stored: &StoredEvent, json: bool) -> String {
    let (actor, correlation) = cause(stored);
    let at = time_text(stored.recorded_at);
    let event_type = plain(&stored.event_type);
    let StoredEvent { position, stream, version, .. } = stored;
    if json {
        let row = serde_json::json!({
            "position": position, "recorded_at": at, "stream": stream.to_string(),
            "version": version, "type": event_type, "actor": actor, "correlation": correlation,
        });
        return row.to_string();
    }
    format!(
        "{position:>10}  {at:<27}  {event_type:<32}  {version:>7}  {actor:<8}  {correlation:<36}  \
         {stream}"
    )
}
