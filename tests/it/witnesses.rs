//! The notary and the witness program together: what the log signs is cosigned by somebody outside, who
//! remembers what the log may forget.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use opl::app::{App, Options};
use opl::audit::{Archive, Selection};
use opl::notary::witnesses::{Said, Witnesses};
use transparency::policy::Policy;

use crate::copies::copied;
use crate::load::{close, fill, filled, good, opl, text};
use crate::support::Scratch;

/// The witness: a program of another package, which a test of the whole workspace has built.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let beside = Path::new(env!("CARGO_BIN_EXE_opl")).with_file_name("opl-witness");
        if beside.exists() {
            return beside;
        }
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let target = beside.ancestors().nth(2).expect("the target directory");
        let built = Command::new(cargo)
            .args([
                "build",
                "--quiet",
                "--locked",
                "-p",
                "opl-transparency",
                "--bin",
                "opl-witness",
            ])
            .env("CARGO_TARGET_DIR", target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .expect("cargo");
        assert!(built.success());
        beside
    })
}

pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A witness named `name` of the log with this key, and its line for a policy.
pub fn witness(folder: &Path, name: &str, log: &str) -> (Running, String) {
    let key = folder.join(format!("{name}.key"));
    let common = ["--name", name, "--key", text(&key)];
    let printed = Command::new(program()).args(common).arg("--print-key").output().expect("runs");
    let line = String::from_utf8(printed.stdout).expect("text").trim().to_owned();
    let state = folder.join(format!("{name}.state"));
    let mut child = Command::new(program())
        .args(common)
        .args(["--state", text(&state), "--log", log, "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the witness");
    let mut said = String::new();
    let out = child.stdout.take().expect("a pipe");
    BufReader::new(out).read_line(&mut said).expect("a line");
    let address = said.trim().strip_prefix("listening on ").expect("an address").to_owned();
    let line = format!("{line} http://{address}");
    (Running(child), line)
}

pub fn policy_file(folder: &Path, log: &str, witnesses: &[String], quorum: &str) -> PathBuf {
    let path = folder.join("policy");
    let text = format!("log {log}\n{}\n{quorum}\n", witnesses.join("\n"));
    std::fs::write(&path, text).expect("a policy");
    path
}

pub fn second_word(line: &str) -> &str {
    line.split(' ').nth(1).expect("a name")
}

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_are_cosigned_kept_and_exported_and_one_that_is_away_is_named() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let scratch = Scratch::new();
    let state = scratch.path().join("state");
    filled(&state, 3, 2).await;
    let app = App::open(Options::in_directory(&state)).await.expect("an app");
    let key = app.notary.verifier_key().to_string();
    let (one, first) = witness(scratch.path(), "one.example", &key);
    let (two, second) = witness(scratch.path(), "two.example", &key);
    let both =
        format!("group both all {} {}\nquorum both", second_word(&first), second_word(&second));
    let path = policy_file(scratch.path(), &key, &[first.clone(), second.clone()], &both);
    let witnesses = Witnesses::read(&path, &app.notary).expect("a policy");
    app.notary.sign().await.expect("signed");
    let before = witnesses.standing(&app.notary.latest().await.expect("a note"));
    assert_eq!((before.cosigned, before.known, before.quorum), (0, 2, false));
    let standing = witnesses.cosign(&app.notary).await.expect("asked");
    assert_eq!((standing.cosigned, standing.quorum), (2, true), "{:?}", witnesses.said());

    // It goes on; one witness is away, which is said and stops nothing.
    fill(&app.ledger, 10, 12, 1).await;
    app.notary.sign().await.expect("signed");
    drop(two);
    let standing = witnesses.cosign(&app.notary).await.expect("asked");
    assert_eq!((standing.cosigned, standing.quorum), (1, false));
    assert!(matches!(witnesses.said()[second_word(&second)], Said::Nothing(_)));
    assert_eq!(witnesses.alarm(), None);

    // What outsiders get holds the cosignatures: a policy that asks for one believes it.
    let any = format!("quorum {}", second_word(&first));
    let path = policy_file(scratch.path(), &key, &[first, second], &any);
    let policy = Policy::parse(&std::fs::read_to_string(&path).expect("text")).expect("a policy");
    let proof = app.notary.inclusion(2).await.expect("a proof");
    assert!(policy.check(&proof.checkpoint).is_ok(), "{}", proof.checkpoint);
    close(app).await;
    let archive = Archive::open(&Options::in_directory(&state)).await.expect("an archive");
    let bundle = scratch.path().join("bundle");
    archive.export(Selection::Whole, &bundle, |_, _| {}).await.expect("exported");
    let mut folders = vec![bundle];
    let mut cosigned = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
                cosigned += usize::from(policy.check(&text).is_ok());
            }
        }
    }
    assert!(cosigned >= 1, "a cosigned note is in it");
    drop(archive);

    // The same at the command line, which ends with 1 where the quorum is not met.
    let cosign = ["audit", "cosign", "--policy", text(&path), "--data", text(&state)];
    let note = good(&opl(&cosign).await);
    assert!(policy.check(&note).is_ok(), "{note}");
    drop(one);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_set_back_or_replaced_is_contradicted_by_its_witness() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let scratch = Scratch::new();
    let (state, old) = (scratch.path().join("state"), scratch.path().join("old"));
    filled(&state, 2, 1).await;
    // Everything is copied, the notary's memory too: nothing inside can know better.
    copied(&state, &old);
    let app = App::open(Options::in_directory(&state)).await.expect("an app");
    fill(&app.ledger, 20, 24, 1).await;
    let key = app.notary.verifier_key().to_string();
    let (_running, line) = witness(scratch.path(), "one.example", &key);
    let quorum = format!("quorum {}", second_word(&line));
    let path = policy_file(scratch.path(), &key, std::slice::from_ref(&line), &quorum);
    let witnesses = Witnesses::read(&path, &app.notary).expect("a policy");
    app.notary.sign().await.expect("signed");
    assert!(witnesses.cosign(&app.notary).await.expect("asked").quorum);
    close(app).await;

    let app = App::open(Options::in_directory(&old)).await.expect("an app");
    let witnesses = Witnesses::read(&path, &app.notary).expect("a policy");
    app.notary.sign().await.expect("nothing inside contradicts it");
    let standing = witnesses.cosign(&app.notary).await.expect("asked");
    let alarm = witnesses.alarm().expect("the witness remembers");
    assert!(!standing.quorum && alarm.contains("has seen"), "{alarm}");
    // Grown again beyond what the witness saw, it is another history.
    fill(&app.ledger, 40, 60, 1).await;
    app.notary.sign().await.expect("signed");
    witnesses.cosign(&app.notary).await.expect("asked");
    let alarm = witnesses.alarm().expect("the witness remembers");
    assert!(alarm.contains("go on from"), "{alarm}");
    close(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_of_another_log_or_with_an_open_address_is_refused() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let scratch = Scratch::new();
    let state = scratch.path().join("state");
    filled(&state, 1, 0).await;
    let archive = Archive::open(&Options::in_directory(&state)).await.expect("an archive");
    let other = transparency::checkpoint::SigningKey::from_seed("other.example", &[3; 32]);
    let other = other.expect("a key").verifier_key().to_string();
    let path = policy_file(scratch.path(), &other, &[], "quorum none");
    let error = Witnesses::read(&path, &archive.notary).err().expect("refused").to_string();
    assert!(error.contains("does not name this log's key"), "{error}");
    let cosigner = transparency::checkpoint::CosigningKey::from_seed("w.example", &[4; 32]);
    let line = format!("witness w {} http://w.example", cosigner.expect("a key").verifier_key());
    let key = archive.notary.verifier_key().to_string();
    let path = policy_file(scratch.path(), &key, &[line], "quorum w");
    let error = Witnesses::read(&path, &archive.notary).err().expect("refused").to_string();
    assert!(error.contains("needs an https address"), "{error}");
}
