//! `opl serve`: the service alone.

use std::net::SocketAddr;

use clap::Args;

use super::{Failure, StateArguments, asked_to_stop};
use crate::app::App;
use crate::planner::{self, Limits};
use crate::service;

/// What `opl serve` takes.
#[derive(Args)]
pub(super) struct ServeArguments {
    #[command(flatten)]
    state: StateArguments,
    /// Address to listen on; put a proxy that ends TLS before it for anything but this machine
    #[arg(long, value_name = "ADDRESS", env = "OPL_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
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
    let listener = service::listen(arguments.listen).await?;
    let app = App::open(arguments.state.options()).await?;
    println!("One Point Ledger is at http://{}", arguments.listen);
    if let Some(limits) = arguments.planner.limits() {
        planner::start(&app, limits);
    }
    let serving = service::serve(&app, listener);
    tokio::select! {
        () = serving => {}
        () = asked_to_stop() => println!("Stopping…"),
    }
    app.stop().await;
    Ok(())
}
