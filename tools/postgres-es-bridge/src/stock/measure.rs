//! What a job took: time on the clock, latencies, and processor time of this process and, where it
//! can be seen, of the server.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::store::Store;
use crate::error::BridgeError;

/// Clock ticks a second in `/proc` (fixed on Linux for user space).
const TICKS: f64 = 100.0;

/// What is printed.
#[derive(Debug, Serialize)]
pub struct Measured {
    /// Events written or read.
    pub events: u64,
    /// Commands executed; 0 for a replay.
    pub commands: u64,
    /// Time on the clock.
    pub seconds: f64,
    /// Half of the commands took no longer; none without commands.
    pub p50_ms: Option<f64>,
    /// 99 of 100 commands took no longer.
    pub p99_ms: Option<f64>,
    /// Processor time of client and, on the same machine, server.
    pub cpu_us_per_event: f64,
}

/// A measurement that runs.
pub struct Running {
    began: Instant,
    cpu: f64,
    server: Option<i32>,
}

impl Running {
    /// Begins.
    ///
    /// # Errors
    /// If the server does not answer.
    pub async fn begin(store: &Store) -> Result<Self, BridgeError> {
        let server = store.server().await?;
        Ok(Self { cpu: cpu(server), server, began: Instant::now() })
    }

    /// Ends.
    pub fn end(self, events: u64, mut latencies: Vec<Duration>) -> Measured {
        let seconds = self.began.elapsed().as_secs_f64();
        let cpu = cpu(self.server) - self.cpu;
        latencies.sort_unstable();
        let at = |share: f64| {
            let index = (latencies.len().saturating_sub(1) as f64 * share).round() as usize;
            latencies.get(index).map(|latency| latency.as_secs_f64() * 1e3)
        };
        Measured {
            events,
            commands: latencies.len() as u64,
            seconds,
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            cpu_us_per_event: cpu * 1e6 / events.max(1) as f64,
        }
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
pub fn server_of(backend: i32) -> Option<i32> {
    let name = std::fs::read_to_string(format!("/proc/{backend}/comm")).ok()?;
    fields(&backend.to_string()).filter(|_| name.trim() == "postgres").map(|fields| fields.parent)
}
