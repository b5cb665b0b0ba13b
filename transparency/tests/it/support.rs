//! Histories, keys and folders for the tests.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::Digest;
use transparency::bundle::BundleWriter;
use transparency::checkpoint::{Checkpoint, CosigningKey, SigningKey};
use transparency::policy::Policy;
use transparency::record::{NOT_SEALED, Record};
use transparency::tree::{Frontier, Hash};

pub const ORIGIN: &str = "ledger.example/log";

/// Numbers that look random, the same in every run (splitmix64).
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number from 0 up to, and without, `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

/// A record that owns what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    pub position: u64,
    pub stream: String,
    pub version: u64,
    pub event_id: [u8; 16],
    pub event_type: &'static str,
    pub recorded_at: i64,
    pub metadata: Vec<u8>,
    pub key_id: [u8; 16],
    pub payload: Vec<u8>,
}

impl Owned {
    pub fn record(&self) -> Record<'_> {
        Record {
            position: self.position,
            stream: &self.stream,
            version: self.version,
            event_id: self.event_id,
            event_type: self.event_type,
            schema_version: 1,
            recorded_at: self.recorded_at,
            metadata: &self.metadata,
            key_id: self.key_id,
            payload: &self.payload,
        }
    }

    pub fn canonical(&self) -> Vec<u8> {
        let mut canonical = Vec::new();
        self.record().write(&mut canonical);
        canonical
    }

    pub fn leaf(&self) -> Hash {
        self.record().leaf_hash()
    }
}

pub const EVENT_TYPES: [&str; 4] =
    ["consent.granted", "consent.revoked", "transaction.booked", "key.destroyed"];

/// A history that keeps every rule.
pub fn history(chance: &mut Chance, length: usize) -> Vec<Owned> {
    let mut versions = [0_u64; 7];
    let mut recorded_at = 1_767_225_600_000_000;
    let mut records = Vec::with_capacity(length);
    for position in 1..=length as u64 {
        let stream = chance.below(versions.len());
        versions[stream] += 1;
        recorded_at += chance.below(3) as i64 * 1_000;
        let sealed = chance.below(2) == 0;
        let mut event_id = [0; 16];
        event_id.copy_from_slice(&chance.bytes(16));
        let (metadata_length, payload_length) = (chance.below(20), 9 + chance.below(120));
        records.push(Owned {
            position,
            stream: format!("stream-{stream}"),
            version: versions[stream],
            event_id,
            event_type: EVENT_TYPES[chance.below(EVENT_TYPES.len())],
            recorded_at,
            metadata: chance.bytes(metadata_length),
            key_id: if sealed { [3; 16] } else { NOT_SEALED },
            payload: chance.bytes(payload_length),
        });
    }
    records
}

pub fn key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[1; 32]).expect("a key")
}

pub fn witness(number: u8) -> CosigningKey {
    let name = format!("witness-{number}.example");
    CosigningKey::from_seed(&name, &[100 + number; 32]).expect("a key")
}

/// The policy that believes [`key`] alone.
pub fn policy_text() -> String {
    format!("log {}\nquorum none\n", key().verifier_key())
}

pub fn policy() -> Policy {
    Policy::parse(&policy_text()).expect("a policy")
}

/// The checkpoint over the first `size` records.
pub fn checkpoint_over(records: &[Owned], size: usize) -> Checkpoint {
    let mut tree = Frontier::default();
    records[..size].iter().for_each(|record| tree.push(record.leaf()));
    Checkpoint { origin: ORIGIN.to_owned(), size: size as u64, root: tree.root() }
}

/// Writes a whole bundle with signed checkpoints of the given sizes.
pub fn write_whole(folder: &Path, records: &[Owned], sizes: &[usize]) {
    let mut writer = BundleWriter::create_whole(folder, ORIGIN).expect("a writer");
    writer.key(&key().verifier_key()).expect("a key");
    for record in records {
        writer.push(&record.record()).expect("a record");
    }
    for size in sizes {
        let note = key().sign(&checkpoint_over(records, *size));
        writer.checkpoint(&note).expect("a checkpoint");
    }
    writer.finish().expect("a bundle");
}

/// Puts another note in the place of a bundle's checkpoint, manifest included, as somebody could who
/// may write everywhere and has no key.
pub fn replace_checkpoint(folder: &Path, size: usize, note: &str) {
    let path = folder.join(transparency::bundle::checkpoint_file(size as u64));
    let before = std::fs::read_to_string(&path).expect("a note");
    let digest = |note: &str| transparency::text::hex_of(&sha2::Sha256::digest(note));
    let manifest = folder.join(transparency::bundle::MANIFEST);
    let mut json = std::fs::read_to_string(&manifest).expect("a manifest");
    let place = json.find(&digest(&before)).expect("the digest");
    // The length stands in the line before the digest.
    let start = json[..place].rfind("\"bytes\": ").expect("a length") + 9;
    let end = start + json[start..].find(',').expect("an end");
    json.replace_range(place..place + 64, &digest(note));
    json.replace_range(start..end, &note.len().to_string());
    std::fs::write(&manifest, json).expect("a write");
    std::fs::write(path, note).expect("a write");
}

/// A folder that goes away with the test.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // In memory where there is such a place: a bundle is made durable when it is finished, and
        // a thousand of them on a disk take minutes.
        let memory = PathBuf::from("/dev/shm");
        let parent = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let path = parent.join(format!("opl-proofs-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
