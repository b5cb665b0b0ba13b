//! Benchmarks of the ledger against the stock stores of its framework and against what the
//! databases can do at most. Both sides of a ratio run in one process run, in turns.
//!
//! `cargo bench --bench ledger -- [--quick] [FILTER ..]`: only benchmarks whose names contain one
//! of the filters. Writes `target/bench.json` and exits with 1 if a floor does not hold; a quick run
//! is too short for that and only says so.

mod append;
mod measure;
mod ours;
mod place;
#[path = "../shared/processor.rs"]
mod processor;
mod raw;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use place::{Ground, Kind};

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Why the run could not go on.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A quick run does this part of the work.
const QUICK: u64 = 20;

/// What was asked for, and the ground it runs on.
pub struct Bench {
    /// Where stores are made.
    pub ground: Ground,
    /// Rounds of each benchmark.
    pub rounds: u32,
    quick: bool,
    filters: Vec<String>,
}

impl Bench {
    /// Whether one of these names was asked for.
    pub fn wanted(&self, names: &[&String]) -> bool {
        let asked = |name: &&String| self.filters.iter().any(|filter| name.contains(filter));
        self.filters.is_empty() || names.iter().any(asked)
    }

    /// So many, or a part of them in a quick run.
    pub fn size(&self, full: u64) -> u64 {
        if self.quick { (full / QUICK).max(4) } else { full }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("ledger bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<bool, Failure> {
    let (mut quick, mut filters) = (false, Vec::new());
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--quick" => quick = true,
            // Cargo adds it.
            "--bench" => {}
            option if option.starts_with('-') => {
                return Err(format!("`{option}` is not known; there is --quick").into());
            }
            filter => filters.push(filter.to_owned()),
        }
    }
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target"), PathBuf::from);
    std::fs::create_dir_all(&target)?;
    let ground = Ground::prepare(&target).await?;
    let bench = Bench { ground, rounds: if quick { 1 } else { 3 }, quick, filters };
    println!("{}", report::heading());
    let mut outcomes = Vec::new();
    for kind in Kind::ALL {
        outcomes.extend(append::run(&bench, kind).await?);
    }
    let path = target.join("bench.json");
    report::write(&path, &outcomes)?;
    let failed = outcomes.iter().filter(|outcome| !outcome.holds).count();
    println!("{} benchmarks, {failed} below their floor: {}", outcomes.len(), path.display());
    if outcomes.is_empty() {
        return Err("no benchmark has such a name".into());
    }
    Ok(quick || failed == 0)
}
