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
    server: Option<i32>,
}

impl Running {
    /// Begins; `server` is the first process of a database server that works for this.
    pub fn begin(server: Option<i32>) -> Self {
        Self { cpu: cpu(server), server, began: Instant::now() }
    }

    /// Ends.
    pub fn end(self, events: u64, mut latencies: Vec<Duration>) -> Sample {
        let seconds = self.began.elapsed().as_secs_f64();
        let cpu = cpu(self.server) - self.cpu;
        latencies.sort_unstable();
        let at = |share: f64| {
            let index = (latencies.len().saturating_sub(1) as f64 * share).round() as usize;
            latencies.get(index).map(|latency| latency.as_secs_f64() * 1e3)
        };
        let cpu_us_per_event = cpu * 1e6 / events.max(1) as f64;
        Sample { events, seconds, p50_ms: at(0.5), p99_ms: at(0.99), cpu_us_per_event }
    }
}

/// Processor seconds of this process and of a database server on this machine, given its first
/// process: of that one, of all it started that run, and of all it started that have ended.
fn cpu(server: Option<i32>) -> f64 {
    let own = fields("self").map_or(0.0, |fields| fields.own / TICKS);
    let of_server = |first: i32| {
        let ended = fields(&first.to_string())?.ended / TICKS;
        let processes = std::fs::read_dir("/proc").ok()?.filter_map(Result::ok);
        let running = processes.filter_map(|entry| {
            let process = entry.file_name().to_str()?.to_owned();
            fields(&process).filter(|fields| fields.parent == first)?;
            single_thread(&process)
        });
        Some(single_thread(&first.to_string())? + ended + running.sum::<f64>())
    };
    own + server.and_then(of_server).unwrap_or(0.0)
}

/// Processor seconds of a process of one thread, as the scheduler counts them in nanoseconds: in
/// hundredths of a second, a server's thirty processes would round away most of a short job.
fn single_thread(process: &str) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/schedstat")).ok()?;
    Some(text.split_whitespace().next()?.parse::<f64>().ok()? / 1e9)
}

/// What the kernel tells of a process.
struct Fields {
    parent: i32,
    /// User and system time, in ticks.
    own: f64,
    /// The same of processes it started that have ended.
    ended: f64,
}

/// Fields 4 and 14 to 17 of the process's `stat`.
fn fields(process: &str) -> Option<Fields> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    let rest: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |index: usize| rest.get(index)?.parse::<f64>().ok();
    Some(Fields {
        parent: rest.get(1)?.parse().ok()?,
        own: ticks(11)? + ticks(12)?,
        ended: ticks(13)? + ticks(14)?,
    })
}

/// The first process of the server that a backend belongs to; none if it is on another machine.
fn server_of(backend: i32) -> Option<i32> {
    let name = std::fs::read_to_string(format!("/proc/{backend}/comm")).ok()?;
    fields(&backend.to_string()).filter(|_| name.trim() == "postgres").map(|fields| fields.parent)
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
