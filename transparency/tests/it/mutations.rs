//! Ten thousand ways to change a bundle, each of which is found; and a thousand honest histories, in
//! which nothing is.

use std::fs;
use std::path::PathBuf;

use transparency::bundle::{HASHES, KEYS, MANIFEST, RECORDS, checkpoint_file};
use transparency::policy::Policy;
use transparency::record::Record;
use transparency::tree::leaf_hash;
use transparency::verify::{Report, Verdict, verify_bundle};

use crate::support::{Chance, EVENT_TYPES, Owned, Scratch, history, policy, write_whole};

/// A clean bundle that is changed and put right again.
struct Ground {
    folder: PathBuf,
    records: Vec<Owned>,
    sizes: Vec<usize>,
    policy: Policy,
    _scratch: Scratch,
}

impl Ground {
    fn new(chance: &mut Chance) -> Self {
        let scratch = Scratch::new();
        let folder = scratch.path("bundle");
        let length = 8 + chance.below(30);
        let records = history(chance, length);
        let mut sizes: Vec<usize> = (0..3).map(|_| chance.below(records.len())).collect();
        sizes.push(records.len());
        sizes.sort_unstable();
        sizes.dedup();
        write_whole(&folder, &records, &sizes);
        Self { folder, records, sizes, policy: policy(), _scratch: scratch }
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.join(name)).expect("a file")
    }

    fn verify(&self) -> Report {
        verify_bundle(&self.folder, Some(&self.policy), &[])
    }

    /// Verifies with the file changed, and puts it back.
    fn with(&self, name: &str, contents: Option<&[u8]>) -> Report {
        let path = self.folder.join(name);
        let before = fs::read(&path).expect("a file");
        match contents {
            Some(contents) => fs::write(&path, contents).expect("a write"),
            None => fs::remove_file(&path).expect("a removal"),
        }
        let report = self.verify();
        fs::write(&path, before).expect("a write");
        report
    }

    fn frames(&self) -> Vec<Vec<u8>> {
        self.records.iter().map(Owned::canonical).collect()
    }
}

fn joined(frames: &[Vec<u8>]) -> Vec<u8> {
    let length = |frame: &Vec<u8>| (frame.len() as u32).to_be_bytes();
    frames.iter().flat_map(|frame| [&length(frame)[..], frame].concat()).collect()
}

/// A number that is not zero.
fn flip(chance: &mut Chance) -> u8 {
    1 + chance.below(255) as u8
}

/// Changes `records.bin` and answers with its new contents and the first bad position.
fn change_records(ground: &Ground, kind: usize, chance: &mut Chance) -> (Vec<u8>, u64) {
    let mut frames = ground.frames();
    let count = frames.len();
    let at = chance.below(count);
    let mut bad = at as u64 + 1;
    let mut record = ground.records[at].clone();
    match kind {
        0 => {
            let place = chance.below(frames[at].len());
            frames[at][place] ^= flip(chance);
        }
        1 => drop(frames.remove(at)),
        2 => {
            let foreign = history(chance, at + 1).pop().expect("a record");
            frames.insert(chance_place(&mut bad, at, count, chance), foreign.canonical());
        }
        3 => {
            let other = (at + 1 + chance.below(count - 1)) % count;
            frames.swap(at, other);
            bad = at.min(other) as u64 + 1;
        }
        4 => {
            let all = joined(&frames);
            let length = chance.below(all.len());
            let mut end = 0;
            let kept = frames.iter().take_while(|frame| {
                end += 4 + frame.len();
                end <= length
            });
            return (all[..length].to_vec(), kept.count() as u64 + 1);
        }
        5 => {
            frames.insert(at + 1, frames[at].clone());
            bad += 1;
        }
        6 => {
            record.position ^= 1 << chance.below(20);
            frames[at] = record.canonical();
        }
        7 => {
            // Removed, and everything after it renumbered.
            frames.remove(at);
            for (frame, record) in frames.iter_mut().zip(&ground.records[1..]).skip(at) {
                let position = record.position - 1;
                *frame = Owned { position, ..record.clone() }.canonical();
            }
        }
        8 => {
            record.recorded_at += 1 + chance.below(1_000_000) as i64;
            frames[at] = record.canonical();
        }
        9 => {
            let place = EVENT_TYPES.iter().position(|name| *name == record.event_type);
            let place = place.expect("a known type") + 1 + chance.below(3);
            record.event_type = EVENT_TYPES[place % 4];
            frames[at] = record.canonical();
        }
        10 => {
            let other = (at + 1 + chance.below(count - 1)) % count;
            let mut second = ground.records[other].clone();
            std::mem::swap(&mut record.payload, &mut second.payload);
            (frames[at], frames[other]) = (record.canonical(), second.canonical());
            bad = at.min(other) as u64 + 1;
        }
        11 => {
            record.version += 1;
            frames[at] = record.canonical();
        }
        _ => {
            // The length that stands before the record.
            let start: usize = frames[..at].iter().map(|frame| 4 + frame.len()).sum();
            let mut all = joined(&frames);
            all[start + chance.below(4)] ^= flip(chance);
            return (all, bad);
        }
    }
    (joined(&frames), bad)
}

