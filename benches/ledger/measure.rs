//! Time on the clock, latencies, and processor time.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::Failure;
use crate::place::Spot;
use crate::processor::{seconds, server_of};

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
    server: Option<i32>,
}

impl Running {
    /// Begins; `server` is the first process of a database server that works for this.
    pub fn begin(server: Option<i32>) -> Self {
        Self { cpu: seconds(server), server, began: Instant::now() }
    }

    /// Ends.
    pub fn end(self, events: u64, mut latencies: Vec<Duration>) -> Sample {
        let elapsed = self.began.elapsed().as_secs_f64();
        let cpu = seconds(self.server) - self.cpu;
        latencies.sort_unstable();
        let at = |share: f64| {
            let index = (latencies.len().saturating_sub(1) as f64 * share).round() as usize;
            latencies.get(index).map(|latency| latency.as_secs_f64() * 1e3)
        };
        let cpu_us_per_event = cpu * 1e6 / events.max(1) as f64;
        Sample { events, seconds: elapsed, p50_ms: at(0.5), p99_ms: at(0.99), cpu_us_per_event }
    }
}

/// Processor seconds of this thread, from the scheduler's own account in nanoseconds.
pub fn thread_cpu() -> Result<f64, Failure> {
    // The account is brought up to date when the thread is scheduled.
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = text.split_whitespace().next().ok_or("the kernel keeps no schedstat")?;
    Ok(nanoseconds.parse::<f64>()? / 1e9)
}

/// The first process of the database server; none if it is on another machine.
pub async fn server(pool: &sqlx::PgPool) -> Result<Option<i32>, Failure> {
    Ok(server_of(sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(pool).await?))
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
        return Err("the bridge is not built: run tools/bench.py, or name it in OPL_BRIDGE".into());
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
