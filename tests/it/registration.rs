//! Registering with the bank: once, in steps that each stand, whatever happens between them.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use domain::id::BankId;
use opl::app::{App, Options};
use opl::registration::{Registered, registered};
use sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

use crate::support::{Scratch, Store, World};

const STEPS: [&str; 5] = ["certificates", "statement", "request", "registration", "validation"];

/// A bank, and the settings an operator would write for it.
struct Place {
    bank: Sandbox,
    scratch: Scratch,
    settings: Value,
}

impl Place {
    async fn new() -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let scratch = Scratch::new();
        let bank = Sandbox::start(SandboxOptions {
            data_dir: scratch.path().join("sandbox"),
            public_port: 0,
            mtls_port: 0,
            authorize_port: 0,
            authorize_plain_http: true,
            ..SandboxOptions::default()
        })
        .await
        .expect("a bank");
        let page = "http://localhost:1";
        let mut settings = World::settings_of(&bank, page);
        std::fs::write(scratch.path().join("ca.pem"), bank.ca_certificate_pem()).expect("a file");
        settings["ca_certificate"] = json!("ca.pem");
        Self { bank, scratch, settings }
    }

    fn state(&self) -> PathBuf {
        self.scratch.path().join("state")
    }

    fn register(&self, settings: &Value) -> Command {
        let config = self.scratch.path().join("env.json");
        std::fs::write(&config, settings.to_string()).expect("a file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_opl"));
        command.args(["register", "--bank", "op", "--json", "--config"]).arg(config);
        command.arg("--data").arg(self.state()).stdin(Stdio::null());
        command
    }

    async fn run(&self, settings: &Value) -> Output {
        let mut command = self.register(settings);
        let output = tokio::task::spawn_blocking(move || command.output()).await;
        output.expect("not cancelled").expect("the program")
    }

    async fn ends_well(&self, already: usize) {
        let output = self.run(&self.settings).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = steps(&output);
        let wanted = STEPS.iter().zip(0..).map(|(step, at)| ((*step).to_owned(), at < already));
        assert_eq!(lines, wanted.collect::<Vec<_>>());
    }

    /// How often each event of the registration is in the log, and what the vault holds of it.
    async fn look(&self) -> (BTreeMap<String, usize>, Option<Registered>) {
        let app = App::open(Options::in_directory(&self.state())).await.expect("an app");
        let mut counts = BTreeMap::new();
        for stored in app.ledger.log().read_all(0, 500).await.expect("a page") {
            *counts.entry(stored.event_type).or_default() += 1;
        }
        let found = registered(&app, &BankId("op".to_owned())).await.expect("the vault");
        app.stop().await;
        (counts, found)
    }
}

fn steps(output: &Output) -> Vec<(String, bool)> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let step = |line: &str| {
        let told: Value = serde_json::from_str(line).expect("JSON");
        let name = told["step"].as_str().expect("a step").to_owned();
        (name, told["already"].as_bool().expect("a word"))
    };
    text.lines().map(step).collect()
}

