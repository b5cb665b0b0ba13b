//! Both sides of every format agree with `independent.py`, which shares no code with the crate.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use transparency::tree::{Frontier, leaf_hash};

use crate::golden;
use crate::support::{Chance, Scratch, checkpoint_over, history, key, witness, write_whole};

/// Runs the script; nothing if it refuses.
fn python(arguments: &[&str], input: &str) -> Option<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent.py");
    let mut child = Command::new("python3")
        .arg(script)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 is needed for this test: install python3");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("a write");
    let output = child.wait_with_output().expect("an end");
    let text = String::from_utf8(output.stdout).expect("text");
    output.status.success().then_some(text)
}

fn json(arguments: &[&str]) -> Option<serde_json::Value> {
    python(arguments, "").map(|text| serde_json::from_str(&text).expect("JSON"))
}

/// Sizes 0 to 4,096 and 1,000 random ones to a million.
#[test]
fn roots_agree() {
    let mut chance = Chance(50);
    let mut sizes: Vec<u64> = (0..=4_096).collect();
    sizes.extend((0..1_000).map(|_| chance.next() % 1_000_001));
    sizes.sort_unstable();
    let input: String = sizes.iter().map(|size| format!("{size}\n")).collect();
    let output = python(&["roots"], &input).expect("roots");
    let mut lines = output.lines();
    let mut tree = Frontier::default();
    for size in sizes {
        while tree.size() < size {
            tree.push(leaf_hash(&tree.size().to_be_bytes()));
        }
        let root = transparency::text::hex_of(&tree.root());
        assert_eq!(lines.next(), Some(root.as_str()), "size {size}");
    }
    assert_eq!(lines.next(), None);
}

#[test]
fn notes_agree() {
    let path = golden::folder().join("checkpoint.txt");
    let file = path.to_str().expect("text");
    let checkpoint = checkpoint_over(&history(&mut Chance(40), 11), 11);
    let root = transparency::text::hex_of(&checkpoint.root);
    for vkey in [key().verifier_key(), witness(1).verifier_key()] {
        let value = json(&["note", file, &vkey.to_string()]).expect("an accepted note");
        assert_eq!((&value["size"], &value["root"]), (&11.into(), &root.as_str().into()));
    }
    assert_eq!(json(&["note", file, &witness(2).verifier_key().to_string()]), None);
    let scratch = Scratch::new();
    let changed = scratch.path("changed");
    let note = std::fs::read_to_string(&path).expect("a note").replacen("\n11\n", "\n12\n", 1);
    std::fs::write(&changed, note).expect("a write");
    let vkey = key().verifier_key().to_string();
    assert_eq!(json(&["note", changed.to_str().expect("text"), &vkey]), None);
}

#[test]
fn bundles_and_proofs_agree() {
    let vkey = key().verifier_key().to_string();
    let check = |path: &Path| json(&["bundle", path.to_str().expect("text"), &vkey]);
    let whole = check(&golden::folder().join("whole")).expect("a bundle");
    assert_eq!((&whole["fit"], &whole["sizes"]), (&true.into(), &serde_json::json!([4, 11])));
    assert_eq!(whole["positions"], serde_json::json!((1..=11).collect::<Vec<u64>>()));
    let part = check(&golden::folder().join("part")).expect("a bundle");
    assert_eq!((&part["fit"], &part["positions"]), (&true.into(), &serde_json::json!([2, 7, 11])));
    let scratch = Scratch::new();
    let records = history(&mut Chance(51), 300);
    write_whole(&scratch.path("random"), &records, &[0, 1, 100, 255, 256, 257, 300]);
    let random = check(&scratch.path("random")).expect("a bundle");
    assert_eq!(random["fit"], true);
    let name = |name: &str| golden::folder().join(name).to_str().expect("text").to_owned();
    let proof = json(&["proof", &name("record.tlog-proof"), &name("record.bin"), &vkey]);
    let proof = proof.expect("a proof");
    assert_eq!(
        (&proof["index"], &proof["size"], &proof["fit"]),
        (&6.into(), &11.into(), &true.into())
    );
}
