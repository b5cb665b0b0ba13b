//! Measures writing and asking the data set: a million invented transactions to files, and month by
//! category over ten million, beside DuckDB on the same files in the same run where Python has it.
//! Prints and writes `target/analytics.json`.

mod invented;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use analytics::reading::MANIFEST;
use analytics::schema::TRANSACTIONS;
use analytics::{Answer, DATA_SET_VERSION, DataSet, Rows};
use serde_json::{Value, json};

/// Rows that are written and weighed.
const WRITTEN: usize = 1_000_000;
/// Rows that are asked.
const ASKED: usize = 10_000_000;
/// Months they lie in.
const MONTHS: usize = 36;
/// How often a query is asked; the best counts.
const TIMES: usize = 3;
/// The query, as it stands in README.
const QUERY: &str = "SELECT booked_month, category, count(*) AS rows, sum(amount_minor) AS minor \
    FROM transactions GROUP BY booked_month, category ORDER BY booked_month, category";
/// What may be needed: processor milliseconds to write and to ask, and bytes.
const MOST_WRITING: f64 = 1_000.0;
const MOST_ASKING: f64 = 1_500.0;
const MOST_BYTES: u64 = 12_000_000;

fn main() -> ExitCode {
    match measure() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench-analytics: {error}");
            ExitCode::FAILURE
        }
    }
}

type Failure = Box<dyn std::error::Error>;

fn measure() -> Result<bool, Failure> {
    let folder =
        env::args().nth(1).map_or_else(|| PathBuf::from("target/analytics"), PathBuf::from);
    let (small, large) = (folder.join("written"), folder.join("asked"));
    let mut writing = f64::MAX;
    for _ in 0..TIMES {
        let (rows, before) = (invented::months(WRITTEN, MONTHS)?, cpu_milliseconds()?);
        write(&small, &rows)?;
        writing = writing.min(cpu_milliseconds()? - before);
    }
    let weight: u64 = DataSet::open(&small)?.parts(&TRANSACTIONS).iter().map(|one| one.bytes).sum();
    println!(
        "{WRITTEN} transactions to Parquet: {writing:.0} ms of processor time, {weight} bytes"
    );

    write(&large, &invented::months(ASKED, MONTHS)?)?;
    let (mut asking, mut ours) = (f64::MAX, None);
    for _ in 0..TIMES {
        let before = cpu_milliseconds()?;
        ours = Some(analytics::run(&DataSet::open(&large)?, QUERY)?);
        asking = asking.min(cpu_milliseconds()? - before);
    }
    println!("month by category over {ASKED} rows: {asking:.0} ms of processor time");
    let other = duckdb(&large)?;
    let ratio = match (&other, &ours) {
        (Some(other), Some(ours)) => {
            if told(ours) != other["rows"] {
                return Err("DuckDB sees other sums in the same files".into());
            }
            let theirs = other["cpu_ms"].as_f64().unwrap_or(f64::NAN);
            println!(
                "DuckDB {} on the same files: {theirs:.0} ms; ours is {:.2} of it; the sums are the same",
                other["version"].as_str().unwrap_or_default(),
                asking / theirs
            );
            json!({ "version": other["version"], "cpu_ms": theirs, "ratio": asking / theirs })
        }
        _ => {
            println!("DuckDB is not there: `tools/setup.sh test` installs it");
            Value::Null
        }
    };
    let result = json!({
        "written": { "rows": WRITTEN, "cpu_ms": writing, "bytes": weight,
            "most_cpu_ms": MOST_WRITING, "most_bytes": MOST_BYTES },
        "asked": { "rows": ASKED, "cpu_ms": asking, "most_cpu_ms": MOST_ASKING, "query": QUERY },
        "duckdb": ratio,
    });
    fs::write("target/analytics.json", serde_json::to_vec_pretty(&result)?)?;
    fs::remove_dir_all(&folder)?;
    let held = writing <= MOST_WRITING && asking <= MOST_ASKING && weight <= MOST_BYTES;
    println!("{}", if held { "within what was promised" } else { "MORE than was promised" });
    Ok(held)
}

/// Writes months as an export does.
fn write(folder: &Path, months: &[(String, Rows)]) -> Result<(), Failure> {
    let mut files = Vec::new();
    for (month, rows) in months {
        let name = format!("transactions/booked_month={month}/part.parquet");
        let path = folder.join(&name);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        let bytes = analytics::bytes(rows)?;
        fs::write(&path, &bytes)?;
        files.push(json!({ "name": name, "rows": rows.count(), "bytes": bytes.len() }));
    }
    let manifest = json!({
        "version": 1, "format": "parquet", "data_set": DATA_SET_VERSION, "position": 0, "files": files,
    });
    fs::write(folder.join(MANIFEST), serde_json::to_vec(&manifest)?)?;
    Ok(())
}

/// The answer as DuckDB's script tells its own.
fn told(answer: &Answer) -> Value {
    let text = |value: &rusqlite::types::Value| match value {
        rusqlite::types::Value::Text(text) => text.clone(),
        rusqlite::types::Value::Integer(number) => number.to_string(),
        _ => String::new(),
    };
    let rows = answer.rows.iter().map(|row| row.iter().map(text).collect::<Vec<_>>());
    json!(rows.collect::<Vec<_>>())
}

const SCRIPT: &str = "
import json, resource, sys
try:
    import duckdb
except ImportError:
    print('null'); sys.exit()
folder, query, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
database = duckdb.connect()
database.execute(\"CREATE VIEW transactions AS SELECT * FROM read_parquet('\" + folder +
    \"/transactions/*/*.parquet', hive_partitioning = true)\")
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return 1000 * (used.ru_utime + used.ru_stime)
best = None
for _ in range(times):
    before = cpu()
    rows = database.execute(query).fetchall()
    best = cpu() - before if best is None else min(best, cpu() - before)
print(json.dumps({'version': duckdb.__version__, 'cpu_ms': best,
    'rows': [[str(value) for value in row] for row in rows]}))
";

fn duckdb(folder: &Path) -> Result<Option<Value>, Failure> {
    let python = Path::new("target/python/bin/python");
    if !python.exists() {
        return Ok(None);
    }
    let mut command = Command::new(python);
    command.args(["-c", SCRIPT]).arg(folder).arg(QUERY).arg(TIMES.to_string());
    let output = command.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let told: Value = serde_json::from_slice(&output.stdout)?;
    Ok((!told.is_null()).then_some(told))
}

/// Processor time of this thread so far, in milliseconds. It all runs on one.
fn cpu_milliseconds() -> Result<f64, Failure> {
    let stat = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: u64 = stat.split(' ').next().unwrap_or_default().parse()?;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a run")]
    let milliseconds = nanoseconds as f64 / 1e6;
    Ok(milliseconds)
}
