//! One key of a log in the place of another: who believes it, and who does not.

use transparency::bundle::BundleWriter;
use transparency::checkpoint::{Checkpoint, SigningKey, VerifierKey};
use transparency::policy::{Policy, Refused};
use transparency::succession::{Lineage, NotFollowed, Succession, SuccessionError};
use transparency::verify::{Verdict, verify_bundle};

use crate::support::{Chance, ORIGIN, Owned, Scratch, checkpoint_over, history};

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[seed; 32]).expect("a key")
}

fn vkey(seed: u8) -> VerifierKey {
    key(seed).verifier_key()
}

fn succession(from: u64, old: u8, new: u8) -> Succession {
    Succession::sign(from, &key(old), &key(new)).expect("a succession")
}

fn note(size: u64, signers: &[u8]) -> String {
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size, root: [5; 32] };
    let body = checkpoint.body();
    let lines = signers[1..].iter().map(|seed| key(*seed).signature_line(&body));
    lines.fold(key(signers[0]).sign(&checkpoint), |note, line| note + &line)
}

#[test]
fn a_line_reads_back_and_each_of_its_parts_is_signed() {
    let made = succession(40, 1, 2);
    let line = made.to_string();
    assert_eq!(line.parse(), Ok(made));
    let words: Vec<&str> = line.split(' ').collect();
    let other = succession(41, 1, 3).to_string();
    let other: Vec<&str> = other.split(' ').collect();
    let with = |place: usize, word: &str| {
        let mut words = words.clone();
        words[place] = word;
        words.join(" ").parse::<Succession>()
    };
    assert_eq!(with(1, "41"), Err(SuccessionError::NotByOld), "another size");
    assert_eq!(with(3, other[3]), Err(SuccessionError::NotByOld), "another key");
    assert_eq!(with(4, other[4]), Err(SuccessionError::NotByOld), "another's signature");
    assert_eq!(with(5, other[5]), Err(SuccessionError::NotByNew), "a key nobody holds");
    assert_eq!(with(3, words[2]), Err(SuccessionError::Keys), "the same key again");
    for (place, word) in [(0, "log"), (1, "040"), (1, "-1"), (4, "x"), (5, "")] {
        assert_eq!(with(place, word), Err(SuccessionError::Form), "{place} {word}");
    }
    let elsewhere = SigningKey::from_seed("other.example", &[2; 32]).expect("a key");
    assert_eq!(Succession::sign(1, &key(1), &elsewhere), Err(SuccessionError::Keys));
}

#[test]
fn each_key_speaks_for_its_own_stretch() {
    let mut lineage = Lineage::of([vkey(1)]);
    assert_eq!(lineage.follow(&succession(90, 2, 3)), Err(NotFollowed::Unknown));
    for (from, old, new) in [(40, 1, 2), (90, 2, 3), (40, 1, 2)] {
        assert_eq!(lineage.follow(&succession(from, old, new)), Ok(()));
    }
    for (seed, first, last) in [(1, 0, 40), (2, 41, 90), (3, 91, 1 << 40)] {
        for size in [0, 1, 40, 41, 90, 91, 1 << 40] {
            assert_eq!(
                lineage.speaks(&vkey(seed), size),
                (first..=last).contains(&size),
                "key {seed}, size {size}"
            );
        }
    }
    assert!(!lineage.speaks(&vkey(4), 50));
    assert_eq!(lineage.follow(&succession(40, 1, 4)), Err(NotFollowed::Twice));
    assert_eq!(lineage.follow(&succession(41, 1, 2)), Err(NotFollowed::Twice));
    assert_eq!(lineage.follow(&succession(80, 3, 4)), Err(NotFollowed::Back), "before it began");
    assert_eq!(lineage.follow(&succession(95, 3, 1)), Err(NotFollowed::Back), "to the first");
}

