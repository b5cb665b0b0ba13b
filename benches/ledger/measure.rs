//! Time on the clock, latencies, and processor time.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::Failure;
use crate::place::Spot;

/// Clock ticks a second in `/proc` (fixed on Linux for user space).
const TICKS: f64 = 100.0;

/// What a job took. The bridge prints the same.
#[derive(Clone, Debug, Deserialize)]
pub struct Sample {
    /// Events written or read.
    pub events: u64,
    /// Time on the clock.
    pub seconds: f64,
    /// Half of the commands took no longer.
    pub p50_ms: Option<f64>,
    /// 99 of 100 commands took no longer.
    pub p99_ms: Option<f64>,
    /// Processor time of client and, on the same machine, server.
    pub cpu_us_per_event: f64,
}

impl Sample {
    /// Events a second.
    pub fn rate(&self) -> f64 {
        self.events as f64 / self.seconds
    }

    /// The 99th percentile in milliseconds.
    pub fn p99(&self) -> Result<f64, Failure> {
        self.p99_ms.ok_or_else(|| "there were no commands to take the time of".into())
    }

    /// The median in milliseconds.
    pub fn p50(&self) -> Result<f64, Failure> {
        self.p50_ms.ok_or_else(|| "there were no commands to take the time of".into())
    }
}

/// A measurement that runs.
pub struct Running {
    began: Instant,
    cpu: f64,
    server: Vec<i32>,
}

impl Running {
    /// Begins; `server` are the processes of a database server that work for this.
    pub fn begin(server: Vec<i32>) -> Self {
        Self { cpu: cpu(&server), server, began: Instant::now() }
    }

    /// Ends.
    pub fn end(self, events: u64, mut latencies: Vec<Duration>) -> Sample {
        let seconds = self.began.elapsed().as_secs_f64();
        let cpu = cpu(&self.server) - self.cpu;
        latencies.sort_unstable();
        let at = |share: f64| {
            let index = (latencies.len().saturating_sub(1) as f64 * share).round() as usize;
            latencies.get(index).map(|latency| latency.as_secs_f64() * 1e3)
        };
        let cpu_us_per_event = cpu * 1e6 / events.max(1) as f64;
        Sample { events, seconds, p50_ms: at(0.5), p99_ms: at(0.99), cpu_us_per_event }
    }
}

/// Processor seconds of this process and of a server's on this machine.
fn cpu(server: &[i32]) -> f64 {
    let of_server = |pid: &i32| {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
        if name.trim() == "postgres" { ticks(&pid.to_string()) } else { None }
    };
    let server = server.iter().filter_map(of_server).sum::<f64>();
    (ticks("self").unwrap_or(0.0) + server) / TICKS
}

/// User and system time of a process, in ticks (fields 14 and 15 of its `stat`).
fn ticks(process: &str) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    Some(fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?)
}

/// Processor seconds of this thread, from the scheduler's own account in nanoseconds.
pub fn thread_cpu() -> Result<f64, Failure> {
    // The account is brought up to date when the thread is scheduled.
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = text.split_whitespace().next().ok_or("the kernel keeps no schedstat")?;
    Ok(nanoseconds.parse::<f64>()? / 1e9)
}

/// Processes of the server that work for this database or for all.
pub async fn server_processes(pool: &sqlx::PgPool) -> Result<Vec<i32>, Failure> {
    let text =
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() OR datname IS NULL";
    Ok(sqlx::query_scalar(text).fetch_all(pool).await?)
}

/// Measures a stock store by the bridge, which is a program of its own.
pub async fn stock(spot: &Spot, job: &str) -> Result<Sample, Failure> {
    let program = std::env::var_os("OPL_BRIDGE").map_or_else(
        || {
            PathBuf::from(env!("CARGO_MANIFEST_DIR"))
                .join("tools/postgres-es-bridge/target/release/postgres-es-bridge")
        },
        PathBuf::from,
    );
    if !program.exists() {
        return Err("the bridge is not built: run tools/bench.sh, or name it in OPL_BRIDGE".into());
    }
    let mut command = Command::new(program);
    command.arg("stock").args(job.split(' '));
    command.args(["--store", spot.kind.word(), "--at", &spot.at]);
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("the stock baseline failed: {why}").into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
