//! `opl store`: the event log as a whole: copied, checked, exported, imported.

mod aggregates;
mod export;
mod import;
mod line;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};

use super::{Failure, StateArguments};
use crate::app::{self, Options, RootKey};
use crate::backup::{self, Problem, Progress, State, check_log};
use crate::connectors::Secret;
use crate::notary::first_difference;
use crate::vault::crypto::hex;

/// How often progress is shown.
const SHOW_EVERY: Duration = Duration::from_millis(200);

/// What `opl store` can do.
#[derive(Subcommand)]
pub(super) enum StoreCommand {
    /// Copy log and vault into another store, record for record; a second run goes on where the
    /// first stopped
    Copy(CopyArguments),
    /// Walk the whole log and compare every hash, position, version, time and the root
    Verify(StateOnly),
    /// Write every event, opened, as a line of JSON; the lines hold personal data
    Export(ExportArguments),
    /// Read such lines into a log, sealing each under its person's key
    Import(ImportArguments),
    /// Write the state of every stream as a line of JSON with its digest
    Aggregates(StateOnly),
}

/// Where the state is, and nothing more.
#[derive(Args)]
pub(super) struct StateOnly {
    #[command(flatten)]
    state: StateArguments,
}

/// What `opl store copy` takes: the state arguments say where from.
#[derive(Args)]
#[group(id = "target", required = true, multiple = false, args = ["to", "to_postgres"])]
pub(super) struct CopyArguments {
    #[command(flatten)]
    state: StateArguments,
    /// Data directory to copy into; made if it is not there
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// PostgreSQL database to copy into
    #[arg(long, value_name = "URL", env = "OPL_TO_POSTGRES", hide_env_values = true)]
    to_postgres: Option<String>,
    /// Put a copy of the root key into the target's data directory
    #[arg(long, requires = "to")]
    with_root_key: bool,
}

/// What `opl store export` takes.
#[derive(Args)]
pub(super) struct ExportArguments {
    #[command(flatten)]
    state: StateArguments,
    /// New file to write, with mode 0600, instead of the standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What `opl store import` takes.
#[derive(Args)]
pub(super) struct ImportArguments {
    #[command(flatten)]
    state: StateArguments,
    /// File with the lines; `-` for the standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) async fn run(command: StoreCommand) -> Result<(), Failure> {
    match command {
        StoreCommand::Copy(arguments) => copy(arguments).await,
        StoreCommand::Verify(arguments) => verify(arguments).await,
        StoreCommand::Export(arguments) => {
            export::run(&arguments.state.options(), arguments.out.as_deref()).await
        }
        StoreCommand::Import(arguments) => {
            import::run(&arguments.state.options(), &arguments.file).await
        }
        StoreCommand::Aggregates(arguments) => aggregates::run(&arguments.state.options()).await,
    }
}

/// Progress on one line of the standard error.
pub(super) struct Bar {
    begun: Instant,
    from: u64,
    what: &'static str,
    shown: Option<Instant>,
}

impl Bar {
    pub(super) fn new() -> Self {
        Self { begun: Instant::now(), from: 0, what: "", shown: None }
    }

    /// Shows how far it is, how fast it goes and how long it will take.
    pub(super) fn show(&mut self, at: Progress) {
        let Progress { what, done, total } = at;
        if self.what != what {
            (self.what, self.begun, self.from) = (what, Instant::now(), done);
        }
        let due = self.shown.is_none_or(|shown| shown.elapsed() >= SHOW_EVERY);
        if !due && done < total {
            return;
        }
        self.shown = Some(Instant::now());
        let milliseconds = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let rate = (done - self.from).saturating_mul(1_000) / milliseconds.max(1);
        let left = (total.saturating_sub(done)).checked_div(rate);
        let left = left.map_or(String::new(), |seconds| format!("{seconds} s left"));
        let part = (done * 100).checked_div(total).unwrap_or(100);
        // Progress that cannot be shown must not end the work.
        let _ = write!(
            std::io::stderr().lock(),
            "\r{what:<12} {part:>3} %  {done}/{total}  {rate}/s  {left}      "
        );
    }

