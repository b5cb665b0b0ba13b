//! The process that is killed, starved and lied to: this test program itself, started again. It
//! drives a ledger and writes down every answer it got before it asks for the next.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use opl::app::{App, Options};
use opl::backup::check_log;
use opl::ledger::store::{AppendError, EventLog, SqliteLog};
use opl::ledger::{CommandError, Ledger, LedgerError};
use opl::vault::keys::{HeldRootKey, Keys};
use opl::world::{Chance, Clock};
use projections::database::{Database, Durability};
use uuid::Uuid;

use crate::load::{open_account, record, sign_up, user};

/// Accounts that all callers share; the rest have one of their own.
const SHARED: u128 = 4;

/// How to start it.
#[derive(Clone)]
pub struct Load<'a> {
    pub data: &'a Path,
    pub postgres: Option<&'a str>,
    pub callers: u32,
    /// Commands of each caller; none for as many as it can.
    pub commands: Option<u32>,
    /// Whether the read models follow; without them there is nothing but log and vault.
    pub projections: bool,
}

impl Load<'_> {
    /// The command that starts it, behind another program if one is given.
    pub fn command(&self, behind: &[&str]) -> Command {
        let this = std::env::current_exe().expect("this program");
        let mut command = match behind.split_first() {
            None => Command::new(this),
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments).arg(this);
                command
            }
        };
        command
            .args(["child::child", "--exact", "--nocapture", "--test-threads=1"])
            .env("OPL_CHILD_DATA", self.data)
            .env("OPL_CHILD_POSTGRES", self.postgres.unwrap_or_default())
            .env("OPL_CHILD_CALLERS", self.callers.to_string())
            .env("OPL_CHILD_COMMANDS", self.commands.unwrap_or(u32::MAX).to_string())
            .env("OPL_CHILD_PROJECTIONS", if self.projections { "1" } else { "" })
            .env("OPL_LOG", "off")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command
    }

    pub fn start(&self) -> Running {
        Running::new(self.command(&[]).spawn().expect("a child"))
    }
}

/// A running child and the thread that reads what it says.
pub struct Running {
    pub child: Child,
    reading: std::thread::JoinHandle<Vec<String>>,
    ready: std::sync::mpsc::Receiver<()>,
}

impl Running {
    pub fn new(mut child: Child) -> Self {
        let out = child.stdout.take().expect("its output");
        let (tell, ready) = std::sync::mpsc::channel();
        let reading = std::thread::spawn(move || {
            let mut lines = Vec::new();
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if line.starts_with("READY") {
                    let _ = tell.send(());
                }
                lines.push(line);
            }
            lines
        });
        Self { child, reading, ready }
    }

    /// Waits until it drives the ledger, or has ended.
    pub fn until_ready(&self) {
        let _ = self.ready.recv_timeout(std::time::Duration::from_secs(60));
    }

    /// SIGKILL, and everything it had said by then.
    pub fn kill(mut self) -> Vec<String> {
        let _ = self.child.kill();
        self.child.wait().expect("ended");
        self.reading.join().expect("read")
    }

    /// Waits for its end.
    pub fn end(mut self) -> (std::process::ExitStatus, Vec<String>) {
        let status = self.child.wait().expect("ended");
        (status, self.reading.join().expect("read"))
    }
}

/// What was answered over all lives of the child.
#[derive(Default)]
pub struct Journal {
    /// By correlation: the position of the last event and how many there were.
    acknowledged: HashMap<Uuid, (u64, u32)>,
    /// Told to be not stored.
    refused: HashSet<Uuid>,
    pub unknown: u64,
}

impl Journal {
    pub fn acknowledged(&self) -> usize {
        self.acknowledged.len()
    }

    pub fn refused(&self) -> usize {
        self.refused.len()
    }

    /// Adds what a child said. Its last line may be cut off.
    pub fn add(&mut self, lines: &[String]) {
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["ACK", position, count, correlation, "."] => {
                    let place = (position.parse().expect("a number"), count.parse().expect("one"));
                    let correlation = correlation.parse().expect("an identifier");
                    assert!(self.acknowledged.insert(correlation, place).is_none());
                }
                ["NOT", correlation, "."] => {
                    self.refused.insert(correlation.parse().expect("an identifier"));
                }
                ["UNKNOWN", ..] => self.unknown += 1,
                _ => {}
            }
        }
    }

    /// Compares a log with all answers: nothing acknowledged is lost or moved, nothing is there
    /// twice or in part, nothing refused is there, and hashes, root, positions, versions are right.
    pub async fn compare(&self, log: &dyn EventLog, context: &str) {
        let checked = check_log(log, |_| {}).await.expect("a log that can be read");
        assert_eq!(checked.first, None, "{context}");
        let mut found: HashMap<Uuid, Vec<u64>> = HashMap::new();
        let mut after = 0;
        loop {
            let page = log.read_all(after, 2_000).await.expect("a page");
            let Some(last) = page.last() else { break };
            after = last.position;
            for stored in page {
                let metadata: serde_json::Value =
                    serde_json::from_slice(&stored.metadata).expect("JSON");
                let correlation = metadata["correlation"].as_str().expect("a correlation");
                let correlation: Uuid = correlation.parse().expect("an identifier");
                if correlation != Uuid::from_u128(1) {
                    found.entry(correlation).or_default().push(stored.position);
                }
            }
        }
        for (correlation, (position, count)) in &self.acknowledged {
            let first = position - u64::from(*count) + 1;
            let expected: Vec<u64> = (first..=*position).collect();
            assert_eq!(found.get(correlation), Some(&expected), "{context}: acknowledged");
        }
        for correlation in &self.refused {
            assert_eq!(found.get(correlation), None, "{context}: refused, and there all the same");
        }
        for (correlation, positions) in &found {
            // The number of rows is in the last digit.
            let rows = correlation.as_u128() as usize % 4;
            assert_eq!(positions.len(), rows, "{context}: {correlation} at {positions:?}");
        }
    }
}

