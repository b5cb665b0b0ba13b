//! `opl store import`: opened events into a log, each sealed under its person's key.
//!
//! Identifiers and times stay; positions follow the end of the log, so that a whole export into an
//! empty log keeps those too. Lines that are in the log already are passed over.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;
use std::sync::Arc;

use domain::event::{Encoded, Event};
use domain::id::UserId;
use domain::stream::StreamId;
use transparency::tree::Hash;
use uuid::Uuid;

use super::super::Failure;
use super::Bar;
use super::line::{LONGEST_LINE, Line};
use crate::app::{self, Options};
use crate::backup::{Progress, State};
use crate::ledger::sealing;
use crate::ledger::store::{AdoptError, EventLog, LARGEST_PAYLOAD, NewEvent, StoredEvent};
use crate::vault::crypto::DataKey;
use crate::vault::keys::{KeyProvider, Keys};
use crate::world::Chance;

/// Lines that share one commit.
const LINES_A_COMMIT: usize = 1_000;
/// Payload bytes that share one commit, unless one line has more.
const BYTES_A_COMMIT: usize = 8 * 1024 * 1024;
/// Streams whose version is kept in memory.
const MOST_KNOWN_VERSIONS: usize = 65_536;

struct Import<'a> {
    log: &'a dyn EventLog,
    keys: &'a Keys,
    chance: &'a Chance,
    /// Nothing may claim to have been stored later than this.
    now: i64,
    /// Where streams end by what was added here.
    versions: HashMap<StreamId, u64>,
    types: HashMap<&'static str, u16>,
    /// Lines added and lines that were there already.
    added: u64,
    there: u64,
}

/// A line with its place in the input.
struct Numbered {
    number: u64,
    line: Line,
}

fn refuse(number: u64, why: impl std::fmt::Display) -> Failure {
    Failure::new(format!("line {number}: {why}"))
}

pub(super) async fn run(options: &Options, file: &Path) -> Result<(), Failure> {
    let _lock = match options.postgres_url {
        None => Some(app::take_directory(&options.data_directory)?),
        Some(_) => None,
    };
    let (input, total): (Box<dyn std::io::Read>, u64) = if file == Path::new("-") {
        (Box::new(std::io::stdin()), 0)
    } else {
        let cannot = |error: std::io::Error| Failure::new(format!("{}: {error}", file.display()));
        let opened = std::fs::File::open(file).map_err(cannot)?;
        let length = opened.metadata().map_err(cannot)?.len();
        (Box::new(opened), length)
    };
    let state = State::open(options).await?;
    let provider: Box<dyn KeyProvider> = app::root_key(options)?;
    let keys =
        Keys::new(state.vault.clone(), provider, options.chance.clone(), options.clock.clone());
    // A wrong root key shows here, before anything is written under it.
    keys.platform().await?;
    let mut import = Import {
        log: &*state.log,
        keys: &keys,
        chance: &options.chance,
        now: options.clock.micros(),
        versions: HashMap::new(),
        types: Event::types().collect(),
        added: 0,
        there: 0,
    };
    let mut bar = Bar::new();
    let result = import.all(&mut BufReader::new(input), total, &mut bar).await;
    bar.end();
    let Import { added, there, .. } = import;
    println!("{added} events added, {there} were there already");
    result
}