fn one_of_each() -> BTreeMap<String, usize> {
    let events = [
        "certificates_issued",
        "client_registered",
        "credentials_validated",
        "request_signed",
        "started",
        "statement_signed",
    ];
    events.iter().map(|event| (format!("registration.{event}"), 1)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_says_that_every_step_stands() {
    let place = Place::new().await;
    place.ends_well(0).await;
    let calls = place.bank.calls().len();
    place.ends_well(5).await;
    assert_eq!(place.bank.calls().len(), calls, "the bank is not asked again");
    assert_eq!(place.look().await.0, one_of_each());
    place.bank.stop().await;
}

/// Runs the program and kills it right after its n-th line.
fn killed_after(mut command: Command, lines: usize) {
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the program");
    let mut out = BufReader::new(child.stdout.take().expect("its output"));
    let mut line = String::new();
    for _ in 0..lines {
        out.read_line(&mut line).expect("a line");
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    assert_eq!(line.lines().count(), lines, "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_killed_after_any_step_goes_on_there() {
    for step in 1..=STEPS.len() {
        let place = Place::new().await;
        let command = place.register(&place.settings);
        let killed = tokio::task::spawn_blocking(move || killed_after(command, step));
        killed.await.expect("killed");
        let output = place.run(&place.settings).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = steps(&output);
        let names: Vec<&str> = lines.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, STEPS);
        // The kill may come after a further step was done, never before the one that was told.
        assert!(lines[..step].iter().all(|(_, already)| *already), "{step}: {lines:?}");
        let (counts, found) = place.look().await;
        assert_eq!(counts, one_of_each(), "killed after {step}");
        assert!(found.is_some());
        place.bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_failure_says_what_to_do_and_leaves_nothing_half_done() {
    let place = Place::new().await;
    let with = |name: &str, value: Value| {
        let mut settings = place.settings.clone();
        settings[name] = value;
        settings
    };
    let mut untrusted = place.settings.clone();
    untrusted.as_object_mut().expect("an object").remove("ca_certificate");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = closed.local_addr().expect("bound").port();
    drop(closed);
    let nobody = format!("https://localhost:{port}/psd2-sandbox-tpp-generator/sandbox-tpp");
    let table = [
        (with("api_key", json!("a wrong key")), "`api_key`"),
        (with("sandbox_url", json!(nobody)), "check the address"),
        (untrusted, "`ca_certificate`"),
    ];
    for (settings, advice) in table {
        let output = place.run(&settings).await;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains(advice) && told.contains("`certificates`"), "{advice}: {told}");
        assert!(!told.contains("a wrong key") && !told.contains("panicked"), "{told}");
        assert!(steps(&output).is_empty(), "{advice}");
        let (counts, found) = place.look().await;
        assert!(found.is_none() && !counts.contains_key("registration.certificates_issued"));
    }
    place.bank.faults().fail_next("/tpp-registration", 400, 1);
    let output = place.run(&place.settings).await;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("`registration`") && told.contains("redirect"), "{told}");
    assert_eq!(place.look().await.0["registration.step_failed"], 4);
    place.ends_well(3).await;
    assert!(place.look().await.1.is_some());
    place.bank.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_settings_register_anew_with_the_same_certificates() {
    let place = Place::new().await;
    place.ends_well(0).await;
    let before = place.look().await.1.expect("registered");
    let mut settings = place.settings.clone();
    settings["software_client_name"] = json!("Another name");
    let output = place.run(&settings).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let already: Vec<bool> = steps(&output).iter().map(|(_, already)| *already).collect();
    assert_eq!(already, [true, false, false, false, false]);
    let (counts, after) = place.look().await;
    let after = after.expect("registered");
    assert_eq!(counts["registration.certificates_issued"], 1);
    assert_eq!(counts["registration.settings_changed"], 1);
    let prints = |found: &Registered| {
        [&found.issued.qwac, &found.issued.qseal].map(|one| one.certificate.fingerprint.clone())
    };
    assert_eq!(prints(&after), prints(&before));
    assert!(!after.client.client_id.matches(before.client.client_id.expose()), "a new client");
    place.bank.stop().await;
}

fn every_file(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
        match entry.path() {
            path if path.is_dir() => every_file(&path, found),
            path => found.push(path),
        }
    }
}

/// The longest runs of base64 of a key, as they would stand in PEM or JSON.
fn forms(pkcs8: &[u8]) -> Vec<Vec<u8>> {
    use base64::Engine as _;
    let (standard, url) = (
        base64::engine::general_purpose::STANDARD.encode(pkcs8),
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(pkcs8),
    );
    let middle = pkcs8.len() / 2;
    vec![
        pkcs8[middle..middle + 24].to_vec(),
        standard.as_bytes()[120..160].to_vec(),
        url.as_bytes()[120..160].to_vec(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_readable_in_the_data_directory() {
    let place = Place::new().await;
    let output = place.run(&place.settings).await;
    // The program has ended, so that the files hold everything and stand still.
    let mut files = Vec::new();
    every_file(&place.state(), &mut files);
    assert!(files.len() >= 5, "{files:?}");
    let read = |path: PathBuf| (path.display().to_string(), std::fs::read(&path).expect("bytes"));
    let contents: Vec<_> = files.into_iter().map(read).collect();
    let found = place.look().await.1.expect("registered");
    let credentials = found.client.credentials();
    let mut secrets = vec![b"demo-api-key".to_vec()];
    for secret in [Some(&credentials.client_id), credentials.client_secret.as_ref()] {
        secrets.push(secret.expect("a secret").expose().as_bytes().to_vec());
    }
    for issued in [&found.issued.qwac, &found.issued.qseal] {
        secrets.extend(forms(issued.key.pkcs8().expose()));
    }
    let told = [("stdout".to_owned(), output.stdout), ("stderr".to_owned(), output.stderr)];
    for (name, bytes) in contents.into_iter().chain(told) {
        for secret in &secrets {
            let found = bytes.windows(secret.len()).any(|window| window == &secret[..]);
            assert!(!found, "a secret is in {name}");
        }
    }
    place.bank.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_leaves_only_into_a_new_file_of_its_own() {
    let place = Place::new().await;
    place.ends_well(0).await;
    let out = place.scratch.path().join("qseal.pem");
    let export = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_opl"));
        command.args(["export-key", "--bank", "op", "--key", "qseal", "--out"]).arg(&out);
        command.arg("--data").arg(place.state()).output().expect("the program")
    };
    let first = export();
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let pem = std::fs::read_to_string(&out).expect("a file");
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert!(pem.trim_end().ends_with("-----END PRIVATE KEY-----"));
    let mode = std::fs::metadata(&out).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let second = export();
    assert_eq!(second.status.code(), Some(1));
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(told.contains("qseal.pem") && !told.contains("BEGIN"), "{told}");
    assert_eq!(std::fs::read_to_string(&out).expect("a file"), pem, "not overwritten");
    place.bank.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registering_works_on_postgres() {
    let world = World::registered(Store::Postgres).await;
    let mut told = Vec::new();
    let file = world.settings();
    let tell = |report: &opl::registration::StepReport| told.push(report.already);
    opl::registration::register(&world.app, &file, tell).await.expect("registered");
    assert_eq!(told, [true; 5]);
    world.stop().await;
}
