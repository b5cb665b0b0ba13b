//! Parts: some records, each with its own proof.

use std::fs;
use std::path::Path;

use transparency::bundle::{BundleError, BundleWriter, HASHES, PROOFS, RECORDS};
use transparency::verify::{Given, Report, Verdict, verify_bundle};

use crate::second::Second;
use crate::support::{Chance, Owned, Scratch, checkpoint_over, history, key, policy};

/// Writes the part with the given places of a history.
pub fn write_part(folder: &Path, records: &[Owned], places: &[usize]) {
    let tree = Second::new(records.iter().map(Owned::leaf).collect());
    let note = key().sign(&checkpoint_over(records, records.len()));
    let mut writer = BundleWriter::create_part(folder, &note).expect("a writer");
    for place in places {
        let path = tree.path(*place, 0, records.len());
        writer.push_with_path(&records[*place].record(), &path).expect("a record");
    }
    writer.finish().expect("a bundle");
}

fn verify(folder: &Path) -> Report {
    verify_bundle(folder, Some(&policy()), &[])
}

#[test]
fn a_part_is_proven_record_by_record() {
    let scratch = Scratch::new();
    let records = history(&mut Chance(20), 50);
    write_part(&scratch.path("part"), &records, &[0, 7, 8, 31, 49]);
    let report = verify(&scratch.path("part"));
    assert_eq!(
        (report.verdict, report.records, report.proven),
        (Verdict::Proven, 5, 5),
        "{report:?}"
    );
    assert_eq!(report.kind, Some("part"));
    let unproven = verify_bundle(&scratch.path("part"), None, &[]);
    assert_eq!((unproven.verdict, unproven.proven), (Verdict::Unproven, 0));
    let mut other = checkpoint_over(&records, 50);
    other.root[0] ^= 1;
    let given = Given { name: "kept.txt".to_owned(), note: key().sign(&other) };
    let fork = verify_bundle(&scratch.path("part"), Some(&policy()), &[given]);
    assert_eq!(fork.verdict, Verdict::Fork);
    assert!(fork.evidence.is_some());
}

#[test]
fn every_change_of_a_part_is_found() {
    let mut chance = Chance(21);
    let scratch = Scratch::new();
    let records = history(&mut chance, 60);
    let places = [2, 3, 17, 40, 58];
    let folder = scratch.path("part");
    write_part(&folder, &records, &places);
    for round in 0..900 {
        let name = [RECORDS, HASHES, PROOFS][round % 3];
        let before = fs::read(folder.join(name)).expect("a file");
        let mut changed = before.clone();
        let place = chance.below(changed.len());
        if round % 7 == 0 {
            changed.truncate(place);
        } else {
            changed[place] ^= 1 + chance.below(255) as u8;
        }
        fs::write(folder.join(name), &changed).expect("a write");
        let report = verify(&folder);
        fs::write(folder.join(name), &before).expect("a write");
        assert_eq!(report.verdict, Verdict::Damaged, "{name} at {place}: {report:?}");
        // Everything is in the order of the records, so the place says which one it is.
        let ends: Vec<usize> = match name {
            RECORDS => ends(places.iter().map(|at| 4 + records[*at].canonical().len())),
            HASHES => ends(places.iter().map(|_| 32)),
            _ => {
                let tree = Second::new(records.iter().map(Owned::leaf).collect());
                ends(places.iter().map(|at| 9 + 32 * tree.path(*at, 0, 60).len()))
            }
        };
        let bad = ends.iter().position(|end| place < *end).expect("a record");
        assert_eq!(report.position, Some(places[bad] as u64 + 1), "{name} at {place}: {report:?}");
    }
}

fn ends(lengths: impl Iterator<Item = usize>) -> Vec<usize> {
    lengths
        .scan(0, |end, length| {
            *end += length;
            Some(*end)
        })
        .collect()
}

#[test]
fn a_writer_takes_only_what_belongs() {
    let scratch = Scratch::new();
    let records = history(&mut Chance(22), 9);
    let note = key().sign(&checkpoint_over(&records, 9));
    let tree = Second::new(records.iter().map(Owned::leaf).collect());
    let refused = |result: Result<_, BundleError>| matches!(result, Err(BundleError::Refused(_)));

    let mut part = BundleWriter::create_part(&scratch.path("part"), &note).expect("a writer");
    assert!(refused(part.push(&records[0].record())));
    assert!(refused(part.push_with_path(&records[3].record(), &tree.path(4, 0, 9))));
    assert!(part.push_with_path(&records[3].record(), &tree.path(3, 0, 9)).is_ok());
    assert!(refused(part.push_with_path(&records[3].record(), &tree.path(3, 0, 9))));
    assert!(matches!(part.checkpoint(&note), Err(BundleError::Refused(_))));
    // Half a bundle has no name, and goes away with its writer.
    assert!(scratch.path("part.unfinished").exists() && !scratch.path("part").exists());
    let second = BundleWriter::create_part(&scratch.path("part"), &note);
    assert!(matches!(second, Err(BundleError::Exists(_))));
    drop(part);
    assert!(!scratch.path("part.unfinished").exists());

    let origin = crate::support::ORIGIN;
    let mut whole = BundleWriter::create_whole(&scratch.path("whole"), origin).expect("a writer");
    assert!(refused(whole.push(&records[1].record())));
    assert!(whole.push(&records[0].record()).is_ok());
    assert!(refused(whole.push(&records[0].record())));
    assert!(matches!(whole.checkpoint("nothing"), Err(BundleError::Refused(_))));
    assert!(whole.checkpoint(&note).is_ok());
    assert!(matches!(whole.checkpoint(&note), Err(BundleError::Refused(_))));
    // The checkpoint is over nine records, and one is there.
    assert!(matches!(whole.finish(), Err(BundleError::Refused(_))));
    assert!(!scratch.path("whole").exists() && !scratch.path("whole.unfinished").exists());
}
