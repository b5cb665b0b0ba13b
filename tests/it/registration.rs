//! Registering with a bank: killed after each step and taken up again, refused in its own words, and
//! nothing secret left in the open.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

use crate::support::Scratch;

const STEPS: [&str; 5] = ["certificates", "statement", "request", "registration", "validation"];

struct Desk {
    bank: Sandbox,
    scratch: Scratch,
}

impl Desk {
    async fn new() -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let scratch = Scratch::new();
        let options = SandboxOptions {
            data_dir: scratch.path().join("sandbox"),
            public_port: 0,
            mtls_port: 0,
            authorize_port: 0,
            ..SandboxOptions::default()
        };
        Self { bank: Sandbox::start(options).await.expect("a bank"), scratch }
    }

    /// Settings as an operator writes them, changed where `change` says so.
    fn settings(&self, name: &str, change: impl FnOnce(&mut Value)) -> PathBuf {
        let sandbox::Addresses { public, mtls, authorize } = self.bank.addresses();
        let mut settings = json!({
            "api_key": "demo-api-key", "country": "FI", "tpp_name": "Test", "roles": ["AIS"],
            "sandbox_url": format!("{public}/psd2-sandbox-tpp-generator/sandbox-tpp"),
            "registration_url": format!("{mtls}/tpp-registration/register"),
            "redirect_uris": ["https://tpp.example/callback/op"],
            "software_redirect_uris": ["https://tpp.example/callback/op"],
            "software_client_name": "Test", "software_client_uri": "https://tpp.example",
            "org_name": "Test", "org_contacts": [],
            "token_url": format!("{mtls}/oauth/token"),
            "accounts_url": format!("{mtls}/accounts-psd2/v1"),
            "authorize_url": format!("{authorize}/oauth/authorize"),
            "issuer": authorize,
            "keys_url": format!("{public}/oauth/jwks/PSD2_OIDC"),
            "ca_certificate": "sandbox/ca.pem",
        });
        change(&mut settings);
        let path = self.scratch.path().join(name);
        let mut file = std::fs::File::create(&path).expect("a file");
        file.write_all(settings.to_string().as_bytes()).expect("written");
        path
    }

    fn state(&self) -> PathBuf {
        self.scratch.path().join("state")
    }

    fn command(&self, settings: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_opl"));
        command
            .args(["register", "--bank", "op", "--json", "--data"])
            .arg(self.state())
            .arg("--config")
            .arg(settings)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs to the end: the steps with whether they stood before, the exit code and what was said.
    fn run(&self, settings: &Path) -> (Vec<(String, bool)>, i32, String) {
        let output = self.command(settings).output().expect("the program");
        let steps = String::from_utf8(output.stdout).expect("text").lines().map(step).collect();
        let said = String::from_utf8(output.stderr).expect("text");
        (steps, output.status.code().expect("an exit code"), said)
    }

    /// Kills the program with SIGKILL as soon as it told of a step that it did.
    fn run_until(&self, settings: &Path, last: &str) {
        let mut program = self.command(settings).spawn().expect("the program");
        let lines = BufReader::new(program.stdout.take().expect("a pipe")).lines();
        for line in lines {
            let (name, already) = step(&line.expect("a line"));
            if name == last && !already {
                program.kill().expect("killed");
                break;
            }
        }
        program.wait().expect("ended");
    }
}

