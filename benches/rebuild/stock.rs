//! The stock replay of the framework into one of its own views, run by the bridge, which is a
//! program of its own.

use std::path::PathBuf;
use std::process::Command;

use serde::Deserialize;

use crate::Failure;

/// Events of the stock replay. It goes through them one by one, a commit each, so that its rate does not
/// depend on how many there are, but on how long the documents of its view are: 500 entries each, as
/// many as the accounts of the other side have rows.
const EVENTS: u64 = 4_000;

/// What the stock view holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The balance of each account.
    Balances,
    /// Its entries, too.
    Rows,
}

#[derive(Deserialize)]
struct Measured {
    events: u64,
    seconds: f64,
}

/// Replays into a view; gives events a second. `store` is `sqlite` or `postgres`, `at` an empty one.
///
/// # Errors
/// The bridge is not built, or failed.
pub async fn replay(store: &str, at: &str, view: View) -> Result<f64, Failure> {
    let built = "tools/postgres-es-bridge/target/release/postgres-es-bridge";
    let program = std::env::var_os("OPL_BRIDGE")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(built), PathBuf::from);
    if !program.exists() {
        return Err("the bridge is not built: run tools/bench.py, or name it in OPL_BRIDGE".into());
    }
    let mut command = Command::new(program);
    command.args(["stock", "replay", "--view", "--events", &EVENTS.to_string()]);
    command.args(["--store", store, "--at", at]);
    if view == View::Rows {
        command.arg("--rows");
    }
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("the stock replay failed: {why}").into());
    }
    let Measured { events, seconds } = serde_json::from_slice(&output.stdout)?;
    Ok(events as f64 / seconds)
}
