//! What the program says of itself while it runs: to standard error, without personal data.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// What is said unless `OPL_LOG` asks for something else.
const DEFAULT: &str = "warn,opl=info,opl_projections=info,opl_sandbox=info";

/// Starts writing. `OPL_LOG` chooses what, `OPL_LOG_FORMAT=json` one object a line.
pub fn start() {
    let filter = EnvFilter::try_from_env("OPL_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let started = if std::env::var("OPL_LOG_FORMAT").is_ok_and(|format| format == "json") {
        lines.json().try_init()
    } else {
        lines.with_target(false).try_init()
    };
    // A second start in one process keeps the first.
    drop(started);
}
