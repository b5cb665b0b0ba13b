//! The real program: every exit code, in words and as JSON.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use transparency::checkpoint::{Checkpoint, SigningKey};
use transparency::tlog_proof::TlogProof;

use crate::second::Second;
use crate::support::{
    Chance, ORIGIN, Owned, Scratch, checkpoint_over, history, key, policy_text, replace_checkpoint,
    witness, write_whole,
};

fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_opl-verify"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the verifier runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (status.code().expect("a code"), text(stdout), text(stderr))
}

/// A folder with a bundle of 30 records, checkpoints at 10, 20 and 30, and a policy.
struct World {
    scratch: Scratch,
    records: Vec<Owned>,
}

impl World {
    fn new() -> Self {
        Self::of(history(&mut Chance(30), 30), &[10, 20, 30])
    }

    fn of(records: Vec<Owned>, sizes: &[usize]) -> Self {
        let scratch = Scratch::new();
        write_whole(&scratch.path("bundle"), &records, sizes);
        fs::write(scratch.path("policy"), policy_text()).expect("a write");
        Self { scratch, records }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path(name)
    }

    fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        fs::write(self.path(name), contents).expect("a write");
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        run(&self.path(""), arguments)
    }

    fn json(&self, arguments: &[&str]) -> (i32, serde_json::Value) {
        let (code, out, _) = self.run(&[&["--json"], arguments].concat());
        let value: serde_json::Value = serde_json::from_str(&out).expect("one object");
        assert_eq!(value["code"], code);
        (code, value)
    }
}

const CHECK: [&str; 3] = ["--policy", "policy", "bundle"];

#[test]
fn proven_is_0() {
    let world = World::new();
    let (code, out, err) = world.run(&CHECK);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.starts_with("PROVEN: all 30 records"), "{out}");
    let (code, value) = world.json(&CHECK);
    assert_eq!((code, &value["verdict"], &value["proven"]), (0, &"proven".into(), &30.into()));
    world.write("kept", key().sign(&checkpoint_over(&world.records, 17)));
    let (code, _, _) = world.run(&["--checkpoint", "kept", "--policy", "policy", "bundle"]);
    assert_eq!(code, 0);
    assert!(!world.path("fork-evidence.txt").exists());
}

#[test]
fn damaged_is_1_and_names_the_record() {
    let world = World::new();
    let mut bytes = fs::read(world.path("bundle/records.bin")).expect("a file");
    let start: usize = world.records[..11].iter().map(|record| 4 + record.canonical().len()).sum();
    bytes[start + 60] ^= 1;
    world.write("bundle/records.bin", bytes);
    let (code, out, _) = world.run(&CHECK);
    assert_eq!(code, 1);
    assert!(out.starts_with("DAMAGED: the record at position 12"), "{out}");
    let (code, value) = world.json(&CHECK);
    assert_eq!((code, &value["position"], &value["proven"]), (1, &12.into(), &10.into()));
    // Also without a policy.
    assert_eq!(world.run(&["bundle"]).0, 1);
}

#[test]
fn unproven_is_2() {
    let world = World::new();
    let (code, out, _) = world.run(&["bundle"]);
    assert_eq!(code, 2);
    assert!(out.contains("nothing is proven without a policy"), "{out}");
    assert!(out.contains("checked: 30 records in"), "{out}");
    let stranger = SigningKey::from_seed(ORIGIN, &[50; 32]).expect("a key").verifier_key();
    let other = SigningKey::from_seed("other.example", &[51; 32]).expect("a key").verifier_key();
    let needed = format!("witness w {}\nquorum w\n", witness(1).verifier_key());
    for (name, policy) in [
        ("unknown key", format!("log {stranger}\nquorum none\n")),
        ("other origin", format!("log {other}\nquorum none\n")),
        ("no quorum", policy_text().replace("quorum none\n", &needed)),
    ] {
        world.write("strict", policy);
        let (code, out, _) = world.run(&["--policy", "strict", "bundle"]);
        assert_eq!(code, 2, "{name}: {out}");
        assert!(out.contains("does not count"), "{name}: {out}");
    }
    // A kept checkpoint that cannot be relied on.
    world.write(
        "kept",
        key().sign(&checkpoint_over(&world.records, 17)).replace("\n17\n", "\n18\n"),
    );
    assert_eq!(world.run(&["--checkpoint", "kept", "--policy", "policy", "bundle"]).0, 2);

    let tail = World::of(history(&mut Chance(31), 30), &[10, 20]);
    let (code, value) = tail.json(&CHECK);
    assert_eq!((code, &value["proven"]), (2, &20.into()));
    assert!(value["summary"].as_str().expect("text").contains("21 to 30"), "{value}");
    assert_eq!(World::of(history(&mut Chance(32), 30), &[]).run(&CHECK).0, 2);
}

