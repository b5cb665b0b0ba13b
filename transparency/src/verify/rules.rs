//! The rules every history keeps, whoever signed it.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use crate::bundle::Kind;
use crate::record::{Record, SHORTEST_RECORD};

/// Most places that are set aside before the first record is read.
const MOST_SET_ASIDE: u64 = 1 << 24;

/// What has to be remembered to check the next record.
pub(super) struct Rules {
    kind: Kind,
    last_position: u64,
    last_time: i64,
    /// Last version of each stream, by half of the SHA-256 of its name: names may be long.
    versions: HashMap<[u8; 16], u64>,
    events: HashSet<[u8; 16]>,
}

impl Rules {
    /// Begins, with room for as many records as are listed, if `records.bin` is long enough to hold
    /// them: what a manifest says alone takes no memory.
    pub fn new(kind: Kind, records: u64, bytes: u64) -> Self {
        let possible = records.min(bytes / SHORTEST_RECORD as u64).min(MOST_SET_ASIDE);
        let events = HashSet::with_capacity(usize::try_from(possible).unwrap_or(0));
        let versions = HashMap::new();
        Self { kind, last_position: 0, last_time: i64::MIN, versions, events }
    }

    /// Checks a record against those before it and says what is broken.
    pub fn check(&mut self, record: &Record<'_>) -> Vec<String> {
        let mut broken = Vec::new();
        let Record { position, stream, version, recorded_at, .. } = *record;
        let last = std::mem::replace(&mut self.last_position, position);
        if self.kind == Kind::Whole && position != last.wrapping_add(1) {
            broken.push(format!("position {position} follows position {last}"));
        }
        if self.kind == Kind::Part && position <= last {
            broken.push(format!("position {position} follows position {last}"));
        }
        let last_time = std::mem::replace(&mut self.last_time, recorded_at);
        if recorded_at < last_time {
            broken.push(format!("time goes back from {last_time} to {recorded_at} microseconds"));
        }
        if !self.events.insert(record.event_id) {
            broken.push("the event's identifier stands in an earlier record".to_owned());
        }
        let digest: [u8; 32] = Sha256::digest(stream).into();
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        let last = self.versions.insert(key, version).unwrap_or(0);
        let follows = match self.kind {
            Kind::Whole => version == last.wrapping_add(1),
            Kind::Part => version > last,
        };
        if !follows {
            broken.push(format!("version {version} of the stream {stream} follows version {last}"));
        }
        broken
    }

    /// How many streams there are.
    pub fn streams(&self) -> usize {
        self.versions.len()
    }
}
