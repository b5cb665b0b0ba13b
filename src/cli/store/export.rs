//! `opl store export`.

use std::collections::HashMap;
use std::io::{BufWriter, Write};
use std::path::Path;

use projections::database::{Database, RowReader, sql};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::super::Failure;
use super::Bar;
use super::line::Line;
use crate::app::Options;
use crate::backup::{Progress, State, keys_of};
use crate::ledger::reading::Reader;
use crate::ledger::sealing;
use crate::ledger::store::StoredEvent;
use crate::vault::keys::Keys;

/// Owners kept in memory.
const MOST_OWNERS: usize = 10_000;

/// Whose keys are whose.
struct Owners<'a> {
    vault: &'a Database,
    known: HashMap<Uuid, Option<Uuid>>,
}

impl Owners<'_> {
    /// The person of a key; none if it is no person's.
    async fn of(&mut self, key_id: Uuid) -> Result<Option<Uuid>, Failure> {
        if key_id.is_nil() {
            return Ok(None);
        }
        if let Some(owner) = self.known.get(&key_id) {
            return Ok(*owner);
        }
        let find = "SELECT owner FROM data_key WHERE key_id = $1";
        let rows = self.vault.query(sql(find, vec![key_id.to_string().into()])).await?;
        let owner = match rows.into_iter().next() {
            None => return Err(Failure::new(format!("the vault knows no key {key_id}"))),
            Some(row) => {
                let text = RowReader::new(row).text()?;
                text.strip_prefix("person/").and_then(|person| Uuid::parse_str(person).ok())
            }
        };
        if self.known.len() >= MOST_OWNERS {
            self.known.clear();
        }
        self.known.insert(key_id, owner);
        Ok(owner)
    }
}

pub(super) async fn run(options: &Options, out: Option<&Path>) -> Result<(), Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let state = State::existing(options).await?;
    let keys = keys_of(&state.vault, options).await?;
    let mut bar = Bar::new();
    let count = match out {
        None => write_all(&state, &keys, std::io::stdout().lock(), &mut bar).await,
        Some(path) => {
            let mut new = std::fs::OpenOptions::new();
            let file = new.write(true).create_new(true).mode(0o600).open(path);
            let file = file.map_err(|error| {
                Failure::new(format!("{} cannot be written: {error}", path.display()))
            })?;
            write_all(&state, &keys, file, &mut bar).await
        }
    };
    bar.end();
    eprintln!("{} events written; they hold personal data in the open", count?);
    Ok(())
}

async fn write_all(
    state: &State,
    keys: &Keys,
    out: impl Write,
    bar: &mut Bar,
) -> Result<u64, Failure> {
    let mut out = BufWriter::new(out);
    let mut owners = Owners { vault: &state.vault, known: HashMap::new() };
    let total = state.log.head().await?.position;
    let (mut done, mut events) = (0, Reader::of_log(&*state.log, 0).until(total));
    while let Some(stored) = events.next().await? {
        let line = line_of(&stored, keys, &mut owners).await?;
        serde_json::to_writer(&mut out, &line)?;
        out.write_all(b"\n")?;
        done = stored.position;
        bar.show(Progress { what: "export", done, total });
    }
    out.flush()?;
    Ok(done)
}

async fn line_of(
    stored: &StoredEvent,
    keys: &Keys,
    owners: &mut Owners<'_>,
) -> Result<Line, Failure> {
    let position = stored.position;
    let json = |bytes: &[u8], what: &str| {
        let text = String::from_utf8(bytes.to_vec()).ok();
        let raw = text.and_then(|text| RawValue::from_string(text).ok());
        raw.ok_or_else(|| Failure::new(format!("position {position}: its {what} is not JSON")))
    };
    let payload = sealing::open_payload(keys, stored).await?;
    Ok(Line {
        position,
        stream: stored.stream.to_string(),
        version: stored.version,
        event_id: stored.event_id,
        event_type: stored.event_type.clone(),
        schema_version: stored.schema_version,
        recorded_at: stored.recorded_at,
        metadata: json(&stored.metadata, "metadata")?,
        owner: owners.of(stored.key_id).await?,
        payload: payload.map(|payload| json(&payload, "payload")).transpose()?,
    })
}
