//! What is stored: events in the order of their commits, in memory and, if asked for, in a file.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

use prost::Message;

/// Bytes a record has besides its data: commit positions rise by more than one.
const RECORD_OVERHEAD: u64 = 119;

/// An event as proposed.
#[derive(Clone, PartialEq, Message)]
pub struct Proposed {
    #[prost(string, tag = "1")]
    pub id: String,
    #[prost(map = "string, string", tag = "2")]
    pub metadata: HashMap<String, String>,
    #[prost(bytes = "vec", tag = "3")]
    pub custom_metadata: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    pub data: Vec<u8>,
}

/// One append in the file.
#[derive(Clone, PartialEq, Message)]
struct Written {
    #[prost(string, tag = "1")]
    stream: String,
    #[prost(message, repeated, tag = "2")]
    events: Vec<Proposed>,
}

/// An event as stored.
#[derive(Clone)]
pub struct Stored {
    pub stream: String,
    pub revision: u64,
    pub commit: u64,
    pub event: Proposed,
}

/// The state a stream has to have for an append.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    Any,
    NoStream,
    Exists,
    Revision(u64),
}

/// Where an append came to stand: the stream's last revision of it and its commit position.
#[derive(Clone, Copy)]
pub struct Success {
    pub revision: u64,
    pub commit: u64,
}

/// The stream is elsewhere: its last revision, none if it does not exist.
pub struct WrongRevision(pub Option<u64>);

/// Every event.
#[derive(Default)]
pub struct Journal {
    events: Vec<Stored>,
    streams: HashMap<String, Vec<usize>>,
    file: Option<File>,
}

impl Journal {
    /// Reads the file, if there is one, up to its last whole record.
    pub fn open(path: Option<&Path>) -> std::io::Result<Self> {
        let mut journal = Self::default();
        let Some(path) = path else { return Ok(journal) };
        let mut file = File::options().create(true).read(true).append(true).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut rest = bytes.as_slice();
        let mut whole = 0;
        while let Ok(Written { stream, events }) = Written::decode_length_delimited(&mut rest) {
            whole = bytes.len() - rest.len();
            journal.place(&stream, events);
            if rest.is_empty() {
                break;
            }
        }
        file.set_len(whole as u64)?;
        journal.file = Some(file);
        Ok(journal)
    }

    /// Events in the order of their commits.
    pub fn all(&self) -> &[Stored] {
        &self.events
    }

    /// Events of a stream; none if it does not exist.
    pub fn stream(&self, name: &str) -> Option<Vec<&Stored>> {
        let places = self.streams.get(name)?;
        Some(places.iter().filter_map(|place| self.events.get(*place)).collect())
    }

    fn place(&mut self, stream: &str, events: Vec<Proposed>) -> Success {
        let mut success = Success { revision: 0, commit: 0 };
        for event in events {
            let places = self.streams.entry(stream.to_owned()).or_default();
            let before = self
                .events
                .last()
                .map_or(0, |last| last.commit + RECORD_OVERHEAD + last.event.data.len() as u64);
            success = Success { revision: places.len() as u64, commit: before };
            places.push(self.events.len());
            let Success { revision, commit } = success;
            self.events.push(Stored { stream: stream.to_owned(), revision, commit, event });
        }
        success
    }

    /// Stores events at an expected revision. The same events sent again at the same expected
    /// revision are answered as the first time.
    pub fn append(
        &mut self,
        stream: &str,
        expected: Expected,
        events: Vec<Proposed>,
    ) -> std::io::Result<Result<Success, WrongRevision>> {
        let known = self.stream(stream).unwrap_or_default();
        let current = known.last().map(|last| last.revision);
        let next = match expected {
            Expected::NoStream => 0,
            Expected::Revision(revision) => revision + 1,
            Expected::Exists if current.is_none() => return Ok(Err(WrongRevision(None))),
            Expected::Any | Expected::Exists => {
                let first = events.first().map(|event| event.id.as_str());
                let found = known.iter().find(|stored| Some(stored.event.id.as_str()) == first);
                found.map_or(known.len() as u64, |stored| stored.revision)
            }
        };
        if next > known.len() as u64 {
            return Ok(Err(WrongRevision(current)));
        }
        let there = known.get(next as usize..).unwrap_or_default();
        if !there.is_empty() {
            let again = there.len() >= events.len()
                && there.iter().zip(&events).all(|(stored, event)| stored.event.id == event.id);
            let last = there.get(events.len().saturating_sub(1)).filter(|_| again);
            return Ok(last
                .map(|last| Success { revision: last.revision, commit: last.commit })
                .ok_or(WrongRevision(current)));
        }
        if let Some(file) = &mut self.file {
            let written = Written { stream: stream.to_owned(), events: events.clone() };
            file.write_all(&written.encode_length_delimited_to_vec())?;
        }
        Ok(Ok(self.place(stream, events)))
    }
}