/// Anywhere, the end included.
fn chance_place(bad: &mut u64, at: usize, count: usize, chance: &mut Chance) -> usize {
    let place = if chance.below(10) == 0 { count } else { at };
    *bad = place as u64 + 1;
    place
}

#[test]
fn every_change_of_a_record_is_found_and_named() {
    let mut chance = Chance(10);
    for _ in 0..25 {
        let ground = Ground::new(&mut chance);
        assert_eq!(ground.verify().verdict, Verdict::Proven);
        for round in 0..260 {
            let (changed, bad) = change_records(&ground, round % 13, &mut chance);
            let report = ground.with(RECORDS, Some(&changed));
            assert_eq!(report.verdict, Verdict::Damaged, "kind {}: {report:?}", round % 13);
            assert_eq!(report.position, Some(bad), "kind {}: {report:?}", round % 13);
        }
        assert_eq!(ground.verify().verdict, Verdict::Proven);
    }
}

/// Flips a byte, cuts or lengthens.
fn change_bytes(mut bytes: Vec<u8>, chance: &mut Chance) -> Vec<u8> {
    match chance.below(6) {
        0 => bytes.truncate(chance.below(bytes.len())),
        1 => bytes.extend(chance.bytes(1 + chance.0 as usize % 40)),
        2 => drop(bytes.remove(chance.below(bytes.len()))),
        3 => bytes.insert(chance.below(bytes.len() + 1), chance.next() as u8),
        _ => {
            let place = chance.below(bytes.len());
            bytes[place] ^= flip(chance);
        }
    }
    bytes
}

#[test]
fn every_change_of_another_file_is_found() {
    let mut chance = Chance(11);
    for _ in 0..25 {
        let ground = Ground::new(&mut chance);
        for round in 0..120 {
            let size = ground.sizes[chance.below(ground.sizes.len())];
            let name = match round % 4 {
                0 => HASHES.to_owned(),
                1 => MANIFEST.to_owned(),
                2 => checkpoint_file(size as u64),
                _ => KEYS.to_owned(),
            };
            let before = ground.read(&name);
            let changed = change_bytes(before.clone(), &mut chance);
            let changed = if changed == before { None } else { Some(changed.as_slice()) };
            let report = ground.with(&name, changed);
            assert_eq!(report.verdict, Verdict::Damaged, "{name}: {report:?}");
        }
        for name in [RECORDS, HASHES, KEYS, MANIFEST] {
            assert_eq!(ground.with(name, None).verdict, Verdict::Damaged, "{name} is missing");
        }
    }
}

