//! The formats as files: what was written once is written the same for ever, and can be read.
//!
//! `OPL_WRITE_GOLDEN=1 cargo test -p opl-transparency golden` writes them anew.

use std::fs;
use std::path::{Path, PathBuf};

use transparency::bundle::{BundleWriter, MANIFEST};
use transparency::checkpoint::{SigningKey, VerifierKey, open_note};
use transparency::policy::Policy;
use transparency::succession::Succession;
use transparency::tlog_proof::TlogProof;
use transparency::verify::{Subject, Verdict, verify_bundle, verify_receipt};

use crate::parts::write_part;
use crate::second::Second;
use crate::support::{Chance, ORIGIN, Owned, Scratch, checkpoint_over, history, key, witness};

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn records() -> Vec<Owned> {
    history(&mut Chance(40), 11)
}

fn note(size: usize) -> String {
    let checkpoint = checkpoint_over(&records(), size);
    let cosigned = witness(1).signature_line(&checkpoint.body(), 1_767_225_600);
    key().sign(&checkpoint) + &cosigned
}

/// All golden files but the bundles: name and contents.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let records = records();
    let tree = Second::new(records.iter().map(Owned::leaf).collect());
    let proof = TlogProof {
        extra: Some(b"consent receipt".to_vec()),
        index: 6,
        path: tree.path(6, 0, 11),
        checkpoint: note(11),
    };
    let policy = format!(
        "# The log, and the one witness that has to agree.\nlog {}\nwitness first {}\nquorum first\n",
        key().verifier_key(),
        witness(1).verifier_key()
    );
    let signer = |seed: u8| SigningKey::from_seed(ORIGIN, &[seed; 32]).expect("a key");
    let succession = |from: u64, old: &SigningKey, new: &SigningKey| {
        format!("{}\n", Succession::sign(from, old, new).expect("a succession"))
    };
    // Two that lead to the log's key, and one by a key that has a successor already.
    let chain = succession(3, &signer(50), &signer(60))
        + &succession(5, &signer(60), &key())
        + &succession(3, &signer(50), &signer(70));
    vec![
        ("successions.txt", chain.into_bytes()),
        ("succession-later.txt", succession(11, &key(), &signer(80)).into_bytes()),
        ("succession-earlier.txt", succession(10, &key(), &signer(80)).into_bytes()),
        ("checkpoint.txt", note(11).into_bytes()),
        ("log.vkey", format!("{}\n", key().verifier_key()).into_bytes()),
        ("witness.vkey", format!("{}\n", witness(1).verifier_key()).into_bytes()),
        ("record.bin", records[6].canonical()),
        ("record.tlog-proof", proof.to_string().into_bytes()),
        ("policy.txt", policy.into_bytes()),
    ]
}

fn write_bundles(folder: &Path) {
    let mut writer = BundleWriter::create_whole(&folder.join("whole"), ORIGIN).expect("a writer");
    writer.key(&key().verifier_key()).expect("a key");
    for record in records() {
        writer.push(&record.record()).expect("a record");
    }
    for size in [4, 11] {
        writer.checkpoint(&note(size)).expect("a checkpoint");
    }
    writer.finish().expect("a bundle");
    write_part(&folder.join("part"), &records(), &[1, 6, 10]);
}

fn bundle_files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for name in ["whole", "part"] {
        let bundle = transparency::bundle::Bundle::open(&folder.join(name)).expect("a bundle");
        let listed = bundle.manifest().files.iter().map(|entry| entry.name.clone());
        for file in listed.chain([MANIFEST.to_owned()]) {
            let name = format!("{name}/{file}");
            let contents = fs::read(folder.join(&name)).expect("a file");
            files.push((name, contents));
        }
    }
    files
}

#[test]
fn the_formats_stay_as_they_are() {
    let scratch = Scratch::new();
    write_bundles(&scratch.path(""));
    if std::env::var_os("OPL_WRITE_GOLDEN").is_some() {
        let _ = fs::remove_dir_all(folder());
        fs::create_dir_all(folder()).expect("a folder");
        files().iter().for_each(|(name, contents)| {
            fs::write(folder().join(name), contents).expect("a write")
        });
        write_bundles(&folder());
    }
    for (name, contents) in files() {
        assert_eq!(fs::read(folder().join(name)).expect("a golden file"), contents, "{name}");
    }
    assert_eq!(bundle_files(&folder()), bundle_files(&scratch.path("")));
}

#[test]
fn the_golden_files_are_proven() {
    let text = |name: &str| fs::read_to_string(folder().join(name)).expect("a golden file");
    let log: VerifierKey = text("log.vkey").trim_end().parse().expect("a key");
    let first: VerifierKey = text("witness.vkey").trim_end().parse().expect("a key");
    let opened = open_note(&text("checkpoint.txt"), &[log.clone(), first.clone()]).expect("a note");
    assert_eq!((opened.checkpoint.size, opened.signers), (11, vec![log, first]));
    let policy = Policy::parse(&text("policy.txt")).expect("a policy");
    let record = fs::read(folder().join("record.bin")).expect("a golden file");
    let receipt = verify_receipt(&text("record.tlog-proof"), Subject::Record(&record), &policy);
    assert_eq!(receipt.verdict, Verdict::Proven, "{receipt:?}");
    let whole = verify_bundle(&folder().join("whole"), Some(&policy), &[]);
    assert_eq!((whole.verdict, whole.proven), (Verdict::Proven, 11), "{whole:?}");
    // The part's checkpoint has no witness.
    let part = verify_bundle(&folder().join("part"), Some(&policy), &[]);
    assert_eq!(part.verdict, Verdict::Unproven, "{part:?}");
    let part = verify_bundle(&folder().join("part"), Some(&crate::support::policy()), &[]);
    assert_eq!((part.verdict, part.proven), (Verdict::Proven, 3), "{part:?}");
}