impl Import<'_> {
    async fn all(
        &mut self,
        input: &mut impl BufRead,
        total: u64,
        bar: &mut Bar,
    ) -> Result<(), Failure> {
        let (mut number, mut bytes) = (0, 0);
        loop {
            let (mut lines, mut payload) = (Vec::new(), 0);
            while lines.len() < LINES_A_COMMIT && payload < BYTES_A_COMMIT {
                number += 1;
                let Some((line, length)) = next_line(input, number)? else { break };
                bytes += length;
                payload += line.payload.as_ref().map_or(0, |payload| payload.get().len());
                lines.push(Numbered { number, line });
            }
            if lines.is_empty() {
                return Ok(());
            }
            self.commit(lines).await?;
            let done = if total > 0 { bytes } else { self.added + self.there };
            let what = if total > 0 { "bytes" } else { "lines" };
            bar.show(Progress { what, done, total: total.max(done) });
        }
    }

    /// Adds what is not there yet, all in one commit.
    async fn commit(&mut self, lines: Vec<Numbered>) -> Result<(), Failure> {
        if self.versions.len() >= MOST_KNOWN_VERSIONS {
            self.versions.clear();
        }
        let head = self.log.head().await?;
        let mut last = self.log.time_at(head.position).await?.unwrap_or(i64::MIN);
        let mut events = Vec::with_capacity(lines.len());
        let mut position = head.position;
        let first = lines.first().map_or(0, |line| line.number);
        for Numbered { number, line } in lines {
            let stream: StreamId = line.stream.parse().map_err(|error| refuse(number, error))?;
            if !self.is_next(stream, &line, number).await? {
                self.there += 1;
                continue;
            }
            if line.recorded_at > self.now {
                return Err(refuse(number, "`recorded_at` is in the future"));
            }
            position += 1;
            last = last.max(line.recorded_at);
            events.push(self.sealed(stream, &line, number, (position, last)).await?);
            self.versions.insert(stream, line.version);
        }
        let added = events.len() as u64;
        if added > 0 {
            self.log.adopt(events).await.map_err(|error| match error {
                AdoptError::DoesNotFollow { .. } => {
                    refuse(first, "another process wrote meanwhile; run the import again")
                }
                other => refuse(first, format!("the lines from here on: {other}")),
            })?;
        }
        self.added += added;
        Ok(())
    }

    /// Whether a line is the next of its stream; no if the very same event is there already.
    async fn is_next(
        &mut self,
        stream: StreamId,
        line: &Line,
        number: u64,
    ) -> Result<bool, Failure> {
        let before = line.version.checked_sub(1);
        let before = before.ok_or_else(|| refuse(number, "`version` begins at 1"))?;
        if self.versions.get(&stream) == Some(&before) {
            return Ok(true);
        }
        let page = self.log.read_stream(stream, before.saturating_sub(1), 2).await?;
        let stood = page.iter().find(|stored| stored.version == line.version);
        match stood {
            Some(stored) if stored.event_id == line.event_id => Ok(false),
            Some(_) => Err(refuse(
                number,
                format!("version {} of {stream} is another event", line.version),
            )),
            None if before == 0 || page.iter().any(|stored| stored.version == before) => Ok(true),
            None => Err(refuse(
                number,
                format!("{stream} has no version {before} for version {} to follow", line.version),
            )),
        }
    }

    async fn sealed(
        &self,
        stream: StreamId,
        line: &Line,
        number: u64,
        (position, recorded_at): (u64, i64),
    ) -> Result<StoredEvent, Failure> {
        let erased = "its payload is null, because its key was destroyed; \
            `opl store copy` moves a log with such events";
        let payload = line.payload.as_ref().ok_or_else(|| refuse(number, erased))?;
        let payload = payload.get().as_bytes().to_vec();
        if payload.len() > LARGEST_PAYLOAD {
            return Err(refuse(number, format!("its payload has over {LARGEST_PAYLOAD} bytes")));
        }
        let event = Event::decode(&line.event_type, line.schema_version, &payload)
            .map_err(|error| refuse(number, error))?;
        if event.category() != stream.category {
            let why = format!("`{}` is no event of {stream}", line.event_type);
            return Err(refuse(number, why));
        }
        let known = self.types.get_key_value(line.event_type.as_str());
        let event_type = *known.ok_or_else(|| refuse(number, "its event type is not known"))?.0;
        let encoded = Encoded { event_type, schema_version: line.schema_version, payload };
        let key = self.key(line.owner, number).await?;
        let key = key.as_ref().map(|(key_id, key)| (*key_id, &**key));
        let metadata = line.metadata.get().as_bytes().to_vec();
        let new = sealing::seal(
            self.chance.bytes()?,
            key,
            &stream.to_string(),
            line.event_id,
            encoded,
            metadata,
        )?;
        let NewEvent { event_id, schema_version, metadata, key_id, payload, .. } = new;
        let mut stored = StoredEvent {
            position,
            stream,
            version: line.version,
            event_id,
            event_type: event_type.to_owned(),
            schema_version,
            recorded_at,
            metadata,
            key_id,
            payload,
            hash: Hash::default(),
        };
        stored.hash = stored.record(&stream.to_string()).leaf_hash();
        Ok(stored)
    }

    async fn key(
        &self,
        owner: Option<Uuid>,
        number: u64,
    ) -> Result<Option<(Uuid, Arc<DataKey>)>, Failure> {
        let Some(owner) = owner else { return Ok(None) };
        let key = self.keys.key_of_person(UserId(owner)).await?;
        key.map(Some).ok_or_else(|| refuse(number, "its owner was erased here"))
    }
}

/// The next line with its length; none at the end.
fn next_line(input: &mut impl BufRead, number: u64) -> Result<Option<(Line, u64)>, Failure> {
    let mut text = String::new();
    let length = input.take(LONGEST_LINE).read_line(&mut text)? as u64;
    if length == 0 {
        return Ok(None);
    }
    if !text.ends_with('\n') && length >= LONGEST_LINE {
        return Err(refuse(number, format!("it is longer than {LONGEST_LINE} bytes")));
    }
    let line = serde_json::from_str(&text).map_err(|error| {
        refuse(number, format!("it is no event, from column {}", error.column()))
    })?;
    Ok(Some((line, length)))
}
