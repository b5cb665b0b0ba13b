//! How fast all read models are built anew, against reading the same log and keeping nothing.
//!
//! `cargo bench --bench rebuild -- [EVENTS] [ROUNDS] [sqlite|postgres]`: 200,000 events and three
//! rounds on both stores unless told otherwise. Both sides of a ratio take turns in one run. Prints
//! one JSON object a line; rates are events a second, of the round whose ratio is the median. Exits
//! with 1 if a floor does not hold.

mod history;
mod measure;
#[path = "../shared/processor.rs"]
mod processor;
mod server;
mod stock;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use opl::ledger::store::{ClockMicros, EventLog, PostgresLog, SqliteLog};
use opl::vault::crypto::hex;
use opl::vault::keys::{HeldRootKey, Keys};
use opl::world::{Chance, Clock};
use projections::database::{Database, Durability};
use projections::{Projection, ReadLocation};
use uuid::Uuid;

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Why the run could not go on.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

const EVENTS: u64 = 200_000;
const MOST_EVENTS: u64 = 1_000_000;
const ROUNDS: u64 = 3;

/// A folder that goes away with this.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("rebuild bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<bool, Failure> {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let mut numbers = arguments.iter().filter_map(|argument| argument.parse::<u64>().ok());
    let events = numbers.next().unwrap_or(EVENTS).clamp(1, MOST_EVENTS);
    let rounds = numbers.next().unwrap_or(ROUNDS).max(1);
    let asked = |store: &str| {
        let stores = ["sqlite", "postgres"];
        let none = !arguments.iter().any(|argument| stores.contains(&argument.as_str()));
        none || arguments.iter().any(|argument| argument == store)
    };
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target"), PathBuf::from);
    let scratch = Scratch(target.join(format!("rebuild-{}", Uuid::new_v4().simple())));
    std::fs::create_dir_all(&scratch.0)?;
    let keys = keys(&scratch).await?;
    let clock = Clock::real();
    let micros: ClockMicros = Arc::new(move || clock.micros());
    let mut holds = true;
    if asked("sqlite") {
        holds &= sqlite(&scratch, &keys, Arc::clone(&micros), events, rounds).await?;
    }
    if asked("postgres") {
        holds &= postgres(&keys, micros, events, rounds).await?;
    }
    Ok(holds)
}

async fn keys(scratch: &Scratch) -> Result<Arc<Keys>, Failure> {
    let vault = Database::sqlite(&scratch.0.join("vault.db"), Durability::Normal)?;
    opl::vault::prepare(&vault).await?;
    let root = HeldRootKey::from_file(&scratch.0.join("root.key"), Chance::real())?;
    Ok(Arc::new(Keys::new(vault, Box::new(root), Chance::real(), Clock::real())))
}

async fn sqlite(
    scratch: &Scratch,
    keys: &Arc<Keys>,
    clock: ClockMicros,
    events: u64,
    rounds: u64,
) -> Result<bool, Failure> {
    let file = scratch.0.join("log.db");
    let log: Arc<dyn EventLog> = Arc::new(SqliteLog::open(&file, clock)?);
    history::write(&[Arc::clone(&log)], keys, events).await?;
    let (mut pairs, mut cpus, mut stocks) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let baseline = measure::scan_sqlite(&file, keys).await?;
        let directory = scratch.0.join(format!("read-{round}"));
        let location = ReadLocation::Sqlite { directory: directory.clone() };
        let (ours, digests) = measure::rebuild(location, &log, keys).await?;
        show_digests("sqlite", round, &digests);
        std::fs::remove_dir_all(directory)?;
        pairs.push((ours.rate, baseline.rate));
        cpus.push((ours.cpu_us, baseline.cpu_us));
        let view = scratch.0.join(format!("view-{round}.db"));
        let replayed = stock::replay("sqlite", &view.display().to_string()).await?;
        stocks.push((ours.rate, replayed));
    }
    let bare = Shown { name: "rebuild/sqlite/bare-scan", unit: RATE, floor: Some(0.5), events };
    let cpu = Shown { name: "rebuild/sqlite/bare-scan/cpu", unit: CPU, floor: None, events };
    let stock =
        Shown { name: "rebuild/sqlite/stock-replay", unit: RATE, floor: Some(100.0), events };
    let bare_is = "one statement, every row opened and decoded, one thread";
    Ok(bare.show(bare_is, pairs) & cpu.show(bare_is, cpus) & stock.show(STOCK, stocks))
}

