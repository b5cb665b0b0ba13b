//! `opl events show`: one event with its hash, and, only when asked, what is sealed in it.

use clap::Args;

use super::reading::Reading;
use super::{Stopped, cause, plain, say, time_text};
use crate::cli::{Failure, StateArguments};
use crate::ledger::reading::event_at;
use crate::ledger::sealing;
use crate::ledger::store::StoredEvent;
use crate::vault::crypto::hex;

/// What `opl events show` takes.
#[derive(Args)]
pub(in crate::cli) struct ShowArguments {
    #[command(flatten)]
    state: StateArguments,
    /// Which event
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    position: u64,
    /// Unseal the payload: it may hold personal data
    #[arg(long)]
    open: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What was found in a payload.
enum Opened {
    /// Nobody asked.
    No,
    /// The fact, in the form this program reads it.
    Payload(serde_json::Value),
    /// Its key was destroyed, and when.
    Erased(Option<String>),
}

pub(super) async fn run(arguments: ShowArguments) -> Result<(), Stopped> {
    let reading = Reading::open(arguments.state.options()).await?;
    let position = arguments.position;
    let stored = event_at(&*reading.log, position).await.map_err(Stopped::because)?;
    let Some(stored) = stored else {
        let head = reading.head().await?;
        let message = format!("the log ends at position {head}; there is no {position}");
        return Err(Failure::new(message).into());
    };
    let opened = if arguments.open { open(&reading, &stored).await? } else { Opened::No };
    let (name, hash) = (stored.stream.to_string(), stored.hash);
    let intact = stored.record(&name).leaf_hash() == hash;
    if arguments.json {
        say(&object(&stored, &opened, intact).to_string())?;
    } else {
        for line in lines(&stored, &opened, intact) {
            say(&line)?;
        }
    }
    if intact {
        return Ok(());
    }
    let message = format!("the event at position {position} is not the one its hash stands for");
    Err(Failure::new(message).into())
}

async fn open(reading: &Reading, stored: &StoredEvent) -> Result<Opened, Stopped> {
    if !stored.key_id.is_nil() {
        eprintln!("opl: unsealing personal data of the event at position {}", stored.position);
    }
    let keys = reading.keys()?;
    let Some(event) = sealing::open(&keys, stored).await.map_err(Stopped::because)? else {
        return Ok(Opened::Erased(reading.destroyed(stored.key_id).await?));
    };
    let encoded = event.encode().map_err(Stopped::because)?;
    serde_json::from_slice(&encoded.payload).map(Opened::Payload).map_err(Stopped::because)
}

fn object(stored: &StoredEvent, opened: &Opened, intact: bool) -> serde_json::Value {
    let (actor, correlation) = cause(stored);
    let mut object = serde_json::json!({
        "position": stored.position,
        "recorded_at": time_text(stored.recorded_at),
        "stream": stored.stream.to_string(),
        "version": stored.version,
        "type": stored.event_type,
        "schema_version": stored.schema_version,
        "event_id": stored.event_id,
        "actor": actor,
        "correlation": correlation,
        "key_id": (!stored.key_id.is_nil()).then_some(stored.key_id),
        "payload_bytes": stored.payload.len(),
        "leaf_hash": hex(&stored.hash),
        "intact": intact,
    });
    match opened {
        Opened::No => {}
        Opened::Payload(payload) => object["payload"] = payload.clone(),
        Opened::Erased(at) => {
            object["payload"] = serde_json::Value::Null;
            object["key_destroyed_at"] = at.clone().into();
        }
    }
    object
}

fn lines(stored: &StoredEvent, opened: &Opened, intact: bool) -> Vec<String> {
    let (actor, correlation) = cause(stored);
    let sealed = !stored.key_id.is_nil();
    let key = if sealed { stored.key_id.to_string() } else { "none: nothing personal".to_owned() };
    let kind = if sealed { "sealed" } else { "not sealed" };
    let verdict = if intact { "fits the record" } else { "DOES NOT FIT THE RECORD" };
    let field = |name: &str, value: String| format!("{name:<12}  {value}");
    let mut lines = vec![
        field("position", stored.position.to_string()),
        field("recorded at", time_text(stored.recorded_at)),
        field("stream", stored.stream.to_string()),
        field("version", stored.version.to_string()),
        field("type", format!("{}, form {}", plain(&stored.event_type), stored.schema_version)),
        field("event", stored.event_id.to_string()),
        field("actor", actor),
        field("correlation", correlation),
        field("key", key),
        field("payload", format!("{} bytes, {kind}", stored.payload.len())),
        field("leaf hash", format!("{}, {verdict}", hex(&stored.hash))),
    ];
    match opened {
        Opened::No => {}
        Opened::Payload(payload) => {
            let text = serde_json::to_string_pretty(payload).unwrap_or_default();
            lines.extend(text.lines().map(plain));
        }
        Opened::Erased(at) => {
            let at = at.as_deref().unwrap_or("an instant that is not known");
            lines.push(field(
                "erased",
                format!("the key was destroyed at {at}; it cannot be opened"),
            ));
        }
    }
    lines
}