    /// Ends the line.
    pub(super) fn end(&self) {
        if self.shown.is_some() {
            eprintln!();
        }
    }
}

/// Writes the root key into a data directory, where it is not there yet.
pub(super) fn keep_root_key(options: &Options, directory: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let from = match &options.root_key {
        RootKey::DataDirectory => backup::root_key_file(options),
        RootKey::File(path) => path.clone(),
        RootKey::Environment(_) => {
            return Err(Failure::new(
                "the root key is in the environment; there is no file to put into the target",
            ));
        }
    };
    let to = directory.join("root.key");
    let cannot = |error: std::io::Error| {
        Failure::new(format!("{} cannot be copied to {}: {error}", from.display(), to.display()))
    };
    let key = zeroize::Zeroizing::new(std::fs::read(&from).map_err(cannot)?);
    let new = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&to);
    match new {
        Ok(mut file) => {
            file.write_all(&key).and_then(|()| file.sync_all()).map_err(cannot)?;
            println!("The root key is in {}.", to.display());
            Ok(())
        }
        Err(_) if std::fs::read(&to).is_ok_and(|there| there == *key) => Ok(()),
        Err(error) => Err(cannot(error)),
    }
}

/// Says that nothing opens without the root key.
pub(super) fn carry_root_key(directory: &Path) {
    if !directory.join("root.key").exists() {
        println!(
            "The root key was not copied. Carry it over (into {} with mode 0600, or name it with \
             --root-key-file): nothing there opens without it.",
            directory.join("root.key").display()
        );
    }
}

async fn copy(arguments: CopyArguments) -> Result<(), Failure> {
    let CopyArguments { state, to, to_postgres, with_root_key } = arguments;
    let from = state.options();
    let source = State::existing(&from).await?;
    let into = Options {
        data_directory: to.clone().unwrap_or_else(|| from.data_directory.clone()),
        postgres_url: to_postgres.as_deref().map(Secret::from),
        ..from.clone()
    };
    if from.postgres_url.is_none() && to.as_ref().is_some_and(|to| same(to, &from.data_directory)) {
        return Err(Failure::new("source and target are the same directory"));
    }
    // Held until the copy is done: nobody else writes to these files.
    let _lock = to.as_deref().map(app::take_directory).transpose()?;
    let target = State::open(&into).await?;
    let mut bar = Bar::new();
    let copied = backup::copy(&source, &target, |at| bar.show(at)).await;
    bar.end();
    let copied = copied?;
    if copied.begun > 0 {
        println!("went on after position {}", copied.begun);
    }
    for (name, sum) in &copied.tables {
        println!("vault table {name:<22} {} rows", sum.rows);
    }
    for (side, head) in [("source", copied.source), ("target", copied.target)] {
        println!("{side}  size {}  root {}", head.position, hex(&head.root));
    }
    println!("Size and root are equal on both sides.");
    let directory = to.unwrap_or(from.data_directory.clone());
    if with_root_key {
        return keep_root_key(&from, &directory);
    }
    carry_root_key(&directory);
    Ok(())
}

fn same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

async fn verify(arguments: StateOnly) -> Result<(), Failure> {
    let state = State::existing(&arguments.state.options()).await?;
    let mut bar = Bar::new();
    let checked = check_log(&*state.log, |at| bar.show(at)).await;
    bar.end();
    let mut checked = checked?;
    // Where even the hashes were changed, the notary's tree still knows the right ones.
    if let Some(position) = first_difference(&state.notary, &*state.log).await?
        && checked
            .first
            .as_ref()
            .is_none_or(|first| first.position == 0 || first.position > position)
    {
        let what = "it is not the event that the notary put into its tree".to_owned();
        checked.first = Some(Problem { position, what });
        checked.problems += 1;
    }
    println!("size  {}", checked.size);
    println!("root  {}", hex(&checked.root));
    match checked.first {
        None => {
            println!("Every hash, position, version and time is right, and so is the root.");
            Ok(())
        }
        Some(problem) => Err(Failure::new(format!(
            "the log is damaged: {} problems, the first at position {}: {}",
            checked.problems, problem.position, problem.what
        ))),
    }
}
