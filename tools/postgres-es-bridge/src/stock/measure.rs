//! What a job took: time on the clock, latencies, and processor time of this process and, where it
//! can be seen, of the server.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::processor;
use super::store::Store;
use crate::error::BridgeError;

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
        Ok(Self { cpu: processor::seconds(server), server, began: Instant::now() })
    }

    /// Ends.
    pub fn end(self, events: u64, mut latencies: Vec<Duration>) -> Measured {
        let seconds = self.began.elapsed().as_secs_f64();
        let cpu = processor::seconds(self.server) - self.cpu;
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
