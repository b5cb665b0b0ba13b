//! Evidence as an outsider gets it: bundles by the real program beside the service, checked by the
//! verifier's own code, with an index and a PDF; a person's own data as files; an incident's time.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use transparency::policy::Policy;
use transparency::verify::{Verdict, verify_bundle};

use crate::auditing::user_of;
use crate::support::{Scratch, Store, World};

struct Program(PathBuf);

impl Program {
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_opl"));
        command.args(arguments).arg("--data").arg(&self.0).env_remove("OPL_DATA");
        command.output().expect("the program runs")
    }

    fn says(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).expect("text")
    }
}

fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[tokio::test(flavor = "multi_thread")]
async fn bundles_are_proven_and_read_by_people() {
    let world = World::registered(Store::Sqlite).await;
    let mut person = world.person().await;
    let consent = person.connect().await;
    let user = user_of(&mut person).await.to_string();
    let personal = person.graphql("{ accounts { identifier } }", serde_json::json!({})).await;
    let iban = personal["accounts"][0]["identifier"].as_str().expect("one").to_owned();
    let program = Program(world.scratch.path().join("state"));
    let scratch = Scratch::new();
    let policy = Policy::parse(&program.says(&["audit", "key", "--policy"])).expect("a policy");
    let at = |name: &str| scratch.path().join(name).to_string_lossy().into_owned();

    let told = program.says(&["audit", "replay", "registration", "--json"]);
    let told: Value = serde_json::from_str(&told).expect("JSON");
    let registration = told["about"].as_str().expect("one").trim_start_matches("registration-");
    let started = told["steps"][0]["recorded_at"].as_str().expect("an instant").to_owned();
    let bundles = [
        ("all", vec!["--all"]),
        ("consent", vec!["--consent", &consent]),
        ("registration", vec!["--registration", registration]),
        ("person", vec!["--person", &user]),
        ("period", vec!["--since", &started]),
    ];
    for (name, selection) in bundles {
        let out = at(name);
        program.says(&[&["audit", "export", "--out", &out], selection.as_slice()].concat());
        let report = verify_bundle(Path::new(&out), Some(&policy), &[]);
        assert_eq!(report.verdict, Verdict::Proven, "{name}: {report:?}");
        assert!(report.proven > 3, "{name}: {}", report.proven);
        let readable = Path::new(&out).join("readable");
        let index = text_of(&readable.join("INDEX.txt"));
        assert!(index.contains("opl-verify --policy POLICY BUNDLE"), "{index}");
        assert!(!index.contains(&iban), "nothing sealed is opened in {name}");
        let pdf = Command::new("pdftotext")
            .args([&readable.join("evidence.pdf"), Path::new("-")])
            .output()
            .expect("pdftotext; install poppler-utils");
        let pdf = String::from_utf8_lossy(&pdf.stdout).into_owned();
        assert!(pdf.contains("How to check it without trusting"), "{name}: {pdf}");
    }
    let index = text_of(&scratch.path().join("consent/readable/INDEX.txt"));
    for part in ["approved by", "request_object_digest", "certificate_fingerprint", "-> active"] {
        assert!(index.contains(part), "{part} in {index}");
    }
    // Anything that is changed in the records is found.
    let records = scratch.path().join("consent/records.bin");
    let mut bytes = std::fs::read(&records).expect("records");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&records, bytes).expect("written");
    let report = verify_bundle(&scratch.path().join("consent"), Some(&policy), &[]);
    assert_eq!(report.verdict, Verdict::Damaged);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stories_leave_and_time_are_told_at_the_command_line() {
    let world = World::registered(Store::Sqlite).await;
    let mut person = world.person().await;
    let consent = person.connect().await;
    let user = user_of(&mut person).await.to_string();
    let program = Program(world.scratch.path().join("state"));
    let words = program.says(&["audit", "replay", "consent"]);
    for part in ["The person approved at the bank", "approved by  the person", "changed  status"] {
        assert!(words.contains(part), "{part} in {words}");
    }
    let story = program.says(&["audit", "replay", "consent", &consent, "--json"]);
    let story: Value = serde_json::from_str(&story).expect("JSON");
    let granted = story["steps"].as_array().expect("steps").iter();
    let granted = { granted }.find(|step| step["event_type"] == "consent.granted").expect("one");
    let before = (granted["position"].as_u64().expect("one") - 1).to_string();
    let earlier = program.says(&["audit", "replay", "consent", &consent, "--as-of", &before]);
    assert!(!earlier.contains("approved at the bank"), "{earlier}");

    let filter = ["audit", "timeline", "type:account.transaction_recorded", "--json"];
    let lines = program.says(&filter);
    let first: Value = serde_json::from_str(lines.lines().next().expect("a line")).expect("JSON");
    assert_eq!(first["person"].as_str(), Some(user.as_str()));
    let why = program.says(&["audit", "why", &first["position"].to_string()]);
    for part in
        ["with the person present", "the consent stood", "certificate  ", "status       200"]
    {
        assert!(why.contains(part), "{part} in {why}");
    }
    let access = program.says(&["audit", "access", &user, "--json"]);
    let access: Value = serde_json::from_str(&access).expect("JSON");
    assert_eq!(access["could"][0]["consent_id"].as_str(), Some(consent.as_str()));
    let wrong = program.run(&["audit", "timeline", "colour:red"]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("colour:red"));

    let began = world.app.clock.now() - chrono::TimeDelta::hours(5);
    let (began, file) = (began.to_rfc3339(), world.scratch.path().join("incident.json"));
    let told = program.says(&[
        "audit",
        "incident",
        "--began",
        &began,
        "--aware",
        &began,
        "--classified",
        &began,
        "--out",
        &file.to_string_lossy(),
    ]);
    assert!(told.contains("LATE") && told.contains("4 hours from its classification"), "{told}");
    let incident: Value = serde_json::from_str(&text_of(&file)).expect("JSON");
    assert_eq!(incident["reports"][0]["late"], true);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_gets_everything_of_theirs_as_files() {
    let world = World::registered(Store::Sqlite).await;
    let (mut person, mut other) = (world.person().await, world.person().await);
    person.connect().await;
    let user = user_of(&mut person).await.to_string();
    let email = other.graphql("{ me { email } }", serde_json::json!({})).await;
    let email = email["me"]["email"].as_str().expect("one").to_owned();
    let program = Program(world.scratch.path().join("state"));
    let out = world.scratch.path().join("mine");
    program.says(&["people", "export", &user, "--out", &out.to_string_lossy()]);
    let index: Value = serde_json::from_str(&text_of(&out.join("index.json"))).expect("JSON");
    let recorded = world.count("account.transaction_recorded").await;
    assert_eq!(index["written"]["transactions"].as_u64(), Some(recorded as u64));
    let table = text_of(&out.join("transactions.csv"));
    assert_eq!(table.matches("\r\n").count(), recorded + 1, "a row each, and the names");
    let events = text_of(&out.join("events.jsonl"));
    assert_eq!(Some(events.lines().count() as u64), index["written"]["events"].as_u64());
    assert!(events.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    assert!(!events.contains(&email), "nobody else's");
    let answers = std::fs::read_dir(out.join("answers")).expect("answers").count();
    assert_eq!(Some(answers as u64), index["written"]["answers"].as_u64());
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(&out).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode, 0o700, "nobody else can read it");
    // What is there is not written over, and an erased person has nothing left.
    let again = program.run(&["people", "export", &user, "--out", &out.to_string_lossy()]);
    assert!(!again.status.success());
    let retention = program_without_data(&["people", "retention"]);
    assert!(retention.contains("consent evidence") && retention.contains("GDPR"), "{retention}");
    world.stop().await;
}

fn program_without_data(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_opl")).args(arguments).output().expect("it runs");
    String::from_utf8(output.stdout).expect("text")
}
