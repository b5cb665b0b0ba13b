//! The witness: what it cosigns, and that it refuses every other history, also across restarts.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use transparency::checkpoint::{Checkpoint, CosigningKey, SigningKey, open_note};
use transparency::policy::Policy;
use transparency::proof;
use transparency::succession::Succession;
use transparency::tree::{Frontier, Hash, leaf_hash, node_hash};
use transparency::witness::{Answer, Witness, request};

use crate::support::Scratch;

const ORIGIN: &str = "log.example/1";

fn log_key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[7; 32]).expect("a key")
}

fn cosigner() -> CosigningKey {
    CosigningKey::from_seed("witness.example", &[9; 32]).expect("a key")
}

fn leaves(count: u64, salt: u8) -> Vec<Hash> {
    (0..count).map(|index| leaf_hash(&[&index.to_be_bytes()[..], &[salt]].concat())).collect()
}

fn root(leaves: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    leaves.iter().for_each(|leaf| frontier.push(*leaf));
    frontier.root()
}

/// The root of a range of leaves that is a whole node.
fn node(leaves: &[Hash]) -> Hash {
    match leaves {
        [leaf] => *leaf,
        more => {
            let half = more.len() / 2;
            node_hash(&node(&more[..half]), &node(&more[half..]))
        }
    }
}

fn path(leaves: &[Hash], old: u64, new: u64) -> Vec<Hash> {
    let plan = proof::consistency(old, new).expect("a plan");
    let hash_of = |wanted: proof::Node| {
        let width = 1_usize << wanted.level;
        let first = usize::try_from(wanted.index).expect("small") * width;
        Ok::<_, std::convert::Infallible>(node(&leaves[first..first + width]))
    };
    plan.assemble(hash_of).expect("hashes")
}

fn note(leaves: &[Hash]) -> String {
    let size = leaves.len() as u64;
    log_key().sign(&Checkpoint { origin: ORIGIN.to_owned(), size, root: root(leaves) })
}

fn asked(leaves: &[Hash], old: u64) -> String {
    request(old, &path(leaves, old, leaves.len() as u64), &note(leaves))
}

fn open(folder: &Path) -> Witness {
    Witness::open(cosigner(), vec![log_key().verifier_key()], &folder.join("seen")).expect("opens")
}

fn status(witness: &mut Witness, body: &str) -> u16 {
    witness.add_checkpoint(body.as_bytes(), 1_790_000_000).status()
}

#[test]
fn a_history_that_goes_on_is_cosigned_and_the_policy_believes_it() {
    let scratch = Scratch::new();
    let mut witness = open(&scratch.path(""));
    let log = leaves(40, 0);
    let mut old = 0;
    for size in [1_usize, 3, 4, 17, 40, 40] {
        let body = asked(&log[..size], old);
        let Answer::Cosigned(line) = witness.add_checkpoint(body.as_bytes(), 1_790_000_000) else {
            panic!("{size} was refused")
        };
        let cosigned = format!("{}{line}", note(&log[..size]));
        let keys = [log_key().verifier_key(), witness.verifier_key()];
        assert_eq!(open_note(&cosigned, &keys).expect("opens").signers.len(), 2);
        let text = format!(
            "log {}\nwitness w {}\nquorum w\n",
            log_key().verifier_key(),
            witness.verifier_key()
        );
        let policy = Policy::parse(&text).expect("a policy");
        assert!(policy.check(&cosigned).is_ok());
        assert!(policy.check(&note(&log[..size])).is_err(), "the witness is needed");
        old = size as u64;
    }
}