#[test]
fn a_fork_or_a_rollback_is_3_and_leaves_evidence() {
    let world = World::new();
    let with = ["--checkpoint", "kept", "--policy", "policy", "bundle"];
    // Two roots of one size.
    let mut other = checkpoint_over(&world.records, 20);
    other.root[3] ^= 1;
    let forged = key().sign(&other);
    world.write("kept", &forged);
    let (code, out, _) = world.run(&with);
    assert_eq!(code, 3);
    assert!(out.starts_with("FORK OR ROLLBACK: the log forked"), "{out}");
    let evidence = fs::read_to_string(world.path("fork-evidence.txt")).expect("evidence");
    assert!(evidence.contains(&forged));
    assert!(evidence.contains(&key().sign(&checkpoint_over(&world.records, 20))));
    // It is written once.
    world.write("fork-evidence.txt", "mine");
    let (code, value) = world.json(&with);
    assert_eq!(code, 3);
    assert!(value["evidence"].as_str().expect("text").contains("already"), "{value}");
    assert_eq!(fs::read(world.path("fork-evidence.txt")).expect("a file"), b"mine");
    // A root of a size between two checkpoints.
    let between = Checkpoint { size: 15, ..other };
    world.write("kept", key().sign(&between));
    let (code, out, _) = world.run(&with);
    assert!(code == 3 && out.contains("first 15 records"), "{out}");
    // More than the bundle holds.
    let later = Checkpoint { size: 31, ..between };
    world.write("kept", key().sign(&later));
    let (code, out, _) = world.run(&with);
    assert!(code == 3 && out.contains("rollback"), "{out}");
    // By nobody known: no fork, and nothing that can be relied on.
    let stranger = SigningKey::from_seed(ORIGIN, &[50; 32]).expect("a key");
    world.write("kept", stranger.sign(&later));
    assert_eq!(world.run(&with).0, 2);
}

#[test]
fn a_broken_rule_is_4() {
    let clean = history(&mut Chance(33), 30);
    let change = |change: &dyn Fn(&mut Vec<Owned>)| {
        let mut records = clean.clone();
        change(&mut records);
        World::of(records, &[30])
    };
    for (name, position, world) in [
        ("time", 14, change(&|records| records[13].recorded_at = records[12].recorded_at - 1)),
        ("event twice", 9, change(&|records| records[8].event_id = records[3].event_id)),
        ("version", 20, change(&|records| records[19].version += 1)),
        ("stream", 1, change(&|records| records[0].stream.push('x'))),
    ] {
        let (code, value) = world.json(&CHECK);
        if name == "stream" {
            // The rest of that stream begins at version 2 now, wherever its next record stands.
            assert_eq!(code, 4, "{name}: {value}");
            continue;
        }
        assert_eq!((code, &value["position"]), (4, &position.into()), "{name}: {value}");
    }
}

/// What the writer refuses: positions that are not dense, signed all the same.
#[test]
fn signed_positions_that_are_not_dense_are_4() {
    let mut records = history(&mut Chance(34), 30);
    records[15].position += 1;
    let world = World::of(history(&mut Chance(34), 30), &[30]);
    let frames: Vec<Vec<u8>> = records.iter().map(Owned::canonical).collect();
    let length = |frame: &Vec<u8>| (frame.len() as u32).to_be_bytes();
    let bytes: Vec<u8> = frames.iter().flat_map(|f| [&length(f)[..], f].concat()).collect();
    world.write("bundle/records.bin", bytes);
    world.write("bundle/hashes.bin", records.iter().map(Owned::leaf).collect::<Vec<_>>().concat());
    let note = key().sign(&checkpoint_over(&records, 30));
    replace_checkpoint(&world.path("bundle"), 30, &note);
    let (code, value) = world.json(&CHECK);
    assert_eq!((code, &value["position"]), (4, &16.into()), "{value}");
}