async fn postgres(
    keys: &Arc<Keys>,
    clock: ClockMicros,
    events: u64,
    rounds: u64,
) -> Result<bool, Failure> {
    let server = server::Server::start().await?;
    let pool = server.database().await?;
    let log: Arc<dyn EventLog> = Arc::new(PostgresLog::open(pool.clone(), clock).await?);
    history::write(&[Arc::clone(&log)], keys, events).await?;
    let (mut raw, mut decoded, mut stocks) = (Vec::new(), Vec::new(), Vec::new());
    let mut cpus = Vec::new();
    for round in 0..rounds {
        let copied = measure::copy_out(&pool).await?;
        let opened = measure::copy_out_decoded(&pool, keys).await?;
        let rows = server.database().await?;
        let location = ReadLocation::Postgres { pool: rows.clone() };
        let (ours, digests) = measure::rebuild(location, &log, keys).await?;
        show_digests("postgres", round, &digests);
        server.clear(rows).await?;
        raw.push((ours.rate, copied.rate));
        decoded.push((ours.rate, opened.rate));
        cpus.push((ours.cpu_us, opened.cpu_us));
        let view = server.database().await?;
        let replayed = stock::replay("postgres", &server.address_of(&view).await?).await?;
        server.clear(view).await?;
        stocks.push((ours.rate, replayed));
    }
    server.clear(pool).await?;
    let copy = Shown { name: "rebuild/postgres/copy-out", unit: RATE, floor: Some(0.5), events };
    let typed = Shown { name: "rebuild/postgres/copy-out-typed", unit: RATE, floor: None, events };
    let cpu = Shown { name: "rebuild/postgres/copy-out-typed/cpu", unit: CPU, floor: None, events };
    let stock =
        Shown { name: "rebuild/postgres/stock-replay", unit: RATE, floor: Some(100.0), events };
    let typed_is = "COPY out, every row opened and decoded";
    Ok(copy.show("COPY out, binary, thrown away", raw)
        & typed.show(typed_is, decoded)
        & cpu.show(typed_is, cpus)
        & stock.show(STOCK, stocks))
}

fn show_digests(store: &str, round: u64, digests: &[[u8; 32]]) {
    if round == 0 {
        for (projection, digest) in Projection::ALL.iter().zip(digests) {
            eprintln!("{store} {:<14} {}", projection.name(), hex(digest));
        }
    }
}

/// What the stock replay is.
const STOCK: &str = "stock QueryReplay into its own view, a commit an event";

/// Events a second.
const RATE: &str = "ev/s";
/// Processor time an event, in microseconds.
const CPU: &str = "us/ev";

/// How a comparison is told.
struct Shown {
    name: &'static str,
    unit: &'static str,
    /// The least ratio that is kept.
    floor: Option<f64>,
    events: u64,
}

impl Shown {
    /// Prints the round whose ratio is the median; tells whether its floor is kept.
    fn show(&self, baseline_is: &str, mut pairs: Vec<(f64, f64)>) -> bool {
        pairs.sort_by(|left, right| (left.0 / left.1).total_cmp(&(right.0 / right.1)));
        let (ours, baseline) = pairs[pairs.len() / 2];
        let ratio = ours / baseline;
        let holds = self.floor.is_none_or(|floor| ratio >= floor);
        let line = serde_json::json!({
            "name": self.name,
            "ours": (ours * 10.0).round() / 10.0,
            "baseline": (baseline * 10.0).round() / 10.0,
            "ratio": (ratio * 1_000.0).round() / 1_000.0,
            "unit": self.unit,
            "floor": self.floor.map(|floor| format!(">= {floor}")),
            "holds": holds,
            "note": format!("{baseline_is}; {} events, {} rounds", self.events, pairs.len()),
        });
        println!("{line}");
        holds
    }
}