fn say(line: &str) {
    // One write a line: a kill cuts between lines or inside the last.
    let _ = std::io::stdout().lock().write_all(format!("{line}\n").as_bytes());
}

/// A log and a vault in files, without read models.
pub async fn small_ledger(data: &Path, clock: Clock) -> Result<Ledger, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    std::fs::create_dir_all(data).map_err(|error| text(&error))?;
    let micros = clock.clone();
    let log = SqliteLog::open(&data.join("log.db"), Arc::new(move || micros.micros()));
    let log = log.map_err(|error| text(&error))?;
    let vault = Database::sqlite(&data.join("vault.db"), Durability::Full);
    let vault = vault.map_err(|error| text(&error))?;
    opl::vault::prepare(&vault).await.map_err(|error| text(&error))?;
    let root = HeldRootKey::from_file(&data.join("root.key"), Chance::real());
    let root = Box::new(root.map_err(|error| text(&error))?);
    let keys = Arc::new(Keys::new(vault, root, Chance::real(), clock.clone()));
    Ok(Ledger::new(Arc::new(log), keys, Chance::real(), clock))
}

/// Not a test of anything by itself: the child's life, if this process was started as one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Some(data) = std::env::var_os("OPL_CHILD_DATA") else { return };
    let setting = |name: &str| std::env::var(format!("OPL_CHILD_{name}")).unwrap_or_default();
    let callers: u128 = setting("CALLERS").parse().expect("a number");
    let commands: u32 = setting("COMMANDS").parse().expect("a number");
    let mut options = Options::in_directory(Path::new(&data));
    options.postgres_url = Some(setting("POSTGRES")).filter(|url| !url.is_empty()).map(Into::into);
    let (app, ledger);
    if setting("PROJECTIONS").is_empty() {
        ledger = small_ledger(Path::new(&data), Clock::real()).await.map(Arc::new);
        app = None;
    } else {
        match App::open(options).await {
            Ok(opened) => app = Some(opened),
            Err(error) => return say(&format!("CLOSED {error}")),
        }
        ledger = Err(String::new());
    }
    let ledger = match (&app, ledger) {
        (Some(app), _) => Driven::App(Arc::clone(app)),
        (None, Ok(ledger)) => Driven::Small(ledger),
        (None, Err(error)) => return say(&format!("CLOSED {error}")),
    };
    if let Err(error) = sign_up(ledger.ledger(), user(0)).await
        && matches!(error, CommandError::Ledger(_))
    {
        return say(&format!("CLOSED {error}"));
    }
    // The test runner has begun a line of its own.
    say("\nREADY");
    let mut running = tokio::task::JoinSet::new();
    for caller in 0..callers {
        let ledger = ledger.clone();
        let account = if caller % 2 == 0 { caller % SHARED } else { SHARED + caller };
        running.spawn(async move { drive(ledger.ledger(), account, commands).await });
    }
    running.join_all().await;
    say("DONE");
}

#[derive(Clone)]
enum Driven {
    App(Arc<App>),
    Small(Arc<Ledger>),
}

impl Driven {
    fn ledger(&self) -> &Ledger {
        match self {
            Self::App(app) => &app.ledger,
            Self::Small(ledger) => ledger,
        }
    }
}

async fn drive(ledger: &Ledger, account: u128, commands: u32) {
    let mut stream = None;
    for command in 0..commands {
        if stream.is_none() {
            stream = open_account(ledger, account).await.ok();
        }
        let Some(stream) = stream else {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            continue;
        };
        let rows = 1 + command % 3;
        let drawn = Uuid::new_v4().as_u128();
        let correlation = Uuid::from_u128(drawn - drawn % 4 + u128::from(rows));
        match record(ledger, stream, rows, correlation).await {
            Ok(done) => say(&format!("ACK {} {rows} {correlation} .", done.position)),
            Err(CommandError::Ledger(LedgerError::Append(AppendError::Unknown))) => {
                say(&format!("UNKNOWN {correlation} ."));
            }
            Err(_) => {
                say(&format!("NOT {correlation} ."));
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        }
    }
}