#[test]
fn every_refusal_has_the_status_the_protocol_names() {
    let scratch = Scratch::new();
    let mut witness = open(&scratch.path(""));
    let (log, fork) = (leaves(40, 0), leaves(40, 1));
    assert_eq!(status(&mut witness, &asked(&log[..20], 0)), 200);

    // Rolled back: an older copy of the log stands in its place.
    let body = asked(&log[..10], 0);
    let answer = witness.add_checkpoint(body.as_bytes(), 1);
    assert_eq!(answer, Answer::Conflict(20));
    assert_eq!(answer.body(), ("text/x.tlog.size", "20\n".to_owned()));
    assert_eq!(status(&mut witness, &asked(&log[..10], 10)), 409);
    // Forked: another history of the same length, and one that pretends to go on.
    assert_eq!(status(&mut witness, &asked(&fork[..20], 20)), 409);
    assert_eq!(status(&mut witness, &asked(&fork[..30], 20)), 422);
    let short = request(20, &[], &note(&log[..30]));
    assert_eq!(status(&mut witness, &short), 422);
    // Not where the last one ended.
    assert_eq!(status(&mut witness, &asked(&log[..30], 15)), 409);
    // Somebody else's log, and somebody else's signature.
    let key = SigningKey::from_seed("other.example", &[7; 32]).expect("a key");
    let other = Checkpoint { origin: "other.example".to_owned(), size: 1, root: [1; 32] };
    assert_eq!(status(&mut witness, &request(0, &[], &key.sign(&other))), 404);
    let forged = SigningKey::from_seed(ORIGIN, &[8; 32]).expect("a key");
    let size = 30;
    let body = Checkpoint { origin: ORIGIN.to_owned(), size, root: root(&log[..30]) };
    let proof = path(&log[..30], 20, size);
    assert_eq!(status(&mut witness, &request(20, &proof, &forged.sign(&body))), 403);
    // No request at all.
    let many = request(20, &[[0; 32]; 64], &note(&log[..30]));
    let beyond = request(31, &[], &note(&log[..30]));
    for malformed in ["", "old x\n\nnote", "old 20\nzz\n\nnote", "old 20\n\n", &many, &beyond] {
        assert_eq!(status(&mut witness, malformed), 400, "{malformed:?}");
    }
    // After all of that it goes on where it was.
    assert_eq!(status(&mut witness, &asked(&log[..30], 20)), 200);
}

#[test]
fn what_was_seen_outlives_the_process_and_a_damaged_state_is_not_guessed_at() {
    let scratch = Scratch::new();
    let log = leaves(12, 0);
    assert_eq!(status(&mut open(&scratch.path("")), &asked(&log[..8], 0)), 200);
    assert_eq!(status(&mut open(&scratch.path("")), &asked(&log[..4], 0)), 409);
    assert_eq!(status(&mut open(&scratch.path("")), &asked(&log, 8)), 200);
    std::fs::write(scratch.path("seen"), "12 short log.example/1\n").expect("a write");
    let opened = Witness::open(cosigner(), vec![log_key().verifier_key()], &scratch.path("seen"));
    assert!(opened.is_err());
}

#[test]
fn a_witness_follows_a_key_that_the_one_before_it_signed() {
    let scratch = Scratch::new();
    let log = leaves(40, 0);
    let key = |seed: u8| SigningKey::from_seed(ORIGIN, &[seed; 32]).expect("a key");
    let signed = |signer: &SigningKey, old: u64, size: u64| {
        let leaves = &log[..size as usize];
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size, root: root(leaves) };
        request(old, &path(leaves, old, size), &signer.sign(&checkpoint))
    };
    let told = |witness: &mut Witness, line: &str| witness.add_succession(line.as_bytes()).status();
    let succession = |from: u64, old: &SigningKey, new: &SigningKey| {
        Succession::sign(from, old, new).expect("a succession").to_string()
    };
    let mut witness = open(&scratch.path(""));
    assert_eq!(status(&mut witness, &signed(&log_key(), 0, 10)), 200);
    assert_eq!(status(&mut witness, &signed(&key(21), 10, 15)), 403, "not told of it");
    // A key nobody signed, and one that is signed by a stranger.
    assert_eq!(told(&mut witness, &succession(10, &key(30), &key(31))), 403);
    let line = succession(10, &log_key(), &key(21));
    assert_eq!(told(&mut witness, &line.replace(" 10 ", " 11 ")), 400);
    assert_eq!(told(&mut witness, "succession"), 400);
    assert_eq!((told(&mut witness, &line), told(&mut witness, &line)), (200, 200));
    assert_eq!(told(&mut witness, &succession(10, &log_key(), &key(31))), 409, "another successor");
    // What it was told outlives the process; the key that was given up speaks for nothing new.
    drop(witness);
    let mut witness = open(&scratch.path(""));
    assert_eq!(status(&mut witness, &signed(&log_key(), 10, 15)), 403);
    assert_eq!(status(&mut witness, &signed(&key(31), 10, 15)), 403);
    assert_eq!(status(&mut witness, &signed(&key(21), 10, 15)), 200);
    assert_eq!(told(&mut witness, &succession(15, &key(21), &key(22))), 200);
    assert_eq!(status(&mut open(&scratch.path("")), &signed(&key(22), 15, 40)), 200);
}

