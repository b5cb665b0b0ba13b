//! `opl register`: registers this platform with a bank.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::{Failure, StateArguments};
use crate::app::App;
use crate::registration::{StepReport, register};
use crate::settings::RegistrationFile;

/// What `opl register` takes.
#[derive(Args)]
pub(super) struct RegisterArguments {
    #[command(flatten)]
    state: StateArguments,
    /// The bank's short name
    #[arg(long)]
    bank: String,
    /// Settings file (JSON)
    #[arg(long, value_name = "FILE", default_value = "conf/env.json")]
    config: PathBuf,
    /// One JSON object a line instead of words
    #[arg(long)]
    json: bool,
}

/// Tells of a step and makes sure that it is seen before the next begins.
fn tell(report: &StepReport, json: bool) {
    let mut out = std::io::stdout().lock();
    let line = if json {
        serde_json::to_string(report).unwrap_or_default()
    } else {
        let mark = if report.already { "stands" } else { "done  " };
        format!("{mark}  {:<13} {}", report.step, report.evidence)
    };
    // A closed pipe must not end a registration half-way.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

pub(super) async fn run(arguments: RegisterArguments) -> Result<(), Failure> {
    if arguments.bank != "op" {
        return Err(Failure::new(format!(
            "there is no bank called `{}`; known: op",
            arguments.bank
        )));
    }
    let file = RegistrationFile::read(&arguments.config)?;
    let app = App::open(arguments.state.options()).await?;
    let result = register(&app, &file, |report| tell(report, arguments.json)).await;
    app.stop().await;
    result?;
    if !arguments.json {
        println!("registered with {}", arguments.bank);
    }
    Ok(())
}