#[test]
fn a_policy_believes_the_chain_and_no_key_that_nobody_signed() {
    let text = format!("log {}\n{}\nquorum none\n", vkey(1), succession(40, 1, 2));
    let policy = Policy::parse(&text).expect("a policy");
    assert!(policy.check(&note(40, &[1])).is_ok());
    assert!(policy.check(&note(41, &[2])).is_ok());
    assert!(policy.check(&note(41, &[2, 1])).is_ok(), "both, while both sign");
    for (size, signers) in [(41, &[1][..]), (40, &[2])] {
        assert_eq!(policy.check(&note(size, signers)), Err(Refused::NotItsTime { size }));
    }
    assert!(matches!(policy.check(&note(41, &[3])), Err(Refused::Note(_))));
    // Whoever does not know the succession yet believes what both signed.
    let before = Policy::parse(&format!("log {}\nquorum none\n", vkey(1))).expect("a policy");
    assert!(before.check(&note(41, &[2, 1])).is_ok());
    assert!(before.check(&note(41, &[2])).is_err());
    for lines in [
        format!("{}\nlog {}", succession(40, 1, 2), vkey(1)),
        format!("log {}\n{}", vkey(1), succession(40, 3, 2)),
        format!("log {}\n{}\n{}", vkey(1), succession(40, 1, 2), succession(40, 1, 3)),
        format!("log {}\n{}", vkey(1), succession(40, 1, 2).to_string().replace(" 40 ", " 39 ")),
    ] {
        let error = Policy::parse(&format!("{lines}\nquorum none\n")).expect_err("refused");
        assert!(error.line > 0 && error.to_string().contains("success"), "{error}");
    }
}

/// A bundle of a log whose key was changed at 20 and at 30 events.
fn bundle(
    scratch: &Scratch,
    name: &str,
    records: &[Owned],
    told: &[Succession],
) -> std::path::PathBuf {
    let folder = scratch.path(name);
    let mut writer = BundleWriter::create_whole(&folder, ORIGIN).expect("a writer");
    for record in records {
        writer.push(&record.record()).expect("a record");
    }
    writer.key(&vkey(1)).expect("a key");
    told.iter().for_each(|one| writer.succession(one).expect("a succession"));
    for (size, seed) in [(10, 1), (20, 1), (25, 2), (40, 3)] {
        writer.checkpoint(&key(seed).sign(&checkpoint_over(records, size))).expect("a checkpoint");
    }
    writer.finish().expect("a bundle");
    folder
}

#[test]
fn a_bundle_is_proven_by_the_first_key_alone_if_the_chain_leads_on_from_it() {
    let scratch = Scratch::new();
    let records = history(&mut Chance(5), 40);
    let policy = |seed| Policy::parse(&format!("log {}\nquorum none\n", vkey(seed))).expect("one");
    let chain = [succession(20, 1, 2), succession(30, 2, 3)];
    let whole = bundle(&scratch, "whole", &records, &chain);
    let report = verify_bundle(&whole, Some(&policy(1)), &[]);
    assert_eq!((report.verdict, report.proven), (Verdict::Proven, 40), "{report:?}");
    assert!(report.checked.iter().any(|line| line.contains("2 changes")), "{report:?}");
    assert!(report.checked.iter().any(|line| line.contains("4 accepted")), "{report:?}");
    // A key nobody signed, with checkpoints of its own.
    let cut = bundle(&scratch, "cut", &records, &chain[..1]);
    let report = verify_bundle(&cut, Some(&policy(1)), &[]);
    assert_eq!((report.verdict, report.proven), (Verdict::Unproven, 25), "{report:?}");
    let stranger = bundle(&scratch, "stranger", &records, &[succession(20, 7, 3)]);
    let report = verify_bundle(&stranger, Some(&policy(1)), &[]);
    assert_eq!((report.verdict, report.proven), (Verdict::Unproven, 20), "{report:?}");
    // Two successors of one key are evidence, in the bundle alone or against the policy.
    let two = [succession(20, 1, 2), succession(20, 1, 7)];
    let twice = bundle(&scratch, "twice", &records, &two);
    let report = verify_bundle(&twice, Some(&policy(1)), &[]);
    assert_eq!(report.verdict, Verdict::Fork, "{report:?}");
    assert!(report.evidence.is_some_and(|text| text.contains("two successors")));
    let mut known = policy(1);
    known.follow(&succession(20, 1, 7)).expect("followed");
    assert_eq!(verify_bundle(&whole, Some(&known), &[]).verdict, Verdict::Fork);
}