#[test]
fn nothing_is_signed_that_cannot_be_remembered() {
    let scratch = Scratch::new();
    let path = scratch.path("gone/seen");
    let mut witness =
        Witness::open(cosigner(), vec![log_key().verifier_key()], &path).expect("opens");
    assert_eq!(status(&mut witness, &asked(&leaves(3, 0), 0)), 500);
    let next = SigningKey::from_seed(ORIGIN, &[21; 32]).expect("a key");
    let line = Succession::sign(0, &log_key(), &next).expect("a succession").to_string();
    assert_eq!(witness.add_succession(line.as_bytes()), Answer::NotKept);
}

/// The real program over a socket.
#[test]
fn the_program_answers_and_its_key_is_its_own() {
    let scratch = Scratch::new();
    let start = |extra: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_opl-witness"));
        command.args(["--name", "witness.example", "--key"]).arg(scratch.path("key"));
        command.args(extra);
        command
    };
    let printed = start(&["--print-key"]).output().expect("it runs");
    let line = String::from_utf8(printed.stdout).expect("text");
    assert!(line.starts_with("witness witness-example witness.example+"), "{line}");
    let state = scratch.path("seen");
    let vkey = log_key().verifier_key().to_string();
    let mut child = start(&["--listen", "127.0.0.1:0", "--log", &vkey, "--state"])
        .arg(&state)
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut first = String::new();
    BufReader::new(child.stdout.take().expect("output")).read_line(&mut first).expect("a line");
    let address = first.trim().strip_prefix("listening on ").expect("an address").to_owned();
    let send = |head: &str, body: &str| {
        let mut stream = TcpStream::connect(&address).expect("connects");
        let length = body.len();
        let text = format!("{head} HTTP/1.1\r\nHost: w\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(text.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    };
    let log = leaves(9, 0);
    let answer = send("POST /add-checkpoint", &asked(&log[..5], 0));
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let (_, cosignature) = answer.split_once("\r\n\r\n").expect("a body");
    let key = line.split_whitespace().nth(2).expect("a key").parse().expect("a vkey");
    let cosigned = format!("{}{cosignature}", note(&log[..5]));
    let opened = open_note(&cosigned, &[log_key().verifier_key(), key]).expect("opens");
    assert_eq!(opened.signers.len(), 2);
    let rolled_back = send("POST /add-checkpoint", &asked(&log[..3], 0));
    assert!(rolled_back.starts_with("HTTP/1.1 409 ") && rolled_back.ends_with("\r\n\r\n5\n"));
    assert!(send("GET /add-checkpoint", "").starts_with("HTTP/1.1 405 "));
    let next = SigningKey::from_seed(ORIGIN, &[21; 32]).expect("a key");
    let succession = Succession::sign(5, &log_key(), &next).expect("a succession").to_string();
    assert!(send("POST /add-succession", &succession).starts_with("HTTP/1.1 200 "));
    assert!(send("GET /add-succession", "").starts_with("HTTP/1.1 405 "));
    assert!(send("POST /", "").starts_with("HTTP/1.1 404 "));
    child.kill().expect("it stops");
    child.wait().expect("it ends");
    // A key that others can read is refused.
    use std::os::unix::fs::PermissionsExt as _;
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(scratch.path("key"), open).expect("changed");
    let refused = start(&["--print-key"]).output().expect("it runs");
    assert!(!refused.status.success());
}
