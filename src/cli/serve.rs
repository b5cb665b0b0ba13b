//! `opl serve`: the service alone.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Args;

use super::{Failure, StateArguments, asked_to_stop};
use crate::app::{App, Options};
use crate::foreseeing;
use crate::metrics;
use crate::notary::witnesses::Witnesses;
use crate::planner::{self, Limits};
use crate::service;
use crate::starting::{self, Asked, Problem};
use crate::{telemetry, traces};

/// What `opl serve` takes.
#[derive(Args)]
pub(super) struct ServeArguments {
    #[command(flatten)]
    state: StateArguments,
    /// Address to listen on; put a proxy that ends TLS before it for anything but this machine
    #[arg(long, value_name = "ADDRESS", env = "OPL_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The page's address as browsers see it, such as https://ledger.example: passkeys are bound to it
    #[arg(long, value_name = "URL", env = "OPL_PAGE")]
    page: Option<String>,
    /// Address that tells numbers for Prometheus at /metrics; keep it where only you reach it
    #[arg(long, value_name = "ADDRESS", env = "OPL_METRICS")]
    metrics: Option<SocketAddr>,
    /// Policy file (C2SP tlog-policy) with the witnesses that cosign checkpoints, each with its address
    #[arg(long, value_name = "FILE", env = "OPL_WITNESSES")]
    witnesses: Option<PathBuf>,
    /// Seconds between saying "not ready" and stopping, so that whatever sends visitors notices
    #[arg(long, value_name = "SECONDS", env = "OPL_LINGER", default_value_t = 0,
        value_parser = clap::value_parser!(u64).range(0..=300))]
    linger: u64,
    /// Collector of traces (OTLP over HTTP, JSON), such as http://127.0.0.1:4318; none without this
    #[arg(long, value_name = "URL", env = "OPL_TRACES")]
    traces: Option<String>,
    /// Of a hundred traces so many are sent
    #[arg(long, value_name = "PERCENT", env = "OPL_TRACES_PERCENT", default_value_t = 100.0)]
    traces_percent: f64,
    #[command(flatten)]
    planner: PlannerArguments,
}

/// What is read when nobody asks.
#[derive(Args)]
struct PlannerArguments {
    /// Read connections over the day without anybody asking, within what each bank allows
    #[arg(
        long,
        value_name = "BOOL",
        env = "OPL_SCHEDULED_READS",
        default_value_t = true,
        action = clap::ArgAction::Set
    )]
    scheduled_reads: bool,
    /// Most such runs at one time
    #[arg(
        long,
        value_name = "NUMBER",
        env = "OPL_SCHEDULED_RUNS",
        default_value_t = 16,
        value_parser = clap::value_parser!(u16).range(1..=256)
    )]
    scheduled_runs: u16,
    /// Most of them at one bank
    #[arg(
        long,
        value_name = "NUMBER",
        env = "OPL_SCHEDULED_RUNS_A_BANK",
        default_value_t = 4,
        value_parser = clap::value_parser!(u16).range(1..=64)
    )]
    scheduled_runs_a_bank: u16,
}

impl PlannerArguments {
    /// The limits; none where nothing is to be read without being asked for.
    fn limits(&self) -> Option<Limits> {
        self.scheduled_reads.then(|| Limits {
            runs: usize::from(self.scheduled_runs),
            runs_a_bank: usize::from(self.scheduled_runs_a_bank),
            ..Limits::default()
        })
    }
}

pub(super) async fn run(arguments: ServeArguments) -> Result<(), Failure> {
    let options = arguments.state.options();
    check(&arguments, &options)?;
    let listener = service::listen(arguments.listen).await?;
    let numbers = match arguments.metrics {
        Some(address) => Some(service::listen(address).await?),
        None => None,
    };
    let app = App::open(options).await?;
    if let Some(page) = &arguments.page {
        app.page.get_or_init(|| page.trim_end_matches('/').to_owned());
    }
    if let Some(path) = &arguments.witnesses {
        let witnesses = Witnesses::read(path, &app.notary)?;
        app.witnesses.get_or_init(|| witnesses);
    }
    telemetry::say(&format!("One Point Ledger is at http://{}", arguments.listen));
    if let Some(url) = &arguments.traces {
        let sending = traces::send_to(url, arguments.traces_percent, app.stopping.subscribe());
        app.tasks.spawn(sending.map_err(Failure::new)?);
    }
    if let Some(limits) = arguments.planner.limits() {
        planner::start(&app, limits);
    }
    foreseeing::start(&app);
    if let Some(numbers) = numbers {
        let (app, stopped) = (Arc::clone(&app), app.stopping.subscribe());
        app.clone().tasks.spawn(metrics::serve(app, numbers, stopped));
    }
    let serving = service::serve(&app, listener);
    let leaving = async {
        asked_to_stop().await;
        telemetry::say("Stopping…");
        // First nobody new is sent here, then no connection is taken and what is open ends, and only then
        // what works behind it.
        app.leaving.store(true, Ordering::Release);
        tokio::time::sleep(Duration::from_secs(arguments.linger)).await;
        app.closing.send_replace(true);
    };
    tokio::join!(serving, leaving);
    app.stop().await;
    Ok(())
}

/// Tells everything that is wrong with the settings at once.
fn check(arguments: &ServeArguments, options: &Options) -> Result<(), Failure> {
    let (listen, metrics) = (arguments.listen, arguments.metrics);
    let traces = arguments.traces.as_deref().map(|url| (url, arguments.traces_percent));
    let now = options.clock.now();
    let wrong = starting::problems(&Asked { options, listen, metrics, traces, now });
    if wrong.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> =
        wrong.into_iter().map(|Problem(text)| format!("\n  - {text}")).collect();
    Err(Failure::new(format!("the service was not started:{}", lines.concat())))
}
