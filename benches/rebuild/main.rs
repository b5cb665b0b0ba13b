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
mod rows;
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

use measure::{Built, Timed};

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
    let mut all = Rounds::default();
    for round in 0..rounds {
        let scan = measure::scan_sqlite(&file, keys).await?;
        let directory = scratch.0.join(format!("read-{round}"));
        let location = ReadLocation::Sqlite { directory: directory.clone() };
        let built = measure::rebuild(location, &log, keys).await?;
        show_digests("sqlite", round, &built.digests);
        std::fs::remove_dir_all(directory)?;
        let view = |name| scratch.0.join(format!("{name}-{round}.db")).display().to_string();
        let balances = stock::replay("sqlite", &view("balances"), stock::View::Balances).await?;
        let rows = stock::replay("sqlite", &view("rows"), stock::View::Rows).await?;
        all.add(&built, scan, scan, (balances, rows));
    }
    let bare_is = "one statement, every row opened and decoded, one thread";
    let names = Names { store: "sqlite", raw: "bare-scan", typed: "bare-scan" };
    Ok(all.show(names, (bare_is, bare_is), events))
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
    let mut all = Rounds::default();
    for round in 0..rounds {
        let copied = measure::copy_out(&pool).await?;
        let opened = measure::copy_out_decoded(&pool, keys).await?;
        let models = server.database().await?;
        let location = ReadLocation::Postgres { pool: models.clone() };
        let built = measure::rebuild(location, &log, keys).await?;
        show_digests("postgres", round, &built.digests);
        let alone = rows::alone(&models, events).await?;
        all.rows_alone.push((built.all.rate, alone.rate));
        all.rows_alone_raw.push((alone.rate, copied.rate));
        server.clear(models).await?;
        let mut replayed = Vec::new();
        for view in [stock::View::Balances, stock::View::Rows] {
            let empty = server.database().await?;
            let at = server.address_of(&empty).await?;
            replayed.push(stock::replay("postgres", &at, view).await?);
            server.clear(empty).await?;
        }
        all.add(&built, copied, opened, (replayed[0], replayed[1]));
    }
    server.clear(pool).await?;
    let copy_is = ("COPY out, binary, thrown away", "COPY out, every row opened and decoded");
    let names = Names { store: "postgres", raw: "copy-out", typed: "copy-out-typed" };
    Ok(all.show(names, copy_is, events))
}

/// Pairs of ours and a baseline, one a round.
type Pairs = Vec<(f64, f64)>;

/// What the rounds gave.
#[derive(Default)]
struct Rounds {
    raw: Pairs,
    typed: Pairs,
    processor: Pairs,
    stock_rows: Pairs,
    stock_balances: Pairs,
    one_raw: Pairs,
    one_stock: Pairs,
    /// Ours and the rows alone; the rows alone and reading the log.
    rows_alone: Pairs,
    rows_alone_raw: Pairs,
}

/// What the baselines are called.
#[derive(Clone, Copy)]
struct Names {
    store: &'static str,
    raw: &'static str,
    typed: &'static str,
}

impl Rounds {
    fn add(&mut self, built: &Built, raw: Timed, typed: Timed, (balances, rows): (f64, f64)) {
        let Built { all, one, .. } = built;
        self.raw.push((all.rate, raw.rate));
        self.typed.push((all.rate, typed.rate));
        self.processor.push((all.cpu_us, typed.cpu_us));
        self.stock_rows.push((all.rate, rows));
        self.stock_balances.push((all.rate, balances));
        self.one_raw.push((one.rate, raw.rate));
        self.one_stock.push((one.rate, balances));
    }

    /// Prints all; tells whether the floors are kept.
    fn show(self, names: Names, (raw_is, typed_is): (&str, &str), events: u64) -> bool {
        let Names { store, raw, typed } = names;
        let shown = |name: String, unit, floor| Shown { name, unit, floor, events };
        let name = |rest: &str| format!("rebuild/{store}/{rest}");
        let mut holds = shown(name(raw), RATE, Some(0.5)).show(raw_is, self.raw);
        if typed != raw {
            holds &= shown(name(typed), RATE, None).show(typed_is, self.typed);
        }
        let processor = shown(name(&format!("{typed}/cpu")), CPU, None);
        let rows = shown(name("stock-replay"), RATE, Some(100.0));
        let balances = shown(name("stock-replay/balances-only"), RATE, None);
        let one_raw = shown(name(&format!("accounts-only/{raw}")), RATE, None);
        let one_stock = shown(name("accounts-only/stock-replay"), RATE, None);
        let alone = |rest: &str, is, pairs| shown(name(rest), RATE, None).show(is, pairs);
        holds
            & processor.show(typed_is, self.processor)
            & rows.show(STOCK_ROWS, self.stock_rows)
            & balances.show(STOCK_BALANCES, self.stock_balances)
            & one_raw.show(raw_is, self.one_raw)
            & one_stock.show(STOCK_BALANCES, self.one_stock)
            & (self.rows_alone.is_empty()
                || alone("rows-alone", ROWS_ALONE, self.rows_alone)
                    & alone(&format!("rows-alone/{raw}"), ROWS_ALONE_RAW, self.rows_alone_raw))
    }
}

fn show_digests(store: &str, round: u64, digests: &[[u8; 32]]) {
    if round == 0 {
        for (projection, digest) in Projection::ALL.iter().zip(digests) {
            eprintln!("{store} {:<14} {}", projection.name(), hex(digest));
        }
    }
}

/// What the stock replays are.
const STOCK_ROWS: &str =
    "stock QueryReplay into its own view of accounts with their entries, a commit an event";
const STOCK_BALANCES: &str =
    "stock QueryReplay into its own view of balances alone, a commit an event";

/// What the rows alone are.
const ROWS_ALONE: &str =
    "the rows of the transactions alone, made before, by COPY into the same table, and its indexes";
const ROWS_ALONE_RAW: &str =
    "ours: those rows alone by COPY, and their indexes; baseline: COPY of the log out";

/// Events a second.
const RATE: &str = "ev/s";
/// Processor time an event, in microseconds.
const CPU: &str = "us/ev";

/// How a comparison is told.
struct Shown {
    name: String,
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