fn step(line: &str) -> (String, bool) {
    let report: Value = serde_json::from_str(line).expect("a JSON object a line");
    let name = report["step"].as_str().expect("a step").to_owned();
    (name, report["already"].as_bool().expect("whether it stood"))
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_each_step_it_goes_on_there() {
    let desk = Desk::new().await;
    let settings = desk.settings("env.json", |_| {});
    for last in &STEPS[..4] {
        desk.run_until(&settings, last);
    }
    let (steps, code, said) = desk.run(&settings);
    assert_eq!(code, 0, "{said}");
    let names: Vec<_> = steps.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, STEPS);
    assert!(steps[..4].iter().all(|(_, already)| *already), "{steps:?}");

    // A further run has nothing to do, and says so.
    let (steps, code, _) = desk.run(&settings);
    assert_eq!(code, 0);
    assert!(steps.len() == 5 && steps.iter().all(|(_, already)| *already), "{steps:?}");

    // Each step happened once, at the bank and in the log.
    let calls = desk.bank.calls();
    let count = |path: &str| calls.iter().filter(|call| call.path.contains(path)).count();
    assert_eq!(count("sandbox-tpp"), 1);
    assert_eq!(count("/tpp-registration/register"), 1);
    assert_eq!(count("/oauth/token"), 1);
    let log = rusqlite::Connection::open(desk.state().join("log.db")).expect("the log");
    let mut rows = log.prepare("SELECT event_type FROM event ORDER BY position").expect("SQL");
    let kinds: Vec<String> =
        rows.query_map([], |row| row.get(0)).expect("rows").map(Result::unwrap).collect();
    assert_eq!(
        kinds,
        [
            "registration.started",
            "registration.certificates_issued",
            "registration.statement_signed",
            "registration.request_signed",
            "registration.client_registered",
            "registration.credentials_validated",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_failure_has_its_own_words_and_leaves_nothing_half_written() {
    let desk = Desk::new().await;
    let right = desk.settings("env.json", |_| {});
    let closed = "https://localhost:1/psd2-sandbox-tpp-generator/sandbox-tpp";
    let table = [
        (desk.settings("key.json", |s| s["api_key"] = json!("wrong")), "API key"),
        (desk.settings("gone.json", |s| s["sandbox_url"] = json!(closed)), "could not be reached"),
        (
            desk.settings("ca.json", |s| {
                s.as_object_mut().expect("an object").remove("ca_certificate");
            }),
            "ca_certificate",
        ),
        (desk.settings("roles.json", |s| s["roles"] = json!(["EVERYTHING"])), "roles"),
        (desk.settings("extra.json", |s| s["verify_tls"] = json!(false)), "verify_tls"),
    ];
    for (settings, expected) in &table {
        let (_, code, said) = desk.run(settings);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(expected), "{expected}: {said}");
    }
    desk.bank.faults().fail_next("/tpp-registration", 400, 1);
    let (_, code, said) = desk.run(&right);
    assert_eq!(code, 1);
    assert!(said.contains("software statement"), "{said}");
    let (steps, code, said) = desk.run(&right);
    assert_eq!(code, 0, "{said}");
    assert_eq!(steps.last().map(|(name, _)| name.as_str()), Some("validation"));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_leave_only_when_asked_for_and_nothing_secret_lies_open() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new().await;
    let (_, code, said) = desk.run(&desk.settings("env.json", |_| {}));
    assert_eq!(code, 0, "{said}");
    let pem = desk.scratch.path().join("qseal.pem");
    let export = || {
        Command::new(env!("CARGO_BIN_EXE_opl"))
            .args(["export-key", "--bank", "op", "--key", "qseal", "--data"])
            .arg(desk.state())
            .arg("--out")
            .arg(&pem)
            .output()
            .expect("the program")
    };
    assert!(export().status.success());
    let text = std::fs::read_to_string(&pem).expect("a key");
    assert!(text.starts_with("-----BEGIN PRIVATE KEY-----\n"), "PKCS#8");
    assert_eq!(std::fs::metadata(&pem).expect("a file").permissions().mode() & 0o777, 0o600);
    assert!(!export().status.success(), "an existing file is not written over");

    let app = opl::app::App::open(opl::app::Options::in_directory(&desk.state())).await.unwrap();
    let found = opl::registration::registered(&app, &domain::id::BankId("op".to_owned())).await;
    let found = found.unwrap().expect("registered");
    let secrets = [
        found.client.client_secret.expose().as_bytes().to_vec(),
        found.client.client_id.expose().as_bytes().to_vec(),
        found.issued.qwac.key.pkcs8().expose().to_vec(),
        found.issued.qseal.key.pkcs8().expose().to_vec(),
        text.lines().nth(1).expect("a line of the key").as_bytes().to_vec(),
        b"demo-api-key".to_vec(),
    ];
    app.stop().await;
    for entry in std::fs::read_dir(desk.state()).expect("files").flatten() {
        let Ok(bytes) = std::fs::read(entry.path()) else { continue };
        for secret in &secrets {
            let open = bytes.windows(secret.len()).any(|window| window == secret);
            assert!(!open, "a secret lies open in {}", entry.path().display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_settings_register_again_with_the_same_certificates() {
    let desk = Desk::new().await;
    let (_, code, _) = desk.run(&desk.settings("env.json", |_| {}));
    assert_eq!(code, 0);
    let other = "https://elsewhere.example/callback/op";
    let changed = desk.settings("other.json", |settings| {
        settings["redirect_uris"] = json!([other]);
        settings["software_redirect_uris"] = json!([other]);
    });
    let (steps, code, said) = desk.run(&changed);
    assert_eq!(code, 0, "{said}");
    let already: Vec<_> = steps.iter().map(|(_, already)| *already).collect();
    assert_eq!(already, [true, false, false, false, false]);
}
