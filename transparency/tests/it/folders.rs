//! What else can lie in a bundle's folder: strangers' checkpoints, other files, links.

use std::fs;

use transparency::checkpoint::{Checkpoint, SigningKey};
use transparency::verify::{Given, Report, Verdict, verify_bundle};

use crate::support::{
    Chance, ORIGIN, Owned, Scratch, checkpoint_over, history, key, policy, replace_checkpoint,
    write_whole,
};

fn world() -> (Scratch, Vec<Owned>) {
    let scratch = Scratch::new();
    let records = history(&mut Chance(60), 30);
    write_whole(&scratch.path("bundle"), &records, &[10, 20, 30]);
    (scratch, records)
}

fn verify(scratch: &Scratch, given: &[Given]) -> Report {
    verify_bundle(&scratch.path("bundle"), Some(&policy()), given)
}

fn stranger() -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[60; 32]).expect("a key")
}

/// A key out of use: its old checkpoint counts for nothing, and the later one covers everything.
#[test]
fn a_strangers_checkpoint_with_the_right_root_counts_for_nothing() {
    let (scratch, records) = world();
    let note = stranger().sign(&checkpoint_over(&records, 20));
    replace_checkpoint(&scratch.path("bundle"), 20, &note);
    let report = verify(&scratch, &[]);
    assert_eq!((report.verdict, report.proven), (Verdict::Proven, 30), "{report:?}");
    assert!(report.notes[0].contains("checkpoints/20.txt does not count"), "{report:?}");
    let note = stranger().sign(&checkpoint_over(&records, 30));
    replace_checkpoint(&scratch.path("bundle"), 30, &note);
    let report = verify(&scratch, &[]);
    assert_eq!((report.verdict, report.proven), (Verdict::Unproven, 10), "{report:?}");
}

#[test]
fn a_strangers_checkpoint_with_another_root_is_damage() {
    let (scratch, records) = world();
    let other = Checkpoint { root: [1; 32], ..checkpoint_over(&records, 20) };
    replace_checkpoint(&scratch.path("bundle"), 20, &stranger().sign(&other));
    let report = verify(&scratch, &[]);
    assert_eq!(report.verdict, Verdict::Damaged);
    assert!(report.summary.contains("checkpoints/20.txt has another root"), "{report:?}");
    // In the log's name, and with a signature that is not the log's.
    let forged = key().sign(&checkpoint_over(&records, 20)).replace("\n20\n", "\n21\n");
    replace_checkpoint(&scratch.path("bundle"), 20, &forged);
    let report = verify(&scratch, &[]);
    assert_eq!(report.verdict, Verdict::Damaged);
    assert!(report.summary.contains("signature"), "{report:?}");
    // Of another size than its name says, rightly signed.
    replace_checkpoint(&scratch.path("bundle"), 20, &key().sign(&checkpoint_over(&records, 21)));
    assert_eq!(verify(&scratch, &[]).verdict, Verdict::Damaged);
}

/// The tail is cut off cleanly, manifest and checkpoints included: only a kept checkpoint shows it.
#[test]
fn a_shortened_history_needs_a_kept_checkpoint() {
    let (scratch, records) = world();
    fs::remove_dir_all(scratch.path("bundle")).expect("a removal");
    write_whole(&scratch.path("bundle"), &records[..20], &[10, 20]);
    assert_eq!(verify(&scratch, &[]).verdict, Verdict::Proven);
    let note = key().sign(&checkpoint_over(&records, 30));
    let kept = Given { name: "kept".to_owned(), note };
    let report = verify(&scratch, std::slice::from_ref(&kept));
    assert_eq!(report.verdict, Verdict::Fork, "{report:?}");
    let evidence = report.evidence.expect("evidence");
    assert!(evidence.contains(&kept.note));
    assert!(evidence.contains(&key().sign(&checkpoint_over(&records, 20))), "{evidence}");
}

/// Whoever holds the log's key writes another history: the bundle is whole, the kept note disagrees.
#[test]
fn a_history_written_anew_with_the_key_needs_a_kept_checkpoint() {
    let (scratch, records) = world();
    let mut anew = records.clone();
    anew[4].payload[0] ^= 1;
    fs::remove_dir_all(scratch.path("bundle")).expect("a removal");
    write_whole(&scratch.path("bundle"), &anew, &[10, 20, 30]);
    assert_eq!(verify(&scratch, &[]).verdict, Verdict::Proven);
    for size in [5, 17, 20] {
        let note = key().sign(&checkpoint_over(&records, size));
        let report = verify(&scratch, &[Given { name: "kept".to_owned(), note }]);
        assert_eq!(report.verdict, Verdict::Fork, "{size}: {report:?}");
    }
    let note = key().sign(&checkpoint_over(&records, 4));
    let report = verify(&scratch, &[Given { name: "kept".to_owned(), note }]);
    assert_eq!(report.verdict, Verdict::Proven, "before the change: {report:?}");
    // A kept checkpoint of another log says nothing about this one.
    let other = SigningKey::from_seed("other.example", &[61; 32]).expect("a key");
    let elsewhere =
        Checkpoint { origin: "other.example".to_owned(), ..checkpoint_over(&records, 5) };
    let given = Given { name: "kept".to_owned(), note: other.sign(&elsewhere) };
    assert_eq!(verify(&scratch, &[given]).verdict, Verdict::Unproven);
}

/// A damaged record is damage, not a fork, even if kept checkpoints are given.
#[test]
fn damage_is_not_held_against_the_log() {
    let (scratch, records) = world();
    let file = scratch.path("bundle/records.bin");
    let mut bytes = fs::read(&file).expect("a file");
    bytes[70] ^= 1;
    fs::write(&file, bytes).expect("a write");
    for size in [1, 17, 30] {
        let note = key().sign(&checkpoint_over(&records, size));
        let report = verify(&scratch, &[Given { name: "kept".to_owned(), note }]);
        assert_eq!((report.verdict, report.position), (Verdict::Damaged, Some(1)), "{report:?}");
        assert!(report.evidence.is_none());
    }
}

#[test]
fn other_files_are_told_and_links_are_refused() {
    let (scratch, _) = world();
    fs::write(scratch.path("bundle/README"), "x").expect("a write");
    fs::write(scratch.path("bundle/checkpoints/7.txt"), "x").expect("a write");
    let report = verify(&scratch, &[]);
    assert_eq!(report.verdict, Verdict::Proven);
    assert!(report.notes.iter().any(|note| note.starts_with("README is not part")), "{report:?}");
    assert!(report.notes.iter().any(|note| note.starts_with("checkpoints/7.txt")), "{report:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let mode = |path| fs::metadata(scratch.path(path)).expect("a file").permissions().mode();
        assert_eq!((mode("bundle") & 0o777, mode("bundle/records.bin") & 0o777), (0o700, 0o600));
        let moved = scratch.path("elsewhere");
        fs::rename(scratch.path("bundle/records.bin"), &moved).expect("a move");
        symlink(&moved, scratch.path("bundle/records.bin")).expect("a link");
        let report = verify(&scratch, &[]);
        assert_eq!(report.verdict, Verdict::Damaged);
        assert!(report.summary.contains("no plain file"), "{report:?}");
    }
}
