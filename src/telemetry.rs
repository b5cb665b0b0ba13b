//! What the program says of itself while it runs: to standard error, without personal data.

use std::io::{IsTerminal as _, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::traces;

/// What is said unless `OPL_LOG` asks for something else.
const DEFAULT: &str = "warn,opl=info,opl_projections=info,opl_sandbox=info";

/// Lines that could not be written, as on a full disk.
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Standard error, where a line that cannot be written is counted and lost: what is said of the work
/// must never stop it.
#[derive(Clone, Copy)]
struct Lossy;

impl Write for Lossy {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        if std::io::stderr().write_all(line).is_err() {
            DROPPED.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// How many lines could not be written.
#[must_use]
pub fn dropped_lines() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

/// Says a line to whoever started the program; one that cannot be written is lost.
pub fn say(line: &str) {
    if writeln!(std::io::stdout(), "{line}").is_err() {
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

/// Starts writing. `OPL_LOG` chooses what, `OPL_LOG_FORMAT=json` one object a line.
pub fn start() {
    let filter = EnvFilter::try_from_env("OPL_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .log_internal_errors(false)
        .with_writer(|| Lossy);
    let lines = match std::env::var("OPL_LOG_FORMAT").is_ok_and(|format| format == "json") {
        true => lines.json().boxed(),
        false => lines.with_target(false).boxed(),
    };
    // A line says nothing of the spans it stands in: those are for traces alone.
    let no_spans = filter_fn(|metadata| metadata.target() != traces::TARGET);
    let started = tracing_subscriber::registry()
        .with(lines.with_filter(filter.and(no_spans)))
        .with(traces::layer())
        .try_init();
    // A second start in one process keeps the first.
    drop(started);
}
