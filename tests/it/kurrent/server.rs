//! The server the tests talk to: `OPL_KURRENT_URL`, or the fake of `tools/kurrent-fake`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock};

/// The fake's program, built once for all tests of this binary.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/kurrent-fake");
        let target = home.join("target");
        let done = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--locked", "--manifest-path"])
            .arg(home.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&target)
            .status()
            .expect("cargo");
        assert!(done.success(), "the fake could not be built");
        target.join("debug/kurrent-fake")
    })
}

/// A fake in a process of its own, which ends with this one.
pub struct Fake {
    child: Child,
    pipes: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
    pub address: String,
}

impl Fake {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    pub async fn with(arguments: &[&str]) -> Self {
        let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        let start = move || {
            let mut child = Command::new(program())
                .args(arguments)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("a fake");
            let mut answers = BufReader::new(child.stdout.take().expect("a pipe"));
            let mut line = String::new();
            answers.read_line(&mut line).expect("a line");
            let address = line.trim().strip_prefix("listening ").expect("an address").to_owned();
            let pipes = Mutex::new((child.stdin.take().expect("a pipe"), answers));
            Self { child, pipes, address }
        };
        tokio::task::spawn_blocking(start).await.expect("started")
    }

    pub fn url(&self) -> String {
        format!("kurrentdb://{}?tls=false", self.address)
    }

    fn say(&self, line: &str) -> String {
        let mut pipes = self.pipes.lock().expect("the pipes");
        writeln!(pipes.0, "{line}").expect("said");
        let mut answer = String::new();
        pipes.1.read_line(&mut answer).expect("an answer");
        answer.trim().to_owned()
    }

    /// The next `times` fitting calls go wrong after `after` events.
    pub fn fault(&self, name: &str, times: usize, after: usize) {
        assert_eq!(self.say(&format!("fault {name} {times} {after}")), "done");
    }

    /// How many calls are still to go wrong.
    pub fn left(&self, name: &str) -> usize {
        self.say(&format!("left {name}")).parse().expect("a number")
    }

    /// Ends it without a word to anybody.
    pub fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The server that does no wrong, and streams of one's own in it.
pub async fn address() -> (String, String) {
    static FAKE: tokio::sync::OnceCell<Fake> = tokio::sync::OnceCell::const_new();
    let prefix = format!("t{}", uuid::Uuid::new_v4().simple());
    let url = match std::env::var("OPL_KURRENT_URL") {
        Ok(url) => url,
        Err(_) => FAKE.get_or_init(Fake::start).await.url(),
    };
    (url, prefix)
}