/// A changed hash with the record untouched: the position is named, and the record is cleared.
#[test]
fn a_changed_hash_is_told_from_a_changed_record() {
    let mut chance = Chance(12);
    let ground = Ground::new(&mut chance);
    let hashes = ground.read(HASHES);
    for _ in 0..100 {
        let mut changed = hashes.clone();
        let place = chance.below(changed.len());
        changed[place] ^= flip(&mut chance);
        let report = ground.with(HASHES, Some(&changed));
        assert_eq!(
            (report.verdict, report.position),
            (Verdict::Damaged, Some(place as u64 / 32 + 1))
        );
        assert!(report.summary.contains("hashes.bin was changed"), "{report:?}");
    }
}

/// The numbers of the manifest, one at a time, in the manifest's own spelling.
#[test]
fn every_number_of_the_manifest_counts() {
    let mut chance = Chance(13);
    let ground = Ground::new(&mut chance);
    let text = String::from_utf8(ground.read(MANIFEST)).expect("text");
    let mut tried = 0;
    for (line_number, line) in text.lines().enumerate() {
        let Some((head, number)) = line.split_once("\": ") else { continue };
        let digits = number.trim_end_matches(',');
        let Ok(number) = digits.parse::<u64>() else { continue };
        for other in [number + 1, number.wrapping_sub(1), 0, number * 2 + 1, u64::MAX] {
            if other == number {
                continue;
            }
            let comma = if line.ends_with(',') { "," } else { "" };
            let changed = format!("{head}\": {other}{comma}");
            let lines = text.lines().enumerate();
            let lines = lines.map(|(at, line)| if at == line_number { &changed } else { line });
            let changed = lines.collect::<Vec<_>>().join("\n") + "\n";
            let report = ground.with(MANIFEST, Some(changed.as_bytes()));
            assert_eq!(report.verdict, Verdict::Damaged, "{line} -> {other}: {report:?}");
            tried += 1;
        }
    }
    assert!(tried > 30);
}

/// Whoever changes a record and its hash, and has no key: the records among which it is are named.
#[test]
fn a_tree_built_anew_does_not_fit_the_signature() {
    let mut chance = Chance(14);
    for _ in 0..20 {
        let ground = Ground::new(&mut chance);
        for _ in 0..25 {
            let at = chance.below(ground.records.len());
            let mut frames = ground.frames();
            let place = chance.below(frames[at].len());
            frames[at][place] ^= flip(&mut chance);
            let hashes: Vec<u8> = frames.iter().flat_map(|frame| leaf_hash(frame)).collect();
            let before = ground.read(HASHES);
            fs::write(ground.folder.join(HASHES), hashes).expect("a write");
            let report = ground.with(RECORDS, Some(&joined(&frames)));
            fs::write(ground.folder.join(HASHES), before).expect("a write");
            assert_eq!(report.verdict, Verdict::Damaged, "{report:?}");
            let (first, last) = report.range.expect("a range");
            let bad = at as u64 + 1;
            assert!((first..=last).contains(&bad), "{bad} in {first}..={last}");
            // As narrow as the checkpoints allow.
            let sizes = ground.sizes.iter().map(|size| *size as u64);
            assert_eq!(sizes.clone().find(|size| *size >= bad), Some(last));
            assert_eq!(sizes.filter(|size| *size < bad).max().unwrap_or(0) + 1, first);
        }
    }
}

#[test]
fn a_thousand_honest_histories_raise_no_alarm() {
    let mut chance = Chance(15);
    for round in 0..1_000 {
        let scratch = Scratch::new();
        let length = chance.below(40);
        let records = history(&mut chance, length);
        let mut sizes: Vec<usize> =
            (0..chance.below(4)).map(|_| chance.below(length + 1)).collect();
        sizes.push(length);
        sizes.sort_unstable();
        sizes.dedup();
        let folder = scratch.path("bundle");
        write_whole(&folder, &records, &sizes);
        let report = verify_bundle(&folder, Some(&policy()), &[]);
        assert_eq!(report.verdict, Verdict::Proven, "history {round}: {report:?}");
        assert_eq!((report.records, report.proven), (length as u64, length as u64));
        assert!(report.findings.is_empty() && report.notes.is_empty(), "{report:?}");
        for frame in records.iter().map(Owned::canonical) {
            assert!(Record::parse(&frame).is_ok());
        }
    }
}