#[test]
fn a_single_proof_is_checked() {
    let world = World::new();
    let tree = Second::new(world.records.iter().map(Owned::leaf).collect());
    let checkpoint = key().sign(&checkpoint_over(&world.records, 30));
    let proof = |index: usize| {
        let path = tree.path(index, 0, 30);
        TlogProof { extra: None, index: index as u64, path, checkpoint: checkpoint.clone() }
            .to_string()
    };
    world.write("a.tlog-proof", proof(12));
    world.write("record", world.records[12].canonical());
    world.write("other", world.records[13].canonical());
    let leaf = transparency::text::hex_of(&tree.leaf(12));
    let check = |rest: &[&str]| {
        world.run(&[&["proof", "a.tlog-proof", "--policy", "policy"], rest].concat())
    };
    let (code, out, _) = check(&["--record", "record"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("note: position 13: "), "{out}");
    assert_eq!(check(&["--leaf", &leaf]).0, 0);
    assert_eq!(check(&["--record", "other"]).0, 1);
    assert_eq!(check(&["--leaf", &leaf.replace('a', "b")]).0, 1);
    assert_eq!(check(&["--leaf", &leaf[1..]]).0, 64);
    assert_eq!(check(&["--leaf", &leaf, "--record", "record"]).0, 64);
    assert_eq!(check(&[]).0, 64);
    assert_eq!(world.run(&["proof", "a.tlog-proof", "--record", "record"]).0, 64);
    let stranger = SigningKey::from_seed(ORIGIN, &[50; 32]).expect("a key").verifier_key();
    world.write("strict", format!("log {stranger}\nquorum none\n"));
    let strict = ["proof", "a.tlog-proof", "--policy", "strict", "--record", "record"];
    assert_eq!(world.run(&strict).0, 2);
    for changed in [
        proof(12).replacen("index 12", "index 13", 1),
        proof(12).replacen("\n30\n", "\n31\n", 1),
        proof(12).replacen("tlog-proof@v1", "tlog-proof@v2", 1),
        proof(12).replacen("index 12\n", &format!("index 12\n{}\n", "A".repeat(43) + "="), 1),
    ] {
        world.write("a.tlog-proof", &changed);
        assert_eq!(check(&["--record", "record"]).0, 1, "{changed}");
    }
}

#[test]
fn a_call_that_makes_no_sense_is_64() {
    let world = World::new();
    world.write("broken", "log x\n");
    for arguments in [
        &[][..],
        &["--policy", "policy"],
        &["--policy", "nowhere", "bundle"],
        &["--policy", "broken", "bundle"],
        &["--policy", "policy", "--policy", "policy", "bundle"],
        &["--json", "--json", "bundle"],
        &["--unknown", "bundle"],
        &["--policy", "policy", "nowhere"],
        &["bundle", "bundle"],
        &["--checkpoint", "nowhere", "bundle"],
        &["--checkpoint"],
        &["proof", "--checkpoint", "policy", "x"],
        &["proof"],
        &["--leaf", "00", "bundle"],
    ] {
        let (code, out, err) = world.run(arguments);
        assert_eq!((code, out.as_str()), (64, ""), "{arguments:?}");
        assert!(err.contains("usage:"), "{err}");
    }
    let (_, _, err) = world.run(&["--policy", "broken", "bundle"]);
    assert!(err.contains("line 1"), "{err}");
    assert_eq!(world.run(&["--help"]).0, 0);
    // A folder that is no bundle is a damaged one: perhaps its manifest was taken away.
    fs::create_dir(world.path("empty")).expect("a folder");
    assert_eq!(world.run(&["--policy", "policy", "empty"]).0, 1);
}

/// A name in a record cannot write on the terminal.
#[test]
fn control_characters_do_not_come_out() {
    let mut records = history(&mut Chance(35), 3);
    records[0].stream = "a\u{1b}[31mb".to_owned();
    records[0].version = 9;
    let world = World::of(records, &[3]);
    let (code, out, _) = world.run(&CHECK);
    assert_eq!(code, 4);
    assert!(!out.contains('\u{1b}') && out.contains("[31mb"), "{out}");
}
